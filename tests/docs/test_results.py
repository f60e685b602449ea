"""The pages on benchmarks: Results holds every figure and the published tables as printed; the folder is described."""

from __future__ import annotations

import csv
import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hooks
import pytest
import results

from hpscan.store import benchmark as store
from hpscan.store.benchmark import BackendMetrics, BenchmarkFile, MetricsFile
from hpscan.workflows.benchmark.results.tables import METRIC_COLUMNS, PATCH_COLUMNS, PATIENT_COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = (
    "precision_positive",
    "precision_negative",
    "recall_positive",
    "recall_negative",
    "f1_positive",
    "f1_negative",
    "auc",
    "average_precision",
)


class Made:
    """Figures that all differ, so that each can be looked for on the page."""

    def __init__(self) -> None:
        self.count = 0

    def estimate(self) -> dict[str, float | None]:
        self.count += 1
        value = 0.2 + self.count / 1000
        return {"value": value, "low": value - 0.1, "high": value + 0.1}

    def figures(self, names: tuple[str, ...] = FIGURES) -> dict[str, Any]:
        return {name: self.estimate() for name in names}

    def binary(self, *, patients: bool) -> dict[str, Any]:
        confusion = {"true_negative": 90, "false_positive": 2, "false_negative": 3, "true_positive": 15}
        fold = {
            "patients": 10,
            "n": 55,
            "n_positive": 9,
            "confusion": confusion,
            "metrics": dict.fromkeys(FIGURES, 0.9),
        }
        return {
            "patients": 20,
            "n": 110,
            "n_positive": 18,
            "confusion": confusion,
            "pooled": self.figures(),
            "by_patient": None if patients else self.figures(),
            "mean_over_folds": self.figures(),
            "folds": [fold | {"fold": 1}, fold | {"fold": 2, "metrics": dict.fromkeys(FIGURES)}],
        }

    def backend(self, name: str) -> dict[str, Any]:
        own = {"reference_standard": "diagnosis", "selected_patches": True, "indeterminate": 1}
        return {
            "name": name,
            "distribution": "hpscan",
            "version": "9.8",
            "learns_from": "nothing",
            "settings": {"hue_high": 30, "odd": "<b>|*x*"},
            "patches": self.binary(patients=False),
            "patients": [
                own
                | {
                    "indeterminate_as": counted,
                    "metrics": self.binary(patients=True),
                    "ceiling": {"sensitivity": 0.54, "specificity": None},
                }
                for counted in ("not_detected", "detected")
            ],
            "density": {
                "n": 20,
                "accuracy": self.estimate(),
                "macro_f1": self.estimate(),
                "f1": {density: self.estimate() for density in ("negative", "low", "high")},
            },
            "thresholds": [
                {
                    "fold": fold,
                    "patch": patch,
                    "patch_criterion": "corner",
                    "patient": 0.0123,
                    "patient_criterion": "fallback",
                    "density": None,
                    "notes": ["40 patches are too few"],
                }
                for fold, patch in ((1, 0.7654), (2, None))
            ],
            "criteria": [
                {"criterion": "corner", "thresholds": [0.5, 0.5], "metrics": self.figures(FIGURES[:6]), "problem": ""},
                {"criterion": "youden", "thresholds": [], "metrics": None, "problem": "no positive patch"},
            ],
            "cost": {
                "fit_seconds": 61.0,
                "fitted_patches": 500.0,
                "fitted_per_second": None,
                "scored_per_second": 432.0,
                "peak_memory": 3 * 2**30,
                "device": "cpu",
            },
            "rejected": 4,
        }


def metrics() -> MetricsFile:
    made = Made()
    fold = {"patients": 10, "densities": {"negative": 5, "high": 5}, "patches": 60}
    return MetricsFile.model_validate(
        {
            "research_use": "For research use only.",
            "split": "folds",
            "criterion": "corner",
            "seed": 7,
            "resamples": 2000,
            "quick": True,
            "cohort": {
                "fingerprint": "f" * 64,
                "phantom": False,
                "patients": 20,
                "densities": {"negative": 10, "high": 10},
                "labelled_negative": 92,
                "labelled_positive": 18,
                "uncertain": 6,
                "patches_per_patient": 50,
                "linked_patients": 2,
                "left_out": 1,
                "folds": [fold | {"fold": k, "labelled_negative": 46, "labelled_positive": 9} for k in (1, 2)],
            },
            "backends": [made.backend("redness"), made.backend("cnn_[x]")],
            "comparisons": [
                {
                    "level": "patches",
                    "metric": "auc",
                    "weighting": "mean-over-folds",
                    "backend": "redness",
                    "reference": "cnn_[x]",
                    "against": "best",
                    "difference": {"value": -0.0126, "low": -0.0236, "high": -0.0016},
                    "verdict": "worse",
                }
            ],
            "failures": [{"backend": "padim", "fold": 2, "reason": "out of memory"}],
            "remarks": ["--quick: fewer epochs"],
        }
    )


