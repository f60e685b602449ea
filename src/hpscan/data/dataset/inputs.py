"""A path that was given as a dataset: the folder that it leads to, or what to say where there is none, or no patch in it."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import LayoutError
from hpscan.data.folders import kinds
from hpscan.data.folders.walk import MAX_DEPTH, Tree

if TYPE_CHECKING:
    from hpscan.data.patients.folders import People

_UNPACK = {
    ".zip": "unzip {file} -d {folder}",
    ".7z": "7z x {file} -o{folder}",
    ".rar": "mkdir {folder} && unrar x {file} {folder}/",
    **dict.fromkeys((".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst"), "mkdir {folder} && tar -xf {file} -C {folder}"),
}
"""How an archive is unpacked into a new folder, by its suffix."""

_COMPRESSED = {".gz": "gunzip", ".bz2": "bunzip2", ".xz": "unxz", ".zst": "unzstd", ".lz4": "unlz4", ".z": "uncompress"}
"""One file each; behind `.tar` it is an archive."""


EXPECTED = (
    "expected is a folder for each patient with the patches in it (png, jpg, tif, bmp), "
    "on its own or inside Cropped_Patches/ and Annotated_Patches/"
)


def is_image(path: Path) -> bool:
    """Whether a path is a file whose name is that of one image."""
    return kinds.shows_image(path.name) and path.is_file()


def refuse(path: Path) -> LayoutError:
    """The error for a path that exists and is no folder."""
    suffix, where = path.suffix.lower(), shlex.quote(str(path.absolute().parent))
    file = shlex.quote(str(path))
    if kinds.shows_image(path.name):
        what = "one image, not a folder: one patch tells no patient's result"
        hint = f"give the patient's folder, e.g. {where}; of one patch: hpscan explain {file}"
    elif suffix in _UNPACK or suffix in _COMPRESSED:
        what, hint = "an archive, which hpscan does not read", f"{_unpacked(path)}, and give the folder"
        if suffix in _COMPRESSED and not _is_tar(path):
            what = "a compressed file, not a folder"
    elif suffix in kinds.SLIDES:
        what = "a whole slide, which hpscan does not read"
        hint = "cut it into patches first, with a slide viewer such as QuPath, and give the folder of the patches"
    elif kinds.is_table(path.name):
        what = "a table, not a folder"
        hint = f"give the folder of the dataset, e.g. {where}: the tables in it are found by themselves"
    else:
        what, hint = "a file, not a folder", "give the folder that holds the patients"
    return LayoutError(f"{path} is {what}", hint=hint, path=path)


def _is_tar(path: Path) -> bool:
    return path.with_suffix("").suffix.lower() == ".tar"


def _unpacked(path: Path) -> str:
    """How a shell unpacks it."""
    suffix = ".tar" if _is_tar(path) else path.suffix.lower()
    stem = path.name[: -len(path.suffix)]
    command = _UNPACK.get(suffix)
    if command is None:
        return f"unpack it with: {_COMPRESSED[suffix]} {shlex.quote(str(path))}"
    folder = stem[:-4] if _is_tar(path) else stem
    return "unpack it with: " + command.format(file=shlex.quote(str(path)), folder=shlex.quote(folder))


def existing_folder(path: Path) -> Path:
    """The folder that a path leads to, absolute, without links.

    Raises:
        LayoutError: When there is none.
    """
    path = Path(path)
    try:
        # Links and `..` are resolved first, so that the names of the folders above can be read off the path.
        top = path.expanduser().resolve()
    except (OSError, RuntimeError) as error:  # a loop of links, or a home that nobody has
        raise LayoutError(f"{path} leads nowhere", hint="check the path", path=path) from error
    if top.is_dir():
        return top
    if top.exists():
        raise refuse(path)
    raise LayoutError(f"{path} does not exist", hint=_nearest(top), path=path)


def _nearest(missing: Path) -> str:
    """A hint for a path that does not exist: the last folder of it that does, and names that look alike."""
    import difflib

    above = next(folder for folder in missing.parents if folder.is_dir())
    wanted = missing.relative_to(above).parts[0]
    try:
        names = [entry.name for entry in above.iterdir()]
    except OSError:
        names = []
    alike = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    return f"did you mean {above / alike[0]}?" if alike else f"{above} exists, but holds no {wanted}"


def no_patches(top: Path, tree: Tree, people: People) -> LayoutError:
    """What to say of a folder without patches: what lies there instead."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for aside in people.asides:
        by_kind[aside.kind].append(aside.file)
    classes = sorted({Path(file).parts[-2] for file in by_kind["loose"] if len(Path(file).parts) > 1})
    if by_kind["loose"]:
        where = f"directly in {', '.join(classes[:4])}" if classes else f"e.g. {Path(by_kind['loose'][0]).name}"
        what = (
            f"{len(by_kind['loose'])} images that lie in no patient's folder, {where}: "
            "make a folder for each patient, or say with `patient_from` where the paths name the patients"
        )
    elif by_kind["too-deep"]:
        what = f"{len(by_kind['too-deep'])} images more than {MAX_DEPTH} folders below, e.g. {by_kind['too-deep'][0]}"
    elif by_kind["whole-slide"]:
        what = f"whole slides, e.g. {by_kind['whole-slide'][0]}: cut them into patches first"
    elif by_kind["archive"]:
        what = f"an archive, {by_kind['archive'][0]}: unpack it first"
    elif tree.unreadable:
        what = f"a folder that may not be read, {tree.unreadable[0]}"
    elif people.asides or tree.tables:
        suffixes = Counter(Path(aside.file).suffix.lower() or "no suffix" for aside in people.asides)
        suffixes += Counter(path.suffix.lower() for path in tree.tables)
        what = "files with " + ", ".join(f"{suffix} ({n})" for suffix, n in suffixes.most_common(4))
    elif tree.empty:
        what = f"empty folders, e.g. {tree.empty[0].name}"
    else:
        what = "nothing"
    return LayoutError(f"no patches in {top}", hint=f"found was {what}; {EXPECTED}", path=top)
