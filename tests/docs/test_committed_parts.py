"""The generated parts committed in the pages are what the code and the committed benchmark give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import committed_parts
import pytest

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [page for page in committed_parts.PAGES if "<!-- generated: " in page.read_text(encoding="utf-8")]


def test_the_pages_that_read_whole_without_the_site_are_among_them() -> None:
    assert {"README.md", "results.md", "write-a-backend.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_committed_parts_are_the_generated_ones(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == committed_parts.rewrite(text), "run: python docs_build/committed_parts.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_part_is_closed_and_filled(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = re.findall(r"<!-- generated: .*? -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert len(parts) == text.count("<!-- generated: ") == text.count("<!-- end -->")
    assert all(part.strip() for part in parts)


def test_a_part_follows_what_it_is_made_from() -> None:
    stale = "before\n<!-- generated: code examples/hpscan-blobs/pyproject.toml -->\nold\n<!-- end -->\nafter\n"
    fresh = committed_parts.rewrite(stale)
    assert 'blobs = "hpscan_blobs:backend"' in fresh
    assert "old\n" not in fresh
    assert fresh.startswith("before\n")
    assert fresh.endswith("<!-- end -->\nafter\n")
    assert committed_parts.rewrite(fresh) == fresh


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(ValueError, match="no part is called odd"):
        committed_parts.rewrite("<!-- generated: odd x -->\n<!-- end -->\n")
