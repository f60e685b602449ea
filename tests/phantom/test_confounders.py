"""Confounders are dark or brown, lie where they should, and are no rods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.phantom.confounders import Confounder, Dirt, draw_confounder

if TYPE_CHECKING:
    from hpscan.phantom.fields import Field

SIZE = 256


def _draw(kind: Confounder, seed: int, *, body: Field | None = None, habitat: Field | None = None) -> Dirt:
    ones = np.ones((SIZE, SIZE), np.float32)
    return draw_confounder(
        np.random.default_rng(seed),
        kind,
        body=ones if body is None else body,
        habitat=ones if habitat is None else habitat,
    )


@pytest.mark.parametrize("kind", Confounder)
@pytest.mark.parametrize("seed", range(6))
def test_every_confounder_lays_something_on_the_patch(kind: Confounder, seed: int) -> None:
    dirt = _draw(kind, seed)
    for field in (dirt.dab, dirt.pigment):
        assert field.shape == (SIZE, SIZE)
        assert field.dtype == np.float32
        assert field.min() >= 0
    assert max(dirt.dab.max(), dirt.pigment.max()) > 0.04
    again = _draw(kind, seed)
    assert again.dab.tobytes() + again.pigment.tobytes() == dirt.dab.tobytes() + dirt.pigment.tobytes()


def test_pigment_is_black_and_gathers_at_the_border() -> None:
    habitat = np.zeros((SIZE, SIZE), np.float32)
    habitat[:, 120:136] = 1
    columns = []
    for seed in range(20):
        dirt = _draw(Confounder.PIGMENT, seed, habitat=habitat)
        assert not dirt.dab.any()
        assert dirt.pigment.max() >= 0.69
        columns.extend(np.nonzero(dirt.pigment > 0.3)[1])
    assert abs(np.mean(columns) - 128) < 12
    assert np.std(columns) < 30


def test_precipitate_is_brown_specks_on_a_small_part_of_the_patch() -> None:
    for seed in range(20):
        dirt = _draw(Confounder.PRECIPITATE, seed)
        assert not dirt.pigment.any()
        assert 0 < (dirt.dab > 0.1).mean() < 0.03


def test_background_is_pale_wherever_there_is_tissue_and_nowhere_else() -> None:
    body = np.zeros((SIZE, SIZE), np.float32)
    body[:128] = 1
    for seed in range(10):
        dirt = _draw(Confounder.BACKGROUND, seed, body=body)
        assert not dirt.dab[128:].any()
        assert not dirt.pigment[128:].any()
        assert (dirt.dab[:128] > 0.005).mean() > 0.7
        assert np.median(dirt.dab[:128]) < 0.2
