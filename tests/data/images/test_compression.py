"""What is read of a file's compression: its quality, its sampling, and what its pixels show where it is JPEG no more."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from hpscan.core.compression import Compression, Source
from hpscan.data.images.compression import from_tables, ijg, zigzag
from hpscan.data.images.decoding import decode_with_remarks
from hpscan.data.images.jpeg_traces import Traces, traces
from hpscan.phantom.brushes import smooth_noise

SAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def textured(seed: int = 3) -> np.ndarray:
    """(256, 256, 3) of blue and brown as sharp as a pixel, in soft patches: nothing of it was ever compressed."""
    rng = np.random.default_rng(seed)
    blue, brown = (smooth_noise(rng, (256, 256), 1.0) for _ in range(2))
    density = np.stack([8 * blue + 2 * brown, 5 * blue + 6 * brown, 2 * blue + 9 * brown], axis=-1)
    return np.clip(180 - 2 * density, 0, 255).astype(np.uint8)


def saved(image: np.ndarray, quality: int, sampling: str, **more: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=SAMPLINGS[sampling], **more)
    return buffer.getvalue()


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("quality", [30, 49, 50, 75, 90, 95])
def test_a_jpegs_quality_and_sampling_are_read(quality: int, sampling: str) -> None:
    found = decode_with_remarks(saved(textured()[:64, :64], quality, sampling), "a.jpg").compression
    assert found == Compression(Source.TABLES, quality, sampling, standard=True)


def test_every_quality_is_found_from_its_tables() -> None:
    for quality in range(1, 101):
        brightness, colour = ijg(quality)
        found = from_tables([brightness, colour, colour], [(4, 1), (1, 1), (1, 1)])
        assert found.subsampling == "4:1:1"
        assert found.quality is not None
        assert abs(found.quality - quality) <= 1


def test_tables_of_another_encoder_are_said_to_be_none_of_ijg() -> None:
    flat = [16] * 64
    buffer = io.BytesIO()
    Image.fromarray(textured()[:64, :64]).save(buffer, "JPEG", qtables=[flat, flat], subsampling=2)
    found = decode_with_remarks(buffer.getvalue(), "a.jpg").compression
    assert found is not None
    assert not found.standard
    assert found.quality is not None


def test_tables_are_taken_out_of_the_zigzag() -> None:
    assert zigzag()[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]


def test_grey_and_lossless_files() -> None:
    buffer = io.BytesIO()
    Image.fromarray(textured()[..., 0]).save(buffer, "JPEG", quality=80)
    assert decode_with_remarks(buffer.getvalue(), "a.jpg").compression == Compression(Source.TABLES, 80, "grey")
    buffer = io.BytesIO()
    Image.fromarray(textured()).save(buffer, "PNG")
    assert decode_with_remarks(buffer.getvalue(), "a.png").compression is None


@pytest.mark.parametrize(("factors", "sampling"), [((1, 1), "4:4:4"), ((2, 2), "4:2:0")])
def test_tiff_with_jpeg_tiles(factors: tuple[int, int], sampling: str) -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        textured(),
        photometric="rgb",
        tile=(128, 128),
        compression="jpeg",
        compressionargs={"level": 60},
        subsampling=factors,
    )
    found = decode_with_remarks(buffer.getvalue(), "a.tif").compression
    assert found == Compression(Source.TABLES, 60, sampling)


@pytest.mark.parametrize("quality", [50, 70, 90])
def test_halved_colour_shows_in_the_pixels(quality: int) -> None:
    image = textured()
    found = traces(opened(saved(image, quality, "4:2:0"))).compression
    assert found is not None
    assert found.halved
    assert found.subsampling == "4:2:0"
    assert traces(opened(saved(image, quality, "4:2:2"))).compression == Compression(Source.PIXELS, subsampling="4:2:2")


def test_what_was_never_compressed_shows_nothing() -> None:
    assert traces(textured()) == Traces(None, across=False, down=False)
    assert traces(textured()).compression is None


@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 3), (5, 2)])
def test_a_grid_of_blocks_is_found_wherever_it_lies(left: int, top: int) -> None:
    wide = np.pad(textured(), ((8 - top, top), (8 - left, left), (0, 0)), "reflect")
    cut = opened(saved(wide, 50, "4:4:4"))[8 - top : -top or None, 8 - left : -left or None]
    assert traces(cut).grid == (left % 8, top % 8)


def test_glass_shows_nothing() -> None:
    assert traces(np.full((256, 256, 3), 240, np.uint8)).compression is None
    assert traces(np.zeros((32, 40, 3), np.uint8)).compression is None
