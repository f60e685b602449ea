"""`hpscan benchmark`: which options go together, what is printed, and the exit code."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from benchmark_builder import FAILURES, backend, finished, metrics, patients
from hpscan.cli.output.old_names import dumped
from hpscan.data.dataset import layout
from hpscan.workflows.benchmark import benchmark as workflow
from hpscan.workflows.benchmark import show as shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.workflows.benchmark.request import BenchmarkRequest
    from hpscan.workflows.benchmark.show import Finished

    Run = Callable[..., Ran]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[BenchmarkRequest]:
    """What the workflow was asked for, which answers at once."""
    seen: list[BenchmarkRequest] = []

    def answer(options: BenchmarkRequest, *, watch: object) -> Finished:
        seen.append(options)
        return finished(metrics(backend("redness")), options.out)

    monkeypatch.setattr(workflow, "benchmark", answer)
    return seen


def test_options_reach_the_workflow(hpscan: Run, asked: list[BenchmarkRequest], tmp_path: Path) -> None:
    command = ["benchmark", "--backends", "cnn, redness", "--split", "seed42", "--out", tmp_path, "--quick"]
    command += ["--set", "cnn.epochs=4", "--set", "cnn.freeze=true", "--set", "odd.name.key=a=b"]
    command += ["--aggregation", "top-k-mean", "--top-k", "3"]
    assert hpscan(*command).code == 0
    (options,) = asked
    assert options.backends == ("cnn", "redness")
    assert options.split.value == "seed42"
    assert (options.aggregation, options.top_k) == ("top-k-mean", 3)
    assert options.quick
    assert options.settings == {"cnn": {"epochs": "4", "freeze": "true"}, "odd.name": {"key": "a=b"}}
    assert options.command == f"hpscan benchmark --backends 'cnn, redness' {' '.join(map(str, command[3:]))}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--backends", "cnn,,redness"], "without a name"),
        (["--backends", "cnn,cnn"], "names 'cnn' twice"),
        (["--set", "epochs=4"], "does not say which setting of which backend"),
        (["--set", "cnn.epochs"], "write it as --set cnn.epochs=4"),
        (["--set", ".epochs=4"], "does not say which setting of which backend"),
        (["--show", "there", "--folds", "5"], "takes no --folds"),
        (["--show", "there", "--dry-run"], "takes no --dry-run"),
        (["--split", "hold-out", "--folds", "5"], "makes a single fold, and takes no --folds"),
        (["--folds", "1"], "--folds"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_usage(
    hpscan: Run, asked: list[BenchmarkRequest], arguments: list[str], words: str
) -> None:
    ran = hpscan("benchmark", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""
    assert not asked


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"failures": FAILURES[1:]}, 0),  # a backend that was left out is no failed run
        ({"failures": FAILURES}, 3),
        ({"backends": (backend("cnn", rejected=1),)}, 3),
        ({"backends": (backend("cnn", patients=(patients(0.9, indeterminate=1),)),)}, 3),
    ],
)
def test_the_exit_code_tells_of_what_is_missing(
    hpscan: Run, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: int
) -> None:
    made = metrics(backend("redness")).model_copy(update=changes)
    monkeypatch.setattr(shown, "show", lambda folder: finished(made, folder))
    assert hpscan("benchmark", "--show", "there").code == code


@pytest.mark.parametrize("arguments", [[], ["--show", "there"]])
def test_json_is_the_metrics_and_nothing_else(
    hpscan: Run, asked: list[BenchmarkRequest], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(shown, "show", lambda folder: finished(metrics(backend("redness")), folder))
    ran = hpscan("benchmark", *arguments, "--json")
    assert json.loads(ran.out) == dumped(metrics(backend("redness")))


@pytest.mark.xdist_group("trained")
def test_a_dry_run_lists_the_runs_and_writes_nothing(hpscan: Run, phantom: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["benchmark", "--data", phantom, "--backends", "redness", "--folds", "2", "--out", out, "--dry-run"]
    ran = hpscan(*command)
    assert ran.code == 0
    assert "nothing was written" in ran.out
    planned = json.loads(hpscan(*command, "--json").out)
    assert [(run["backend"], run["fold"], run["stored"]) for run in planned["runs"]] == [
        ("redness", 1, False),
        ("redness", 2, False),
    ]
    assert sum(fold["patients"] for fold in planned["cohort"]["folds"]) == 16
    assert not out.exists()


def test_an_interrupt_leaves_with_130(hpscan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_options: BenchmarkRequest, *, watch: Any) -> None:
        watch.runs(workflow.RunsProgress(2, 0, 5, "", None, ""))
        raise KeyboardInterrupt

    monkeypatch.setattr(workflow, "benchmark", stop)
    ran = hpscan("benchmark")
    assert ran.code == 130
    assert "2 finished runs are kept" in ran.err


def test_a_mean_over_some_folds_says_of_how_many_and_which_have_none(
    hpscan: Run, phantom: Path, tmp_path: Path
) -> None:
    known = {p.id: p.density for p in layout.load(phantom).cohort.patients}
    negative = [name for name, density in known.items() if density == "negative"][:5]
    infected = [name for name, density in known.items() if density == "high"][:2]
    for name in (*negative, *infected):
        folder = tmp_path / "data" / "Cropped_Patches" / name
        folder.mkdir(parents=True)
        for window in range(4):
            shutil.copy(phantom / "Cropped_Patches" / name / f"0000{window}.png", folder)
    table = "".join(f"{name},{'ALTA' if name in infected else 'NEGATIVA'}\n" for name in (*negative, *infected))
    (tmp_path / "data" / "d.csv").write_text(f"CODI,DENSITAT\n{table}")
    ask = ["benchmark", "--data", tmp_path / "data", "--backends", "redness", "--folds", "5", "--out", tmp_path / "b"]

    plan = json.loads(hpscan(*ask, "--dry-run", "--json").out)
    (warning,) = plan["warnings"]
    assert warning["code"] == "fold-without-class"
    assert (warning["numbers"]["most_folds"], len(warning["items"])) == (2, 3)

    ran = hpscan(*ask)
    assert "2 of 5 folds" in ran.out
    rows = list(csv.DictReader((tmp_path / "b" / "metrics.csv").open()))
    means = [row for row in rows if row["weighting"] == "mean-over-folds" and row["metric"] == "auc"]
    assert {(row["patients"], row["folds"]) for row in means} == {("4", "2")}
