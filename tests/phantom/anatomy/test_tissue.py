"""The tissue has nuclei, glass and mucus, and says where bacteria may live."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.phantom.anatomy.tissue import Tissue, draw_tissue


@pytest.fixture(scope="module")
def many() -> list[Tissue]:
    return [draw_tissue(np.random.default_rng(seed), 256) for seed in range(20)]


def test_the_same_seed_draws_the_same_tissue(many: list[Tissue]) -> None:
    again = draw_tissue(np.random.default_rng(3), 256)
    for name in ("hematoxylin", "refraction", "body", "habitat"):
        assert getattr(again, name).tobytes() == getattr(many[3], name).tobytes()
    assert not np.array_equal(many[3].hematoxylin, many[4].hematoxylin)


def test_maps_have_the_patch_s_size_and_stay_in_their_ranges(many: list[Tissue]) -> None:
    for tissue in [*many, draw_tissue(np.random.default_rng(0), 96)]:
        size = len(tissue.body)
        for field in (tissue.hematoxylin, tissue.refraction, tissue.body, tissue.habitat):
            assert field.shape == (size, size)
            assert field.dtype == np.float32
        assert min(tissue.body.min(), tissue.habitat.min()) >= 0
        assert max(tissue.body.max(), tissue.habitat.max()) <= 1
        # Light that is gathered brightens a little; nothing is black.
        assert -0.1 < tissue.hematoxylin.min() <= tissue.hematoxylin.max() < 1.5
        assert -0.2 < tissue.refraction.min() < 0 < tissue.refraction.max() < 0.4


def test_nuclei_are_much_darker_than_the_cytoplasm_around_them(many: list[Tissue]) -> None:
    for tissue in many:
        inside = tissue.hematoxylin[tissue.body > 0.9]
        assert np.percentile(inside, 97) > 2.2 * np.median(inside)
        assert 0.12 < np.percentile(inside, 97) < 0.7


def test_glass_far_from_the_tissue_is_clear(many: list[Tissue]) -> None:
    far = [t.hematoxylin[(t.body == 0) & (t.habitat < 0.01)] for t in many]
    far = [f for f in far if f.size > 500]
    assert len(far) > 3
    assert all(np.median(f) < 0.02 for f in far)


def test_bacteria_may_live_on_the_surface_not_in_the_stroma_nor_far_out(many: list[Tissue]) -> None:
    for tissue in many:
        home = tissue.habitat > 0.5
        assert home.sum() > 100
        # They live on both sides of the border between tissue and what lies above it.
        assert 0.1 < tissue.body[home].mean() < 0.9
        assert (tissue.habitat > 0.3).mean() < 0.5


def test_fine_texture_is_crisp_in_some_patches_and_faint_in_others(many: list[Tissue]) -> None:
    crisp = [np.abs(np.diff(t.refraction, axis=1))[:, 1:][t.body[:, 2:] > 0.9].mean() for t in many]
    assert max(crisp) > 3 * min(crisp) > 0
    assert all(abs(t.refraction.mean()) < 0.01 for t in many)
