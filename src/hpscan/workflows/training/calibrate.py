"""Choose a stored model's thresholds anew, on another dataset; its weights stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.evaluation import thresholds as operating
from hpscan.report.text.captions import model_line
from hpscan.store import models
from hpscan.store.account import record as stored_account
from hpscan.store.manifest import Role, now
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.inspected import inspected, linked, with_cause
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.models import choose, restore
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import has_reference, split
from hpscan.workflows.training.plots import OPERATING_POINT, of_operating_point
from hpscan.workflows.training.records import card, patient_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.choices import Aggregation
    from hpscan.core.cohort import Cohort, Patient
    from hpscan.core.notes import Note
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.data.images.inspection import Inspection
    from hpscan.store.manifest import Manifest, OperatingRecord
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring.models import AnyModel
    from hpscan.workflows.scoring.patches import Scored


@dataclass(frozen=True, slots=True)
class CalibrateRequest:
    """What to calibrate, and how.

    Attributes:
        data: The dataset's folder.
        model: Name or path of the model, or one that was chosen before; the default when None.
        criterion: How the patch threshold is chosen.
        aggregation: How patch scores become a patient-level score; the model's own way when None.
        top_k: The proportion of highest scores that `top-k-mean` averages, in per cent; the model's own when None.
        hold_out: Proportion of the patients that the model has never seen, 0..0.5, that is left for `evaluate`.
        patient_from: Who is a patient, where the folders do not tell.
        device: Where to score: `auto`, `cpu`, `cuda` or `mps`.
        seed: Decides who is left for `evaluate`.
    """

    data: Path
    model: AnyModel = None
    criterion: str = str(operating.DEFAULT)
    aggregation: str | None = None
    top_k: int | None = None
    hold_out: float = 0.2
    patient_from: str | None = None
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What calibration gave.

    Attributes:
        model: The model with its new manifest.
        dataset: What it was calibrated on.
        before: The operating point that was replaced.
        n_patients: Patients that the new one was chosen on.
        n_held_out: Patients left for `evaluate`.
        n_fitted: Patients left out because the model was fitted on them.
        rejected: Patches that could not be read.
        plot: Picture of what the new operating point was chosen on.
        account: What became of everything in the dataset.
        warnings: What is wrong with the scores that the operating point was chosen on.
    """

    model: StoredModel
    dataset: Dataset
    before: OperatingRecord
    n_patients: int
    n_held_out: int
    n_fitted: int
    rejected: tuple[Rejection, ...]
    plot: Path
    account: Account
    warnings: tuple[Reason, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noticed about the dataset."""
        return self.dataset.notes


def calibrate(request: CalibrateRequest, *, progress: Callable[[Progress], None] = silent) -> Calibration:
    """Choose the thresholds of a model on the patients of a dataset and store them in its manifest.

    The bundled model stays as it is: a copy of it in the user's folder gets them. Patients that the model was fitted
    on are left out, and so are those that its training held out. The old operating point is kept in the manifest.

    Raises:
        SettingsError: When the criterion or the aggregation is none.
        NotEnoughDataError: When no patient is left to choose on.
    """
    criterion = operating.Criterion.parse(request.criterion)
    stored = choose(request.model).model
    # What is part of the installation is not written to: its new thresholds go to a model of the user's.
    target = models.place(None, f"{models.BUNDLED}-calibrated", None) if stored.bundled else stored.path
    manifest = stored.manifest.model_copy(update={"name": target.name, "created": now()} if stored.bundled else {})
    aggregation, top_k = _aggregation(request, manifest.operating_point)
    scorer = restore(request.model, request.device).scorer
    dataset = layout.load(request.data, patient=request.patient_from)
    cohort, listing = inspected(dataset, progress)
    sides = _sides(request, manifest, cohort, listing)
    if not sides.choosing:
        raise _nobody_left(request, manifest, dataset, sides)
    scored = scoring.score(operate.operating_patches(sides.choosing), scorer, stage="calibrating", progress=progress)
    try:
        record = operate.choose(
            sides.choosing, scored, criterion, listing.fingerprint, request.seed, aggregation, top_k
        )
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    books = _account(dataset, sides, scored)
    record = record.model_copy(update={"account": stored_account(books, names=False)})
    new = patient_records({Role.CALIBRATION: sides.new, Role.TEST: sides.held_out}, listing.digest, manifest.salt)
    updated = manifest.model_copy(
        update={
            "operating_point": record,
            "previous_operating_points": (*manifest.previous_operating_points, manifest.operating_point),
            "patients": (*manifest.patients, *new),
        }
    )
    return Calibration(
        model=_stored(stored, target, updated),
        dataset=dataset,
        before=manifest.operating_point,
        n_patients=len(sides.choosing),
        n_held_out=len(sides.held_out) + len(sides.held_out_before),
        n_fitted=len(sides.fitted),
        rejected=scored.rejected,
        plot=models.plots_folder(target) / OPERATING_POINT,
        account=books,
        warnings=operate.warnings(sides.choosing, scored, record),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who takes which part in a calibration.

    Attributes:
        choosing: Patients that the operating point is chosen on.
        new: Those of them that the model had no record of.
        held_out: Patients left for `evaluate`.
        held_out_before: Ids of the patients that the model's training held out.
        fitted: Ids of the patients that the model was fitted on, or validated on.
        without_reference: Ids of the patients with neither a diagnosis nor a labelled patch.
    """

    choosing: Sequence[Patient]
    new: Sequence[Patient]
    held_out: Sequence[Patient]
    held_out_before: Collection[str]
    fitted: Collection[str]
    without_reference: Sequence[str]


def _sides(request: CalibrateRequest, manifest: Manifest, cohort: Cohort, listing: Inspection) -> _Sides:
    known = seen(manifest, cohort.patients, listing.digest)
    fitted = {i for i, role in known.role.items() if role is not Role.CALIBRATION}
    again = [p for p in cohort.patients if known.role.get(p.id) is Role.CALIBRATION and has_reference(p)]
    set_aside = known.role.keys() | known.held_out
    unknown = [p for p in cohort.patients if p.id not in set_aside and not p.held_out and has_reference(p)]
    new, held_out = split(unknown, linked(unknown, listing), request.hold_out, request.seed)
    without_reference = tuple(p.id for p in cohort.patients if p.id not in fitted and not has_reference(p))
    return _Sides([*again, *new], new, held_out, known.held_out, fitted, without_reference)


def _nobody_left(request: CalibrateRequest, manifest: Manifest, dataset: Dataset, sides: _Sides) -> NotEnoughDataError:
    if not sides.without_reference:
        return NotEnoughDataError(
            f"the model {manifest.name!r} was fitted on, or holds out, every patient of {request.data}",
            hint="calibrate on patients that it was not fitted on",
            path=request.data,
        )
    lack = NotEnoughDataError(
        f"nothing is known of the {len(sides.without_reference)} patients of {request.data} that the model was not "
        "fitted on: they have neither a diagnosis nor a labelled patch",
        hint=f"see which tables were understood: hpscan data check {request.data}",
        path=request.data,
    )
    return with_cause(lack, dataset)


def _account(dataset: Dataset, sides: _Sides, scored: Scored) -> Account:
    """Patients left for `evaluate`, now or by the training, count as used; those that the model knows were refused."""
    readable = {p.patient_id for p in scored.patches}
    unreadable = {p.id for p in sides.choosing} - readable
    fates = Fates(
        used=frozenset(p.path for p in scored.patches),
        rejected={r.patch.path: r.reason for r in scored.rejected},
        duplicates=frozenset(p.path for p in scored.duplicates),
        patients=patient_fates(dataset, sides.fitted, sides.without_reference, unreadable),
    )
    return account([dataset], fates)


def _stored(model: StoredModel, target: Path, manifest: Manifest) -> StoredModel:
    line = model_line(manifest.name, manifest.backend.name, synthetic=manifest.phantom)
    plots = {OPERATING_POINT: of_operating_point(manifest.operating_point, line)}
    if target == model.path:
        folder = models.plots_folder(target).name
        described = partial(card, plots=[path.name for path in model.plots], folder=folder)
        return models.update(model, manifest, described, plots=plots)
    return models.save(
        target, models.weights(model), lambda files: manifest.model_copy(update={"files": files}), card, plots=plots
    )


def _aggregation(request: CalibrateRequest, before: OperatingRecord) -> tuple[Aggregation, int]:
    """What was asked for, and what the model has where nothing was."""
    aggregation, top_k = operating.parse_aggregation(request.aggregation or before.aggregation.value, request.top_k)
    return aggregation, before.top_k if request.top_k is None and aggregation is before.aggregation else top_k
