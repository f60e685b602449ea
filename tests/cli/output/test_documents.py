"""Documents that several commands print."""

from __future__ import annotations

from hpscan.cli.output import documents
from hpscan.core.compression import Compression, Source


def test_compression_is_counted_by_kind_with_the_most_frequent_first() -> None:
    jpeg, traces = Compression(Source.TABLES, 70, "4:2:0", standard=False), Compression(Source.PIXELS)
    counted = documents.compression([None, jpeg, traces, jpeg, jpeg, traces])
    assert [row.model_dump() for row in counted] == [
        {"patches": 3, "source": "tables", "quality": 70, "subsampling": "4:2:0", "standard": False},
        {"patches": 2, "source": "pixels", "quality": None, "subsampling": None, "standard": None},
        {"patches": 1, "source": None, "quality": None, "subsampling": None, "standard": None},
    ]
