"""What PatchCore and PaDiM share, around a model that finds nothing but red: choice of patches, layers, heatmap, size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from hpscan.backends.pretrained.backbone import FeatureSettings
from hpscan.backends.shared.anomaly import Anomaly, AnomalyScorer, layers
from hpscan.backends.shared.anomaly_fit import look_through, scale_heat
from hpscan.core.backend import Localizer, Progress, Run
from hpscan.core.errors import InterruptedTrainingError, SettingsError


@dataclass
class _Result:
    pred_score: Tensor
    anomaly_map: Tensor


class _Red(nn.Module):
    """The anomaly of a pixel is its red, 0..1; of a patch, its reddest pixel's."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> _Result:
        self.seen.append(tuple(x.shape))
        red = x[:, :1]
        return _Result(red.amax(dim=(1, 2, 3), keepdim=False)[:, None], red)


def _module(size: tuple[int, int] = (16, 16)) -> Anomaly:
    module = Anomaly(_Red(), FeatureSettings(strangest=0))
    module.mean.zero_()
    module.std.fill_(1)
    module.size.copy_(torch.tensor(size))
    return module


class _RedCells(Anomaly):
    """The anomaly of a cell of 4 x 4 pixels is its brightest pixel's red, 0..1."""

    def embed(self, x: Tensor) -> Tensor:
        return nn.functional.max_pool2d(x[:, :1], 4)

    def cells(self, embedding: Tensor) -> Tensor:
        return embedding[:, 0]

    def shown(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        return nn.functional.interpolate(cells[:, None], size=size)[:, 0]


def _scorer(**settings: object) -> AnomalyScorer:
    module = _RedCells(nn.Module(), FeatureSettings.model_validate(settings))
    module.size.fill_(16)
    return AnomalyScorer(module, "cpu")


def _red(values: list[int], side: int = 16) -> np.ndarray:
    images = np.zeros((len(values), side, side, 3), np.uint8)
    images[..., 0] = np.array(values, np.uint8)[:, None, None]
    return images


def test_patches_are_handed_on_a_few_at_a_time_in_order_and_told_of(in_memory: type) -> None:
    patches = in_memory(_red(list(range(40))), ["a"] * 40)
    told: list[Progress] = []
    seen: list[Tensor] = []
    index = np.arange(1, 40, 2)
    look_through(patches, index, "looking", Run(progress=told.append), seen.append)
    assert torch.cat(seen)[:, 0, 0, 0].mul(255).round().int().tolist() == index.tolist()
    assert max(len(x) for x in seen) < 20
    assert [p.done for p in told] == np.cumsum([len(x) for x in seen]).tolist()
    assert {(p.stage, p.total) for p in told} == {("looking", 20)}


def test_it_stops_between_batches_when_asked(in_memory: type) -> None:
    patches = in_memory(_red([0] * 40), ["a"] * 40)
    seen: list[Tensor] = []
    with pytest.raises(InterruptedTrainingError) as caught:
        look_through(patches, np.arange(40), "looking", Run(should_stop=lambda: len(seen) == 2), seen.append)
    assert len(seen) == 2
    assert caught.value.hint


# --- which feature maps it looks at


@pytest.mark.parametrize(("finest", "coarsest", "n"), [(4, 8, 2), (8, 8, 1), (2, 32, 5), (3, 7, 1), (5, 64, 3)])
def test_the_layers_are_those_with_strides_in_the_range(finest: int, coarsest: int, n: int) -> None:
    strides = [2, 4, 8, 16, 32]
    chosen = layers(FeatureSettings(finest_stride=finest, coarsest_stride=coarsest))
    assert [strides[i] for i in chosen] == [s for s in strides if finest <= s <= coarsest]
    assert len(chosen) == n


def test_where_no_layer_is_in_the_range_the_error_names_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="stride of 5 to 7 pixels") as caught:
        layers(FeatureSettings(finest_stride=5, coarsest_stride=7))
    assert "2, 4, 8, 16, 32" in caught.value.hint


def test_a_finest_stride_above_the_coarsest_is_refused() -> None:
    with pytest.raises(ValidationError, match="finest_stride 16 is above coarsest_stride 4"):
        FeatureSettings(finest_stride=16, coarsest_stride=4)


# --- the heatmap's scale


def test_the_heatmap_is_0_up_to_the_median_of_uninfected_tissue_and_1_from_its_strangest_on(in_memory: type) -> None:
    module = _module()
    uninfected = in_memory(_red([10, 20, 50, 90, 100]), list("vwxyz"))
    scale_heat(module, uninfected, 200, Run())
    assert module.heat.mul(255).tolist() == pytest.approx([50, 100], abs=0.01)
    heat = AnomalyScorer(module, "cpu").heatmap(_red([0, 50, 75, 100, 255]))
    np.testing.assert_allclose(
        heat, np.broadcast_to(np.array([0, 0, 0.5, 1, 1])[:, None, None], (5, 16, 16)), atol=1e-4
    )


