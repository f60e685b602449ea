"""From what a user named to a stored model, and from that to a model that can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.errors import BackendBrokenError, BackendError, ModelError, SettingsError
from hpscan.store import default_model as choosing
from hpscan.store import models
from hpscan.store.default_model import Choice, Chosen
from hpscan.workflows.scoring.loaded import LoadedModel

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Scorer
    from hpscan.store.models import StoredModel

AnyModel: TypeAlias = str | Chosen | LoadedModel | None
"""A model as a caller may give it: a name or a path, chosen, or loaded already; the default when None."""


def choose(model: AnyModel) -> Chosen:
    """The model of that name or at that path, the default when None; one that was chosen or loaded before stays.

    Raises:
        ModelError: When it is not there, or cannot be read.
        BackendError: When nobody named it, and its backend cannot be used: another model is not taken in its place.
    """
    if isinstance(model, LoadedModel):
        return Chosen(model.stored, model.choice)
    if isinstance(model, Chosen):
        return model
    chosen = choosing.choose(model)
    if chosen.how in {Choice.PINNED, Choice.NEWEST}:
        name, record = chosen.model.path.name, chosen.model.manifest.backend
        which = "pinned model" if chosen.how is Choice.PINNED else "model trained last"
        try:
            registry.load(record.name)
        except BackendError as error:
            raise BackendError(
                f"the {which}, {name!r}, needs the backend {record.name!r} of {record.distribution} {record.version}: {error.message}",
                hint=f"install {record.distribution}; {choosing.others(name, unpin=chosen.how is Choice.PINNED)}",
                path=chosen.model.path,
            ) from error
    return chosen


def load_model(name: str | Path | None = None, device: str = "auto") -> LoadedModel:
    """Load a model, ready to score images.

    Args:
        name: Its name or path; the default model when None.
        device: Where to compute: `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        ModelError: When it is not there, or cannot be read.
        BackendError: When its backend is not installed, or cannot be used.
        DeviceError: When the device is not there.
    """
    return restore(None if name is None else str(name), device)


def restore(model: AnyModel, device: str) -> LoadedModel:
    """The model, its scorer restored on `device` (`auto` allowed); one that was loaded before stays as it is.

    Raises:
        BackendError: When its backend is not installed, cannot be used, or restores no scorer.
        DeviceError: When the device is not there.
        ModelDamagedError: When its weights are not those that it was stored with.
        ModelError: When it is not there, or the installed backend does not take its settings.
    """
    if isinstance(model, LoadedModel):
        return model
    chosen = choose(model)
    device = devices.choose(device)
    return LoadedModel(chosen.model, _scorer(chosen.model, device), device, chosen.how)


def _scorer(model: StoredModel, device: str) -> Scorer:
    record = model.manifest.backend
    backend, plugin = registry.load(record.name)
    try:
        settings = configure(backend.settings, record.name, model.manifest.settings)
    except SettingsError as error:
        raise ModelError(
            f"the model was made with another version of {record.name} ({record.distribution} {record.version}, installed is "
            f"{plugin.distribution} {plugin.version}): {error.message}",
            hint="install the version that made it, or train it again",
            path=model.path,
        ) from None
    scorer = backend.restore(models.weights(model), settings, device=device)
    if not callable(getattr(scorer, "score", None)):
        raise BackendBrokenError(
            f"backend {record.name!r} of {plugin.distribution} {plugin.version} restores no scorer: it gives "
            f"{scorer!r:.40}, which has no score()",
            hint="check it with hpscan.testing.check_backend",
        )
    return scorer
