"""Every layout has a surface, tissue below it and a scale in pixels."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.phantom.anatomy.epithelium import draw_layout


@pytest.mark.parametrize("seed", range(20))
def test_every_patch_has_tissue_and_a_surface(seed: int) -> None:
    layout = draw_layout(np.random.default_rng(seed), 256)
    fields = (layout.depth, layout.along, layout.thickness, layout.open)
    assert all(f.shape == (256, 256) and f.dtype == np.float32 and np.isfinite(f).all() for f in fields)
    assert (layout.depth > 3).mean() > 0.05
    assert layout.depth.min() <= -3.9
    assert (np.abs(layout.depth) < 4).sum() > 20


def test_depth_is_counted_in_pixels() -> None:
    # Across a straight surface, a step of one pixel is one pixel deeper or less deep, but for the roughness.
    slopes = []
    for seed in range(20):
        gradient = np.gradient(draw_layout(np.random.default_rng(seed), 128).depth)
        slopes.append(np.median(np.hypot(*gradient)))
    assert 0.8 < np.median(slopes) < 1.2


def test_layouts_differ_in_how_much_glass_they_leave() -> None:
    glass = [(draw_layout(np.random.default_rng(seed), 128).depth < 0).mean() for seed in range(30)]
    assert min(glass) < 0.1
    assert max(glass) > 0.5
