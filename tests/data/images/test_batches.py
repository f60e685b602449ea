from __future__ import annotations

import hashlib
import io
import struct
import threading
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dataset_builder import encoded, patch, pixels
from hpscan.core.cohort import Origin, Patch, PatchLabel
from hpscan.core.errors import ImageError
from hpscan.data.images.batches import ImagePatches, decode, iter_batches, read_image

if TYPE_CHECKING:
    from pathlib import Path

RGB = pixels(1, height=40, width=36)


def listed(path: Path, patient: str = "B22-1", label: PatchLabel | None = None) -> Patch:
    return Patch(f"{patient}.{path.stem}", patient, "", path, Origin.CROPPED, label)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG written by hand, for what Pillow does not write."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)), *extra]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_rgb_comes_back_as_it_was(kind: str) -> None:
    image = decode(encoded(Image.fromarray(RGB), kind), "x")
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, RGB)


def test_transparent_pixels_are_laid_on_white() -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(rgba)), "x"), RGB)
    rgba[0, 0] = (10, 20, 30, 0)
    rgba[0, 1] = (0, 100, 200, 51)
    image = decode(encoded(Image.fromarray(rgba)), "x")
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 1].tolist() == [204, 224, 244]
    np.testing.assert_array_equal(image[1:], RGB[1:])


def test_a_transparent_palette_colour_is_white() -> None:
    palette = Image.fromarray((np.arange(40 * 40) % 2).astype(np.uint8).reshape(40, 40), "L").convert("P")
    palette.putpalette([200, 0, 0, 0, 0, 200])
    image = decode(encoded(palette, transparency=0), "x")
    assert image[0, :2].tolist() == [[255, 255, 255], [0, 0, 200]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_greys_keep_their_shades(kind: str) -> None:
    grey = np.linspace(0, 65535, 40 * 40).astype(np.uint16).reshape(40, 40)
    image = decode(encoded(Image.fromarray(grey), kind), "x")
    np.testing.assert_array_equal(image[:, :, 0], np.round(grey / 257).astype(np.uint8))
    np.testing.assert_array_equal(image[:, :, 0], image[:, :, 2])


def test_16_bit_colours_are_right_to_one_level() -> None:
    wide = np.random.default_rng(0).integers(0, 65536, (40, 40, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in wide)
    image = decode(png(40, 40, 16, 2, rows), "x")
    assert np.abs(image - wide / 257).max() <= 1


def test_grey_and_black_and_white_become_rgb() -> None:
    grey = RGB[:, :, 0]
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(grey)), "x"), np.dstack([grey] * 3))
    binary = Image.fromarray(grey > 100)
    np.testing.assert_array_equal(decode(encoded(binary), "x")[:, :, 0], (grey > 100) * np.uint8(255))


def test_the_orientation_in_exif_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decode(encoded(Image.fromarray(RGB), exif=exif), "x")
    np.testing.assert_array_equal(image, np.rot90(RGB, -1))


def _frames() -> bytes:
    first = Image.fromarray(RGB)
    return encoded(first, "TIFF", save_all=True, append_images=[first])