def test_a_few_bright_pixels_in_a_hundred_thousand_do_not_set_the_scale(in_memory: type) -> None:
    images = _red([60] * 10, side=256)
    images[:, ::2, :, 0] = 40
    images[0, 1, 1, 0] = 255
    module = _module((256, 256))
    scale_heat(module, in_memory(images, list("aabbccddee")), 200, Run())
    assert module.heat.mul(255).tolist() == pytest.approx([50, 60], abs=10.01)
    assert float(module.heat[1]) * 255 < 61


def test_the_scale_is_taken_from_no_more_patches_of_a_patient_than_allowed(in_memory: type) -> None:
    patches = in_memory(_red([0] * 3 + [200] * 30), ["a"] * 3 + ["b"] * 30)
    module = _module()
    scale_heat(module, patches, 2, Run())
    assert sum(map(len, patches.reads)) == 4
    assert float(module.heat[0]) * 255 == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize("value", [0, 100])
def test_uninfected_tissue_that_is_all_alike_leaves_a_heatmap_of_numbers(in_memory: type, value: int) -> None:
    module = _module()
    scale_heat(module, in_memory(_red([value] * 3), list("abc")), 200, Run())
    heat = AnomalyScorer(module, "cpu").heatmap(_red([value, 255]))
    assert heat[0].max() == 0
    assert heat[1].min() == 1


# --- how patches are looked at


def test_scores_and_maps_do_not_depend_on_how_many_patches_are_looked_at(in_memory: type) -> None:
    scorer, values = AnomalyScorer(_module(), "cpu"), list(range(0, 210, 10))
    assert isinstance(scorer, Localizer)
    scores = scorer.score(_red(values))
    assert (scores.shape, scores.dtype) == ((21,), np.float64)
    assert (scores * 255).tolist() == pytest.approx(values, abs=1e-4)
    assert scorer.score(_red([])).shape == (0,)
    assert scorer.heatmap(_red([])).shape == (0, 16, 16)


def test_patches_of_another_size_are_scaled_to_the_fitted_one_and_their_maps_back() -> None:
    module = _module((16, 24))
    scorer = AnomalyScorer(module, "cpu")
    images = np.zeros((3, 32, 32, 3), np.uint8)
    images[:, :, 16:, 0] = 255
    heat = scorer.heatmap(images)
    assert {shape[2:] for shape in module.model.seen} == {(16, 24)}
    assert (heat.shape, heat.dtype) == ((3, 32, 32), np.float32)
    assert heat[:, :, :12].max() < 0.01
    assert heat[:, :, 20:].min() > 0.99
    np.testing.assert_allclose(scorer.score(images), 1, atol=0.01)


# --- which cells the score comes from


@pytest.mark.parametrize(("strangest", "expected"), [(1, 250), (2, 225), (4, 125), (16, 500 / 16), (17, 500 / 16)])
def test_the_score_is_the_mean_of_the_strangest_cells_wherever_they_are(strangest: int, expected: float) -> None:
    images = _red([0, 0])
    images[0, 1, 1, 0], images[0, 6, 13, 0], images[0, 14, 2, 0] = 250, 200, 50
    images[1] = np.rot90(images[0])
    assert (_scorer(strangest=strangest).score(images) * 255).tolist() == pytest.approx([expected] * 2, abs=1e-3)


def test_where_only_red_cells_count_what_is_strange_and_not_red_is_neither_scored_nor_shown() -> None:
    images = np.full((2, 16, 16, 3), 100, np.uint8)
    images[:, 9, 9] = (240, 240, 255)  # strange, and bluish glass
    images[1, 2, 2] = (150, 60, 40)
    every, red = (_scorer(strangest=1, red_only=only) for only in (False, True))
    assert (every.score(images) * 255).tolist() == pytest.approx([240, 240])
    assert (red.score(images) * 255).tolist() == pytest.approx([0, 150])
    heat = red.heatmap(images)
    assert heat[0].max() == 0
    assert heat[1, :4, :4].min() > 0.5
    assert heat[1, 4:].max() == 0


def test_red_cells_are_found_in_patches_of_another_size() -> None:
    images = np.full((1, 64, 64, 3), 100, np.uint8)
    images[:, :16, :16] = (150, 60, 40)
    assert _scorer(strangest=1, red_only=True).score(images)[0] * 255 == pytest.approx(150, abs=2)
    assert _scorer(strangest=16, red_only=True).score(images)[0] * 255 < 20
