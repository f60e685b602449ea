"""File names in one folder that seem to name several patients: `B22-155_00065.png` beside `B22-101_00002.png`."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpscan.data.patients.folders import Folder

_CODE_IN_NAME = re.compile(r"(?P<code>[A-Za-z]*[0-9]*[A-Za-z]*-[0-9]+|[A-Za-z]{3,}[ _-]?[0-9]+)[ _.-]+[0-9A-Za-z]")


def patients_in_names(folder: Folder, codes: frozenset[str]) -> tuple[str, ...]:
    """Patients that the file names of one folder seem to name: `B22-155_00065.png` beside `B22-101_00002.png`.

    Empty unless every name begins with a code, there are several, and each has several files or stands in a table.
    """
    count: Counter[str] = Counter()
    for image in folder.images:
        stem = image.name[: image.name.rindex(".")]
        match = _CODE_IN_NAME.match(stem)
        if match is None:
            return ()
        count[match["code"]] += 1
    known = [code for code in count if code in codes]
    if len(count) < 2 or (len(known) < 2 and min(count.values()) < 2):
        return ()
    return tuple(count)
