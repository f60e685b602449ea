"""Every CSV file that hpscan writes, and what lies in the folders that it leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from golden import builder

if TYPE_CHECKING:
    from pathlib import Path

    from golden.builder import Place

pytestmark = pytest.mark.xdist_group("golden")

Trained = Any
STRUCTURE = float("inf")


def tables(place: Place, folder: Path) -> dict[str, Any]:
    """Every CSV file in a folder."""
    return {path.relative_to(folder).as_posix(): place.table(path) for path in sorted(folder.rglob("*.csv"))}


def test_a_phantoms_folder(place: Place) -> None:
    folder = place / "phantom"
    facts = place.steady(json.loads((folder / "phantom.json").read_text(encoding="utf-8")))
    builder.check("folder-phantom", {"files": builder.files(folder), "tables": tables(place, folder), "json": facts})


@pytest.mark.parametrize("model", ["redness", "bundled"])
def test_tables_of_diagnose(place: Place, trained: Trained, model: str) -> None:
    trained("redness")
    written = place / f"tables-{model}"
    written.mkdir()
    options = [("--csv", "patients.csv"), ("--patches-csv", "patches.csv"), ("--account", "account.csv")]
    asked = [part for option, name in options for part in (option, written / name)]
    place.run("diagnose", place / "phantom", "--model", model, *asked)
    place.run("diagnose", place / "phantom", "--model", model, "--account", written / "account.json")
    account = place.steady(json.loads((written / "account.json").read_text(encoding="utf-8")))
    value = {"tables": tables(place, written), "account.json": list(account) if isinstance(account, dict) else account}
    builder.check(f"tables-diagnose-{model}", value)


def test_tables_of_evaluate_and_data_check(place: Place, trained: Trained) -> None:
    trained("redness")
    written = place / "tables-evaluate"
    written.mkdir()
    place.run(
        "evaluate", place / "phantom", "--model", "redness", "--csv", written / "metrics.csv",
        "--account", written / "account.csv",
    )  # fmt: skip
    place.run("data", "check", place / "phantom", "--account", written / "check.csv")
    builder.check("tables-evaluate", tables(place, written))


def test_account_of_training(place: Place, trained: Trained) -> None:
    trained("redness")
    builder.check("tables-train", place.table(place / "train-redness.csv"))


@pytest.mark.parametrize("model", ["redness", "autoencoder"])
def test_a_models_folder(place: Place, trained: Trained, model: str) -> None:
    trained(model)
    folder = place / "home" / "models" / model
    manifest = place.steady(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    elsewhere = STRUCTURE if model == "autoencoder" else 1e-3
    builder.check(f"folder-model-{model}", {"files": builder.files(folder), "manifest": manifest}, elsewhere=elsewhere)


def test_a_benchmarks_folder(place: Place, benchmark: dict[str, Any]) -> None:
    assert benchmark["exit"] in {0, 3}
    folder = place / "benchmark"
    documents = {
        path.name: place.steady(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))
    }
    files = [name.rsplit("-", 1)[0] if name.startswith("runs/") else name for name in builder.files(folder)]
    builder.check("folder-benchmark", {"files": files, **documents}, elsewhere=STRUCTURE)
    tables_ = {**tables(place, folder), "account": place.table(place / "benchmark-account.csv")}
    builder.check("tables-benchmark", tables_, elsewhere=STRUCTURE)


def test_the_runs_of_a_benchmark(place: Place, benchmark: dict[str, Any]) -> None:
    runs = sorted((place / "benchmark" / "runs").glob("redness-*.json"))
    assert len(runs) == 2
    value = [place.steady(json.loads(path.read_text(encoding="utf-8"))) for path in runs]
    builder.check("folder-benchmark-cells", value)
