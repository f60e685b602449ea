"""`synthetic` learns from uninfected patches alone to find bacteria that it was never shown but painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hpscan.backends.pretrained import weights
from hpscan.backends.synthetic.backend import backend
from hpscan.backends.synthetic.settings import SyntheticSettings
from hpscan.core.backend import Run, Supervision
from hpscan.core.errors import ModelDamagedError, NotEnoughDataError

if TYPE_CHECKING:
    from hpscan.core.backend import Fitted, Images, Patches

pytestmark = pytest.mark.xdist_group("synthetic")

SMALL = SyntheticSettings(steps=40, batch_size=8, learning_rate=3e-3)


@pytest.fixture(scope="module")
def fitted(clean: Patches) -> Fitted:
    return backend.fit(clean, clean, SMALL, Run(seed=7))


def test_it_learns_from_negative_patients() -> None:
    assert backend.learns_from(SMALL) is Supervision.NEGATIVE_PATIENTS


def test_without_an_annotated_patch_it_tells_infected_patches_from_clean_ones(fitted: Fitted, unseen: Images) -> None:
    infected = np.arange(len(unseen)) >= len(unseen) // 2
    assert roc_auc_score(infected, fitted.scorer.score(unseen)) > 0.95


def test_the_heatmap_lights_up_on_the_bacteria(fitted: Fitted, unseen: Images) -> None:
    clean, infected = np.split(fitted.scorer.heatmap(unseen), 2)  # type: ignore[attr-defined]
    changed = np.any(np.split(unseen, 2)[0] != np.split(unseen, 2)[1], axis=3)
    assert infected[changed].mean() > 5 * infected[~changed].mean()
    assert infected.max(axis=(1, 2)).mean() > 2 * clean.max(axis=(1, 2)).mean()


def test_the_history_has_ten_epochs_and_the_loss_on_painted_validation_patches_falls(fitted: Fitted) -> None:
    losses = [row["validation_loss"] for row in fitted.history]
    assert len(losses) == 10
    assert losses[-1] < losses[0]


def test_same_seed_same_scores_other_seed_others(clean: Patches, unseen: Images) -> None:
    brief = SMALL.model_copy(update={"steps": 10})
    first, again, other = (backend.fit(clean, clean, brief, Run(seed=seed)).scorer.score(unseen) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_it_is_restored_without_pretrained_weights(
    fitted: Fitted, unseen: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "find", lambda *_: pytest.fail("asked for pretrained weights"))
    restored = backend.restore(fitted.scorer.state(), SMALL, device="cpu")
    assert (restored.score(unseen) == fitted.scorer.score(unseen)).all()


def test_another_backbone_s_tensors_are_refused(fitted: Fitted) -> None:
    with pytest.raises(ModelDamagedError, match="resnet18"):
        backend.restore(fitted.scorer.state(), SyntheticSettings(backbone="resnet18"), device="cpu")


def test_patches_too_small_to_paint_on_are_refused(in_memory: type) -> None:
    small = in_memory(np.full((4, 48, 48, 3), 230, np.uint8), list("abcd"))
    with pytest.raises(NotEnoughDataError, match="48 x 48 pixels are too small"):
        backend.fit(small, small, SMALL, Run())
