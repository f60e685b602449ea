"""A gallery shows every patch with what the model gives for it, each in its row and group."""

from __future__ import annotations

import numpy as np

from hpscan.report.plots.galleries import GalleryPatch, draw_gallery, gallery_png

HOT = np.ones((32, 32), np.float32)


def _patch(*colour: int) -> np.ndarray:
    return np.full((32, 32, 3), colour, np.uint8)


GROUPS = {
    "negative": [GalleryPatch(_patch(10, 200, 30), "$a_1^", _patch(30, 10, 200), HOT)],
    "infected": [GalleryPatch(_patch(200, 10, 30), "b", _patch(30, 10, 100), 0 * HOT)] * 2,
    "nobody": [],
}


def test_a_column_a_patch_with_its_reconstruction_and_its_heatmap() -> None:
    axes = draw_gallery(GROUPS, "title").axes[:-1]  # the last is the colour bar
    images = [axis.images[0].get_array() for axis in axes if axis.images]
    patches, reconstructions, heatmaps = images[:3], images[3:6], images[6:]
    colours = [tuple(np.asarray(image)[0, 0]) for image in patches]
    assert colours == [(10, 200, 30), (200, 10, 30), (200, 10, 30)]
    assert [tuple(np.asarray(image)[0, 0]) for image in reconstructions] == [(30, 10, 200), *[(30, 10, 100)] * 2]
    assert [np.asarray(heatmap).max() for heatmap in heatmaps] == [1, 0, 0]


def test_groups_and_captions_stand_at_their_patches_and_empty_groups_nowhere() -> None:
    axes = draw_gallery(GROUPS, "title").axes
    assert [axis.get_title(loc="left") for axis in axes if axis.get_title(loc="left")] == ["negative", "infected"]
    assert [axis.get_xlabel() for axis in axes if axis.get_xlabel()] == ["$a_1^", "b", "b"]
    assert [axis.get_ylabel() for axis in axes if axis.get_ylabel()] == ["patch", "reconstruction", "heatmap"]


def test_what_no_model_gives_has_no_row() -> None:
    axes = draw_gallery({"": [GalleryPatch(_patch(1, 2, 3), "a")]}, "title").axes
    assert [axis.get_ylabel() for axis in axes] == ["patch"]


def test_the_file_is_a_png_and_a_caption_is_no_formula() -> None:
    assert gallery_png(GROUPS, "title", "note").startswith(b"\x89PNG")
