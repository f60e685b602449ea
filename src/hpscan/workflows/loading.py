"""From a stored model to a scorer that can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.configure import configure
from hpscan.store import models

if TYPE_CHECKING:
    from hpscan.core.backend import Scorer
    from hpscan.store.models import StoredModel


def load_scorer(model: StoredModel, device: str) -> Scorer:
    """The scorer of a stored model, on `device` (`auto` allowed)."""
    name = model.manifest.backend.name
    backend, _ = registry.load(name)
    settings = configure(backend.settings, name, model.manifest.settings)
    return backend.restore(models.weights(model), settings, device=devices.choose(device))
