"""Loads a dataset: any of the published folder layouts, with the tables that lie in it, becomes a Cohort.

    Cropped_Patches/Patient1/131.png            Annotated_Patches/B22-101_0/00180.png
    CrossValidation/{Cropped,Annotated}/...     HoldOut/...
    Cross_validation/{Annotated,Separated/{healthy,unhealthy}}/...
    B22-101_0/00180.png                         (a bare folder of patient folders, or one of them)

Nothing is decoded here, and nothing is dropped without a note.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.core.cohort import Cohort, Density, Origin, Patch, Patient
from hpscan.core.errors import LayoutError
from hpscan.data.findings import observe
from hpscan.data.folders import PHANTOM, dataset_root, part_of, set_outsiders_apart, tables_around, walk
from hpscan.data.given import refuse
from hpscan.data.labels import read_tables
from hpscan.data.matching import Diagnosis, Placed, match_boxes, match_labels, merge_diagnoses
from hpscan.data.names import is_augmented, natural, split_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.data.folders import Folder, Found
    from hpscan.data.matching import BoxMatch, DiagnosisMatch, LabelMatch
    from hpscan.data.notes import Note

EXPECTED = (
    "expected is a folder for each patient with the patches in it (png, jpg, tif, bmp), "
    "on its own or inside Cropped_Patches/ and Annotated_Patches/"
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it was found.

    Attributes:
        cohort: The patients and their patches.
        root: The folder that holds the dataset, absolute; above the one asked for if that is a part of it.
        tables: The tables that were understood and used.
        notes: What a researcher should know about it.
        diagnosed: The diagnosis of each code in the tables, in their order, whether or not there are patches of it.
        phantom: Whether hpscan drew it, or a dataset in it.
    """

    cohort: Cohort
    root: Path
    tables: tuple[Path, ...]
    notes: tuple[Note, ...]
    diagnosed: Mapping[str, Diagnosis]
    phantom: bool


def load(path: Path) -> Dataset:
    """The dataset in a folder: a whole one, a part of one, or one patient's folder.

    Of a part, or of one patient, the tables of the whole dataset are used as well.

    Args:
        path: The folder; relative paths and links are followed.

    Raises:
        LayoutError: When there is no such folder, or no patch in it.
    """
    top = _existing_folder(path)
    root = dataset_root(top)
    found = walk(top, part_of(top, root))
    if not found.folders:
        raise _no_patches(top, found)
    drawn = (root / PHANTOM).is_file() or any(path.name == PHANTOM for path in found.others)
    set_outsiders_apart(found, top)
    around = tables_around(top, root)
    tables = read_tables(_once(found.tables + around))
    one_patient = [folder.path for folder in found.folders] == [top]
    if root == top and one_patient:
        # A patient's folder on its own: the folder above may be the dataset, or anything else.
        nearby = read_tables(tables_around(top, top.parent))
        tables = tables.joined(nearby)
    diagnoses = merge_diagnoses(tables.diagnoses)
    codes = frozenset(diagnoses.by_code)
    placed = _place(found.folders, codes)
    match = match_labels(tables.labels, placed, codes)
    places = match_boxes(tables.boxes, placed, codes)
    bare = _bare_origin(found, placed, match)
    ids = _patch_ids(placed, bare)
    patients = _patients(placed, ids, match, places, diagnoses, bare)
    cohort = Cohort(patients, _fingerprint(patients, placed, ids, match))
    notes = observe(
        cohort,
        found=found,
        placed=placed,
        tables=tables,
        match=match,
        places=places,
        diagnoses=diagnoses,
        top=top,
        whole=root == top and not one_patient,
        bare=bare,
    )
    return Dataset(cohort, root, tables.understood, notes, MappingProxyType(diagnoses.by_code), drawn)


def _existing_folder(path: Path) -> Path:
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


def _no_patches(top: Path, found: Found) -> LayoutError:
    """What to say of a folder without patches: what lies there instead."""
    if found.loose:
        what = f"{len(found.loose)} images that lie in no patient's folder, e.g. {found.loose[0].name}"
    elif found.unreadable:
        what = f"a folder that may not be read, {found.unreadable[0]}"
    elif found.others or found.tables:
        suffixes = Counter(p.suffix.lower() or "no suffix" for p in found.others + found.tables)
        what = "files with " + ", ".join(f"{suffix} ({n})" for suffix, n in suffixes.most_common(4))
    elif found.empty:
        what = f"empty folders, e.g. {found.empty[0].name}"
    else:
        what = "nothing"
    return LayoutError(f"no patches in {top}", hint=f"found was {what}; {EXPECTED}", path=top)


