"""What training varies stays within what the settings say, and every draw comes from the generator."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from hpscan.backends.shared import augment
from hpscan.phantom.cohort import draw_patch

if TYPE_CHECKING:
    from collections.abc import Callable

HEMATOXYLIN, DAB = torch.tensor([0.650, 0.704, 0.286]), torch.tensor([0.268, 0.570, 0.776])


def _chance(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def _numbered(height: int, width: int, n: int = 1) -> Tensor:
    """Images whose every value is its own."""
    return (torch.arange(n * 3 * height * width) / (n * 3 * height * width)).reshape(n, 3, height, width)


@pytest.fixture(scope="module")
def tissue() -> Tensor:
    """64 times the same patch, (64, 3, 64, 64)."""
    image = draw_patch(np.random.default_rng(3), rods=10, size=64).image
    return torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255).repeat(64, 1, 1, 1)


VARY: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    "positions": augment.shuffle_positions,
    "stain": lambda x, chance: augment.vary_stain(x, 0.2, chance),
    "light": lambda x, chance: augment.vary_light(x, 0.2, chance),
    "blur": lambda x, chance: augment.blur_some(x, 2.0, chance),
}


@pytest.mark.parametrize("name", VARY)
def test_every_draw_comes_from_the_generator_and_none_from_elsewhere(tissue: Tensor, name: str) -> None:
    before = tissue.clone()
    torch.manual_seed(1)
    first = VARY[name](tissue, _chance(5))
    torch.manual_seed(2)
    assert torch.equal(VARY[name](tissue, _chance(5)), first)
    assert not torch.equal(VARY[name](tissue, _chance(6)), first)
    assert not torch.equal(first, tissue)
    assert torch.equal(tissue, before)


@pytest.mark.parametrize("name", VARY)
@pytest.mark.parametrize("size", [(48, 48), (40, 56), (56, 40)])
def test_images_keep_shape_type_and_range(name: str, size: tuple[int, int]) -> None:
    x = _numbered(*size, n=12)
    x[0], x[1] = 0, 1  # black and white
    varied = VARY[name](x, _chance())
    assert (varied.shape, varied.dtype) == (x.shape, x.dtype)
    assert float(varied.min()) >= 0
    assert float(varied.max()) <= 1 + 1e-6


# --- positions


def test_there_are_eight_positions_of_a_square_and_the_first_is_as_it_was() -> None:
    x = _numbered(6, 6)
    positions = [augment.symmetry(x, number) for number in range(augment.SYMMETRIES)]
    assert torch.equal(positions[0], x)
    assert len({p.numpy().tobytes() for p in positions}) == 8
    for position in positions:
        assert torch.equal(position.flatten(2).sort().values, x.flatten(2).sort().values)
        assert torch.equal(position[:, 0] < position[:, 1], torch.ones(1, 6, 6, dtype=torch.bool))


@pytest.mark.parametrize(("size", "n"), [((6, 6), 8), ((4, 6), 4)])
def test_training_shows_every_position_that_keeps_the_shape_about_as_often(size: tuple[int, int], n: int) -> None:
    x = _numbered(*size)
    shown = augment.shuffle_positions(x.expand(800, -1, -1, -1), _chance())
    often = np.unique([image.numpy().tobytes() for image in shown], return_counts=True)[1]
    assert len(often) == n
    assert often.min() > 400 / n
    possible = {augment.symmetry(x, number).numpy().tobytes() for number in range(8)}
    assert {image[None].numpy().tobytes() for image in shown} <= possible


# --- stain


def _density(x: Tensor) -> Tensor:
    return -torch.log(x)


def test_no_stain_and_no_light_jitter_change_nothing(tissue: Tensor) -> None:
    assert torch.equal(augment.vary_stain(tissue, 0, _chance()), tissue)
    assert torch.equal(augment.vary_light(tissue, 0, _chance()), tissue)
    assert torch.equal(augment.blur_some(tissue, 0, _chance()), tissue)


@pytest.mark.parametrize("stain", [HEMATOXYLIN, DAB], ids=["hematoxylin", "DAB"])
def test_a_pure_stain_stays_pure_and_its_strength_within_the_setting(stain: Tensor) -> None:
    x = torch.exp(-0.8 * stain).reshape(1, 3, 1, 1).expand(500, 3, 2, 2)
    strength = _density(augment.vary_stain(x, 0.15, _chance())) / (0.8 * stain).reshape(1, 3, 1, 1)
    torch.testing.assert_close(strength, strength[:, :1, :1, :1].expand_as(strength), rtol=0, atol=1e-4)
    factor = strength[:, 0, 0, 0]
    assert 0.85 - 1e-4 <= float(factor.min()) < 0.87
    assert 1.13 < float(factor.max()) <= 1.15 + 1e-4


def test_hematoxylin_and_dab_vary_apart_from_each_other() -> None:
    both = torch.stack([torch.exp(-0.8 * HEMATOXYLIN), torch.exp(-0.8 * DAB)], dim=1)[None, :, :, None]  # two pixels
    density = _density(augment.vary_stain(both.expand(500, 3, 2, 1), 0.15, _chance()))
    factors = (density[:, 0, :, 0] / (0.8 * torch.stack([HEMATOXYLIN[0], DAB[0]]))).numpy()
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.15


def test_glass_stays_white() -> None:
    white = torch.ones(50, 3, 4, 4)
    torch.testing.assert_close(augment.vary_stain(white, 0.5, _chance()), white)


# --- light


def test_light_stays_within_the_setting_and_colour_within_a_third_of_it() -> None:
    x = torch.full((1000, 3, 2, 2), 0.5)
    factor = augment.vary_light(x, 0.12, _chance())[:, :, 0, 0] / 0.5
    low, high = 0.88 * 0.96, 1.12 * 1.04
    assert low <= float(factor.min()) < low + 0.03
    assert high - 0.03 < float(factor.max()) <= high
    balance = factor / factor.mean(dim=1, keepdim=True)
    assert 0.02 < float((balance - 1).abs().max()) < 0.06


# --- blur


def test_a_third_of_the_images_is_blurred_and_the_others_stay_as_they_were(tissue: Tensor) -> None:
    x = tissue[:1].repeat(300, 1, 1, 1)
    changed = (augment.blur_some(x, 2.0, _chance(1)) != x).flatten(1).any(dim=1)
    assert 75 <= int(changed.sum()) <= 125


def test_blur_keeps_brightness_and_shape_and_takes_away_detail(tissue: Tensor) -> None:
    blurred = augment.blur_some(tissue, 2.0, _chance(1))
    some = (blurred != tissue).flatten(1).any(dim=1)
    assert some.any()
    torch.testing.assert_close(blurred.mean(dim=(2, 3)), tissue.mean(dim=(2, 3)), rtol=0, atol=5e-3)
    rough = partial(torch.diff, dim=3)
    assert float(rough(blurred[some]).abs().mean()) < 0.7 * float(rough(tissue[some]).abs().mean())


def test_a_point_is_blurred_alike_in_all_directions() -> None:
    x = torch.zeros(64, 3, 33, 33)
    x[:, :, 16, 16] = 1
    blurred = augment.blur_some(x, 2.0, _chance(1))
    spot = blurred[(blurred != x).flatten(1).any(dim=1)][0]
    assert float(spot.sum()) == pytest.approx(3, rel=1e-4)
    for number in range(8):
        torch.testing.assert_close(augment.symmetry(spot[None], number)[0], spot)
    assert float(spot.amax()) == float(spot[0, 16, 16])
