"""Real files of scanners and exporters, read in place beside the set that HPSCAN_REAL_DATA points to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hpscan.core.errors import ImageError
from hpscan.data.images.decoding import read_image

WHERE = os.environ.get("HPSCAN_REAL_DATA", "")
SLIDES = Path(WHERE).resolve().parent / "slides" if WHERE else Path()
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not WHERE or not SLIDES.is_dir(), reason="HPSCAN_REAL_DATA has no slides beside it"),
    pytest.mark.xdist_group("real"),
]


def test_a_region_that_qupath_exported_has_the_colours_of_its_stain(capfd: pytest.CaptureFixture[str]) -> None:
    """Haematoxylin and eosin: violet and pink, green the lowest; YCbCr taken for RGB would be green at its highest."""
    image = read_image(SLIDES / "OS-1-detail.ome.tif")
    assert image.shape == (1101, 1101, 3)
    red, green, blue = image.reshape(-1, 3).mean(axis=0)
    assert blue > red > green
    assert capfd.readouterr() == ("", "")


def test_an_aperio_region_is_rgb_by_its_tag_alone_and_its_label_and_macro_lie_beside_it() -> None:
    image = read_image(SLIDES / "CMU-1-Small-Region.svs")
    assert image.shape == (2967, 2220, 3)
    assert np.percentile(image, 95) > 230  # glass
    assert image[..., 1].mean() < image[..., 0].mean()


def test_a_fluorescence_slide_is_refused_and_not_called_damaged() -> None:
    with pytest.raises(ImageError) as caught:
        read_image(SLIDES / "dapi.ndpi")
    assert "damaged" not in caught.value.message
