"""Draws docs/images/phantom.jpg: two rows of negative patches and two of positive ones, a patient each.

python docs_build/phantom_sheet.py
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from hpscan.core.cohort import PatchLabel
from hpscan.phantom.cohort import draw_cohort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PATIENTS, PATCHES, SEED = 96, 6, 4
COLUMNS, ROWS = 8, 2
GAP = 2


def patches(label: PatchLabel) -> Iterator[NDArray[np.uint8]]:
    """The first patch with this label of each patient who has one."""
    for patient in draw_cohort(PATIENTS, PATCHES, SEED):
        if label in patient.labels:
            yield patient.patch(patient.labels.index(label)).image


def main() -> None:
    """Draw the sheet."""
    rows = []
    for label in (PatchLabel.NEGATIVE, PatchLabel.POSITIVE):
        images = list(islice(patches(label), COLUMNS * ROWS))
        rows += [images[start : start + COLUMNS] for start in range(0, len(images), COLUMNS)]
    framed = [[np.pad(i, ((0, GAP), (0, GAP), (0, 0)), constant_values=255) for i in row] for row in rows]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in framed])
    Image.fromarray(sheet).save(Path(__file__).parents[1] / "docs" / "images" / "phantom.jpg", quality=88)


if __name__ == "__main__":
    main()
