"""What a benchmark will do: folds, cells, what each cell depends on, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.backend import Checker, Progress, Quick, Supervision
from hpscan.core.decision import DEFAULT_AGGREGATION, Aggregation
from hpscan.core.errors import HpscanError, NotEnoughDataError, SettingsError
from hpscan.data.dataset import layout
from hpscan.data.images import inspection as integrity
from hpscan.evaluation import thresholds as operating
from hpscan.store import runs as cells
from hpscan.store.account import record
from hpscan.store.benchmark import CohortRecord, FailureRecord
from hpscan.workflows.benchmark import outlook
from hpscan.workflows.benchmark.jobs import Configured, check_criterion, make
from hpscan.workflows.benchmark.protocol import Split, divide, thinned, without_class
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.causes import with_cause
from hpscan.workflows.cohort.copies import agree
from hpscan.workflows.training.partition import scored_patches
from hpscan.workflows.training.settings import gather, tables_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hpscan.core.account import Account
    from hpscan.core.cohort import Cohort
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection
    from hpscan.workflows.benchmark.outlook import CellPlan
    from hpscan.workflows.benchmark.protocol import Division
    from hpscan.workflows.benchmark.run import Job
    from hpscan.workflows.scoring.patches import Scored

QUICK_WINDOWS = 50
"""Cropped windows of each patient that `--quick` looks at."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to benchmark, and how.

    Attributes:
        data: The dataset's folder.
        backends: Names; None for all that can learn from the data.
        folds: How many, for the split into folds.
        split: How patients are held out.
        out: The folder for cells, tables and figures.
        quick: Fewer epochs, and fewer windows of each patient.
        config: A TOML file with a table of settings for each backend.
        settings: Settings by backend that override the file.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: Decides folds, draws, initial weights and resampling.
        criterion: How patch thresholds are chosen.
        aggregation: How patch scores become a patient's value.
        top_k: The share of highest scores that `top-k-mean` averages, in per cent; None for the usual one.
        force: Replace the tables and figures of another finished benchmark.
        command: What the user typed, for the record.
    """

    data: Path = Path()
    backends: tuple[str, ...] | None = None
    folds: int = 5
    split: Split = Split.FOLDS
    out: Path = Path("hpscan-benchmark")
    quick: bool = False
    config: Path | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    device: str = "auto"
    seed: int = 0
    criterion: str = str(operating.DEFAULT)
    aggregation: str = DEFAULT_AGGREGATION.value
    top_k: int | None = None
    force: bool = False
    command: str = ""
    patient_from: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A benchmark before it runs.

    Attributes:
        dataset: What it runs on.
        folder: Where cells, tables and figures go.
        cohort: Patients and labels, in all and by fold.
        cells: All cells, in the order in which they run.
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
    cells: tuple[CellPlan, ...]
    skipped: tuple[FailureRecord, ...]
    remarks: tuple[str, ...]
    device: str
    linked: tuple[tuple[str, ...], ...]
    account: Account
    warnings: tuple[Reason, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Time for the cells that are not stored; None where some cannot be estimated."""
        left = [cell.seconds for cell in self.cells if not cell.stored]
        return None if None in left else sum(s for s in left if s is not None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with all that is needed to carry it out.

    Attributes:
        plan: The plan.
        cohort: The patients, with no more windows than are looked at.
        listing: The files' digests.
        whole: The patients with all their windows.
        division: The folds.
        jobs: One for each of the plan's cells, in the same order.
        learns_from: What each backend learns from.
        criterion: How patch thresholds are chosen.
        aggregation: How patch scores become a patient's value.
        top_k: The share of highest scores that TOP_K_MEAN averages, in per cent.
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


def prepare(options: Options, progress: Callable[[Progress], None]) -> Prepared:
    """Read the dataset and lay out the benchmark; writes nothing.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        SettingsError: When a setting is wrong.
        BackendError: When a backend that was asked for cannot be used.
    """
    criterion = operating.Criterion.parse(options.criterion)
    aggregation, top_k = operating.parse_aggregation(options.aggregation, options.top_k)
    configured, skipped = _backends(options)
    dataset = layout.load(options.data, patient=options.patient_from)
    device = devices.choose(options.device)
    # All files are read: images that patients share, and the fingerprint, are the whole dataset's.
    listing = integrity.inspect(dataset.cohort.patches(augmented=True), decode=False, progress=progress)
    whole, listing = agree(dataset.cohort, listing)
    dataset = replace(dataset, cohort=whole)
    cohort = thinned(dataset.cohort, QUICK_WINDOWS, options.seed) if options.quick else dataset.cohort
    most = None if cohort == dataset.cohort else QUICK_WINDOWS
    dataset = replace(dataset, cohort=cohort)
    groups = {p.id: p.id for p in cohort.patients} | {
        member: min(group) for group in listing.linked_patients for member in group
    }
    try:
        division = divide(dataset, options.split, options.folds, groups, options.seed)
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    jobs: list[Job] = []
    for one in configured:
        try:
            own = [make(one, fold, groups, listing, device, options.seed) for fold in division.folds]
            for job in own:
                check_criterion(job, criterion)
            jobs += own
        except NotEnoughDataError as error:
            if options.backends is not None:
                raise with_cause(error, dataset) from None
            skipped.append(FailureRecord(backend=one.name, fold=None, reason=error.message))
    if not jobs:
        lack = NotEnoughDataError(
            f"no backend can learn from {options.data}: "
            + "; ".join(f"{failure.backend}: {failure.reason}" for failure in skipped),
            hint=f"see what the dataset holds with hpscan data check {options.data}, or choose another --criterion",
            path=options.data,
        )
        raise with_cause(lack, dataset)
    jobs.sort(key=lambda job: job.fold)  # stable: fold by fold, so that all backends are timed early
    learns_from = {one.name: one.supervision for one in configured if one.name in {job.backend for job in jobs}}
    account_of_all = books(dataset, whole, division)
    plan = Plan(
        dataset=dataset,
        folder=options.out,
        cohort=outlook.cohort_record(dataset, listing, division, options.split, most).model_copy(
            update={"account": record(account_of_all, names=True)}
        ),
        account=account_of_all,
        cells=outlook.cell_plans(jobs, learns_from, options.out),
        skipped=tuple(skipped),
        remarks=outlook.remarks(dataset, division, options.split, most, quick=options.quick),
        device=device,
        linked=listing.linked_patients,
        warnings=without_class(division, groups, options.split),
    )
    depends: dict[str, Any] = {
        "cells": sorted(job.key for job in jobs),
        "criterion": str(criterion),
        "data": listing.fingerprint,
    }
    if aggregation.of_scores:  # in the key of no benchmark of fractions, so that those of earlier versions go on
        depends["aggregation"] = [aggregation.value, top_k]
    key = cells.key(depends)
    return Prepared(
        plan, cohort, listing, whole, division, tuple(jobs), learns_from, criterion, aggregation, top_k, key
    )


def books(dataset: Dataset, whole: Cohort, division: Division, done: Sequence[Scored] = ()) -> Account:
    """What will be scored, or was; patients that can be judged and are in no fold were refused.

    Args:
        dataset: The dataset.
        whole: All its patients with all their windows.
        division: The folds.
        done: What became of the patches held out, by fold; empty before the benchmark.
    """
    in_folds = {p.id: p for fold in division.folds for p in (*fold.held_out, *fold.training)}
    without_truth = [p.id for p in whole.patients if not scored_patches([p])]
    refused = set(division.left_out) - set(without_truth)
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
            without_truth,
            {r.patch.patient_id for r in lost.values()} - {patch.patient_id for patch in wanted.values()},
        ),
    )
    return account([replace(dataset, cohort=whole)], fates)


