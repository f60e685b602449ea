#!/usr/bin/env bash
# A picture with an sRGB profile is made grey and its colours are to be managed.
#
# Seen with Pillow 13.0.0 (littleCMS 2.19): convert("L") and convert("CMYK") keep the profile of the RGB picture in info, where it describes
# nothing any more, and a grey PNG saved with it is written without a word. ImageCms then refuses that very pair (PyCMSError, "cannot build
# transform"), while the same profile on the same greys as RGB changes no pixel.
# So: a profile that littleCMS cannot use for an image need not be damaged; the mode and the profile's colour space must be compared first.
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
from PIL import Image, ImageCms

srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
file = io.BytesIO()
Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(file, "PNG", icc_profile=srgb)
picture = Image.open(file)
kept = {mode: picture.convert(mode).info.get("icc_profile") == srgb for mode in ("L", "CMYK")}
again = io.BytesIO()
picture.convert("L").save(again, "PNG", icc_profile=picture.info["icc_profile"])
grey = Image.open(again)


def managed(image):
    source = ImageCms.ImageCmsProfile(io.BytesIO(grey.info["icc_profile"]))
    return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")


try:
    managed(grey)
    refused = "nothing"
except ImageCms.PyCMSError as error:
    refused = str(error)
as_rgb = grey.convert("RGB")
changed = int(np.abs(np.asarray(managed(as_rgb)).astype(int) - np.asarray(as_rgb)).max())
print(f"profile kept: {kept}; on greys: {refused}; on the same greys as RGB: changed by {changed}")
sys.exit((kept, refused, changed) != ({"L": True, "CMYK": True}, "cannot build transform", 0))
PYTHON
