"""The published schemas are those of the code, and what the commands print fits them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import generate_schemas
import jsonschema
import pytest
import torch

from hpscan.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"


def committed(name: str) -> dict[str, Any]:
    text = (DOCS / "reference" / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.mark.parametrize("name", generate_schemas.DOCUMENTS)
def test_committed_schemas_are_the_generated_ones(name: str) -> None:
    text = (DOCS / "reference" / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert text == generate_schemas.schema(name), "run: python docs_build/generate_schemas.py"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_every_committed_schema_is_generated() -> None:
    assert {path.stem for path in (DOCS / "reference" / "schemas").iterdir()} == set(generate_schemas.DOCUMENTS)


def test_the_page_links_every_schema() -> None:
    page = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    assert all(f"(schemas/{name}.json)" in page for name in generate_schemas.DOCUMENTS)


def test_what_the_commands_print_fits_the_schemas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HPSCAN_HOME", str(tmp_path / "home"))
    data, second = tmp_path / "dataset", tmp_path / "second"

    def printed(name: str, *arguments: str, code: int = 0) -> Any:
        left = app(args=[*arguments, "--json"], prog_name="hpscan", standalone_mode=False)
        assert left == code, arguments
        document = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator(committed(name)).validate(document)
        return document

    printed("data-synth", "data", "synth", str(data), "--patients", "10", "--patches", "5")
    printed("data-synth", "data", "synth", str(second), "--patients", "6", "--patches", "5", "--seed", "3")
    printed("data-check", "data", "check", str(data))
    printed("train", "train", "--data", str(data), "--backend", "redness")
    assert printed("models", "models")[0]["name"] == "redness"
    printed("models", "models", "list")
    printed("models-show", "models", "show", "redness")
    printed("diagnose", "diagnose", str(data / "Cropped_Patches" / "Patient1"))
    patch = str(data / "Cropped_Patches" / "Patient1" / "00001.png")
    printed("explain", "explain", patch, "--out", str(tmp_path / "explained.png"))
    evaluated = printed("evaluate", "evaluate", str(data))
    assert evaluated["cohort"]["patients"] == 2
    printed("calibrate", "calibrate", str(second))
    printed("doctor", "doctor")
    assert "redness" in {backend["name"] for backend in printed("backends", "backends")}
    for backend in printed("backends", "backends", "list"):
        printed("backends-show", "backends", "show", backend["name"])
    printed("weights-check", "weights", "check", "tf_efficientnet_lite0")
    torch.save({"a": torch.ones(2), "epoch": 3}, tmp_path / "checkpoint.pth")
    target = tmp_path / "checkpoint.safetensors"
    converted = printed("weights-convert", "weights", "convert", str(tmp_path / "checkpoint.pth"), str(target))
    assert converted["bytes"] == target.stat().st_size

    damaged = data / "Cropped_Patches" / "Patient1" / "00000.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert printed("data-check", "data", "check", str(data), code=3)["rejections"]
    doubtful = printed("diagnose", "diagnose", str(data / "Cropped_Patches" / "Patient1"), code=3)
    assert doubtful[0]["rejections"]
