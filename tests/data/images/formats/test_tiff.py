"""TIFF: the stream is believed, the picture found among its previews, and no foreign line reaches the terminal."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from dataset_builder import encoded, pixels
from hpscan.core.errors import ImageError
from hpscan.data.images.decoding import decode
from image_builder import jfif, parted, smooth, tiff, unmarked

if TYPE_CHECKING:
    from pathlib import Path

RGB = smooth()
RAW = pixels(2, height=64, width=48)
LOSS = 3
FORGED: dict[str, Any] = {"compression": "jpeg", "compressionargs": {"outcolorspace": "rgb"}}
"""Tagged as RGB, whatever the streams are."""


def off(data: bytes, image: np.ndarray = RGB) -> float:
    """The mean difference of a file's pixels from those that it was made of."""
    return float(np.abs(decode(data, "x.tif").astype(int) - image).mean())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("tiled", [True, False])
def test_a_jfif_stream_is_ycbcr_whatever_the_tag_says(order: str, subsampling: int, tiled: bool) -> None:
    image = smooth(height=64, width=64)
    place: dict[str, Any] = {"tile": (32, 32)} if tiled else {"rowsperstrip": 16}
    rows, columns = (32, 32) if tiled else (16, 64)
    pieces = [image[y : y + rows, x : x + columns] for y in range(0, 64, rows) for x in range(0, 64, columns)]
    streams = [jfif(np.ascontiguousarray(piece), subsampling=subsampling) for piece in pieces]
    assert off(tiff(image, streams, byteorder=order, **place, **FORGED), image) < LOSS


def test_tables_may_be_shared_and_markers_missing() -> None:
    for stream in (jfif(RGB), unmarked(jfif(RGB))):
        tables, rest = parted(stream)
        assert (
            off(tiff(RGB, [rest], jpegtables=tables, extratags=[(347, 7, len(tables), tables, True)], **FORGED)) < LOSS
        )


def test_colours_that_are_rgb_stay_rgb() -> None:
    adobe = encoded(Image.fromarray(RGB), "JPEG", quality=95, keep_rgb=True, subsampling=0)
    plain = imagecodecs.jpeg_encode(RGB, level=95, colorspace="rgb", outcolorspace="rgb", subsampling="444")
    for stream in (adobe, plain):
        assert off(tiff(RGB, [stream], **FORGED)) < LOSS


def test_a_stream_that_says_nothing_is_what_the_tag_says() -> None:
    """As libtiff and Aperio write RGB: no marker, identifiers from 0 on."""
    adobe = encoded(Image.fromarray(RGB), "JPEG", quality=95, keep_rgb=True, subsampling=0)
    at = adobe.index(b"Adobe") - 4
    bare = bytearray(adobe[:at] + adobe[at + 16 :])
    for marker, step in ((b"\xff\xc0", 3), (b"\xff\xda", 2)):
        first = bare.index(marker) + (10 if step == 3 else 5)
        bare[first : first + 3 * step : step] = b"\0\1\2"
    assert off(tiff(RGB, [bytes(bare)], **FORGED)) < LOSS


def test_rgb_under_a_tag_of_ycbcr_stays_rgb() -> None:
    adobe = encoded(Image.fromarray(RGB), "JPEG", quality=95, keep_rgb=True, subsampling=0)
    assert off(tiff(RGB, [adobe], photometric="ycbcr", compression="jpeg")) < LOSS


WRITTEN: dict[str, dict[str, Any]] = {
    "plain": {},
    "big-endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "lzw with predictor": {"compression": "lzw", "predictor": True, "rowsperstrip": 7},
    "deflate in tiles": {"compression": "deflate", "tile": (32, 32)},
    "zstd": {"compression": "zstd"},
    "lzma": {"compression": "lzma"},
    "packbits": {"compression": "packbits"},
    "webp": {"compression": "webp", "compressionargs": {"lossless": True}, "tile": (32, 32)},
    "jpeg 2000": {"compression": "jpeg2000", "compressionargs": {"reversible": True}, "tile": (32, 32)},
}


@pytest.mark.parametrize("options", WRITTEN.values(), ids=WRITTEN)
def test_what_is_lossless_comes_back_as_it_was(options: dict[str, Any]) -> None:
    np.testing.assert_array_equal(decode(tiff(RAW, **options), "x"), RAW)


