"""Diagnose patients: every patch scored, one result per patient."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.account import PatientFate
from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Origin, Patient
from hpscan.core.decision import OperatingPoint, Threshold, decide
from hpscan.core.errors import SettingsError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.dataset import layout
from hpscan.data.images import quality
from hpscan.store.default_model import Choice
from hpscan.workflows.cohort.account import Fates, account
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.cohort.surroundings import NOTHING, around
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.models import choose, load_scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.cohort import Patch
    from hpscan.core.decision import PatientResult
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.store.default_model import Chosen
    from hpscan.store.models import StoredModel
    from hpscan.workflows.cohort.surroundings import Around
    from hpscan.workflows.scoring.patches import Scored

FEW = 10
"""Scored patches below which a result carries a remark."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One patient's result and what it rests on.

    Attributes:
        result: The result.
        patches: Scored patches, the most suspicious first.
        scores: Their scores, in the same order.
        sha256: Hex digests of their files, in the same order.
        rejected: Patches that could not be read.
        duplicates: Patches that are copies of another one.
        point: The thresholds used.
        originals: For each of the duplicates the row of the patch that it is a copy of, where that is known.
    """

    result: PatientResult
    patches: tuple[Patch, ...]
    scores: tuple[float, ...]
    sha256: tuple[str, ...]
    rejected: tuple[Rejection, ...]
    duplicates: tuple[Patch, ...]
    point: OperatingPoint
    originals: tuple[int, ...] = ()

    def placed(self) -> Iterator[tuple[int, Patch]]:
        """Every patch that has a score, copies too, with the row of its score: a copy has a place of its own."""
        yield from enumerate(self.patches)
        yield from zip(self.originals, self.duplicates, strict=False)


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """All patients asked for, the model that was used and why, and what became of everything that was handed in."""

    model: StoredModel
    patients: tuple[Diagnosis, ...]
    seconds: float
    account: Account
    chosen: Choice = Choice.NAMED


def diagnose(
    paths: Sequence[Path],
    model: str | Chosen | None = None,
    *,
    threshold: float | None = None,
    patient_from: str | None = None,
    device: str = "auto",
    accept: Callable[[Sequence[Patient]], None] = lambda _: None,
    progress: Callable[[Progress], None] = silent,
) -> Diagnoses:
    """Diagnose all patients found in `paths`: patients' folders or whole datasets.

    Args:
        paths: Folders. What belongs to one patient of one dataset meets, also from several folders.
        model: Name or path of the model, or one that was chosen before; the default when None.
        threshold: A patch threshold in place of the model's.
        patient_from: Who is a patient, where the folders do not tell (`data.patient_from`).
        device: Where to score.
        accept: Called with the patients before any patch is scored; what it raises ends the work.
        progress: Told how far it has come.
    """
    taken = choose(model)
    stored = taken.model
    point = stored.manifest.operating_point.point()
    if threshold is not None and not math.isfinite(threshold):
        raise SettingsError(f"a threshold cannot be {threshold}", hint="give --threshold a finite number")
    if threshold is not None:
        note = "the thresholds on patients were chosen with another one"
        if point.aggregation.of_scores:
            note = "it counts positive patches: the density may change with it, a finding only where most are positive"
        point = replace(point, patch=Threshold(threshold, "user", note=note))
    gathered = gather(paths, patient_from)
    patients = gathered.patients
    accept(patients)
    scorer = load_scorer(stored, device)
    every = [patch for patient in patients for patch in windows(patient)]
    scored = scoring.score(every, scorer, progress=progress)
    known = seen(stored.manifest, patients, dict(zip(scored.patches, scored.sha256, strict=True)))
    remarks: dict[str, list[Reason]] = defaultdict(list)
    for name in known.role:
        remarks[name].append(Reason.of(ReasonKind.SEEN))
    for name in known.namesakes:
        remarks[name].append(Reason.of(ReasonKind.NAMESAKE))
    for name, other_size in _other_sizes(scored, stored.manifest.input.size).items():
        remarks[name].append(other_size)
    for patient in patients:
        if profiles := unreadable_profiles(scored, windows(patient)):
            remarks[patient.id].append(profiles)
    if threshold is not None:
        for patient in patients:
            remarks[patient.id].append(Reason.of(ReasonKind.PATCH_THRESHOLD_GIVEN, value=threshold))
    diagnoses = tuple(results(patients, scored, point, remarks, gathered.around))
    return Diagnoses(stored, diagnoses, scored.seconds, _account(gathered, scored, diagnoses), taken.how)


def _account(gathered: Gathered, scored: Scored, diagnoses: Sequence[Diagnosis]) -> Account:
    fates = Fates(
        used=frozenset(patch.path for patch in scored.patches),
        rejected={r.patch.path: r.reason for r in scored.rejected},
        duplicates=frozenset(patch.path for patch in scored.duplicates),
        patients={d.result.patient_id: PatientFate.UNREADABLE for d in diagnoses if not d.patches},
    )
    return account(gathered.datasets, fates, gathered.names)


def _other_sizes(scored: Scored, fitted: tuple[int, int] | None) -> dict[str, Reason]:
    """Of the patients with a patch of another width and height than `fitted`; of nobody where there is none."""
    if fitted is None:
        return {}
    sizes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for patch, own in zip(scored.patches, scored.sizes, strict=True):
        sizes[patch.patient_id].append(own)
    return {who: other_size(own, fitted) for who, own in sizes.items() if set(own) != {fitted}}


def other_size(sizes: Sequence[tuple[int, int]], fitted: tuple[int, int]) -> Reason:
    """That some of the patches, of these widths and heights, have others than the model was fitted on."""
    others = Counter(size for size in sizes if size != fitted)
    names = [f"{width} x {height}" for (width, height), _ in others.most_common()]
    width, height = fitted
    count, of = others.total(), len(sizes)
    return Reason.of(ReasonKind.OTHER_SIZE, *names, count=count, of=of, fitted_width=width, fitted_height=height)


def unreadable_profiles(scored: Scored, patches: Sequence[Patch]) -> Reason | None:
    """That some of a patient's patches have colour profiles that could not be read; None where none has."""
    count = sum(ReasonKind.COLOUR_PROFILE_UNREADABLE in scored.remarks.get(patch, ()) for patch in patches)
    if not count:
        return None
    return Reason.of(ReasonKind.COLOUR_PROFILE_UNREADABLE, count=count, listed=len(patches))


