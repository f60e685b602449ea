#!/usr/bin/env bash
# A JPEG with a smaller preview behind the picture, listed in an MPF index, as cameras and phones write .jpg files.
#
# Seen with Pillow 13.0.0: Image.open(..., formats=["JPEG"]) gives an image of format MPO with 2 frames, though MPO was not asked for;
# a reader that refuses files of several frames refuses an ordinary photograph. The first frame is the picture, whole, and cutting the
# index out (one APP2 segment) makes it a JPEG of one frame with the same pixels.
# Exits with 0 while this is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import sys

import numpy as np
from PIL import Image

picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
file = io.BytesIO()
picture.save(file, "MPO", save_all=True, append_images=[picture.resize((16, 16))])
data = file.getvalue()
seen = Image.open(io.BytesIO(data), formats=["JPEG"])
sizes = []
for frame in range(seen.n_frames):
    seen.seek(frame)
    sizes.append(seen.size)
start = data.index(b"MPF\0") - 4
end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
alone = Image.open(io.BytesIO(data[:start] + data[end:]), formats=["JPEG"])
seen.seek(0)
same = np.array_equal(np.asarray(seen), np.asarray(alone))
print(f"asked for JPEG: {seen.format}, {sizes}; without the index: {alone.format}, {getattr(alone, 'n_frames', 1)} frame, same pixels: {same}")
sys.exit((seen.format, sizes, alone.format, same) != ("MPO", [(64, 64), (16, 16)], "JPEG", True))
PYTHON
