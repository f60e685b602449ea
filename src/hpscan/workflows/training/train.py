"""Train a model: from a dataset's folder to a model's folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from hpscan.backends import device as devices
from hpscan.core.backend import Progress, Run, never, silent
from hpscan.core.choices import DEFAULT_AGGREGATION, Aggregation
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.evaluation import thresholds as operating
from hpscan.report.text.captions import model_line
from hpscan.store import models
from hpscan.store.account import record
from hpscan.store.manifest import BackendRecord, FileRecord, InputRecord, Manifest, Role, TrainingRecord, now
from hpscan.store.versions import versions
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.inspected import inspected, linked, with_cause
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.training import fit as fitting
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import partition
from hpscan.workflows.training.plots import of_training
from hpscan.workflows.training.records import card, patient_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.cohort import Cohort, Patient
    from hpscan.core.notes import Note
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.store.manifest import FitFacts
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring.patches import Scored
    from hpscan.workflows.training.fit import Fit
    from hpscan.workflows.training.settings import ConfiguredBackend


@dataclass(frozen=True, slots=True)
class Training:
    """What training gave.

    Attributes:
        model: The stored model.
        dataset: What it was trained on, with what was noticed there.
        facts: What the fit took and learned from.
        rejected: Patches that could not be read.
        scored_per_second: Patches a second when the operating point was chosen.
        peak_memory: Bytes.
        undrawn: File name of a plot -> why there is none.
        account: What became of everything in the dataset.
        warnings: What is wrong with the scores that the operating point was chosen on.
    """

    model: StoredModel
    dataset: Dataset
    facts: FitFacts
    rejected: tuple[Rejection, ...]
    scored_per_second: float
    peak_memory: int
    undrawn: Mapping[str, str]
    account: Account
    warnings: tuple[Reason, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noticed about the dataset."""
        return self.dataset.notes


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train, and how.

    Attributes:
        data: The dataset's folder.
        backend: The backend with its settings.
        name: The model's name in the user's folder; by default the backend's.
        out: A folder for the model instead.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: Decides the split, the draws and the initial weights.
        hold_out: Proportion of patients, 0..0.5, that the model never sees, for `evaluate`.
        criterion: How the patch threshold is chosen.
        aggregation: How patch scores become a patient-level score.
        top_k: The proportion of highest scores that `top-k-mean` averages, in per cent; None for the usual one.
        force: Replace a model of the same name.
        use: Whether commands take it once it is the newest.
        patient_from: Who is a patient, where the folders do not tell.
    """

    data: Path
    backend: ConfiguredBackend
    name: str | None = None
    out: Path | None = None
    device: str = "auto"
    seed: int = 0
    hold_out: float = 0.2
    criterion: str = str(operating.DEFAULT)
    aggregation: str = DEFAULT_AGGREGATION.value
    top_k: int | None = None
    force: bool = False
    use: bool = True
    patient_from: str | None = None


def train(
    request: TrainRequest,
    *,
    progress: Callable[[Progress], None] = silent,
    should_stop: Callable[[], bool] = never,
) -> Training:
    """Fit a backend on some of the patients, choose its operating point on others, and store the model.

    `progress` is told how far it has come. Once `should_stop` says so, the best weights so far are kept, get
    their operating point and are stored.
    """
    criterion = operating.Criterion.parse(request.criterion)
    aggregation, top_k = operating.parse_aggregation(request.aggregation, request.top_k)
    configured = request.backend
    configured.check()
    target = models.place(request.name, configured.name, request.out, force=request.force)
    device = devices.choose(request.device)
    dataset = layout.load(request.data, patient=request.patient_from)
    cohort, listing = inspected(dataset, progress)
    run = Run(seed=request.seed, device=device, progress=progress, should_stop=should_stop)
    try:
        groups = linked(cohort.patients, listing)
        roles = partition(cohort, configured.supervision, groups, request.hold_out, request.seed)
        fit = fitting.fit(configured, roles, run)
        choosing = roles[Role.CALIBRATION]
        scored = scoring.score(
            operate.operating_patches(choosing), fit.fitted.scorer, stage="operating point", progress=progress
        )
        point = operate.choose(choosing, scored, criterion, listing.fingerprint, request.seed, aggregation, top_k)
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    books = _account(dataset, cohort, roles, fit, scored)
    point = point.model_copy(update={"account": record(books, names=False)})
    plots = of_training(
        fit.fitted,
        choosing,
        scored,
        point,
        request.seed,
        model_line(target.name, configured.name, synthetic=dataset.phantom),
    )

    def manifest(files: dict[str, FileRecord]) -> Manifest:
        plugin = configured.plugin
        return Manifest(
            hpscan=version("hpscan"),
            created=now(),
            name=target.name,
            default=request.use,
            backend=BackendRecord(name=configured.name, distribution=plugin.distribution, version=plugin.version),
            settings=configured.settings.model_dump(mode="json"),
            input=InputRecord(size=fit.size),
            training=_training_record(request, fit, device, criterion, aggregation, top_k),
            cohort_fingerprint=listing.fingerprint,
            phantom=dataset.phantom,
            salt=listing.fingerprint,
            densities=dict(Counter(p.density or "unknown" for p in cohort.patients)),
            patients=patient_records(roles, listing.digest, listing.fingerprint),
            operating_point=point,
            files=files,
        )

    return Training(
        model=models.save(
            target,
            fit.fitted.scorer.state(),
            manifest,
            partial(card, plots=plots.drawn),
            plots=plots.drawn,
            force=request.force,
        ),
        dataset=dataset,
        facts=fit.facts,
        rejected=tuple(dict.fromkeys((*fit.rejected, *scored.rejected))),
        scored_per_second=len(scored.patches) / scored.seconds,
        peak_memory=devices.peak_memory(device),
        undrawn=plots.failed,
        account=books,
        warnings=operate.warnings(choosing, scored, point),
    )


def _training_record(
    request: TrainRequest,
    fit: Fit,
    device: str,
    criterion: operating.Criterion,
    aggregation: Aggregation,
    top_k: int,
) -> TrainingRecord:
    configured = request.backend
    dumped = configured.settings.model_dump(mode="json")
    return TrainingRecord(
        seed=request.seed,
        device=device,
        seconds=round(fit.facts.seconds, 3),
        interrupted=fit.fitted.interrupted,
        arguments={
            "backend": configured.name,
            "settings": {key: str(dumped[key]) for key in configured.chosen},
            "device": request.device,
            "seed": request.seed,
            "hold_out": request.hold_out,
            "patient_from": request.patient_from,
            "criterion": str(criterion),
            "aggregation": aggregation.value,
            "top_k": top_k if aggregation is Aggregation.TOP_K_MEAN else None,
        },
        versions=versions(),
        history=fit.facts.history,
        pretrained=fit.facts.pretrained,
    )


def _account(
    dataset: Dataset, cohort: Cohort, roles: Mapping[Role, tuple[Patient, ...]], fit: Fit, scored: Scored
) -> Account:
    """Patients held out count as used: they were kept for `evaluate`."""
    used = {p.path: p.patient_id for p in (*fit.used, *scored.patches)}
    lost = {r.patch.path: r for r in (*fit.rejected, *scored.rejected)}
    taking_part = {p.id for patients in roles.values() for p in patients}
    unreadable = {r.patch.patient_id for r in lost.values()} - set(used.values())
    fates = Fates(
        used=used.keys(),
        rejected={path: r.reason for path, r in lost.items()},
        duplicates=frozenset(p.path for p in scored.duplicates),
        patients=patient_fates(
            dataset, (), [p.id for p in cohort.patients if p.id not in taking_part], unreadable & taking_part
        ),
    )
    return account([dataset], fates)
