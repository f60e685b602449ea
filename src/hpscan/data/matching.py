"""Brings the rows of the tables, labels and places on the slide, to the image files that they mean."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.cohort import Density, Origin, PatchLabel
from hpscan.data.names import split_folder, window_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.cohort import Box
    from hpscan.data.folders import Folder, ImageFile
    from hpscan.data.labels import BoxRow, DiagnosisRow, LabelRow

_LOOKED_IN = (Origin.ANNOTATED, None, Origin.CROPPED)
"""Where a labelled window is looked for: labels belong to annotated patches where there are any."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """One image file, its folder, and what its name says.

    Attributes:
        folder: The folder that it lies in.
        file: The file.
        stem: The file's name without suffix.
        base: The patient's base id.
        section: The section, or an empty string.
    """

    folder: Folder
    file: ImageFile
    stem: str
    base: str
    section: str


@dataclass(slots=True)
class LabelMatch:
    """Which image has which label, and which labels stay without.

    Attributes:
        said: The label of each image that has one; keyed by the identity of the `Placed`.
        missing: A row for each window that no image answers to, with its patient's base id.
        ambiguous: Windows that more than one image answers to.
        twice: Windows that one table labels twice with one value.
        contradictory: Windows that one table labels with different values.
        disagreeing: Windows that two tables label with different values.
    """

    said: dict[int, PatchLabel] = field(default_factory=dict)
    missing: list[tuple[str, LabelRow]] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    contradictory: list[str] = field(default_factory=list)
    disagreeing: list[str] = field(default_factory=list)


def match_labels(rows: Sequence[LabelRow], images: Iterable[Placed], codes: frozenset[str]) -> LabelMatch:
    """Brings label rows to images.

    Windows are compared as numbers where they are numbers. A folder that names no section answers to the
    section that a table gives only when that patient has one section in both. Contradictory labels become
    UNCERTAIN.
    """
    index = _Index(rows, images, codes)
    match = LabelMatch()
    about: dict[int, list[LabelRow]] = defaultdict(list)
    target: dict[int, Placed] = {}
    homeless: dict[tuple[str, str, str], list[LabelRow]] = defaultdict(list)
    for row in rows:
        hits = index.find(row)
        if len(hits) == 1:
            about[id(hits[0])].append(row)
            target[id(hits[0])] = hits[0]
        elif hits:
            match.ambiguous.append(f"{row.folder}.{row.window}")
        else:
            homeless[index.key(row)].append(row)
    for key, group in about.items():
        match.said[key] = _merge(_name(target[key]), group, match)
    for (base, _, _), group in homeless.items():
        _merge(f"{group[0].folder}.{group[0].window}", group, match)
        match.missing.append((base, group[0]))
    match.ambiguous = list(dict.fromkeys(match.ambiguous))
    return match


@dataclass(slots=True)
class BoxMatch:
    """Where which image lies on its slide.

    Attributes:
        boxes: The place of each image that has one; keyed by the identity of the `Placed`.
        missing: Windows that no image answers to, or more than one.
        disagreeing: Images that lie in two places by the tables, and so in none.
    """

    boxes: dict[int, Box] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    disagreeing: list[str] = field(default_factory=list)


def match_boxes(rows: Sequence[BoxRow], images: Iterable[Placed], codes: frozenset[str]) -> BoxMatch:
    """Brings places to images, by the rules of `match_labels`.

    But to every image of a window: one that is both a cropped and an annotated patch lies in one place.
    """
    index = _Index(rows, images, codes)
    match = BoxMatch()
    about: dict[int, set[Box]] = defaultdict(set)
    target: dict[int, Placed] = {}
    for row in rows:
        hits = [found[0] for origin in _LOOKED_IN if len(found := index.within(origin, row)) == 1]
        for image in hits:
            about[id(image)].add(row.box)
            target[id(image)] = image
        if not hits:
            match.missing.append(f"{row.folder}.{row.window}")
    for key, boxes in about.items():
        if len(boxes) == 1:
            match.boxes[key] = boxes.pop()
        else:
            match.disagreeing.append(_name(target[key]))
    match.missing = list(dict.fromkeys(match.missing))
    match.disagreeing = list(dict.fromkeys(match.disagreeing))
    return match


def _name(image: Placed) -> str:
    return f"{image.folder.path.name}.{image.stem}"


def _merge(name: str, group: Sequence[LabelRow], match: LabelMatch) -> PatchLabel:
    """The label that rows about one window agree on; what they don't agree on goes to `match`."""
    by_table: dict[object, list[PatchLabel]] = defaultdict(list)
    for row in group:
        by_table[row.source].append(row.label)
    labels = {row.label for row in group}
    if any(len(set(said)) > 1 for said in by_table.values()):
        match.contradictory.append(f"{name}: {_values(labels)}")
    elif len(labels) > 1:
        match.disagreeing.append(f"{name}: {_values(labels)}")
    elif any(len(said) > 1 for said in by_table.values()):
        match.twice.append(name)
    return labels.pop() if len(labels) == 1 else PatchLabel.UNCERTAIN


