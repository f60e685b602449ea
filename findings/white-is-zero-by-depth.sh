#!/usr/bin/env bash
# A grey TIFF in which 0 is white (PhotometricInterpretation WhiteIsZero), in 8 and in 16 bits.
#
# Seen with Pillow 13.0.0: at 8 bits the greys are turned over, so that 0 is read as 255; at 16 bits they are not, and 0 stays 0: the
# picture is a negative of itself. tifffile 2026.3.3 turns over neither, as its documentation says.
# So: how dark tissue is hangs on the number of bits; look at the tag and turn the samples over oneself.
# Exits with 0 while this is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import sys

import numpy as np
import tifffile
from PIL import Image

found = {}
for dtype, step in ((np.uint8, 1), (np.uint16, 257)):
    stored = (np.arange(256, dtype=np.uint32) * step).astype(dtype).reshape(16, 16)
    file = io.BytesIO()
    tifffile.imwrite(file, stored, photometric="miniswhite", metadata=None)
    image = Image.open(io.BytesIO(file.getvalue()))
    read, other = np.asarray(image), tifffile.imread(io.BytesIO(file.getvalue()))
    turned = np.array_equal(read, np.iinfo(dtype).max - stored)
    found[np.dtype(dtype).name] = (image.mode, turned, np.array_equal(read, stored), np.array_equal(other, stored))
    print(f"{np.dtype(dtype).name}: Pillow mode {image.mode}, stored 0 is read as {read[0, 0]}; tifffile {other[0, 0]}")
sys.exit(found != {"uint8": ("L", True, False, True), "uint16": ("I;16", False, True, True)})
PYTHON