def test_planes_may_be_separate_and_samples_of_16_bits() -> None:
    planes = np.ascontiguousarray(np.moveaxis(RAW, 2, 0))
    np.testing.assert_array_equal(decode(tiff(planes, planarconfig="separate", compression="lzw"), "x"), RAW)
    wide = np.random.default_rng(0).integers(0, 65536, (40, 40, 3), dtype=np.uint16)
    right = ((wide.astype(int) + 128) // 257).astype(np.uint8)
    for data in (
        tiff(wide, byteorder=">"),
        tiff(wide, compression="deflate", predictor=True),
        imagecodecs.png_encode(wide),
    ):
        np.testing.assert_array_equal(decode(data, "x"), right)


def test_white_may_be_zero() -> None:
    for grey in (RAW[:, :, 0], RAW[:, :, 0].astype(np.uint16) * 257):
        image = decode(tiff(grey, photometric="miniswhite"), "x")
        np.testing.assert_array_equal(image, np.repeat(255 - RAW[:, :, :1], 3, axis=2))


def test_jpeg_2000_colours_are_taken_from_the_codestream() -> None:
    ycbcr = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    mixed = imagecodecs.jpeg2k_encode(RGB, reversible=True, codecformat="j2k", mct=True)
    unmixed = imagecodecs.jpeg2k_encode(ycbcr, reversible=True, codecformat="j2k", mct=False)
    assert off(tiff(RGB, [mixed], compression=33005)) == 0
    assert off(tiff(RGB, [unmixed], compression=33003)) < 2


def test_previews_beside_the_picture_are_passed_over() -> None:
    half = np.ascontiguousarray(RAW[::2, ::2])
    written = {
        "pyramid in pages": [(RAW, {}), (half, {"subfiletype": 1})],
        "unmarked thumbnail": [(RAW, {}), (half, {})],
        "thumbnail first": [(half, {"subfiletype": 1}), (RAW, {})],
        "label and macro": [(RAW, {}), (half[:20], {"subfiletype": 1}), (RAW[:40], {"subfiletype": 9})],
        "mask": [(RAW, {}), (RAW[:, :, 0] > 99, {"subfiletype": 4, "photometric": "minisblack"})],
        "levels below": [(RAW, {"subifds": 1}), (half, {"subfiletype": 1})],
    }
    for name, pages in written.items():
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer) as writer:
            for image, options in pages:
                writer.write(image, **{"photometric": "rgb", "metadata": None, **options})
        np.testing.assert_array_equal(decode(buffer.getvalue(), "x"), RAW, err_msg=name)


def test_pictures_of_a_rank_are_refused() -> None:
    stack = np.stack([RAW, RAW])
    for data in (
        tiff(stack),
        encoded(Image.fromarray(RAW), "TIFF", save_all=True, append_images=[Image.fromarray(RGB)]),
    ):
        with pytest.raises(ImageError, match="it holds several images"):
            decode(data, "x.tif")


@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "zstd", "jpeg", "packbits"])
@pytest.mark.parametrize("cut", [0.4, 0.9])
def test_a_piece_that_is_missing_is_damage(compression: str | None, cut: float) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:  # the directory comes first, so that a cut takes pixels
        writer.write(RAW, photometric="rgb", metadata=None, compression=compression, rowsperstrip=8)
    data = buffer.getvalue()
    with pytest.raises(ImageError, match="damaged"):
        decode(data[: int(cut * len(data))], "x.tif")


def test_a_stream_is_as_large_as_its_piece_before_it_is_decoded() -> None:
    for stream, compression in (
        (jfif(np.zeros((2000, 2000, 3), np.uint8)), "jpeg"),
        (imagecodecs.jpeg2k_encode(np.zeros((800, 800, 3), np.uint8)), "jpeg2000"),
        (imagecodecs.webp_encode(np.zeros((800, 800, 3), np.uint8)), "webp"),
    ):
        with pytest.raises(ImageError, match=r"a stream of .* pixels in a piece of 48 x 64"):
            decode(tiff(RGB, [stream], compression=compression), "x.tif")


@pytest.mark.parametrize(
    ("width", "height", "reason"), [(5000, 40, "too many"), (40, 31, "too few"), (60000, 60000, "too many")]
)
def test_the_limits_on_size_are_read_from_the_header(width: int, height: int, reason: str) -> None:
    data = bytearray(tiff(RAW))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        for tag, value in (("ImageWidth", width), ("ImageLength", height)):
            struct.pack_into("<I", data, file.pages[0].tags[tag].valueoffset, value)
    with pytest.raises(ImageError, match=reason):
        decode(bytes(data), "x.tif")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encoded(Image.fromarray(RGB).convert("CMYK"), "TIFF"), "of the kind CMYK"),
        (tiff(RAW[:, :, 0].astype(np.float32), photometric="minisblack"), "floating-point"),
        (tiff(RAW[:, :, 0].astype(np.int16), photometric="minisblack"), "signed 16-bit"),
        (tiff(RAW, compression="jpegxl"), "JPEGXL is not supported"),
    ],
)
def test_what_is_sound_and_not_read_is_not_called_damaged(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        decode(data, "x.tif")
    assert "damaged" not in caught.value.message


def test_no_foreign_line_reaches_the_terminal(tmp_path: Path) -> None:
    """At the level of file descriptors: libraries in C do not write through sys.stderr."""
    odd = tiff(RAW, extratags=[(65000, 2, 5, "odd", True), (33432, 3, 1, 7, True)])
    files = [
        tiff(RGB, [jfif(RGB)], **FORGED),
        tiff(RGB, [jfif(RGB)[:-300]], **FORGED),
        tiff(RAW, compression="lzw")[:-900],
        tiff(RAW, compression="deflate").replace(b"x\x9c", b"x\x9d"),
        odd,
        odd[:-5000],
        encoded(Image.fromarray(RAW), "TIFF", compression="jpeg")[:-200],
    ]
    for n, data in enumerate(files):
        (tmp_path / f"{n}.tif").write_bytes(data)
    script = (
        "import sys\nfrom pathlib import Path\nfrom hpscan.core.errors import ImageError\n"
        "from hpscan.data.images.decoding import read_image\n"
        "for path in sorted(Path(sys.argv[1]).glob('*.tif')):\n"
        "    try:\n        read_image(path)\n    except ImageError:\n        pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
