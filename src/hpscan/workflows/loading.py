"""From a stored model to a scorer that can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.configure import configure
from hpscan.core.errors import BackendBrokenError, ModelError, SettingsError
from hpscan.store import models

if TYPE_CHECKING:
    from hpscan.core.backend import Scorer
    from hpscan.store.models import StoredModel


def load_scorer(model: StoredModel, device: str) -> Scorer:
    """The scorer of a stored model, on `device` (`auto` allowed).

    Raises:
        BackendError: When its backend is not installed, cannot be used, or restores no scorer.
        DeviceError: When the device is not there.
        ModelDamagedError: When its weights are not those that it was stored with.
        ModelError: When the installed backend does not take its settings.
    """
    made = model.manifest.backend
    backend, plugin = registry.load(made.name)
    try:
        settings = configure(backend.settings, made.name, model.manifest.settings)
    except SettingsError as error:
        raise ModelError(
            f"the model was made with another version of {made.name} ({made.distribution} {made.version}, installed is "
            f"{plugin.distribution} {plugin.version}): {error.message}",
            hint="install the version that made it, or train it again",
            path=model.path,
        ) from None
    scorer = backend.restore(models.weights(model), settings, device=devices.choose(device))
    if not callable(getattr(scorer, "score", None)):
        raise BackendBrokenError(
            f"backend {made.name!r} of {plugin.distribution} {plugin.version} restores no scorer: it gives "
            f"{scorer!r:.40}, which has no score()",
            hint="check it with hpscan.testing.check_backend",
        )
    return scorer
