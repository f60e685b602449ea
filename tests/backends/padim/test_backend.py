"""PaDiM, fitted on drawn patches as they stream by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.backends.padim.backend import backend
from hpscan.backends.padim.settings import PadimSettings
from hpscan.backends.pretrained import weights
from hpscan.core.backend import Localizer, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError, ModelDamagedError, SettingsError

if TYPE_CHECKING:
    from hpscan.core.backend import Fitted, Images

pytestmark = pytest.mark.xdist_group("anomaly")

SMALL = PadimSettings(features=8, finest_stride=4, coarsest_stride=8)
PUBLISHED = SMALL.model_copy(update={"aligned": True, "strangest": 0})


@pytest.fixture(scope="module")
def fitted(in_memory: type, clean: object) -> Fitted:
    images = clean.images  # type: ignore[attr-defined]
    train = in_memory(images[:8], [f"p{i % 4}" for i in range(8)])
    return backend.fit(train, in_memory(images[8:], ["v"] * 4), SMALL, Run(seed=7))


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pretrained weights can be had, and nobody may ask."""

    def fail(*_: object) -> None:
        raise AssertionError("pretrained weights were asked for")

    monkeypatch.setattr(weights, "find", fail)
    monkeypatch.setattr(weights, "read", fail)


def test_it_learns_from_patients_diagnosed_negative() -> None:
    assert backend.learns_from(SMALL) is Supervision.NEGATIVE_PATIENTS


def test_bacteria_score_higher_and_are_brighter(fitted: Fitted, unseen: Images) -> None:
    scorer = fitted.scorer
    assert isinstance(scorer, Localizer)
    scores, heat = scorer.score(unseen), scorer.heatmap(unseen)
    assert (scores[6:] > scores[:6]).mean() > 0.8  # the same tissue without bacteria
    assert heat.shape == (12, 96, 96)
    assert heat[6:].mean() > heat[:6].mean()


def test_it_tells_what_it_started_from(fitted: Fitted) -> None:
    assert fitted.pretrained == weights.read(weights.find(weights.DEFAULT)).record


def test_patches_of_any_size_get_a_map_of_their_own_size(fitted: Fitted, unseen: Images) -> None:
    for images in (unseen[:2, :64], unseen[:2, :48, :48], unseen[:2].repeat(2, 1).repeat(2, 2)):
        assert fitted.scorer.heatmap(images).shape == images.shape[:3]  # type: ignore[attr-defined]
        assert np.isfinite(fitted.scorer.score(images)).all()


def test_gaussians_beyond_the_memory_are_refused_before_patches_are_read(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    train, validation = in_memory(images, ["p"] * 12), in_memory(images, ["v"] * 12)
    settings = PadimSettings(aligned=True, features=64, finest_stride=4, coarsest_stride=8, memory=10)
    with pytest.raises(
        SettingsError, match=r"576 Gaussians of 64 features would take 54 MiB, and 10 MiB are allowed"
    ) as caught:
        backend.fit(train, validation, settings, Run())
    for setting in ("features", "finest_stride", "memory", "aligned"):
        assert setting in caught.value.hint
    assert sum(map(len, train.reads)) <= 1
    assert validation.reads == []


def test_one_patch_is_enough_to_fit(in_memory: type, clean: object, unseen: Images) -> None:
    images = clean.images  # type: ignore[attr-defined]
    made = backend.fit(in_memory(images[:1], ["p"]), in_memory(images[:1], ["v"]), PUBLISHED, Run())
    assert made.scorer.score(images[:1])[0] == pytest.approx(0, abs=0.1)
    assert (made.scorer.score(unseen) > 1).all()
    heat = made.scorer.heatmap(unseen)  # type: ignore[attr-defined]
    assert heat.min() >= 0
    assert heat.max() <= 1


def test_one_gaussian_of_all_positions_takes_no_more_memory_for_larger_patches(in_memory: type, clean: object) -> None:
    images = clean.images.repeat(2, 1).repeat(2, 2)  # type: ignore[attr-defined]
    settings = PadimSettings(coarsest_stride=8, memory=1)
    made = backend.fit(in_memory(images[:4], ["p"] * 4), in_memory(images[4:6], ["v"] * 2), settings, Run())
    state = made.scorer.state()
    assert state["model.gaussian.mean"].shape == (64, 1)
    assert state["model.gaussian.inv_covariance"].shape == (1, 64, 64)


def test_a_place_is_as_strange_in_one_corner_as_in_another(fitted: Fitted, clean: object) -> None:
    plain = np.full((2, 96, 96, 3), clean.images[0].mean(axis=(0, 1)), np.uint8)  # type: ignore[attr-defined]
    plain[0, 32:36, 32:36] = plain[1, 56:60, 48:52] = (120, 60, 30)
    scores = fitted.scorer.score(plain)
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)


