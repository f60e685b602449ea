"""From what a user named to a stored model, and from that to a scorer that can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.errors import BackendBrokenError, BackendError, ModelError, SettingsError
from hpscan.store import default_model as choosing
from hpscan.store import models
from hpscan.store.default_model import Choice, Chosen

if TYPE_CHECKING:
    from hpscan.core.backend import Scorer
    from hpscan.store.models import StoredModel


def choose(model: str | Chosen | None) -> Chosen:
    """The model of that name or at that path, the default when None; one that was chosen before stays.

    Raises:
        ModelError: When it is not there, or cannot be read.
        BackendError: When nobody named it, and its backend cannot be used: another model is not taken in its place.
    """
    if isinstance(model, Chosen):
        return model
    found = choosing.choose(model)
    if found.how in {Choice.PINNED, Choice.NEWEST}:
        name, made = found.model.path.name, found.model.manifest.backend
        which = "pinned model" if found.how is Choice.PINNED else "model trained last"
        try:
            registry.load(made.name)
        except BackendError as error:
            raise BackendError(
                f"the {which}, {name!r}, needs the backend {made.name!r} of {made.distribution} {made.version}: {error.message}",
                hint=f"install {made.distribution}; {choosing.others(name, unpin=found.how is Choice.PINNED)}",
                path=found.model.path,
            ) from error
    return found


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
