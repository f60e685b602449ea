"""Folders that can be read in two ways: nothing is guessed, and an `AmbiguousLayoutError` tells both readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.errors import AmbiguousLayoutError
from hpscan.data.folders.parts import Level, level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.data.folders.walk import Tree
    from hpscan.data.patients.rulings import Rulings

STRAY = 2
"""Pictures that may lie beside patients' folders (an overview, a logo) before the folder itself may be a patient's."""

MOST_SLIDES = 12
"""Folders called `Slide 1`, `Slide 2` ... that one patient may have; more of them are rather patients."""

_SIBLINGS = 200
"""Folders beside the one that was asked for that are looked at."""

_SLIDES_OR_PATIENTS = "`patient_from=grandparent` takes them for slides, `patient_from=parent` for patients"


def stop_if_ambiguous(
    tree: Tree, top: Path, root: Path, rulings: Rulings, nodes: set[tuple[str, ...]], *, has_parts: bool
) -> None:
    """Stops where patients' folders may as well be slides, or the folder above them the patient's.

    Args:
        tree: What lies below `top`.
        top: The folder that was asked for.
        root: The folder that holds the whole dataset.
        rulings: Whose each folder is.
        nodes: The patients' folders.
        has_parts: Whether the dataset has its parts (`Cropped_Patches`).

    Raises:
        AmbiguousLayoutError: With both readings.
    """
    at_root = [listing for listing in tree.listings if listing.images and rulings.of(listing.names).depth == 0]
    direct = sum(len(listing.images) for listing in at_root if not listing.names)
    inner = [listing.names[0] for listing in at_root if listing.names]
    known = rulings.is_code(root.name) or root != top
    if nodes == {()}:
        slides = [name for name in dict.fromkeys(inner) if rulings.level(name) is Level.SECTION]
        if slides and not known and (len(slides) > MOST_SLIDES or not _slides_beside(root)):
            raise _two(
                f"{_some(slides)} may be slides of one patient, {root.name}, or patients", _SLIDES_OR_PATIENTS, top
            )
        return
    if at_root and not has_parts and not known:
        _stop_if_root_may_be_a_patient(top, root, nodes, inner, direct)
    for node in nodes:
        many = {
            listing.names[len(node)]
            for listing in tree.listings
            if listing.images and listing.names[: len(node)] == node and rulings.of(listing.names).sections
        }
        if len(many) > MOST_SLIDES:
            raise _two(
                f"{node[-1]} holds {len(many)} folders such as {min(many)}: slides of one patient, or patients",
                _SLIDES_OR_PATIENTS,
                top,
            )


def _stop_if_root_may_be_a_patient(
    top: Path, root: Path, nodes: set[tuple[str, ...]], inner: Sequence[str], direct: int
) -> None:
    """Images lie in the root, or in its folders of tiles, as those of one patient would, beside folders of patients."""
    if inner:
        first = min(nodes)[0]
        raise _two(
            f"images lie in {_some(sorted(set(inner)))}, as those of a patient {root.name} would, and in "
            f"{first}, as those of patients would",
            f"give the patients' folders apart, or move {inner[0]} elsewhere",
            top,
        )
    if direct > STRAY or len(nodes) == 1:
        raise _two(
            f"{direct} image{'s lie' if direct != 1 else ' lies'} in {root.name} itself, as those of one patient would, "
            f"and others in {_some(sorted(node[0] for node in nodes))}, as those of patients would",
            "`patient_from=parent` takes each folder of images for a patient's; or move the images elsewhere",
            top,
        )


def one_name(base: str, places: Sequence[tuple[str, ...]], top: Path) -> AmbiguousLayoutError:
    """The error for folders of one patient's name below different folders."""
    first, *rest = sorted(places)
    second = next(node for node in rest if node[:-1] != first[:-1])
    above = f", or {first[-2]} and {second[-2]} are the patients" if min(len(first), len(second)) > 1 else ""
    return _two(
        f"{'/'.join(first)} and {'/'.join(second)} may be one patient, {base}, or two of one name{above}",
        "`patient_from=parent` takes them for two, `patient_from=grandparent` takes the folders above for the patients",
        top,
    )


def _two(readings: str, hint: str, top: Path) -> AmbiguousLayoutError:
    return AmbiguousLayoutError(f"it cannot be told who is a patient: {readings}", hint=hint, path=top)


def _slides_beside(root: Path) -> bool:
    """Whether folders beside the one that was asked for hold slides, too: then it is a patient's, like them."""
    try:
        beside = [p for p in root.parent.iterdir() if p != root and p.is_dir()][:_SIBLINGS]
        return any(level(p.name) is Level.SECTION and p.is_dir() for folder in beside for p in folder.iterdir())
    except OSError:
        return False


def _some(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    shown = ", ".join(unique[:3])
    return f"{shown} and {len(unique) - 3} more" if len(unique) > 3 else shown
