"""The guide to the example shows its files as they are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "write-a-backend.md"
MODULE = "examples/hpscan-blobs/src/hpscan_blobs/__init__.py"


@pytest.fixture(scope="module")
def hooks() -> Any:
    spec = importlib.util.spec_from_file_location("docs_hooks_of_the_guide", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_every_line_of_the_example_s_code(hooks: Any) -> None:
    page = hooks.on_page_markdown(PAGE.read_text(encoding="utf-8"))
    shown = page.splitlines()
    for path in (MODULE, "examples/hpscan-blobs/pyproject.toml", "examples/hpscan-blobs/tests/test_blobs.py"):
        text = (ROOT / path).read_text(encoding="utf-8")
        if path == MODULE:  # the page says in its own words what the module is for
            text = text.partition('"""\n\n')[2]
        missing = [line for line in text.splitlines() if line not in shown]
        assert not missing, path
    assert "<!-- code" not in page


def test_a_name_is_shown_from_its_first_line_to_its_last(hooks: Any) -> None:
    block = hooks.code(MODULE, "BlobsSettings").splitlines()
    assert block[0] == "```python"
    assert block[1] == "class BlobsSettings(BaseModel):"
    assert block[-1] == "```"
    assert "def brown" not in "\n".join(block)
    assert hooks.code(MODULE, "backend") == "```python\nbackend = Blobs()\n```"


def test_a_file_or_a_name_that_is_not_there_fails_the_build(hooks: Any) -> None:
    with pytest.raises(FileNotFoundError):
        hooks.on_page_markdown("<!-- code examples/hpscan-blobs/setup.py -->")
    with pytest.raises(ValueError, match="defines no BlobSettings"):
        hooks.on_page_markdown(f"<!-- code {MODULE} BlobSettings -->")


def test_every_failure_that_the_page_explains_is_one_that_check_backend_reports() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## What it may tell you")[2].partition("\n## ")[0]
    phrases = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    suite = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/hpscan/testing").glob("*.py"))
    assert len(phrases) >= 8
    for phrase in phrases:
        parts = [part.strip() for part in re.split(r"^\w+: |\.\.\.| must ", phrase)]
        assert all(part in suite for part in parts), phrase
