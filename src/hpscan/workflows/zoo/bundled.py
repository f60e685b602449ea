"""Make the model that ships with hpscan: the backend `synthetic`, trained on phantoms alone.

Nothing but this file, the phantom and the backend decides what comes out, so on one machine it comes out the same,
bit for bit.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import ModelNotFoundError
from hpscan.store import atomic, models
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.training.records import card
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hpscan.core.decision import Threshold
    from hpscan.store.manifest import OperatingRecord
    from hpscan.store.models import StoredModel

BACKEND = "synthetic"
SETTINGS: Mapping[str, Any] = MappingProxyType({})
PATIENTS, PATCHES = 100, 60
SEED = 20_261_123
"""A seed that nobody takes by chance: phantoms that others draw must not be the ones that it was trained on."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The bundled model, built again.

    Attributes:
        model: Where it lies.
        sha256: Of its weights.
        same: Whether its weights are those that ship with this hpscan, bit for bit; None where none ship.
    """

    model: StoredModel
    sha256: str
    same: bool | None


def rebuild(
    out: Path,
    *,
    device: str = "cpu",
    force: bool = False,
    progress: Callable[[Progress], None] = silent,
) -> Rebuilt:
    """Draw phantoms, train on some of them, choose the thresholds on the others; the model goes to the folder `out`."""
    atomic.check_free(out, force=force, marker="manifest.json")
    with tempfile.TemporaryDirectory(prefix="hpscan-") as scratch:
        dataset = Path(scratch) / "phantoms"
        synth(dataset, patients=PATIENTS, patches=PATCHES, seed=SEED, progress=progress)
        request = TrainRequest(
            dataset, configured(BACKEND, SETTINGS), out=Path(scratch) / "model", device=device, seed=SEED, hold_out=0.0
        )
        trained = train(request, progress=progress).model
        # Synthetic patients need not be recognised, and their digests would be most of the manifest.
        point = _with_origin(trained.manifest.operating_point)
        manifest = trained.manifest.model_copy(
            update={"name": models.BUNDLED, "patients": (), "operating_point": point}
        )
        model = models.save(
            out, models.weights(trained), lambda files: manifest.model_copy(update={"files": files}), card, force=force
        )
    (record,) = model.manifest.files.values()
    try:
        same = model.manifest.files == models.bundled().manifest.files
    except ModelNotFoundError:
        same = None
    return Rebuilt(model, record.sha256, same)


def _with_origin(point: OperatingRecord) -> OperatingRecord:
    """An operating point whose thresholds say, wherever they are shown, that no real patient gave them."""

    def said(threshold: Threshold | None) -> Threshold | None:
        if threshold is None:
            return None
        return replace(threshold, note="; ".join(filter(None, (threshold.note, "all of them synthetic"))))

    return point.model_copy(update={name: said(getattr(point, name)) for name in ("patch", "patient", "density")})