def record() -> BenchmarkFile:
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    return BenchmarkFile(
        finished=True,
        key="k",
        hpscan="1.2.3",
        started=at,
        ended=at,
        command="hpscan benchmark --data ./dataset --quick",
        arguments={},
        seed=7,
        device="cpu",
        machine="Linux x86_64, 2 processors",
        versions={"python": "3.12.1"},
        data="dataset",
        fingerprint="f" * 64,
        folds=(("A1",), ("A2",)),
        linked_patients=(("A1", "A7"),),
        left_out={"A3": "the dataset itself holds it out"},
        runs=(),
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("benchmark")
    store.write(folder, store.METRICS, metrics())
    store.write(folder, store.BENCHMARK, record())
    return html.unescape("\n\n".join(results.part(name, folder) for name in results.PARTS))


def test_every_figure_stands_on_the_page_with_its_interval(page: str) -> None:
    def check(found: dict[str, Any], names: tuple[str, ...] = FIGURES) -> None:
        for name in names:
            e, digits = found[name], 3 if name in FIGURES[6:] else 2
            ends = f"{e['low']:.{digits}f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{e['high']:.{digits}f}"
            assert f"{e['value']:.{digits}f}<br><small>{ends}</small>" in page, name

    for backend in metrics().model_dump()["backends"]:
        assert f"| {backend['name']} |" in page
        patches = backend["patches"]
        for weighting in ("pooled", "by_patient", "mean_over_folds"):
            check(patches[weighting])
        for patient in backend["patients"]:
            check(patient["metrics"]["pooled"], FIGURES[:6])
            check(patient["metrics"]["mean_over_folds"], ("auc",))
        density = backend["density"]
        check(
            density["f1"] | {"a": density["accuracy"], "m": density["macro_f1"]}, ("negative", "low", "high", "a", "m")
        )
        check(backend["criteria"][0]["metrics"], ("precision_positive", "recall_positive", "recall_negative"))
    assert (
        "| AUC of patches, mean over folds | cnn_[x] | -0.013<br><small>-0.024\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}-0.002</small><br>worse |  |"
        in page
    )


def test_what_is_known_of_the_run_stands_on_the_page(page: str) -> None:
    for words in (
        "$ hpscan benchmark --data ./dataset --quick",
        "1.2.3",
        "2026-01-02 03:04",
        "Linux x86_64, 2 processors",
        "20 patients: 10 negative, 10 high",
        "A1 = A7",
        "the dataset itself holds it out: A3",
        "| 90 | 2 | 3 | 15 |",
        "a recall of 0.54 (+) and - (-)",
        "(redness 1, cnn_[x] 1) are counted as not detected",
        "hue_high=30",
        "| 0.7654 | above every score |",
        "40 patches are too few (redness, fold 1, 2; cnn_[x], fold 1, 2)",
        "youden: no positive patch",
        "| 61 | 500 | - | 432 | 3.0 | cpu |",
        "padim, fold 2: out of memory",
        "--quick: fewer epochs",
    ):
        assert words in page, words


def test_names_and_settings_cannot_break_a_table() -> None:
    made = results.PARTS["backends"](metrics(), record())
    assert "<b>" not in made
    assert {line.count("|") for line in made.splitlines()} == {5}


def test_the_page_has_every_part_and_fills_each() -> None:
    text = (DOCS / "reference" / "results.md").read_text(encoding="utf-8")
    asked = re.findall(r"<!-- generated: results (\S+) -->", text)
    assert sorted(asked) == sorted([*results.PARTS, "published"])
    assert "<!-- " not in hooks.on_page_markdown(text)


def described(title: str) -> list[str]:
    """The names in the first column of the tables below a title of the page on the benchmark's folder."""
    page = (DOCS / "reference" / "benchmark-folder.md").read_text(encoding="utf-8")
    section = page.partition(f"\n{title}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    first = [line.split(" | ")[0] for line in section.partition("\n| Metric |")[0].splitlines() if line[:3] == "| `"]
    return [name for cell in first for name in re.findall(r"`(\w+)`", cell)]


def test_every_column_and_field_of_the_folder_is_described_in_its_order() -> None:
    assert described("### patches.csv") == list(PATCH_COLUMNS)
    assert described("### patients.csv") == list(PATIENT_COLUMNS)
    assert described("### metrics.csv") == list(METRIC_COLUMNS)
    for title, model in (
        ("## metrics.json", MetricsFile),
        ("### backends", BackendMetrics),
        ("## benchmark.json", BenchmarkFile),
    ):
        assert sorted(described(title)) == sorted(model.model_fields), title


def test_missing_results_are_said_to_be_missing(tmp_path: Path) -> None:
    assert {results.part(name, tmp_path) for name in results.PARTS} == {results.NONE}


def test_results_of_a_real_run_are_committed_without_a_path_of_its_machine() -> None:
    for name in results.PICTURES:
        assert (DOCS / "images" / "results" / name).is_file()
    for name in (store.METRICS, store.record_file(results.FOLDER)):
        text = (results.FOLDER / name).read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:work|tmp|home|root|Users)/", text), name
    assert store.read_benchmark(results.FOLDER).finished


def test_the_published_tables_are_as_printed() -> None:
    with results.PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["source"] and 0 < float(row["value"]) < 1 for row in rows)
    seed = {
        (row["level"], row["method"], row["figure"]): float(row["value"])
        for row in rows
        if row["source"] == "seed project README"
    }
    printed = {
        ("patch", "autoencoder"): (0.75, 0.98, 0.90, 0.95, 0.81, 0.97),
        ("patch", "CNN"): (0.82, 0.99, 0.95, 0.96, 0.88, 0.98),
        ("patient", "autoencoder"): (0.92, 0.94, 0.96, 0.89, 0.94, 0.92),
        ("patient", "CNN"): (0.83, 0.83, 0.87, 0.79, 0.85, 0.81),
    }
    expected = {(*key, figure): v for key, own in printed.items() for figure, v in zip(FIGURES, own, strict=False)}
    expected |= {("density", "autoencoder", "accuracy"): 0.79, ("density", "autoencoder", "macro_f1"): 0.76}
    expected |= {("density", "CNN", "accuracy"): 0.69, ("density", "CNN", "macro_f1"): 0.67}
    assert seed == expected
    made = html.unescape(results.published())
    assert "| CNN | 0.82 | 0.99 | 0.95 | 0.96 | 0.88 | 0.98 |" in made
    assert "Cano et al. 2023, arXiv 2309.16053" in made
