"""One classifier around any network of timm: how it scores, where it says it looked, what weighs in validation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hpscan.backends.cnn.fit import _balance
from hpscan.backends.cnn.network import Classifier, ClassifierScorer
from hpscan.backends.cnn.settings import CnnSettings
from hpscan.core.backend import Localizer

RESNET, VIT, SWIN, CONVNEXT = "test_resnet", "test_vit", "swin_tiny_patch4_window7_224", "test_convnext"


def _scorer(backbone: str = RESNET, **settings: object) -> ClassifierScorer:
    """One that was never trained."""
    torch.manual_seed(0)
    chosen = CnnSettings(backbone=backbone, pretrained=False, **settings)  # type: ignore[arg-type]
    return ClassifierScorer([Classifier(chosen, None)], chosen, "cpu")


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


# --- any network


@pytest.mark.parametrize(
    "backbone",
    [
        pytest.param(RESNET, id="convolutions"),
        pytest.param("test_efficientnet", id="EfficientNet"),
        pytest.param(CONVNEXT, id="ConvNeXt"),
        pytest.param(VIT, id="transformer, class token"),
        pytest.param("test_vit2", id="transformer, mean of tokens and registers"),
        pytest.param("test_mambaout", id="channels last"),
        pytest.param("test_maxvit", id="convolutions and attention, one size only"),
        pytest.param(SWIN, id="windows, channels last, one size only"),
    ],
)
def test_networks_of_every_kind_score_patches_of_any_size_and_tell_where(backbone: str) -> None:
    scorer = _scorer(backbone, views=1)
    assert isinstance(scorer, Localizer)
    for images in (_noise(2, 64, 64), _noise(1, 96, 64)):
        scores = scorer.score(images)
        assert (scores.shape, scores.dtype) == ((len(images),), np.float64)
        assert np.isfinite(scores).all()
        heat = scorer.heatmap(images)
        assert (heat.shape, heat.dtype) == (images.shape[:3], np.float32)
        assert heat.min() >= 0
        np.testing.assert_allclose(heat.max(axis=(1, 2)), 1 / (1 + np.exp(-scores)), rtol=0.05)
        assert (heat.std(axis=(1, 2)) > 0.01).all()


def test_a_network_that_takes_one_size_only_sees_patches_scaled_to_it() -> None:
    scorer = _scorer(VIT)
    small = _noise(2, 80, 80)
    np.testing.assert_allclose(scorer.score(small.repeat(2, 1).repeat(2, 2)), scorer.score(small), atol=0.01)
    assert scorer.score(small)[0] != scorer.score(small)[1]


def test_no_patch_gives_no_score_and_no_map() -> None:
    scorer = _scorer()
    assert scorer.score(_noise(0, 64, 64)).shape == (0,)
    assert scorer.heatmap(_noise(0, 64, 64)).shape == (0, 64, 64)


def test_a_patch_scores_the_same_wherever_it_stands_among_many() -> None:
    scorer, images = _scorer(), _noise(19, 32, 32)  # more than are scored at once
    alone = np.concatenate([scorer.score(image[None]) for image in images])
    np.testing.assert_allclose(scorer.score(images), alone, atol=1e-5)
    np.testing.assert_allclose(scorer.heatmap(images)[18], scorer.heatmap(images[18:])[0], atol=1e-4)


def test_colours_are_normalised_as_the_backbone_was_trained_with_them() -> None:
    scorer = _scorer()
    kept: list[Tensor] = []
    scorer._members[0].network.register_forward_pre_hook(lambda _module, inputs: kept.append(inputs[0]))
    scorer.score(np.full((1, 32, 32, 3), (255, 0, 51), np.uint8))
    config = scorer._members[0].network.pretrained_cfg
    expected = (np.array([1, 0, 0.2]) - config["mean"]) / config["std"]
    np.testing.assert_allclose(kept[0][0, :, 5, 5].numpy(), expected, rtol=1e-5)


# --- views


def test_with_eight_views_a_patch_scores_the_same_in_all_eight_positions() -> None:
    images = _noise(3, 64, 64)
    turned = [np.rot90(side, k, axes=(1, 2)) for side in (images, images[:, ::-1]) for k in range(4)]
    eight, one = _scorer(views=8), _scorer(views=1)
    moved = np.ptp([eight.score(position) for position in turned], axis=0)
    assert moved.max() < 1e-5
    assert np.ptp([one.score(position) for position in turned], axis=0).min() > 100 * moved.max()
    expected = np.mean([one.score(position) for position in turned], axis=0)
    np.testing.assert_allclose(eight.score(images), expected, atol=1e-5)


def test_one_view_is_the_patch_as_it_is() -> None:
    scorer, images = _scorer(views=1), _noise(2, 64, 64)
    with torch.no_grad():
        expected = scorer._members[0](torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(scorer.score(images), expected.numpy(), atol=1e-5)


# --- where it looked


class _Brown(nn.Module):
    """Logit: the mean over cells of 4 x 4 pixels of how much darker blue is than red, times 8."""

    def __init__(self, channels_last: bool) -> None:
        super().__init__()
        self.cells = nn.AvgPool2d(4)
        self.turn = _Last() if channels_last else nn.Identity()
        self.feature_info = [{"num_chs": 3, "reduction": 4, "module": "turn"}]

    def forward(self, x: Tensor) -> Tensor:
        grid = self.turn(self.cells(x))
        red, blue = (grid[..., 0], grid[..., 2]) if isinstance(self.turn, _Last) else (grid[:, 0], grid[:, 2])
        return 8 * (red - blue).flatten(1).mean(dim=1, keepdim=True)


class _Last(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_map_is_bright_where_the_evidence_lies_and_dark_where_it_speaks_against(channels_last: bool) -> None:
    scorer = _scorer()
    scorer._members[0].network = _Brown(channels_last)
    scorer._members[0].mean.zero_()
    scorer._members[0].std.fill_(1)
    images = np.full((1, 40, 64, 3), 128, np.uint8)
    images[:, 8:16, 40:48] = (255, 128, 0)  # brown
    images[:, 24:32, 8:16] = (0, 128, 255)  # blue
    heat = scorer.heatmap(images)[0]
    probability = 1 / (1 + np.exp(-scorer.score(images)[0]))
    np.testing.assert_allclose(heat[10:14, 42:46], probability, rtol=1e-5)
    heat[4:20, 36:52] = 0
    assert heat.max() < 1e-6


def test_the_map_is_taken_where_cells_cover_as_many_pixels_as_the_settings_allow() -> None:
    depth = {}
    for stride in (2, 4, 8, 15, 16, 32):
        scorer = _scorer(heatmap_stride=stride)
        (name,) = [
            name
            for name, module in scorer._members[0].network.named_modules()
            if module is scorer._layer(scorer._members[0])
        ]
        depth[stride] = name
    assert depth == {2: "act1", 4: "layer1", 8: "layer2", 15: "layer2", 16: "layer3", 32: "layer4"}


@pytest.mark.parametrize(
    ("backbone", "stride"),
    [
        pytest.param(VIT, 8),
        pytest.param(VIT, 16),
        pytest.param("test_vit2", 8),
        ("test_vit2", 16),
    ],
)
def test_the_map_of_a_transformer_whose_cells_stay_the_same_is_taken_deep_and_is_not_empty(
    backbone: str, stride: int
) -> None:
    scorer = _scorer(backbone, heatmap_stride=stride)
    blocks = list(scorer._members[0].network.blocks)
    assert blocks.index(scorer._layer(scorer._members[0])) >= len(blocks) - 2
    assert (scorer.heatmap(_noise(2, 64, 64)).max(axis=(1, 2)) > 0).all()


def test_a_map_leaves_the_scorer_as_it_was() -> None:
    scorer, images = _scorer(), _noise(2, 64, 64)
    scores, heat = scorer.score(images), scorer.heatmap(images)
    np.testing.assert_array_equal(scorer.heatmap(images), heat)
    np.testing.assert_array_equal(scorer.score(images), scores)
    assert all(parameter.grad is None for parameter in scorer._members[0].parameters())


# --- validation


@pytest.mark.parametrize("share", [0.2, 0.4, 0.5])
@pytest.mark.parametrize("label", [[1, -1, -1, -1, -1, -1], [1, 1, -1], [1, -1, 0, 0, -1]])
def test_positives_weigh_their_share_of_the_validation_loss_however_rare_they_are(
    in_memory: type, share: float, label: list[int]
) -> None:
    patches = in_memory(np.zeros((len(label), 8, 8, 3), np.uint8), ["p"] * len(label), label)
    positive, negative = _balance(patches, CnnSettings(positive_share=share))
    of_positives, of_negatives = positive * label.count(1), negative * label.count(-1)
    assert of_positives / (of_positives + of_negatives) == pytest.approx(share)
    assert of_positives + of_negatives == pytest.approx(label.count(1) + label.count(-1))


def test_patches_beyond_a_patient_s_cap_weigh_nothing_in_the_balance(in_memory: type) -> None:
    label, patient = [-1] * 100 + [1, -1], ["big"] * 100 + ["small"] * 2
    patches = in_memory(np.zeros((102, 8, 8, 3), np.uint8), patient, label)
    positive, negative = _balance(patches, CnnSettings(positive_share=0.5, patches_per_patient=10))
    assert positive * 1 == pytest.approx(negative * (10 + 1))
