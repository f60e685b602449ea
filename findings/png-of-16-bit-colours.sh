#!/usr/bin/env bash
# A PNG of 16 bits a colour, as cameras of microscopes save them.
#
# Seen with Pillow 13.0.0: it opens as mode RGB, eight bits, and each sample is cut to its upper byte; nothing says so. Greys of 16 bits keep all
# bits (mode I;16). The sample 255 of 65535 becomes 0, where 255 * 255 / 65535 rounds to 1; 33023 becomes 128 and so agrees.
# Of all 65,536 samples 12.4 % lie one level below the rounded value and 12.4 % one above. imagecodecs 2026.3.6 gives 16 bits.
# So: a picture of 16 bits that one reader cuts and another rounds differs by one level in a quarter of its samples.
# Exits with 0 while this is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import sys

import imagecodecs
import numpy as np
from PIL import Image

samples = np.arange(65536, dtype=np.uint16).reshape(256, 256)
colours = np.repeat(samples[:, :, np.newaxis], 3, axis=2)
png = imagecodecs.png_encode(colours)
image = Image.open(io.BytesIO(png))
read = np.asarray(image)[:, :, 0].astype(int)
rounded = np.round(samples / 257).astype(int)
below, above = (read < rounded).mean(), (read > rounded).mean()
grey = Image.open(io.BytesIO(imagecodecs.png_encode(samples)))
whole = np.array_equal(imagecodecs.png_decode(png), colours)
print(f"colours: mode {image.mode}, 255 -> {read[0, 255]}, 33023 -> {read[128, 255]}; greys: mode {grey.mode}; imagecodecs whole: {whole}")
print(f"one level below the rounded value: {100 * below:.1f} %, one above: {100 * above:.1f} %")
right = (image.mode, grey.mode, whole, int(read[0, 255]), int(read[128, 255])) == ("RGB", "I;16", True, 0, 128)
sys.exit(not (right and np.array_equal(read, samples >> 8) and round(below, 3) == round(above, 3) == 0.124 and np.abs(rounded - read).max() == 1))
PYTHON