def _backends(options: Options) -> tuple[list[Configured], list[FailureRecord]]:
    """The backends with their settings, and those that cannot be used."""
    wanted = tuple(dict.fromkeys(map(registry.current_name, options.backends or registry.names())))
    settings_of = {registry.current_name(name): values for name, values in options.settings.items()}
    for stranger in settings_of.keys() - set(wanted):
        raise SettingsError(
            f"--set {stranger}...: backend {stranger!r} is not among those benchmarked",
            hint=f"benchmarked are: {', '.join(wanted)}",
        )
    if options.config is not None and len(wanted) > 1:
        tables_only(options.config)
    found, skipped = [], []
    for one in wanted:
        try:
            kind, plugin = registry.load(one)
            given = {**(dict(kind.quick) if options.quick and isinstance(kind, Quick) else {})}
            given |= gather(one, options.config, settings_of.get(one, {}), {})
            settings = configure(kind.settings, one, given)
            if isinstance(kind, Checker):
                kind.check(settings)
        except SettingsError:
            raise
        except HpscanError as error:
            if options.backends is not None:
                raise
            skipped.append(FailureRecord(backend=one, fold=None, reason=error.message))
        else:
            found.append(Configured(one, plugin, given, settings, kind.learns_from(settings)))
    return found, skipped
