"""The detector: its map, its score and what it is taught, on networks that were never trained and on painted patches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hpscan.backends.synthetic.fit import _loss
from hpscan.backends.synthetic.network import STRIDE, Detector, DetectorScorer
from hpscan.backends.synthetic.settings import DetectorSettings
from hpscan.core.backend import Localizer
from hpscan.core.errors import SettingsError

LITE, RESNET = "tf_efficientnet_lite0", "test_resnet"


def _scorer(backbone: str = LITE, **settings: object) -> DetectorScorer:
    """One that was never trained."""
    torch.manual_seed(0)
    chosen = DetectorSettings(backbone=backbone, **settings)  # type: ignore[arg-type]
    return DetectorScorer(Detector(chosen, None), chosen, "cpu")


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("backbone", [LITE, RESNET, "test_convnext", "regnety_002"])
@pytest.mark.parametrize("size", [(64, 64), (70, 97)])
def test_the_map_has_a_cell_for_every_four_pixels_whatever_the_backbone(backbone: str, size: tuple[int, int]) -> None:
    module = Detector(DetectorSettings(backbone=backbone), None).eval()
    with torch.no_grad():
        assert module(torch.rand(2, 3, *size)).shape == (2, -(-size[0] // STRIDE), -(-size[1] // STRIDE))


def test_a_backbone_without_fine_feature_maps_is_refused_and_the_answer_names_others() -> None:
    with pytest.raises(SettingsError, match="test_vit has no feature map with cells of 2 to 8 pixels") as caught:
        Detector(DetectorSettings(backbone="test_vit"), None)
    assert "resnet18" in caught.value.hint


def test_what_a_rod_does_not_need_of_the_backbone_is_cut_off() -> None:
    n = sum(p.numel() for p in Detector(DetectorSettings(), None).parameters())
    assert n < 100_000


def test_the_score_is_the_mean_of_the_most_suspicious_cells() -> None:
    images = _noise(3, 64, 64)
    one, four, all_ = (_scorer(top=top).score(images) for top in (1, 4, 4096))
    assert (one > four).all()
    assert (four > all_).all()
    heat = _scorer(top=1)._map(images, 0).flatten(1)
    assert one == pytest.approx(heat.amax(dim=1).numpy())
    assert all_ == pytest.approx(heat.mean(dim=1).numpy(), abs=1e-5)


def test_views_are_flips_and_turns_of_the_same_patch() -> None:
    images = _noise(2, 64, 64)
    scorer = _scorer(views=8)
    assert scorer.score(np.rot90(images, axes=(1, 2)).copy()) == pytest.approx(scorer.score(images), abs=1e-4)
    assert _scorer(views=1).score(images) != pytest.approx(scorer.score(images), abs=1e-6)


def test_the_heatmap_has_the_patch_s_size_and_is_a_probability() -> None:
    scorer = _scorer()
    assert isinstance(scorer, Localizer)
    heat = scorer.heatmap(_noise(2, 70, 97))
    assert heat.shape == (2, 70, 97)
    assert heat.dtype == np.float32
    assert 0 <= heat.min() < heat.max() <= 1


def test_the_loss_falls_when_cells_with_bacteria_stand_out() -> None:
    truth = torch.zeros(2, 8, 8)
    truth[0, 2:4, 2:6] = 1
    right = torch.where(truth > 0, 4.0, -4.0)
    assert _loss(right, truth) < _loss(torch.zeros_like(truth), truth) < _loss(-right, truth)


def test_missing_bacteria_costs_more_than_a_false_alarm_of_the_same_size() -> None:
    truth = torch.zeros(2, 8, 8)
    truth[0, 2:4, 2:6] = 1
    right = torch.where(truth > 0, 4.0, -4.0)
    missed, alarm = right.clone(), right.clone()
    missed[0, 2, 2] = -4
    alarm[0, 6, 6] = 4
    assert _loss(missed, truth) > _loss(alarm, truth)