def _once(paths: Sequence[Path]) -> list[Path]:
    return sorted(set(paths))


def _place(folders: Sequence[Folder], codes: frozenset[str]) -> list[Placed]:
    placed = []
    for folder in folders:
        base, section = split_folder(folder.path.name, codes)
        for file in folder.images:
            stem = file.name[: file.name.rindex(".")]
            placed.append(Placed(folder, file, stem, base, section))
    return placed


def _bare_origin(found: Found, placed: Sequence[Placed], match: LabelMatch) -> Origin | None:
    """The origin of folders in no named part; None where there are no such folders.

    They are ANNOTATED when at least half of their patches are labelled: somebody selected and labelled them.
    Fewer labels among them are labels on some windows of whole biopsies.
    """
    if all(folder.part.origin for folder in found.folders):
        return None
    bare = [p for p in placed if p.folder.part.origin is None and not is_augmented(p.stem)]
    labelled = sum(id(p) in match.said for p in bare)
    return Origin.ANNOTATED if 2 * labelled >= len(bare) else Origin.CROPPED


def _patients(
    placed: Sequence[Placed],
    ids: Sequence[str],
    match: LabelMatch,
    places: BoxMatch,
    diagnoses: DiagnosisMatch,
    bare: Origin | None,
) -> tuple[Patient, ...]:
    patches: dict[str, list[Patch]] = defaultdict(list)
    folders: dict[str, set[Folder]] = defaultdict(set)
    for image, patch_id in zip(placed, ids, strict=True):
        patches[image.base].append(
            Patch(
                id=patch_id,
                patient_id=image.base,
                section_id=image.section,
                path=image.folder.path / image.file.name,
                origin=image.folder.part.origin or bare or Origin.CROPPED,
                label=match.said.get(id(image)),
                box=places.boxes.get(id(image)),
                augmented=is_augmented(image.stem),
            )
        )
        folders[image.base].add(image.folder)
    return tuple(
        _patient(base, patches[base], folders[base], diagnoses.by_code.get(base))
        for base in sorted(patches, key=natural)
    )


def _patient(base: str, patches: Sequence[Patch], folders: set[Folder], diagnosis: Diagnosis | None) -> Patient:
    if diagnosis is None:
        # No table speaks of this patient; the folder's part may.
        said = {folder.part.infected for folder in folders} - {None}
        infected = said.pop() if len(said) == 1 else None
        diagnosis = Diagnosis(Density.NEGATIVE if infected is False else None, infected)
    return Patient(
        id=base,
        density=diagnosis.density,
        patches=tuple(sorted(patches, key=lambda patch: (patch.id, patch.origin))),
        infected=diagnosis.infected,
        held_out=any(folder.part.held_out for folder in folders),
    )


def _patch_ids(placed: Sequence[Placed], bare: Origin | None) -> list[str]:
    """`<folder>.<stem>` for each image; longer where that would not be unique within an origin."""
    ids = [f"{image.folder.path.name}.{image.stem}" for image in placed]
    for lengthen in (_with_suffix, _with_parent, _with_path):
        keys = [(image.folder.part.origin or bare, one) for image, one in zip(placed, ids, strict=True)]
        count = Counter(keys)
        if len(count) == len(keys):
            break
        ids = [lengthen(image) if count[key] > 1 else key[1] for image, key in zip(placed, keys, strict=True)]
    return ids


def _with_suffix(image: Placed) -> str:
    return f"{image.folder.path.name}.{image.file.name}"


def _with_parent(image: Placed) -> str:
    return f"{image.folder.path.parent.name}/{image.folder.path.name}.{image.file.name}"


def _with_path(image: Placed) -> str:
    return (image.folder.path / image.file.name).as_posix()


def _fingerprint(patients: Sequence[Patient], placed: Sequence[Placed], ids: Sequence[str], match: LabelMatch) -> str:
    """SHA-256 over names, file sizes, labels and diagnoses; where the dataset lies does not matter."""
    lines = [f"{p.id}\t{p.density}\t{p.infected}\t{p.held_out}\n" for p in patients]
    for image, patch_id in zip(placed, ids, strict=True):
        said = match.said.get(id(image))
        label = None if said is None else int(said)
        part = image.folder.part.origin
        lines.append(f"{image.base}\t{part}\t{patch_id}\t{image.file.name}\t{image.file.size}\t{label}\n")
    return hashlib.sha256("".join(sorted(lines)).encode(errors="surrogateescape")).hexdigest()
