"""Backend `bundled`: the network that ships with hpscan, as it is; it was trained on phantoms alone.

It learns nothing, so that it can be given thresholds for a cohort of one's own, and stand in a benchmark beside what learns.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from hpscan.backends.synthetic.backend import DetectorSettings
from hpscan.core.backend import Fitted, Supervision
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpscan.backends.synthetic.fit import DetectorScorer
    from hpscan.core.backend import Patches, Run, State

_TOP = DetectorSettings.model_fields["top"]
_VIEWS = DetectorSettings.model_fields["views"]


class BundledSettings(BaseModel):
    """Settings of the score; the network is what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    top: int = Field(_TOP.default, ge=1, le=4096, description=_TOP.description)
    views: int = Field(_VIEWS.default, ge=1, le=8, description=_VIEWS.description)

    def detector(self) -> DetectorSettings:
        """The settings of the shipped network with this score."""
        return DetectorSettings.model_validate(self.model_dump())


class Bundled:
    """The backend."""

    settings = BundledSettings

    def learns_from(self, settings: BundledSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Nothing."""
        return Supervision.NOTHING

    def fit(self, train: Patches, validation: Patches, settings: BundledSettings, run: Run) -> Fitted:  # noqa: ARG002  nothing is learned
        """The shipped network.

        Raises:
            WeightsError: When its file is missing from the installation.
        """
        tensors, sha256 = _shipped()
        record = {"source": "hpscan", "where": "bundled", "sha256": sha256}
        return Fitted(self.restore(tensors, settings, device=run.device), pretrained=record)

    def restore(self, state: State, settings: BundledSettings, *, device: str) -> DetectorScorer:
        """The scorer whose tensors `state` holds."""
        from hpscan.backends.synthetic.fit import restore_detector

        return restore_detector(state, settings.detector(), device)


@cache
def _shipped() -> tuple[Mapping[str, NDArray[Any]], str]:
    """The tensors that ship with hpscan, and the SHA-256 of their file."""
    from safetensors.numpy import load

    file = files("hpscan") / "bundled" / "weights.safetensors"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"the bundled network is not where hpscan was installed: {file}", hint="install hpscan again"
        ) from error
    return load(content), hashlib.sha256(content).hexdigest()


backend = Bundled()