def windows(patient: Patient) -> tuple[Patch, ...]:
    """The patches that a patient's result rests on: all cropped windows, else the annotated patches."""
    return patient.of(Origin.CROPPED) or patient.of(Origin.ANNOTATED)


def results(
    patients: Iterable[Patient],
    scored: Scored,
    point: OperatingPoint,
    known: Mapping[str, Sequence[Reason]] = MappingProxyType({}),
    beside: Mapping[str, Around] = MappingProxyType({}),
) -> list[Diagnosis]:
    """One result per patient from the scores of their `windows`.

    Args:
        patients: The patients.
        scored: What became of their patches.
        point: The thresholds.
        known: Remarks on some of the patients, by id.
        beside: What lies beside the patches of some of them, by id.
    """
    row = {patch: i for i, patch in enumerate(scored.patches)}
    rejected = {r.patch: r for r in scored.rejected}
    duplicates = frozenset(scored.duplicates)
    found = []
    undecided = (
        (Reason.of(ReasonKind.THRESHOLD_SEPARATES_NOTHING, value=point.patient.value),)
        if point.separates_nothing
        else ()
    )
    for patient in patients:
        own = windows(patient)
        rows = [row[patch] for patch in own if patch in row]
        score = scored.scores.score[rows]
        order = np.argsort(-score, kind="stable")
        unreadable = tuple(rejected[patch] for patch in own if patch in rejected)
        copies = tuple(patch for patch in own if patch in duplicates)
        remarks = list(known.get(patient.id, ()))
        if 0 < len(rows) < FEW:
            remarks.insert(0, Reason.of(ReasonKind.FEW_PATCHES, scored=len(rows), least=FEW))
        if own and not patient.of(Origin.CROPPED):
            remarks.insert(0, Reason.of(ReasonKind.SELECTED_PATCHES, count=len(own)))
        about = beside.get(patient.id, NOTHING)
        result = decide(
            patient.id,
            score,
            point,
            n_rejected=len(unreadable),
            n_duplicate=len(copies),
            n_unread=about.n_unread,
            first_rejection=unreadable[0].reason if unreadable else "",
            doubts=(*about.doubts, *quality.doubts([scored.looks[i] for i in rows]), *undecided),
            remarks=(*about.remarks, *remarks),
        )
        ranked = tuple(scored.patches[rows[i]] for i in order)
        digests = tuple(scored.sha256[rows[i]] for i in order)
        place = {patch: i for i, patch in enumerate(ranked)}
        originals = tuple(place[scored.originals[copy]] for copy in copies if copy in scored.originals)
        found.append(
            Diagnosis(result, ranked, tuple(score[order].tolist()), digests, unreadable, copies, point, originals)
        )
    return found


@dataclass(frozen=True, slots=True)
class Gathered:
    """The patients of some folders.

    Attributes:
        patients: The patients, those without a listed patch too.
        datasets: What the folders hold.
        names: What a patient (root, id) is called where another dataset has one of that id.
        around: What lies beside the patches of each patient of whom there is something to know, by its name here.
    """

    patients: tuple[Patient, ...]
    datasets: tuple[Dataset, ...]
    names: Mapping[tuple[Path, str], str]
    around: Mapping[str, Around]


def gather(paths: Sequence[Path], patient_from: str | None = None) -> Gathered:
    """Patients of all folders; folders of one patient in one dataset are put together.

    Raises:
        LayoutError: When a folder holds no patch, or it cannot be told who is a patient.
    """
    datasets = tuple(layout.load(path, patient=patient_from) for path in paths)
    found: dict[tuple[Path, str], Patient] = {}
    for dataset in datasets:
        for patient in dataset.everybody:
            before = found.get((dataset.home(patient.id), patient.id))
            patches = {p.path: p for p in (*(before.patches if before else ()), *patient.patches)}
            found[dataset.home(patient.id), patient.id] = replace(patient, patches=tuple(patches.values()))
    times = Counter(name for _, name in found)
    names = {(root, name): f"{root}/{name}" for root, name in found if times[name] > 1}
    patients = tuple(_renamed(patient, names[key]) if key in names else patient for key, patient in found.items())
    beside: dict[str, Around] = {}
    for dataset in datasets:
        for name, about in around(dataset).items():
            beside.setdefault(names.get((dataset.home(name), name), name), about)
    return Gathered(patients, datasets, names, beside)


def _renamed(patient: Patient, name: str) -> Patient:
    """A patient whose id is also that of another one, in another dataset."""
    patches = tuple(replace(p, id=f"{name}/{p.id}", patient_id=name) for p in patient.patches)
    return replace(patient, id=name, patches=patches)
