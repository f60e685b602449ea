"""How patches were compressed, in words."""

from __future__ import annotations

import pytest

from hpscan.core.compression import Compression, Source
from hpscan.report.text.compression import describe_compression, list_compression


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "no trace of JPEG"),
        (Compression(Source.TABLES, 70, "4:2:0"), "JPEG quality 70, 4:2:0"),
        (
            Compression(Source.TABLES, 61, "4:4:4", standard=False),
            "JPEG with tables of its own, nearest to quality 61, 4:4:4",
        ),
        (Compression(Source.PIXELS), "no JPEG file, but once JPEG: blocks of 8 x 8 pixels"),
        (
            Compression(Source.PIXELS, None, "4:2:0"),
            "no JPEG file, but once JPEG: colour at half resolution, as in 4:2:0",
        ),
    ],
)
def test_words(found: Compression | None, words: str) -> None:
    assert describe_compression(found) == words


def test_counts_come_with_the_most_frequent_first() -> None:
    patches = [None, *[Compression(Source.TABLES, 70, "4:2:0")] * 2]
    assert list_compression(patches) == "2 of JPEG quality 70, 4:2:0; 1: no trace of JPEG"
