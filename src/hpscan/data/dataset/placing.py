"""Every image file with the patient that it is of and the id that it is called by, which no other has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.core.cohort import Origin
    from hpscan.data.folders.walk import ImageFile
    from hpscan.data.patients.folders import Folder


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """One image file, its folder, and what it is called.

    Attributes:
        folder: The folder that it lies in.
        file: The file.
        stem: The file's name without suffix.
        id: The patch's id.
    """

    folder: Folder
    file: ImageFile
    stem: str
    id: str

    @property
    def base(self) -> str:
        """The patient's base id."""
        return self.folder.patient

    @property
    def section(self) -> str:
        """The section, or an empty string."""
        return self.folder.section


def place(folders: Sequence[Folder], root: Path) -> list[Placed]:
    """The images of these folders; an id that would not be unique is made longer until it is."""
    images = [(folder, file, file.name[: file.name.rindex(".")]) for folder in folders for file in folder.images]
    ids = [f"{folder.label}.{stem}" for folder, _, stem in images]
    longer = (
        [f"{folder.label}.{file.name}" for folder, file, _ in images],
        [f"{folder.path.parent.name}/{folder.label}.{file.name}" for folder, file, _ in images],
        [(folder.path / file.name).relative_to(root).as_posix() for folder, file, _ in images],
    )
    for instead in longer:
        clash = _clashing([(folder.part.origin, short) for (folder, _, _), short in zip(images, ids, strict=True)])
        if not clash:
            break
        ids = [long if short in clash else short for short, long in zip(ids, instead, strict=True)]
    return [Placed(folder, file, stem, patch_id) for (folder, file, stem), patch_id in zip(images, ids, strict=True)]


def _clashing(keys: Sequence[tuple[Origin | None, str]]) -> frozenset[str]:
    """Ids that are not unique within an origin; folders in no part (None) may turn out to be of either."""
    count = Counter(keys)
    bare = {text for origin, text in count if origin is None}
    return frozenset(text for (origin, text), n in count.items() if n > 1 or (origin is not None and text in bare))
