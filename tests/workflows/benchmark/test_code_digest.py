"""A backend's code is what it imports of hpscan, wherever it does, and nothing that other backends import."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import hpscan
from hpscan.workflows.benchmark import jobs

ROOT = Path(hpscan.__file__).parent


def _names(backend: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in jobs._used(f"hpscan.backends.{backend}.backend", ROOT)}


def test_what_is_imported_only_when_it_is_used_counts_too() -> None:
    assert {"backends/cnn/fit.py", "backends/pretrained/backbone.py", "backends/shared/training.py"} <= _names("cnn")


def test_the_code_of_other_backends_does_not_count() -> None:
    assert not {"backends/cnn/fit.py", "backends/shared/training.py", "phantom/bacteria/rods.py"} & _names("redness")


def test_a_backend_that_paints_depends_on_the_phantom() -> None:
    assert "phantom/confounders/smears.py" in _names("synthetic")


def test_a_shipped_network_counts_by_its_weights() -> None:
    assert "bundled/weights.safetensors" in _names("bundled")


@pytest.mark.parametrize(
    ("changed", "backend", "other"),
    [
        ("backends/cnn/fit.py", "cnn", "redness"),
        ("phantom/bacteria/rods.py", "synthetic", "padim"),
    ],
)
def test_a_change_of_code_changes_the_digest_of_who_uses_it_alone(
    changed: str, backend: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "hpscan"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(hpscan.__spec__, "origin", str(copy / "__init__.py"))

    def digests() -> dict[str, str]:
        for remembered in (jobs.code_digest, jobs.file_digest):
            remembered.cache_clear()
        return {name: jobs.code_digest(f"hpscan.backends.{name}.backend") for name in (backend, other)}

    try:
        before = digests()
        with (copy / changed).open("a") as file:
            file.write("\nCHANGED = 1\n")
        after = digests()
        with (copy / "data" / "images" / "decoding.py").open("a") as file:
            file.write("\nCHANGED = 1\n")
        decoded = digests()
    finally:
        jobs.code_digest.cache_clear()
        jobs.file_digest.cache_clear()
    assert after[backend] != before[backend]
    assert after[other] == before[other]
    assert decoded[backend] != after[backend]
    assert decoded[other] != after[other]


def test_how_tables_are_read_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "hpscan"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(hpscan.__spec__, "origin", str(copy / "__init__.py"))
    jobs.code_digest.cache_clear()
    try:
        before = jobs.code_digest("hpscan.backends.redness.backend")
        with (copy / "data" / "tables" / "labels.py").open("a") as file:
            file.write("\nCHANGED = 1\n")
        jobs.code_digest.cache_clear()
        jobs.file_digest.cache_clear()
        assert jobs.code_digest("hpscan.backends.redness.backend") == before
    finally:
        jobs.code_digest.cache_clear()
        jobs.file_digest.cache_clear()
