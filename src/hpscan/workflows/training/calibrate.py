"""Choose a stored model's thresholds anew, on another dataset; its weights stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.data.images import inspection as integrity
from hpscan.evaluation import thresholds as operating
from hpscan.store import models
from hpscan.store.account import record as stored_account
from hpscan.store.manifest import Role, now
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.causes import with_cause
from hpscan.workflows.cohort.copies import agree
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.models import choose, load_scorer
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import has_truth, split
from hpscan.workflows.training.plots import OPERATING_POINT, of_operating_point
from hpscan.workflows.training.records import card, patient_records, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.choices import Aggregation
    from hpscan.core.reasons import Reason
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.store.default_model import Chosen
    from hpscan.store.manifest import Manifest, OperatingRecord
    from hpscan.store.models import StoredModel


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
        figure: Picture of what the new operating point was chosen on.
        without_truth: Ids of the patients that had no part, with neither a diagnosis nor a labelled patch.
        warnings: What is wrong with the scores that the operating point was chosen on.
    """

    model: StoredModel
    dataset: Dataset
    before: OperatingRecord
    n_patients: int
    n_held_out: int
    n_fitted: int
    rejected: tuple[Rejection, ...]
    figure: Path
    account: Account
    warnings: tuple[Reason, ...] = ()


def calibrate(
    data: Path,
    model: str | Chosen | None,
    *,
    criterion: str = str(operating.DEFAULT),
    aggregation: str | None = None,
    top_k: int | None = None,
    hold_out: float = 0.2,
    patient_from: str | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[Progress], None] = silent,
) -> Calibration:
    """Choose the thresholds of `model` on the patients of `data` and store them in its manifest.

    The bundled model stays as it is: a copy of it in the user's folder gets them.

    Patients that the network was fitted on are left out, and so are those that its training held out. Of patients
    it has never seen, the share `hold_out`, 0..0.5, is left for `evaluate`. The old operating point is kept in
    the manifest. Without `aggregation`, and without `top_k`, patients' values stay what they were.

    Raises:
        SettingsError: When the criterion or the aggregation is none.
        NotEnoughDataError: When no patient is left to choose on.
    """
    chosen = operating.Criterion.parse(criterion)
    stored = choose(model).model
    # What is part of the installation is not written to: its new thresholds go to a model of the user's.
    target = models.place(None, f"{models.BUNDLED}-calibrated", None) if stored.bundled else stored.path
    manifest = stored.manifest.model_copy(update={"name": target.name, "created": now()} if stored.bundled else {})
    kind, k = _aggregation(aggregation, top_k, manifest.operating_point)
    scorer = load_scorer(stored, device)
    dataset = layout.load(data, patient=patient_from)
    listing = integrity.inspect(dataset.cohort.patches(augmented=True), decode=False, progress=progress)
    cohort, listing = agree(dataset.cohort, listing)
    known = seen(manifest, cohort.patients, listing.digest)
    fitted = {i for i, role in known.role.items() if role is not Role.CALIBRATION}
    again = [p for p in cohort.patients if known.role.get(p.id) is Role.CALIBRATION and has_truth(p)]
    set_aside = known.role.keys() | known.held_out
    unknown = [p for p in cohort.patients if p.id not in set_aside and not p.held_out]
    without_truth = tuple(p.id for p in cohort.patients if p.id not in fitted and not has_truth(p))
    strangers = [p for p in unknown if has_truth(p)]
    group = {p.id: p.id for p in strangers} | {m: min(g) for g in listing.linked_patients for m in g}
    kept, out = split(strangers, group, hold_out, seed)
    choosing = [*again, *kept]
    if not choosing and without_truth:
        lack = NotEnoughDataError(
            f"nothing is known of the {len(without_truth)} patients of {data} that the model was not fitted on: "
            "they have neither a diagnosis nor a labelled patch",
            hint=f"see which tables were understood: hpscan data check {data}",
            path=data,
        )
        raise with_cause(lack, dataset)
    if not choosing:
        raise NotEnoughDataError(
            f"the model {manifest.name!r} was fitted on, or holds out, every patient of {data}",
            hint="calibrate on patients that it was not fitted on",
            path=data,
        )
    scored = scoring.score(operate.operating_patches(choosing), scorer, stage="calibrating", progress=progress)
    try:
        record = operate.choose(choosing, scored, chosen, listing.fingerprint, seed, kind, k)
    except NotEnoughDataError as error:
        raise with_cause(error, dataset) from None
    # Patients left for `evaluate`, now or by the training, count as used; those that the network knows were refused.
    readable = {p.patient_id for p in scored.patches}
    fates = Fates(
        used=frozenset(p.path for p in scored.patches),
        rejected={r.patch.path: r.reason for r in scored.rejected},
        duplicates=frozenset(p.path for p in scored.duplicates),
        patients=patient_fates(dataset, fitted, without_truth, {p.id for p in choosing} - readable),
    )
    books = account([dataset], fates)
    record = record.model_copy(update={"account": stored_account(books, names=False)})
    roles = {Role.CALIBRATION: kept, Role.TEST: out}
    new = patient_records(roles, listing.digest, manifest.salt)
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
        n_patients=len(choosing),
        n_held_out=len(out) + len(known.held_out),
        n_fitted=len(fitted),
        rejected=scored.rejected,
        figure=target / models.FIGURES / OPERATING_POINT,
        account=books,
        warnings=operate.warnings(choosing, scored, record),
    )


def _stored(model: StoredModel, target: Path, manifest: Manifest) -> StoredModel:
    pictures = {
        OPERATING_POINT: of_operating_point(
            manifest.operating_point, told(manifest.name, manifest.backend.name, drawn=manifest.phantom)
        )
    }
    if target == model.path:
        described = partial(card, figures=[path.name for path in model.figures])
        return models.update(model, manifest, described, figures=pictures)
    return models.save(
        target,
        models.weights(model),
        lambda files: manifest.model_copy(update={"files": files}),
        card,
        figures=pictures,
    )


def _aggregation(asked: str | None, top_k: int | None, before: OperatingRecord) -> tuple[Aggregation, int]:
    """What was asked for, and the model's own where nothing was."""
    kind, k = operating.parse_aggregation(asked or before.aggregation.value, top_k)
    return kind, before.top_k if top_k is None and kind is before.aggregation else k
