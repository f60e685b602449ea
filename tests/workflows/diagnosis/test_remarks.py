"""When compression is worth a remark."""

from __future__ import annotations

import pytest

from hpscan.core.compression import Compression, Source
from hpscan.report.text.reasons import describe_reason
from hpscan.workflows.diagnosis.remarks import compressed

HALVED = Compression(Source.TABLES, 70, "4:2:0")
FULL = Compression(Source.TABLES, 70, "4:4:4")
COARSE = Compression(Source.TABLES, 20, "4:4:4")
SHOWN_HALVED = Compression(Source.PIXELS, None, "4:2:0")
SHOWN_FULL = Compression(Source.PIXELS, None, "4:4:4")
BLOCKS = Compression(Source.PIXELS)


@pytest.mark.parametrize(
    ("patches", "sentence"),
    [
        ([HALVED] * 3 + [FULL], "3 of 4 patches have half the colour resolution (4:2:0); the lowest JPEG quality of the patches is 70"),
        ([COARSE, FULL], "1 of 2 patches is JPEG below quality 30, the lowest JPEG quality is 20"),
        ([SHOWN_HALVED] * 6 + [BLOCKS] * 4, "6 of 10 patches have half the colour resolution (4:2:0)"),
    ],
)  # fmt: skip
def test_where_colour_lost_detail(patches: list[Compression | None], sentence: str) -> None:
    reason = compressed(patches)
    assert reason is not None
    assert describe_reason(reason) == f"{sentence}: faint bacteria may be missed"


@pytest.mark.parametrize(
    "patches",
    [
        [],
        [None, FULL],
        [SHOWN_FULL] * 7 + [BLOCKS] * 3,  # the published patches
        [SHOWN_HALVED] + [SHOWN_FULL] * 5,  # pixels of one patch may mislead
        [SHOWN_HALVED] + [BLOCKS] * 9,
    ],
)
def test_where_it_did_not(patches: list[Compression | None]) -> None:
    assert compressed(patches) is None
