#!/usr/bin/env bash
# A TIFF whose tag says RGB and whose only tile is an ordinary JFIF stream (so YCbCr), as QuPath exports regions by default.
#
# Seen with Pillow 13.0.0 (libtiff 4.7.2) and tifffile 2026.3.3 with imagecodecs 2026.3.6, in both byte orders:
# - chroma 4:4:4: Pillow takes YCbCr for RGB without a word: the brown 130, 85, 45 of a DAB stain is read as 94, 100, 154, a slate blue;
# - chroma 4:2:0: Pillow raises OSError (decoder error -2), and libtiff writes two lines to the process's stderr, past sys.stderr;
# - tifffile reads 130, 85, 44 in all four.
# So: a picture that opens is no proof that its colours are right; look into the stream before believing the tag.
# Exits with 0 while this is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import os
import sys

import numpy as np
import tifffile
from PIL import Image

brown = np.full((64, 64, 3), (130, 85, 45), np.uint8)


def exported(subsampling, order):
    stream, file = io.BytesIO(), io.BytesIO()
    Image.fromarray(brown).save(stream, "JPEG", quality=90, subsampling=subsampling)
    tifffile.imwrite(
        file, iter([stream.getvalue()]), shape=brown.shape, dtype=brown.dtype, photometric="rgb", tile=(64, 64),
        compression="jpeg", compressionargs={"outcolorspace": "rgb"}, byteorder=order, metadata=None,
    )
    return file.getvalue()


def by_pillow(data):
    """The middle pixel, or the error; and how many lines came to file descriptor 2 meanwhile."""
    kept = os.dup(2)
    with open(os.path.join(sys.argv[1], "stderr"), "w+b") as caught:
        os.dup2(caught.fileno(), 2)
        try:
            seen = Image.open(io.BytesIO(data)).getpixel((32, 32))
        except OSError as error:
            seen = str(error)
        finally:
            os.dup2(kept, 2)
        caught.seek(0)
        return seen, len(caught.read().splitlines())


found = {}
for order, endian in (("<", "little"), (">", "big")):
    for subsampling, chroma in ((0, "4:4:4"), (2, "4:2:0")):
        data = exported(subsampling, order)
        pillow = by_pillow(data)
        right = tuple(tifffile.imread(io.BytesIO(data))[32, 32].tolist())
        found[endian, chroma] = (*pillow, right)
        print(f"{endian}-endian {chroma}: Pillow {pillow[0]}, {pillow[1]} foreign lines; tifffile {right}")
expected = {"4:4:4": ((94, 100, 154), 0, (130, 85, 44)), "4:2:0": ("decoder error -2", 2, (130, 85, 44))}
sys.exit(any(value != expected[chroma] for (_, chroma), value in found.items()))
PYTHON
