"""What a benchmark will do: folds, runs, what each run depends on, and how long it will take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.core.choices import Aggregation
from hpscan.core.errors import HpscanError, NotEnoughDataError, SettingsError
from hpscan.data.dataset import layout
from hpscan.evaluation import thresholds as operating
from hpscan.store import runs
from hpscan.store.account import record
from hpscan.store.benchmark import CohortRecord, FailureRecord
from hpscan.workflows.benchmark import outlook
from hpscan.workflows.benchmark.folds import divide, thinned, without_class
from hpscan.workflows.benchmark.jobs import check_criterion, job_of
from hpscan.workflows.benchmark.request import REFERENCE
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.inspected import inspected, linked, with_cause
from hpscan.workflows.training.partition import scored_patches
from hpscan.workflows.training.settings import configured, tables_only

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.backend import Progress, Supervision
    from hpscan.core.choices import Aggregation
    from hpscan.core.cohort import Cohort
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection
    from hpscan.workflows.benchmark.folds import Division
    from hpscan.workflows.benchmark.outlook import RunPlan
    from hpscan.workflows.benchmark.request import BenchmarkRequest
    from hpscan.workflows.benchmark.run import Job
    from hpscan.workflows.scoring.patches import Scored
    from hpscan.workflows.training.settings import ConfiguredBackend

QUICK_PATCHES = 50
"""Cropped patches of each patient that a quick benchmark looks at."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A benchmark before it runs.

    Attributes:
        dataset: What it runs on.
        folder: Where runs, tables and plots go.
        cohort: Patients and labels, in all and by fold.
        runs: All runs, in the order in which they run.
        skipped: Backends that cannot take part, and why.
        remarks: What to know beforehand.
        device: What it computes on.
        linked: Patients that share an image, and so a fold.
        account: What will become of everything in the dataset, as far as it can be read.
        warnings: Folds that will have no AUC of patients.
    """

    dataset: Dataset
    folder: Path
    cohort: CohortRecord
    runs: tuple[RunPlan, ...]
    skipped: tuple[FailureRecord, ...]
    remarks: tuple[str, ...]
    device: str
    linked: tuple[tuple[str, ...], ...]
    account: Account
    warnings: tuple[Reason, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Time for the runs that are not stored; None where some cannot be estimated."""
        left = [run.seconds for run in self.runs if not run.stored]
        return None if None in left else sum(s for s in left if s is not None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with all that is needed to carry it out.

    Attributes:
        plan: The plan.
        cohort: The patients, with no more patches than are looked at.
        listing: The files' digests.
        whole: The patients with all their patches.
        division: The folds.
        jobs: One for each of the plan's runs, in the same order.
        learns_from: What each backend learns from.
        criterion: How patch thresholds are chosen.
        aggregation: How patch scores become a patient-level score.
        top_k: The proportion of highest scores that TOP_K_MEAN averages, in per cent.
        key: Digest of jobs and arguments: the same for the same benchmark.
    """

    plan: Plan
    cohort: Cohort
    listing: Inspection
    whole: Cohort
    division: Division
    jobs: tuple[Job, ...]
    learns_from: dict[str, Supervision]
    criterion: operating.Criterion
    aggregation: Aggregation
    top_k: int
    key: str


def prepare(request: BenchmarkRequest, progress: Callable[[Progress], None]) -> Prepared:
    """Read the dataset and lay out the benchmark; writes nothing.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        SettingsError: When a setting is wrong.
        BackendError: When a backend that was asked for cannot be used.
    """
    criterion = operating.Criterion.parse(request.criterion)
    aggregation, top_k = operating.parse_aggregation(request.aggregation, request.top_k)
    backends, skipped = _backends(request)
    dataset = layout.load(request.data, patient=request.patient_from)
    device = devices.choose(request.device)
    # All files are read: images that patients share, and the fingerprint, are the whole dataset's.
    whole, listing = inspected(dataset, progress)
    dataset = replace(dataset, cohort=whole)
    cohort = thinned(dataset.cohort, QUICK_PATCHES, request.seed) if request.quick else dataset.cohort
    most = None if cohort == dataset.cohort else QUICK_PATCHES
    dataset = replace(dataset, cohort=cohort)
    groups = linked(cohort.patients, listing)
    try:
        division = divide(dataset, request.split, request.folds, groups, request.seed)
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    jobs: list[Job] = []
    for one in backends:
        try:
            own = [job_of(one, fold, groups, listing, device, request.seed) for fold in division.folds]
            for job in own:
                check_criterion(job, criterion)
            jobs += own
        except NotEnoughDataError as error:
            if request.backends is not None:
                raise with_cause(error, dataset) from None
            skipped.append(FailureRecord(backend=one.name, fold=None, reason=error.message))
    if not jobs:
        lack = NotEnoughDataError(
            f"no backend can learn from {request.data}: "
            + "; ".join(f"{failure.backend}: {failure.reason}" for failure in skipped),
            hint=f"see what the dataset holds with hpscan data check {request.data}, or choose another `criterion`",
            path=request.data,
        )
        raise with_cause(lack, dataset)
    jobs.sort(key=lambda job: job.fold)  # stable: fold by fold, so that all backends are timed early
    learns_from = {one.name: one.supervision for one in backends if one.name in {job.backend for job in jobs}}
    account_of_all = books(dataset, whole, division)
    plan = Plan(
        dataset=dataset,
        folder=request.out,
        cohort=outlook.cohort_record(dataset, listing, division, request.split, most).model_copy(
            update={"account": record(account_of_all, names=True)}
        ),
        account=account_of_all,
        runs=outlook.run_plans(jobs, learns_from, request.out),
        skipped=tuple(skipped),
        remarks=outlook.remarks(dataset, division, request.split, most, quick=request.quick),
        device=device,
        linked=listing.linked_patients,
        warnings=without_class(division, groups, request.split),
    )
    depends: dict[str, Any] = {  # what earlier versions call so too: their benchmarks go on
        "cells": sorted(job.key for job in jobs),
        "criterion": str(criterion),
        "data": listing.fingerprint,
    }
    if aggregation.of_scores:  # in the key of no benchmark of fractions, so that those of earlier versions go on
        depends["aggregation"] = [aggregation.value, top_k]
    if request.reference not in (REFERENCE, None):
        depends["reference"] = request.reference
    key = runs.key(depends)
    return Prepared(
        plan, cohort, listing, whole, division, tuple(jobs), learns_from, criterion, aggregation, top_k, key
    )


def books(dataset: Dataset, whole: Cohort, division: Division, done: Sequence[Scored] = ()) -> Account:
    """What will be scored, or was; patients that can be judged and are in no fold were refused.

    Args:
        dataset: The dataset.
        whole: All its patients with all their patches.
        division: The folds.
        done: What became of the patches held out, by fold; empty before the benchmark.
    """
    in_folds = {p.id: p for fold in division.folds for p in (*fold.held_out, *fold.training)}
    without_reference = [p.id for p in whole.patients if not scored_patches([p])]
    refused = set(division.left_out) - set(without_reference)
    lost = {r.patch.path: r for scored in done for r in scored.rejected}
    copies = {patch.path for scored in done for patch in scored.duplicates}
    wanted = {patch.path: patch for patch in scored_patches(in_folds.values())}
    if done:
        wanted = {patch.path: patch for scored in done for patch in scored.patches}
    fates = Fates(
        used=wanted.keys(),
        rejected={path: r.reason for path, r in lost.items()},
        duplicates=copies,
        patients=patient_fates(
            dataset,
            refused,
            without_reference,
            {r.patch.patient_id for r in lost.values()} - {patch.patient_id for patch in wanted.values()},
        ),
    )
    return account([replace(dataset, cohort=whole)], fates)


def _backends(request: BenchmarkRequest) -> tuple[list[ConfiguredBackend], list[FailureRecord]]:
    """The backends with their settings, and those that cannot be used."""
    wanted = tuple(map(registry.current_name, request.backends or registry.names()))
    twice = next((name for name, n in Counter(wanted).items() if n > 1), None)
    if twice is not None:
        raise SettingsError(f"`backends` names {twice!r} twice, once by its old name", hint="name it once")
    settings_of = {registry.current_name(name): values for name, values in request.settings.items()}
    for stranger in settings_of.keys() - set(wanted):
        raise SettingsError(
            f"backend {stranger!r} has settings, and is not among those benchmarked",
            hint=f"benchmarked are: {', '.join(wanted)}",
        )
    if request.reference not in (None, REFERENCE, *wanted):
        raise SettingsError(
            f"backend {request.reference!r}, which others are to be compared with, is not among those benchmarked",
            hint=f"benchmarked are: {', '.join(wanted)}",
        )
    if request.config is not None and len(wanted) > 1:
        tables_only(request.config)
    found, skipped = [], []
    for one in wanted:
        try:
            backend = configured(one, settings_of.get(one, {}), config=request.config, quick=request.quick)
            backend.check()
        except SettingsError:
            raise
        except HpscanError as error:
            if request.backends is not None:
                raise
            skipped.append(FailureRecord(backend=one, fold=None, reason=error.message))
        else:
            found.append(backend)
    return found, skipped