def test_more_features_than_there_are_channels_means_all_of_them(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    settings = PadimSettings(features=4096, finest_stride=8, coarsest_stride=8)
    made = backend.fit(in_memory(images[:3], ["p"] * 3), in_memory(images[3:5], ["v"] * 2), settings, Run())
    state = made.scorer.state()
    assert sorted(state["model.idx"].tolist()) == list(range(40))
    np.testing.assert_array_equal(
        backend.restore(state, settings, device="cpu").score(images), made.scorer.score(images)
    )


def test_the_seed_decides_which_features_are_kept(in_memory: type, clean: object) -> None:
    images = clean.images[:2]  # type: ignore[attr-defined]
    kept = []
    for seed in (1, 1, 2):
        made = backend.fit(in_memory(images, ["p"] * 2), in_memory(images, ["v"] * 2), SMALL, Run(seed=seed))
        kept.append(made.scorer.state()["model.idx"].tolist())
    assert kept[0] == kept[1] != kept[2]
    assert len(set(kept[0])) == 8


def test_it_stops_when_asked_and_keeps_nothing(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    with pytest.raises(InterruptedTrainingError):
        backend.fit(in_memory(images, ["p"] * 12), in_memory(images, ["v"] * 12), SMALL, Run(should_stop=lambda: True))


# --- restored


def test_it_is_restored_exactly_and_without_pretrained_weights(
    fitted: Fitted, unseen: Images, no_weights: None
) -> None:
    settings = SMALL.model_copy(update={"weights": "/no/such/file.safetensors"})
    restored = backend.restore(fitted.scorer.state(), settings, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), fitted.scorer.score(unseen))
    np.testing.assert_array_equal(restored.heatmap(unseen), fitted.scorer.heatmap(unseen))  # type: ignore[attr-defined]


@pytest.mark.parametrize("damage", ["another backbone", "missing"])
def test_tensors_of_another_backbone_are_refused(fitted: Fitted, damage: str) -> None:
    state = dict(fitted.scorer.state())
    if damage == "missing":
        del state["heat"]
    settings = SMALL.model_copy(update={} if damage == "missing" else {"backbone": "test_resnet"})
    with pytest.raises(ModelDamagedError, match="padim") as caught:
        backend.restore(state, settings, device="cpu")
    assert caught.value.hint


def test_a_state_of_one_gaussian_a_position_that_names_no_cells_has_the_published_score(
    in_memory: type, clean: object, unseen: Images
) -> None:
    images = clean.images  # type: ignore[attr-defined]
    made = backend.fit(in_memory(images[:8], ["p"] * 8), in_memory(images[8:], ["v"] * 4), PUBLISHED, Run())
    state = {key: value for key, value in made.scorer.state().items() if key != "strangest"}
    restored = backend.restore(state, SMALL, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), made.scorer.score(unseen))
    np.testing.assert_array_equal(restored.heatmap(unseen), made.scorer.heatmap(unseen))  # type: ignore[attr-defined]


def test_patches_are_read_in_order_after_one_that_tells_the_size(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    patches = in_memory(images, ["p"] * len(images))
    backend.fit(patches, in_memory(images[:1], ["v"]), PadimSettings(features=4), Run())
    assert [i for read in patches.reads[1:] for i in read] == list(range(len(images)))
