"""Brings the rows of the tables, labels and places on the slide, to the image files that they mean.

An id is compared with what is there, never taken apart by a pattern alone: first the exact text, then lenient readings
(`180` for `00180`, another Unicode form, a section that only one side names). A lenient reading that fits two files fits
none. Of a row that names a patch in several ways, all have to mean the same one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.cohort import Density, PatchLabel
from hpscan.data.dataset.index import LOOKED_IN, Index
from hpscan.data.names import Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.cohort import Box
    from hpscan.data.dataset.placing import Placed
    from hpscan.data.tables.rows import BoxRow, DiagnosisRow, LabelRow


@dataclass(slots=True)
class LabelMatch:
    """Which image has which label, and which labels stay without.

    Attributes:
        labels: The label of each image that has one; keyed by the identity of the `Placed`.
        rows: The rows that speak of each image, by the same key.
        missing: A row for each patch that no image answers to, with the patient that it seems to mean.
        ambiguous: Patches that more than one image answers to.
        contradicted: Rows that name one patch in two ways which don't mean the same.
        twice: Patches that one table labels twice with one value.
        contradictory: Patches that one table labels with different values.
        disagreeing: Patches that two tables label with different values.
    """

    labels: dict[int, PatchLabel] = field(default_factory=dict)
    rows: dict[int, list[LabelRow]] = field(default_factory=dict)
    missing: list[tuple[str, LabelRow]] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    contradictory: list[str] = field(default_factory=list)
    disagreeing: list[str] = field(default_factory=list)


def match_labels(rows: Sequence[LabelRow], images: Sequence[Placed], codes: frozenset[str]) -> LabelMatch:
    """Brings label rows to images. Contradictory labels become UNCERTAIN."""
    index = Index([row.about for row in rows], images, codes)
    match = LabelMatch()
    about: dict[int, list[LabelRow]] = defaultdict(list)
    target: dict[int, Placed] = {}
    homeless: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        hits = index.find(row.about)
        if hits is None:
            match.contradicted.append(f"{row.source.name}, row {row.number}: {row.about} of {row.about.patient}")
        elif len(hits) == 1:
            about[id(hits[0])].append(row)
            target[id(hits[0])] = hits[0]
        elif hits:
            match.ambiguous.append(str(row.about))
        else:
            homeless[index.key(row.about)].append(row)
    for key, group in about.items():
        match.labels[key] = _merge(target[key].id, group, match)
    match.rows = dict(about)
    for group in homeless.values():
        _merge(str(group[0].about), group, match)
        match.missing.append((index.base(group[0].about), group[0]))
    match.ambiguous = list(dict.fromkeys(match.ambiguous))
    return match


@dataclass(slots=True)
class BoxMatch:
    """Where which image lies on its slide.

    Attributes:
        boxes: The place of each image that has one; keyed by the identity of the `Placed`.
        rows: The rows that speak of each image, by the same key.
        missing: Patches that no image answers to, or more than one, or whose row contradicts itself.
        disagreeing: Images that lie in two places by the tables, and so in none.
    """

    boxes: dict[int, Box] = field(default_factory=dict)
    rows: dict[int, list[BoxRow]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    disagreeing: list[str] = field(default_factory=list)


def match_boxes(rows: Sequence[BoxRow], images: Sequence[Placed], codes: frozenset[str]) -> BoxMatch:
    """Brings places to images, by the rules of `match_labels`.

    But to every image of a patch: one that is both cropped and annotated lies in one place.
    """
    index = Index([row.about for row in rows], images, codes)
    match = BoxMatch()
    about: dict[int, list[BoxRow]] = defaultdict(list)
    target: dict[int, Placed] = {}
    for row in rows:
        by_origin = [index.within(origin, row.about) for origin in LOOKED_IN]
        hits = [images[0] for images in by_origin if images is not None and len(images) == 1]
        for image in hits:
            about[id(image)].append(row)
            target[id(image)] = image
        if not hits:
            match.missing.append(str(row.about))
    for key, group in about.items():
        boxes = {row.box for row in group}
        if len(boxes) == 1:
            match.boxes[key] = boxes.pop()
        else:
            match.disagreeing.append(target[key].id)
    match.rows = dict(about)
    match.missing = list(dict.fromkeys(match.missing))
    match.disagreeing = list(dict.fromkeys(match.disagreeing))
    return match


def _merge(name: str, group: Sequence[LabelRow], match: LabelMatch) -> PatchLabel:
    """The label that rows about one patch agree on; what they don't agree on goes to `match`."""
    by_table: dict[object, list[PatchLabel]] = defaultdict(list)
    for row in group:
        by_table[row.source].append(row.label)
    labels = {row.label for row in group}
    if any(len(set(values)) > 1 for values in by_table.values()):
        match.contradictory.append(f"{name}: {_values(labels)}")
    elif len(labels) > 1:
        match.disagreeing.append(f"{name}: {_values(labels)}")
    elif any(len(values) > 1 for values in by_table.values()):
        match.twice.append(name)
    return labels.pop() if len(labels) == 1 else PatchLabel.UNCERTAIN


def _values(labels: Iterable[PatchLabel]) -> str:
    return " and ".join(str(int(label)) for label in sorted(labels))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the tables agree on for one patient; None where they say nothing or contradict each other."""

    density: Density | None = None
    infected: bool | None = None


@dataclass(slots=True)
class DiagnosisMatch:
    """Diagnoses by patient, or by code where there is no such patient; codes that stand twice, or with different values.

    Attributes:
        by_code: In the order of the tables.
        rows: The rows that speak of each.
        twice: Codes that one table gives twice, with the same value.
        contradictory: Codes with different values.
    """

    by_code: dict[str, Diagnosis] = field(default_factory=dict)
    rows: dict[str, list[DiagnosisRow]] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    contradictory: list[str] = field(default_factory=list)


def merge_diagnoses(rows: Iterable[DiagnosisRow], patients: Iterable[str] = ()) -> DiagnosisMatch:
    """One diagnosis for each patient. Two tables may repeat each other; LOW against HIGH is still infected."""
    names = Lookup(patients)
    grouped: dict[str, list[DiagnosisRow]] = defaultdict(list)
    for row in rows:
        grouped[names.find(row.code) or row.code].append(row)
    match = DiagnosisMatch(rows=dict(grouped))
    for code, group in grouped.items():
        densities = {row.density for row in group if row.density is not None}
        infected = {row.infected for row in group}
        if len(infected) > 1 or len(densities) > 1:
            diagnoses = sorted({row.density or "positive" for row in group})
            match.contradictory.append(f"{code}: {' and '.join(diagnoses)}")
        elif len({row.source for row in group}) < len(group):
            match.twice.append(code)
        match.by_code[code] = Diagnosis(
            densities.pop() if len(densities) == 1 and len(infected) == 1 else None,
            infected.pop() if len(infected) == 1 else None,
        )
    return match
