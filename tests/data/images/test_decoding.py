"""Images that other programs write: nothing but the pixels decides, and embedded colour profiles are followed."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from dataset_builder import encoded, pixels
from hpscan.core.cohort import Origin, Patch
from hpscan.core.errors import ImageError
from hpscan.core.reasons import ReasonKind
from hpscan.data.images.batches import iter_batches
from hpscan.data.images.decoding import decode, decode_with_remarks
from hpscan.data.images.inspection import inspect
from image_builder import (
    SRGB,
    another_srgb,
    chunk,
    jfif,
    of_greys,
    smooth,
    tiff,
    wide_gamut,
    with_chunk,
    with_segment,
)

if TYPE_CHECKING:
    from pathlib import Path

RGB = pixels(1, height=40, width=36)
PNG = encoded(Image.fromarray(RGB))
JPEG = jfif(RGB)
UNREADABLE = (ReasonKind.COLOUR_PROFILE_UNREADABLE,)
WIDE = wide_gamut()


def bulky_text() -> bytes:
    info = PngInfo()
    info.add_text("ImageDescription", "a" * 1_300_000, zip=True)
    info.add_itxt("XML:com.adobe.xmp", "<x>" + "a" * 1_300_000, zip=True)
    return encoded(Image.fromarray(RGB), pnginfo=info)


BESIDE = {
    "bulky text": bulky_text(),
    "text with a wrong checksum": with_chunk(PNG, chunk(b"tEXt", b"Software\0scanner", damaged=True)),
    "gAMA with a wrong checksum": with_chunk(PNG, chunk(b"gAMA", b"\0\1\x86\xa0", damaged=True)),
    "eXIf that is none": with_chunk(PNG, chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")),
    "a chunk of somebody's own": with_chunk(PNG, chunk(b"scAn", bytes(2_000_000))),
    "palette hints that do not fit": with_chunk(PNG, chunk(b"hIST", b"\0")),
    "text behind the end": PNG + b"and more",
}


@pytest.mark.parametrize("data", BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_the_pixels_of_a_png_is_not_read(data: bytes) -> None:
    decoded = decode_with_remarks(data, "x.png")
    np.testing.assert_array_equal(decoded.pixels, RGB)
    assert decoded.remarks == ()


def test_what_stands_beside_the_pixels_of_a_jpeg_is_not_read() -> None:
    plain = decode(JPEG, "x")
    for marker, body in (
        (0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 60_000),
        (0xE2, b"MPF\0MM\0*\xff\xff\xff\xff"),
        (0xED, b"Photoshop 3.0\x008BIM" + bytes(60_000)),
        (0xFE, b"a remark"),
    ):
        np.testing.assert_array_equal(decode(with_segment(JPEG, marker, body), "x"), plain)


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_damage_in_a_chunk_of_the_pixels_is_damage_and_still_a_png(name: bytes) -> None:
    data = bytearray(PNG)
    at = data.index(name)
    data[at + 4 + struct.unpack_from(">I", data, at - 4)[0]] ^= 1  # its checksum
    with pytest.raises(ImageError, match="it is damaged"):
        decode(bytes(data), "x.png")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not an image at all", "it is no PNG, JPEG, TIFF or BMP image, but text"),
        (b"BM is how this text begins", "it is no PNG, JPEG, TIFF or BMP image, but text"),
        (b"<!DOCTYPE html><html>", "it is no PNG, JPEG, TIFF or BMP image, but a web page (HTML)"),
        (b"%PDF-1.7 \xff\xff", "it is no PNG, JPEG, TIFF or BMP image, but a PDF document"),
        (bytes(300), "it is no PNG, JPEG, TIFF or BMP image"),
        (bytes(128) + b"DICM" + bytes(90), "it is a DICOM file named .png: save it as PNG"),
        (encoded(Image.fromarray(RGB), "WEBP"), "it is a WebP image named .png: save it as PNG"),
        (encoded(Image.fromarray(RGB), "GIF"), "it is a GIF image named .png: save it as PNG"),
        (encoded(Image.fromarray(RGB), "JPEG2000"), "it is a JPEG 2000 image named .png: save it as PNG"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError) as caught:
        decode(data, "x.png")
    assert caught.value.message == f"x.png: {reason}"


def test_an_animation_is_several_images() -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    with pytest.raises(ImageError, match="it holds several images"):
        decode(encoded(frames[0], save_all=True, append_images=frames[1:]), "x.png")


def test_a_preview_behind_a_jpeg_is_passed_over_and_a_second_picture_is_not() -> None:
    picture, small, other = (Image.fromarray(a) for a in (RGB, RGB[::2, ::2], 255 - RGB))
    alone = encoded(picture, "JPEG")
    both = encoded(picture, "MPO", save_all=True, append_images=[small])
    np.testing.assert_array_equal(decode(both, "x.jpg"), decode(alone, "x.jpg"))
    with pytest.raises(ImageError, match="it holds several images"):
        decode(encoded(picture, "MPO", save_all=True, append_images=[other]), "x.jpg")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_as_pillow_has_it(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = Image.fromarray(RGB)
    turned.getexif()[0x0112] = orientation
    right = np.asarray(ImageOps.exif_transpose(turned))
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(RGB), exif=exif), "x"), right)
    np.testing.assert_array_equal(decode(tiff(RGB, extratags=[(274, 3, 1, orientation, True)]), "x"), right)
    jpeg = decode(encoded(Image.fromarray(RGB), "JPEG", quality=95, subsampling=0, exif=exif), "x")
    assert np.abs(jpeg.astype(int) - right).mean() < 5


def in_wide(image: np.ndarray) -> Image.Image:
    there = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(WIDE)), "RGB", "RGB"
    )
    return ImageCms.applyTransform(Image.fromarray(image), there)


def bmp_with_profile(image: Image.Image, profile: bytes) -> bytes:
    plain = encoded(image, "BMP")
    body = plain[54:]
    header = bytearray(struct.pack("<I", 124) + plain[18:54])
    header += bytes(124 - len(header))
    header[56:60] = b"DEBM"
    struct.pack_into("<II", header, 112, 124 + len(body), len(profile))
    return b"BM" + struct.pack("<IHHI", 138 + len(body) + len(profile), 0, 0, 138) + bytes(header) + body + profile


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_a_profile_is_followed_to_srgb(kind: str) -> None:
    plain = smooth()
    wide = in_wide(plain)
    assert np.abs(np.asarray(wide).astype(int) - plain).mean() > 10
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    data = bmp_with_profile(wide, WIDE) if kind == "BMP" else encoded(wide, kind, icc_profile=WIDE, **options)
    decoded = decode_with_remarks(data, "x")
    assert np.abs(decoded.pixels.astype(int) - plain).mean() < 1.5
    assert decoded.remarks == ()


@pytest.mark.parametrize("profile", [SRGB, another_srgb()], ids=["of littleCMS", "of a table"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_a_profile_of_srgb_changes_no_pixel(kind: str, profile: bytes) -> None:
    image = Image.fromarray(RGB)
    np.testing.assert_array_equal(
        decode(encoded(image, kind, icc_profile=profile), "x"), decode(encoded(image, kind), "x")
    )


def test_transparent_colours_are_followed_and_then_laid_on_white() -> None:
    plain = smooth()
    alpha = np.full(plain.shape[:2], 255, np.uint8)
    alpha[:10] = 0
    rgba = np.dstack([np.asarray(in_wide(plain)), alpha])
    image = decode(encoded(Image.fromarray(rgba), icc_profile=WIDE), "x")
    assert (image[:10] == 255).all()
    assert np.abs(image[10:].astype(int) - plain[10:]).mean() < 1.5


def test_greys_follow_a_profile_of_greys_and_stay_grey() -> None:
    grey = Image.fromarray(smooth()[:, :, 0])
    image = decode(encoded(grey, icc_profile=of_greys(1.0)), "x")
    assert (image == image[:, :, :1]).all()
    assert image.mean() > np.asarray(grey).mean() + 20
    np.testing.assert_array_equal(decode(encoded(grey, icc_profile=SRGB), "x")[:, :, 0], np.asarray(grey))


UNREAD = {
    "zeros": encoded(Image.fromarray(RGB), icc_profile=bytes(4000)),
    "zeros, bulky": encoded(Image.fromarray(RGB), icc_profile=bytes(1_200_000)),
    "cut": encoded(Image.fromarray(RGB), icc_profile=WIDE[:200]),
    "of greys": encoded(Image.fromarray(RGB), icc_profile=of_greys(2.2)),
    "of inks": encoded(Image.fromarray(RGB), icc_profile=WIDE[:16] + b"CMYK" + WIDE[20:]),
    "wrong checksum": with_chunk(PNG, chunk(b"iCCP", b"x\0\0" + zlib.compress(WIDE), damaged=True)),
    "not packed": with_chunk(PNG, chunk(b"iCCP", b"x\0\0" + WIDE)),
    "linked": bmp_with_profile(Image.fromarray(RGB), b"C:\\x").replace(b"DEBM", b"KNIL"),
    "tiff": encoded(Image.fromarray(RGB), "TIFF", icc_profile=bytes(100)),
}


@pytest.mark.parametrize("data", UNREAD.values(), ids=UNREAD)
def test_a_profile_that_cannot_be_read_is_told_and_changes_nothing(data: bytes) -> None:
    decoded = decode_with_remarks(data, "x")
    np.testing.assert_array_equal(decoded.pixels, RGB)
    assert decoded.remarks == UNREADABLE


def test_a_profile_in_parts_needs_all_of_them() -> None:
    parts = [b"ICC_PROFILE\0" + bytes([n, 2]) + WIDE[250 * (n - 1) : 250 * n if n == 1 else None] for n in (1, 2)]
    second = with_segment(JPEG, 0xE2, parts[1])
    assert decode_with_remarks(with_segment(second, 0xE2, parts[0]), "x").remarks == ()
    assert decode_with_remarks(second, "x").remarks == UNREADABLE


def test_remarks_stay_with_their_patches(tmp_path: Path) -> None:
    patches = []
    for name, data in (("a", UNREAD["zeros"]), ("b", PNG), ("c", UNREAD["cut"])):
        path = tmp_path / f"{name}.png"
        path.write_bytes(data)
        patches.append(Patch(name, "P", "", path, Origin.CROPPED))
    (batch,) = iter_batches(patches, 8)
    assert batch.remarks == (UNREADABLE, (), UNREADABLE)
    assert inspect(patches).remarks == {patches[0]: UNREADABLE, patches[2]: UNREADABLE}
    assert inspect(patches, decode=False).remarks == {}
