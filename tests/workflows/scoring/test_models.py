"""A stored model becomes a scorer, or says why the installed backend cannot make one of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hpscan.backends.autoencoder import backend as autoencoder
from hpscan.core.errors import BackendBrokenError, ModelError
from hpscan.store.default_model import Choice, Chosen
from hpscan.workflows.scoring.models import restore

if TYPE_CHECKING:
    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


@pytest.mark.parametrize("change", [{"depth": 3}, {"network": "gone"}])
def test_a_model_of_another_version_of_its_backend_is_no_mistake_of_the_user(
    trained: StoredModel, change: dict[str, object]
) -> None:
    manifest = trained.manifest
    older = manifest.model_copy(
        update={
            "settings": {**manifest.settings, **change},
            "backend": manifest.backend.model_copy(update={"version": "0.0.1"}),
        }
    )
    with pytest.raises(
        ModelError, match=r"another version of autoencoder \(hpscan 0\.0\.1, installed is hpscan "
    ) as caught:
        restore(Chosen(replace(trained, manifest=older), Choice.NAMED), "cpu")
    assert next(iter(change)) in caught.value.message
    assert caught.value.path == trained.path


def test_a_backend_that_restores_no_scorer_is_broken(trained: StoredModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(autoencoder.backend), "restore", lambda *_arguments, **_options: None)
    with pytest.raises(BackendBrokenError, match="restores no scorer: it gives None, which has no score"):
        restore(Chosen(trained, Choice.NAMED), "cpu")