def _values(labels: Iterable[PatchLabel]) -> str:
    return " and ".join(str(int(label)) for label in sorted(labels))


class _Index:
    """The images of those patients that rows speak of, by origin, base id, section and window."""

    def __init__(self, rows: Sequence[LabelRow | BoxRow], images: Iterable[Placed], codes: frozenset[str]) -> None:
        self._places = {folder: split_folder(folder, codes) for folder in {row.folder for row in rows}}
        self._named: dict[str, set[str]] = defaultdict(set)
        for base, section in self._places.values():
            self._named[base].add(section)
        self._images: dict[tuple[Origin | None, str, str, str], list[Placed]] = defaultdict(list)
        self._sections: dict[tuple[Origin | None, str], set[str]] = defaultdict(set)
        for image in images:
            if image.base in self._named:
                origin = image.folder.part.origin
                self._images[origin, image.base, image.section, window_key(image.stem)].append(image)
                self._sections[origin, image.base].add(image.section)

    def key(self, row: LabelRow | BoxRow) -> tuple[str, str, str]:
        return (*self._places[row.folder], window_key(row.window))

    def find(self, row: LabelRow) -> Sequence[Placed]:
        """The images that a row can mean: none, one, or several that cannot be told apart."""
        return next((hits for origin in _LOOKED_IN if (hits := self.within(origin, row))), ())

    def within(self, origin: Origin | None, row: LabelRow | BoxRow) -> Sequence[Placed]:
        """The same of one origin."""
        base, section, window = self.key(row)
        hits: Sequence[Placed] = self._images.get((origin, base, self._section(origin, base, section), window), ())
        if len(hits) > 1:
            hits = [image for image in hits if image.folder.path.name == row.folder] or hits
        if len(hits) > 1:
            hits = [image for image in hits if image.stem == row.window] or hits
        return hits

    def _section(self, origin: Origin | None, base: str, section: str) -> str:
        """The section of the folders that a table's section means."""
        there = self._sections.get((origin, base), set())
        named = self._named[base] - {""}
        if len(there) == 1 and len(named) <= 1 and (section == "" or "" in there):
            return next(iter(there))
        return section


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the tables agree on for one patient; None where they say nothing or contradict each other."""

    density: Density | None = None
    infected: bool | None = None


@dataclass(slots=True)
class DiagnosisMatch:
    """Diagnoses by code; codes that stand twice with one value; codes that stand with different values."""

    by_code: dict[str, Diagnosis] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    contradictory: list[str] = field(default_factory=list)


def merge_diagnoses(rows: Iterable[DiagnosisRow]) -> DiagnosisMatch:
    """One diagnosis for each code. Two tables may repeat each other; LOW against HIGH is still infected."""
    grouped: dict[str, list[DiagnosisRow]] = defaultdict(list)
    for row in rows:
        grouped[row.code].append(row)
    match = DiagnosisMatch()
    for code, group in grouped.items():
        densities = {row.density for row in group if row.density is not None}
        infected = {row.infected for row in group}
        if len(infected) > 1 or len(densities) > 1:
            said = sorted({row.density or "positive" for row in group})
            match.contradictory.append(f"{code}: {' and '.join(said)}")
        elif len({row.source for row in group}) < len(group):
            match.twice.append(code)
        match.by_code[code] = Diagnosis(
            densities.pop() if len(densities) == 1 and len(infected) == 1 else None,
            infected.pop() if len(infected) == 1 else None,
        )
    return match
