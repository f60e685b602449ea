"""What a user gets, in a form that can be compared: command lines run, volatile values replaced, goldens read.

`HPSCAN_GOLDEN=write pytest tests/golden` writes the goldens anew; do so only for a change that users are meant to see.
`HPSCAN_GOLDEN=all` checks the demo, too, which takes two minutes. Of hpscan, only its command line is used.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MODE = os.environ.get("HPSCAN_GOLDEN", "")

_PLACEHOLDERS = {
    "seconds": "<seconds>",
    "fit_seconds": "<seconds>",
    "score_seconds": "<seconds>",
    "patches_per_second": "<rate>",
    "fitted_per_second": "<rate>",
    "scored_per_second": "<rate>",
    "started": "<date>",
    "ended": "<date>",
    "command": "<command>",
    "machine": "<machine>",
    "system": "<system>",
    "python": "<version>",
    "cpu": "<device>",
    "processor": "<device>",
    "peak_memory": "<bytes>",
    "created": "<date>",
    "hpscan": "<version>",
    "version": "<version>",
    "versions": "<versions>",
}
"""Values that differ from run to run or from machine to machine, by their key or column."""

_DIGEST = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it printed on stdout."""

    code: int
    out: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A folder with a home in it, where commands are run; `data`, where given, is the folder of what they read."""

    folder: Path
    data: Path | None = None

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *arguments: object) -> Ran:
        """Run a command line in this process.

        Raises:
            hpscan's own errors, as they are.
        """
        from hpscan.cli.app import app

        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
            patch.setenv("HPSCAN_HOME", str(self / "home"))
            patch.setenv("HF_HUB_OFFLINE", "1")
            patch.setenv("HF_HUB_CACHE", str(self / "no-hub"))
            patch.chdir(self.folder)
            code = app(args=[str(argument) for argument in arguments], prog_name="hpscan", standalone_mode=False)
        return Ran(code or 0, out.getvalue())

    def document(self, *arguments: object) -> dict[str, Any]:
        """Exit code and JSON of a command, volatile values replaced."""
        ran = self.run(*arguments, "--json")
        return {"exit": ran.code, "json": self.steady(ran.json)}

    def steady(self, value: Any, key: str = "") -> Any:
        """Replace what differs from run to run or from machine to machine."""
        if key in _PLACEHOLDERS and value is not None:
            return _PLACEHOLDERS[key]
        if isinstance(value, dict):
            return {self.steady(name): self.steady(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [self.steady(part, key) for part in value]
        if isinstance(value, str):
            value = re.sub(r"/\S*/hpscan/(?:boxed|bundled)", "<bundled>", value)
            value = re.sub(r"/\S*/site-packages/", "<installed>/", value)
            value = value.replace(str(self.folder), "<path>")
            return value.replace(str(self.data or self.folder), "<path>")
        return value

    def table(self, path: Path) -> list[list[str]]:
        """A CSV file: its header and its rows, volatile values replaced."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        return self.steady_rows(header, rows)

    def steady_rows(self, header: list[str], rows: list[list[str]]) -> list[list[str]]:
        """Rows of a table; where one names a volatile metric, its decimal and whole numbers are replaced."""

        def cell(row: list[str], name: str, text: str) -> Any:
            metric = next((part for part in row if part in _PLACEHOLDERS), "")
            return self.steady(text, metric if name == "value" and text else name)

        return [header, *([cell(row, name, text) for name, text in zip(header, row, strict=True)] for row in rows)]


def files(folder: Path) -> list[str]:
    """What lies in a folder, as sorted relative paths."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def kinds(value: Any) -> Any:
    """A document with each value replaced by its type, for one that tells of the machine alone."""
    if isinstance(value, dict):
        return {key: kinds(part) for key, part in value.items()}
    if isinstance(value, list):
        return [kinds(part) for part in value]
    return f"<{type(value).__name__}>"


def machine() -> dict[str, str]:
    """What float32 results depend on."""
    import torch

    named = {name: version(name) for name in ("torch", "numpy", "pillow", "scikit-learn")}
    return {**named, "cpu": torch.backends.cpu.get_cpu_capability()}


def check(name: str, value: Any, *, elsewhere: float = 1e-3) -> None:
    """Compare with the golden of this name, or write it.

    Numbers agree to 1e-6 on the kind of machine that wrote the golden, and to `elsewhere`, relative, on another.
    """
    path = HERE / f"{name}.json"
    if MODE == "write":
        text = json.dumps({"machine": machine(), "value": value}, indent=0, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
        return
    golden = json.loads(path.read_text(encoding="utf-8"))
    same = golden["machine"] == machine()
    found = differences(golden["value"], json.loads(json.dumps(value)), 1e-6 if same else elsewhere, digests=same)
    assert not found, f"{path.name}: {len(found)} differences\n" + "\n".join(found[:20])


def differences(golden: Any, value: Any, tolerance: float, *, digests: bool = True, at: str = "") -> list[str]:
    """Where a value is not the golden one: keys and their order, text, and numbers beyond the tolerance."""

    def inside(was: Any, now: Any, step: object) -> list[str]:
        return differences(was, now, tolerance, digests=digests, at=f"{at}/{step}")

    if isinstance(golden, dict) and isinstance(value, dict):
        if list(golden) != list(value):
            return [f"{at}: keys {list(golden)} are now {list(value)}"]
        return [line for key in golden for line in inside(golden[key], value[key], key)]
    if isinstance(golden, list) and isinstance(value, list):
        if len(golden) != len(value):
            return [f"{at}: {len(golden)} entries are now {len(value)}"]
        return [line for i, (was, now) in enumerate(zip(golden, value, strict=True)) for line in inside(was, now, i)]
    was, now = _number(golden), _number(value)
    if was is not None and now is not None and type(golden) is type(value):
        agree = math.isclose(was, now, rel_tol=tolerance, abs_tol=tolerance)
    else:
        agree = type(golden) is type(value) and golden == value
        if not digests and isinstance(golden, str) and isinstance(value, str):
            agree = agree or bool(_DIGEST.fullmatch(golden) and _DIGEST.fullmatch(value))
    return [] if agree else [f"{at}: {golden!r} is now {value!r}"]


def _number(value: Any) -> float | None:
    """A number, also where a table holds it as text; None for whole numbers, which must be equal."""
    if isinstance(value, float):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", value) and not value.isdigit():
        return float(value)
    return None
