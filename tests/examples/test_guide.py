"""The guide to the example shows its files as they are."""

from __future__ import annotations

import re
from pathlib import Path

import committed_parts
import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "write-a-backend.md"
MODULE = "examples/hpscan-blobs/src/hpscan_blobs/__init__.py"


def test_the_page_shows_every_line_of_the_example_s_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = page.splitlines()
    for path in (MODULE, "examples/hpscan-blobs/pyproject.toml", "examples/hpscan-blobs/tests/test_blobs.py"):
        text = (ROOT / path).read_text(encoding="utf-8")
        if path == MODULE:  # the page says in its own words what the module is for
            text = text.partition('"""\n\n')[2]
        missing = [line for line in text.splitlines() if line not in shown]
        assert not missing, path


def test_a_name_is_shown_from_its_first_line_to_its_last() -> None:
    block = committed_parts.code(MODULE, "BlobsSettings").splitlines()
    assert block[0] == "```python"
    assert block[1] == "class BlobsSettings(BaseModel):"
    assert block[-1] == "```"
    assert "def brown" not in "\n".join(block)
    assert committed_parts.code(MODULE, "backend") == "```python\nbackend = Blobs()\n```"


def test_a_file_or_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        committed_parts.code("examples/hpscan-blobs/setup.py")
    with pytest.raises(ValueError, match="defines no BlobSettings"):
        committed_parts.code(MODULE, "BlobSettings")


def test_every_failure_that_the_page_explains_is_one_that_check_backend_reports() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Its messages")[2].partition("\n## ")[0]
    phrases = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    suite = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/hpscan/testing").glob("*.py"))
    assert len(phrases) >= 8
    for phrase in phrases:
        parts = [part.strip() for part in re.split(r"^\w+: |\.\.\.| must ", phrase)]
        assert all(part in suite for part in parts), phrase
