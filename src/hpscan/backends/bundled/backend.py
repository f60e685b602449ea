"""Backend `bundled`: the network that ships with hpscan, as it is; it was trained on phantoms alone.

It learns nothing, so that it can be given thresholds for a cohort of one's own, and stand in a benchmark beside what learns.
Its network is one that `synthetic` trained, so it is restored by that backend's module.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hpscan.backends.bundled.settings import BundledSettings
from hpscan.core.backend import Fitted, Supervision
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpscan.backends.synthetic.network import DetectorScorer
    from hpscan.core.backend import Patches, Run, State


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
        from hpscan.backends.synthetic.network import restore_detector

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
