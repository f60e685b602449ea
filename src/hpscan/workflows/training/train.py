"""Train a model: from a dataset's folder to a model's folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.backend import Checker, Progress, Run, never, silent
from hpscan.core.decision import DEFAULT_AGGREGATION, Aggregation
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.data.images import inspection as integrity
from hpscan.evaluation import thresholds as operating
from hpscan.store import models
from hpscan.store.account import record
from hpscan.store.manifest import BackendRecord, FileRecord, InputRecord, Manifest, Role, TrainingRecord, now
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.causes import with_cause
from hpscan.workflows.cohort.copies import agree
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.training import fit as fitting
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import partition
from hpscan.workflows.training.plots import of_training
from hpscan.workflows.training.records import card, patient_records, told, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.cohort import Cohort, Patient
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring.patches import Scored
    from hpscan.workflows.training.fit import Fit


@dataclass(frozen=True, slots=True)
class Training:
    """What training gave.

    Attributes:
        model: The stored model.
        dataset: What it was trained on, with what was noticed there.
        n_patches: Patches that it was fitted on.
        n_positive: Those of them that are labelled positive; None where labels are not learned from.
        n_other_size: Patches left out of the fit because they are not of the most common size.
        rejected: Patches that could not be read.
        fitted_per_second: Patches a second in training, mean over epochs; None for a backend without epochs.
        scored_per_second: Patches a second when the operating point was chosen.
        peak_memory: Bytes.
        undrawn: File name of a picture -> why there is none.
        account: What became of everything in the dataset.
        warnings: What is wrong with the scores that the operating point was chosen on.
    """

    model: StoredModel
    dataset: Dataset
    n_patches: int
    n_positive: int | None
    n_other_size: int
    rejected: tuple[Rejection, ...]
    fitted_per_second: float | None
    scored_per_second: float
    peak_memory: int
    undrawn: Mapping[str, str]
    account: Account
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to train, but for the data and the backend.

    Attributes:
        settings: Settings that differ from the backend's defaults; values may be text.
        name: The model's name in the user's folder; by default the backend's.
        out: A folder for the model instead.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: Decides the split, the draws and the initial weights.
        hold_out: Share of patients, 0..0.5, that the model never sees, for `evaluate`.
        criterion: How the patch threshold is chosen.
        aggregation: How patch scores become a patient's value.
        top_k: The share of highest scores that `top-k-mean` averages, in per cent; None for the usual one.
        force: Replace a model of the same name.
        use: Whether commands take it once it is the newest.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
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
    data: Path,
    backend: str,
    options: Options,
    *,
    progress: Callable[[Progress], None] = silent,
    should_stop: Callable[[], bool] = never,
) -> Training:
    """Fit a backend on some of the patients, choose its operating point on others, and store the model.

    `progress` is told how far it has come. Once `should_stop` says so, the best weights so far are kept, get
    their operating point and are stored.
    """
    criterion = operating.Criterion.parse(options.criterion)
    aggregation, top_k = operating.parse_aggregation(options.aggregation, options.top_k)
    kind, plugin = registry.load(backend)
    settings = configure(kind.settings, backend, options.settings)
    if isinstance(kind, Checker):
        kind.check(settings)
    target = models.place(options.name, backend, options.out, force=options.force)
    device = devices.choose(options.device)
    dataset = layout.load(data, patient=options.patient_from)

    listing = integrity.inspect(dataset.cohort.patches(augmented=True), decode=False, progress=progress)
    cohort, listing = agree(dataset.cohort, listing)
    patients = cohort.patients
    supervision = kind.learns_from(settings)
    groups = {p.id: p.id for p in patients} | {
        member: min(group) for group in listing.linked_patients for member in group
    }
    try:
        roles = partition(cohort, supervision, groups, options.hold_out, options.seed)
        run = Run(seed=options.seed, device=device, progress=progress, should_stop=should_stop)
        made = fitting.fit(kind, plugin, settings, roles, run)
        fitted = made.fitted
        choosing = roles[Role.CALIBRATION]
        scored = scoring.score(
            operate.operating_patches(choosing), fitted.scorer, stage="operating point", progress=progress
        )
        point = operate.choose(choosing, scored, criterion, listing.fingerprint, options.seed, aggregation, top_k)
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    books = _account(dataset, cohort, roles, made, scored)
    point = point.model_copy(update={"account": record(books, names=False)})

    pictures = of_training(
        fitted, choosing, scored, point, options.seed, told(target.name, backend, drawn=dataset.phantom)
    )

    dumped = settings.model_dump(mode="json")

    def manifest(files: dict[str, FileRecord]) -> Manifest:
        return Manifest(
            hpscan=version("hpscan"),
            created=now(),
            name=target.name,
            default=options.use,
            backend=BackendRecord(name=backend, distribution=plugin.distribution, version=plugin.version),
            settings=dumped,
            input=InputRecord(size=made.size),
            training=TrainingRecord(
                seed=options.seed,
                device=device,
                seconds=round(made.seconds, 3),
                interrupted=fitted.interrupted,
                arguments={
                    "backend": backend,
                    "settings": {key: str(dumped[key]) for key in options.settings},
                    "device": options.device,
                    "seed": options.seed,
                    "hold_out": options.hold_out,
                    "patient_from": options.patient_from,
                    "criterion": str(criterion),
                    "aggregation": aggregation.value,
                    "top_k": top_k if aggregation is Aggregation.TOP_K_MEAN else None,
                },
                versions=versions(),
                history=tuple({key: float(value) for key, value in row.items()} for row in fitted.history),
                pretrained=dict(fitted.pretrained),
            ),
            cohort_fingerprint=listing.fingerprint,
            phantom=dataset.phantom,
            salt=listing.fingerprint,
            densities=dict(Counter(p.density or "unknown" for p in patients)),
            patients=patient_records(roles, listing.digest, listing.fingerprint),
            operating_point=point,
            files=files,
        )

    return Training(
        model=models.save(
            target,
            fitted.scorer.state(),
            manifest,
            partial(card, figures=pictures.drawn),
            figures=pictures.drawn,
            force=options.force,
        ),
        dataset=dataset,
        n_patches=made.n_patches,
        n_positive=made.n_positive,
        n_other_size=made.n_other_size,
        rejected=tuple(dict.fromkeys((*made.rejected, *scored.rejected))),
        fitted_per_second=made.per_second,
        scored_per_second=len(scored.patches) / scored.seconds,
        peak_memory=devices.peak_memory(device),
        undrawn=pictures.failed,
        account=books,
        warnings=operate.warnings(choosing, scored, point),
    )


def _account(
    dataset: Dataset, cohort: Cohort, roles: Mapping[Role, tuple[Patient, ...]], made: Fit, scored: Scored
) -> Account:
    """Patients held out count as used: they were kept for `evaluate`."""
    used = {p.path: p.patient_id for p in (*made.used, *scored.patches)}
    lost = {r.patch.path: r for r in (*made.rejected, *scored.rejected)}
    taking_part = {p.id for own in roles.values() for p in own}
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