REFUSED = {
    "empty": b"",
    "text": b"not an image at all",
    "gif": encoded(Image.fromarray(RGB), "GIF"),
    "cmyk": encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
    "lab": encoded(Image.fromarray(RGB).convert("LAB"), "TIFF"),
    "float": encoded(Image.fromarray(RGB[:, :, 0].astype(np.float32)), "TIFF"),
    "32-bit": encoded(Image.fromarray(RGB[:, :, 0].astype(np.int32) * 70000), "TIFF"),
    "frames": _frames(),
    "too small": encoded(Image.fromarray(RGB[:31])),
    "too wide": encoded(Image.new("L", (4097, 40))),
    "bomb": png(13000, 13000, 1, 0, b"\0" * 100),
    "huge bomb": png(60000, 60000, 1, 0, b"\0" * 100),
    "all transparent": encoded(Image.new("RGBA", (40, 40), (1, 2, 3, 0))),
    "truncated png": encoded(Image.fromarray(RGB))[:-200],
    "truncated jpeg": encoded(Image.fromarray(RGB), "JPEG")[:-200],
    "truncated bmp": encoded(Image.fromarray(RGB), "BMP")[:-200],
    "16-bit with transparent": png(32, 32, 16, 0, (b"\0" + bytes(64)) * 32, (b"tRNS", b"\1\0")),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_read_rightly_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(ImageError) as caught:
        decode(data, "00180.png")
    assert caught.value.message.startswith("00180.png: ")
    assert "\n" not in caught.value.message


def test_a_flipped_bit_in_a_png_is_found() -> None:
    data = bytearray(encoded(Image.fromarray(RGB)))
    data[len(data) // 2] ^= 4
    with pytest.raises(ImageError):
        decode(bytes(data), "x")


@given(
    st.sampled_from(["PNG", "JPEG", "BMP"]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6),
    st.integers(0, 5000),
)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_damage_gives_pixels_or_an_image_error(kind: str, flips: list[tuple[int, int]], end: int) -> None:
    data = bytearray(encoded(Image.fromarray(RGB), kind))
    for at, value in flips:
        data[at % len(data)] = value
    try:
        image = decode(bytes(data[: end % (2 * len(data))]), "x")
    except ImageError:
        return
    assert image.dtype == np.uint8
    assert image.shape[2] == 3


def test_a_path_that_is_no_readable_file_is_an_image_error(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.png", tmp_path):
        with pytest.raises(ImageError) as caught:
            read_image(path)
        assert caught.value.path == path


@pytest.mark.parametrize("workers", [1, 4])
def test_batches_hold_every_patch_once_and_in_order(tmp_path: Path, workers: int) -> None:
    patches = [listed(patch(tmp_path / f"{n}.png", n)) for n in range(11)]
    batches = list(iter_batches(patches, 4, workers=workers))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    assert [p for batch in batches for p in batch.patches] == patches
    np.testing.assert_array_equal(np.concatenate([b.images for b in batches])[7], pixels(7))
    assert batches[0].sha256[1] == hashlib.sha256(patches[1].path.read_bytes()).hexdigest()


def test_every_batch_has_one_size_and_unreadable_patches_are_rejected(tmp_path: Path) -> None:
    patches = [listed(patch(tmp_path / f"{n}.png", n, width=40 if n % 3 else 50)) for n in range(12)]
    for n in (0, 5):
        patches[n].path.write_bytes(b"damaged")
    batches = list(iter_batches(patches, 3))
    seen = [p for b in batches for p in b.patches] + [r.patch for b in batches for r in b.rejected]
    assert sorted(p.id for p in seen) == sorted(p.id for p in patches)
    assert {r.patch.id for b in batches for r in b.rejected} == {patches[0].id, patches[5].id}
    assert all(len(b.patches) == len(b.images) == len(b.sha256) <= 3 for b in batches)


def test_rejections_alone_still_come(tmp_path: Path) -> None:
    (batch,) = iter_batches([listed(tmp_path / "gone.png")], 8)
    assert batch.images.shape == (0, 0, 0, 3)
    assert batch.rejected[0].patch.path.name == "gone.png"
    assert "gone.png" not in batch.rejected[0].reason  # whoever shows it shows the file beside it
    assert list(iter_batches([], 8)) == []


def test_only_a_few_batches_are_read_ahead_and_stopping_leaves_no_thread(tmp_path: Path) -> None:
    path = patch(tmp_path / "1.png")
    taken = 0

    def endless():  # noqa: ANN202
        nonlocal taken
        while True:
            taken += 1
            yield listed(path)

    batches = iter_batches(endless(), 8, workers=2)
    next(batches)
    assert taken <= 32
    batches.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("hpscan-read")]


def test_a_batch_holds_at_least_one_patch() -> None:
    with pytest.raises(ValueError, match="at least one"):
        iter_batches([], 0)


@pytest.mark.parametrize("cache_bytes", [0, 3 * 32 * 32 * 3, 10**9])
def test_patches_are_read_again_and_again(tmp_path: Path, cache_bytes: int) -> None:
    sources = [patch(tmp_path / f"{n}.png", n) for n in range(6)]
    patches = ImagePatches(
        [listed(s, f"P{n}", PatchLabel(n % 3 - 1)) for n, s in enumerate(sources)], cache_bytes=cache_bytes
    )
    assert patches.label.tolist() == [-1, 0, 1, -1, 0, 1]
    assert patches.patient_id.tolist() == [f"P{n}" for n in range(6)]
    for index in ([5, 0, 5], [0, 1, 2, 3, 4, 5], [], [-1]):
        images = patches.read(np.array(index, dtype=np.intp))
        np.testing.assert_array_equal(images, np.array([pixels(n % 6) for n in index]).reshape(-1, 32, 32, 3))


def test_cached_patches_are_not_decoded_again_and_cannot_be_spoilt(tmp_path: Path) -> None:
    source = patch(tmp_path / "1.png", 1)
    patches = ImagePatches([listed(source)])
    patches.read(np.array([0]))[:] = 0
    source.unlink()
    np.testing.assert_array_equal(patches.read(np.array([0]))[0], pixels(1))


def test_patches_to_learn_from_have_one_size(tmp_path: Path) -> None:
    patches = ImagePatches([listed(patch(tmp_path / "1.png")), listed(patch(tmp_path / "2.png", width=40))])
    with pytest.raises(ImageError, match="40 x 32 pixels, where the others have 32 x 32"):
        patches.read(np.array([0, 1]))


def test_a_jpeg_is_close(tmp_path: Path) -> None:
    smooth = np.asarray(Image.fromarray(RGB).resize((64, 64)).reduce(8).resize((64, 64)))
    buffer = io.BytesIO()
    Image.fromarray(smooth).save(buffer, "JPEG", quality=95, subsampling=0)
    assert np.abs(decode(buffer.getvalue(), "x").astype(int) - smooth).mean() < 3
