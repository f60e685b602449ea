"""A whole benchmark on a phantom: what it leaves, that it goes on, and that nothing leaks into it."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score

from hpscan.core.choices import Split
from hpscan.core.errors import (
    BackendBrokenError,
    NotEnoughDataError,
    OutputError,
    OutputExistsError,
    ResultsError,
    SettingsError,
)
from hpscan.data.dataset import layout
from hpscan.store import benchmark as store
from hpscan.store.lock import lock
from hpscan.workflows.benchmark import benchmark as module
from hpscan.workflows.benchmark import run as running
from hpscan.workflows.benchmark.benchmark import RunsProgress, benchmark, plan
from hpscan.workflows.benchmark.request import BenchmarkRequest
from hpscan.workflows.benchmark.results.plots import PICTURES
from hpscan.workflows.benchmark.run import RunFailedError
from hpscan.workflows.benchmark.show import Finished, show
from hpscan.workflows.datasets.synth import synth
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Progress

pytestmark = pytest.mark.xdist_group("trained")

FAST = {"autoencoder": {"epochs": 1, "crop": 64, "batch_size": 8}}
BACKENDS = ("redness", "autoencoder")
LEARNER = (
    WHOLE.replace("import Supervision", "import Fitted, Supervision").replace(
        "raise NotImplementedError", "return Fitted(Scorer(float(train.label.mean())))", 1
    )
    + """
class Scorer:
    def __init__(self, shift):
        self.shift = shift

    def score(self, images):
        return (255.0 - images[..., 2].min(axis=(1, 2))) + self.shift

    def state(self):
        return {}
"""
)


@dataclass
class Seen:
    """What a benchmark told."""

    told: list[RunsProgress] = field(default_factory=list)

    def runs(self, progress: RunsProgress) -> None:
        self.told.append(progress)

    def step(self, progress: Progress) -> None:
        pass


@pytest.fixture(scope="module")
def options(phantom: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkRequest:
    return BenchmarkRequest(
        data=phantom,
        backends=BACKENDS,
        folds=3,
        out=tmp_path_factory.mktemp("benchmark") / "out",
        settings=FAST,
        device="cpu",
        command="hpscan benchmark",
    )


@pytest.fixture(scope="module")
def made(options: BenchmarkRequest) -> Finished:
    return benchmark(options, watch=Seen())


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Runs are computed in this process; which ones were."""
    computed: list[tuple[str, int]] = []

    def run(job: running.Job, log: Path, progress: Any) -> Any:
        computed.append((job.backend, job.fold))
        return running.run(job)

    monkeypatch.setattr(module, "run_apart", run)
    return computed


@pytest.fixture
def copied(made: Finished, options: BenchmarkRequest, tmp_path: Path) -> BenchmarkRequest:
    """The finished benchmark in a folder that a test may change."""
    shutil.copytree(made.folder, tmp_path / "out")
    return replace(options, out=tmp_path / "out")


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_labelled_patch_is_scored_once_by_every_backend(made: Finished, phantom: Path) -> None:
    rows = _rows(made.folder, "patches.csv")
    for backend in BACKENDS:
        own = [(row["origin"], row["patch"]) for row in rows if row["backend"] == backend]
        assert len(set(own)) == len(own)
        assert sorted(own) == sorted((p.origin.value, p.id) for p in layout.load(phantom).cohort.patches())


def test_the_metrics_are_scikit_learns_of_the_tables(made: Finished) -> None:
    for backend in made.metrics.backends:
        rows = [
            r for r in _rows(made.folder, "patches.csv") if r["backend"] == backend.name and r["label"] in ("1", "-1")
        ]
        truth = np.array([r["label"] == "1" for r in rows])
        score = np.array([float(r["score"]) for r in rows])
        called = np.array([r["positive"] == "True" for r in rows])
        assert np.array_equal(called, score >= np.array([float(r["threshold"]) for r in rows]))
        assert backend.patches is not None
        pooled = backend.patches.pooled
        assert pooled["auc"].value == pytest.approx(roc_auc_score(truth, score))
        assert pooled["average_precision"].value == pytest.approx(average_precision_score(truth, score))
        expected = precision_recall_fscore_support(truth, called, labels=[True, False], zero_division=np.nan)
        for of, values in zip(("precision", "recall", "f1"), expected, strict=False):
            for side, value in zip(("positive", "negative"), values, strict=True):
                found = pooled[f"{of}_{side}"].value
                assert (np.nan if found is None else found) == pytest.approx(value, nan_ok=True)
        assert (backend.patches.n, backend.patches.n_positive) == (len(rows), int(truth.sum()))


def test_intervals_hold_their_metrics(made: Finished) -> None:
    for backend in made.metrics.backends:
        assert backend.patches is not None
        for estimate in (*backend.patches.pooled.values(), *backend.patients[0].metrics.pooled.values()):
            if estimate.low is not None and estimate.high is not None and estimate.value is not None:
                assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


def test_patients_are_those_of_the_table_of_patients(made: Finished) -> None:
    for backend in made.metrics.backends:
        rows = [row for row in _rows(made.folder, "patients.csv") if row["backend"] == backend.name]
        (record,) = backend.patients
        assert (record.reference_standard, record.selected_patches, record.metrics.n) == ("diagnosis", False, 16)
        infected = [row for row in rows if row["diagnosis"] != "negative"]
        found = sum(row["finding"] == "detected" for row in infected)
        assert record.metrics.confusion.true_positive == found
        assert record.metrics.pooled["recall_positive"].value == pytest.approx(found / len(infected))


def test_the_run_is_recorded(made: Finished, phantom: Path) -> None:
    run = store.read_benchmark(made.folder)
    assert (run.finished, run.command, run.seed, run.device) == (True, "hpscan benchmark", 0, "cpu")
    assert sorted(i for fold in run.folds for i in fold) == sorted(p.id for p in layout.load(phantom).cohort.patients)
    assert run.arguments["settings"]["autoencoder"]["epochs"] == "1"
    assert run.versions["hpscan"] == run.hpscan
    assert all((made.folder / listed.file).is_file() for listed in run.runs)
    assert run.ended is not None


def test_pictures_and_tables_lie_in_the_folder(made: Finished) -> None:
    names = {path.name for path in made.files}
    assert names >= {
        "patches.csv",
        "patients.csv",
        "metrics.csv",
        "metrics.json",
        "benchmark.json",
        "roc.png",
        "patients.png",
    }
    assert all(path.stat().st_size > 0 for path in made.files)


def test_a_finished_benchmark_is_shown_again(made: Finished) -> None:
    again = show(made.folder)
    assert again.metrics == made.metrics
    assert set(again.files) == set(made.files)


def test_the_same_command_computes_nothing_anew_and_gives_the_same(
    copied: BenchmarkRequest, made: Finished, here: list[Any]
) -> None:
    before = (copied.out / "patches.csv").read_bytes()
    again = benchmark(copied, watch=Seen())
    assert here == []
    assert again.metrics == made.metrics
    assert (copied.out / "patches.csv").read_bytes() == before


def test_a_killed_benchmark_goes_on_with_the_runs_that_are_missing(
    copied: BenchmarkRequest, made: Finished, here: list[Any]
) -> None:
    for gone in ("metrics.json", "patches.csv"):
        (copied.out / gone).unlink()
    next((copied.out / "runs").glob("redness-02-*")).unlink()
    damaged = next((copied.out / "runs").glob("redness-03-*"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    watch = Seen()
    again = benchmark(copied, watch=watch)
    assert here == [("redness", 2), ("redness", 3)]
    assert [told.done for told in watch.told] == [4, 5, 6]
    varies = {"backends": {"__all__": {"cost"}}}
    assert again.metrics.model_dump(exclude=varies) == made.metrics.model_dump(exclude=varies)


def test_a_changed_setting_computes_its_own_runs_only_and_asks_before_it_replaces(
    copied: BenchmarkRequest, here: list[Any]
) -> None:
    changed = replace(copied, settings=FAST | {"redness": {"saturation": "0.3"}})
    with pytest.raises(OutputExistsError, match="finished benchmark that differs in settings"):
        benchmark(changed, watch=Seen())
    benchmark(replace(changed, force=True), watch=Seen())
    assert here == [("redness", 1), ("redness", 2), ("redness", 3)]
    assert len(list((copied.out / "runs").iterdir())) == 9


def test_another_criterion_fits_nothing_anew(copied: BenchmarkRequest, here: list[Any]) -> None:
    other = benchmark(replace(copied, criterion="corner", force=True), watch=Seen())
    assert here == []
    assert {t.patch_criterion for b in other.metrics.backends for t in b.thresholds} == {"corner"}


def test_another_aggregation_fits_nothing_anew_and_values_are_scores(
    made: Finished, copied: BenchmarkRequest, here: list[Any]
) -> None:
    changed = replace(copied, aggregation="max")
    with pytest.raises(OutputExistsError, match="differs in aggregation"):
        benchmark(changed, watch=Seen())
    other = benchmark(replace(changed, force=True), watch=Seen())
    assert here == []
    assert (made.metrics.aggregation, other.metrics.aggregation) == ("top-k-mean", "max")
    highest: dict[tuple[str, str], float] = {}
    for row in _rows(other.folder, "patches.csv"):
        if row["status"] == "scored" and row["origin"] == "cropped":
            key = (row["backend"], row["patient"])
            highest[key] = max(highest.get(key, -np.inf), float(row["score"]))
    told = {(r["backend"], r["patient"]): float(r["score"]) for r in _rows(other.folder, "patients.csv")}
    assert told == highest


def test_metrics_of_before_there_were_aggregations_are_read(made: Finished) -> None:
    old = made.metrics.model_dump(mode="json")
    del old["aggregation"], old["top_k"]
    read = store.MetricsFile.model_validate(old)
    assert read.aggregation == "fraction-positive"
    assert read.backends == made.metrics.backends


def test_nothing_of_an_earlier_benchmark_passes_for_one_that_was_stopped(
    copied: BenchmarkRequest, here: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "run_apart", stops)
    with pytest.raises(KeyboardInterrupt):
        benchmark(replace(copied, folds=4, force=True), watch=Seen())
    with pytest.raises(ResultsError, match="not finished, beside the tables of an earlier one"):
        show(copied.out)


def test_pictures_of_an_earlier_benchmark_go_when_there_is_nothing_to_draw(
    copied: BenchmarkRequest, phantom: Path, tmp_path: Path, here: list[Any]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(phantom, data)
    (data / "Annotated_Patches/window_metadata.csv").unlink()
    (copied.out / "plots/mine.png").write_bytes(b"mine")
    made = benchmark(replace(copied, data=data, backends=("redness",), settings={}, force=True), watch=Seen())
    left = {path.name for path in (copied.out / "plots").iterdir()}
    assert left == {"mine.png", "confusion-patients.png", "patients.png"}
    assert set(PICTURES) >= {path.name for path in made.files if path.suffix == ".png"}


def test_every_backend_has_a_gallery_of_its_mistakes(made: Finished) -> None:
    assert {f"mistakes-{name}.png" for name in BACKENDS} <= {path.name for path in made.files}


def test_a_folder_of_an_earlier_version_goes_on_with_its_runs(copied: BenchmarkRequest, here: list[Any]) -> None:
    for new, old in (("runs", "cells"), ("plots", "figures"), ("benchmark.json", "run.json")):
        (copied.out / new).rename(copied.out / old)
    record = copied.out / "run.json"
    record.write_text(record.read_text().replace('"runs":', '"cells":'))
    again = benchmark(copied, watch=Seen())
    assert here == []
    assert {listed.file.partition("/")[0] for listed in again.record.runs} == {"cells"}
    assert all((copied.out / listed.file).is_file() for listed in again.record.runs)
    assert not record.exists()
    assert not (copied.out / "figures").exists()


def test_a_second_benchmark_in_a_folder_is_refused_while_one_is_running(
    copied: BenchmarkRequest, here: list[Any]
) -> None:
    with lock(copied.out, "benchmark"), pytest.raises(OutputError, match=r"another benchmark .* is running in"):
        benchmark(copied, watch=Seen())
    assert here == []


def test_others_are_compared_with_a_backend_that_takes_part_alone(copied: BenchmarkRequest) -> None:
    with pytest.raises(SettingsError, match="'padim', which others are to be compared with, is not among"):
        plan(replace(copied, reference="padim"), progress=lambda _: None)


def test_what_differs_from_the_finished_benchmark_is_named(copied: BenchmarkRequest) -> None:
    with pytest.raises(OutputExistsError, match="a finished benchmark that differs in seed, criterion"):
        benchmark(replace(copied, criterion="corner", seed=3), watch=Seen())
    made = plan(replace(copied, criterion="corner"), progress=lambda _: None)
    assert "would stop: " in made.remarks[-1]
    assert "differs in criterion" in made.remarks[-1]
    assert not any("would stop" in remark for remark in plan(copied, progress=lambda _: None).remarks)


def test_a_folder_of_something_else_is_left_alone(options: BenchmarkRequest, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(OutputError, match="no folder of a benchmark"):
        benchmark(replace(options, out=tmp_path), watch=Seen())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_backend_that_fails_is_told_and_the_others_go_on(
    options: BenchmarkRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: list[Any]
) -> None:
    run = module.run_apart

    def fails(job: running.Job, log: Path, progress: Any) -> Any:
        if (job.backend, job.fold) == ("autoencoder", 2):
            raise RunFailedError("ValueError: no such luck")
        return run(job, log, progress)

    monkeypatch.setattr(module, "run_apart", fails)
    found = benchmark(replace(options, out=tmp_path / "out"), watch=Seen())
    assert [b.name for b in found.metrics.backends] == ["redness"]
    assert [(f.backend, f.fold) for f in found.metrics.failures] == [("autoencoder", 2), ("autoencoder", None)]
    assert len(list((tmp_path / "out/runs").glob("autoencoder-*"))) == 2


def test_a_benchmark_without_a_single_run_is_an_error(
    options: BenchmarkRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise RunFailedError("ValueError: no such luck")

    monkeypatch.setattr(module, "run_apart", fails)
    with pytest.raises(BackendBrokenError, match="no such luck"):
        benchmark(replace(options, out=tmp_path / "out"), watch=Seen())


def test_a_planted_duplicate_patient_is_caught_and_held_out_with_the_other(
    phantom: Path, tmp_path: Path, here: list[Any]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(phantom, data)
    shutil.copy(data / "Cropped_Patches/Patient3/00002.png", data / "Cropped_Patches/Patient11/00077.png")
    for seed in range(3):
        options = BenchmarkRequest(
            data=data, backends=("redness",), folds=4, out=tmp_path / f"out{seed}", device="cpu", seed=seed
        )
        found = benchmark(options, watch=Seen())
        assert found.record.linked_patients == (("Patient3", "Patient11"),)
        assert found.metrics.cohort.linked_patients == 2
        assert any({"Patient3", "Patient11"} <= set(fold) for fold in found.record.folds)


def test_labels_held_out_change_no_threshold(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: list[Any]
) -> None:
    """With thresholds that are chosen on labels, and a backend that learns from them."""
    installer(tmp_path, monkeypatch)("hpscan-learner", "learner", "learner_plugin:backend", learner_plugin=LEARNER)
    data = tmp_path / "data"
    shutil.copytree(phantom, data)
    table = data / "Annotated_Patches/window_metadata.csv"
    options = BenchmarkRequest(
        data=data,
        backends=("learner",),
        folds=2,
        out=tmp_path / "a",
        device="cpu",
        criterion="max-f1",
        split=Split.FOLDS,
    )
    before = benchmark(options, watch=Seen())
    held_out = set(before.record.folds[0])
    lines = table.read_text().splitlines()
    flipped = [lines[0]]
    for line in lines[1:]:
        patch, label = line.rsplit(",", 1)
        mine = any(patch.startswith((f"{i}.", f"{i}_")) for i in held_out)
        flipped.append(f"{patch},{-int(label) if mine else label}")
    assert flipped != lines
    table.write_text("\n".join(flipped) + "\n")
    after = benchmark(replace(options, out=tmp_path / "b"), watch=Seen())
    one, two = (made.metrics.backends[0] for made in (before, after))
    assert one.thresholds[0] == two.thresholds[0]
    assert [c.thresholds[:1] for c in one.criteria] == [c.thresholds[:1] for c in two.criteria]
    assert one.patches is not None
    assert two.patches is not None
    assert one.patches.folds[0].metrics != two.patches.folds[0].metrics


def test_backends_that_cannot_learn_from_the_data_are_skipped_with_the_reason(tmp_path: Path) -> None:
    synth(tmp_path / "data", patients=6, patches=2, seed=0)
    made = plan(
        BenchmarkRequest(data=tmp_path / "data", folds=3, device="cpu", out=tmp_path / "out"), progress=lambda _: None
    )
    assert "redness" in {run.backend for run in made.runs}
    assert {failure.backend for failure in made.skipped} >= {"autoencoder", "padim", "patchcore"}
    assert all(failure.reason for failure in made.skipped)
    assert not (tmp_path / "out").exists()


def test_a_backend_that_was_asked_for_and_cannot_learn_is_an_error(tmp_path: Path) -> None:
    synth(tmp_path / "data", patients=6, patches=2, seed=0)
    with pytest.raises(NotEnoughDataError):
        plan(
            BenchmarkRequest(data=tmp_path / "data", folds=3, backends=("autoencoder",), device="cpu"),
            progress=lambda _: None,
        )


@pytest.mark.parametrize(
    ("gone", "criterion", "needs", "hint"),
    [
        ("PatientDiagnosis.csv", "specificity=0.99", "patches known to be negative", "patches labelled negative"),
        (
            "Annotated_Patches/window_metadata.csv",
            "max-f1",
            "labelled patches of both classes",
            "use `criterion=specificity=0.99`",
        ),
    ],
)
def test_a_criterion_that_nothing_can_be_chosen_by_is_refused_before_anything_is_computed(
    phantom: Path, tmp_path: Path, gone: str, criterion: str, needs: str, hint: str
) -> None:
    shutil.copytree(phantom, tmp_path / "data")
    labels = tmp_path / "data/Annotated_Patches/window_metadata.csv"
    labels.write_text(labels.read_text().replace(",-1", ",1"))  # so that no label says negative either
    (tmp_path / "data" / gone).unlink()
    options = BenchmarkRequest(data=tmp_path / "data", folds=3, device="cpu", criterion=criterion, out=tmp_path / "out")
    with pytest.raises(NotEnoughDataError, match=needs) as error:
        plan(replace(options, backends=("redness",)), progress=lambda _: None)
    assert hint in error.value.hint
    with pytest.raises(NotEnoughDataError, match="no backend can learn from"):
        benchmark(options, watch=Seen())
    assert not (tmp_path / "out").exists()


def test_a_setting_outside_of_a_table_is_refused_where_there_are_several_backends(
    options: BenchmarkRequest, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("epochs = 3\n")
    with pytest.raises(SettingsError, match="epochs stands in no table"):
        plan(replace(options, config=tmp_path / "settings.toml"), progress=lambda _: None)


def test_of_equals_the_yardstick_is_the_best(made: Finished) -> None:
    for c in made.metrics.comparisons:
        if c.against == "best" and c.difference.value == 0:
            assert c.reference == "redness"


def test_a_single_fold_has_no_mean_over_folds(phantom: Path, tmp_path: Path, here: list[Any]) -> None:
    options = BenchmarkRequest(
        data=phantom, backends=("redness",), split=Split.SEED42, out=tmp_path / "out", device="cpu", criterion="corner"
    )
    found = benchmark(options, watch=Seen())
    assert len(found.metrics.cohort.folds) == 1
    assert "mean-over-folds" not in {row["weighting"] for row in _rows(tmp_path / "out", "metrics.csv")}
    assert any("published table, whole and in its order" in remark for remark in found.metrics.remarks)


def test_a_plan_counts_patients_and_labels_and_knows_what_is_done(copied: BenchmarkRequest) -> None:
    made = plan(copied, progress=lambda _: None)
    assert [(c.fold, c.backend, c.stored) for c in made.runs[:2]] == [(1, "redness", True), (1, "autoencoder", True)]
    assert made.seconds == 0
    assert sum(fold.patients for fold in made.cohort.folds) == 16
    assert sum(fold.labelled_positive for fold in made.cohort.folds) == made.cohort.labelled_positive
    changed = plan(replace(copied, settings={}), progress=lambda _: None)
    assert [c.stored for c in changed.runs if c.backend == "autoencoder"] == [False] * 3
    assert changed.seconds is not None
    assert changed.seconds > 0


def test_a_backend_named_by_its_old_and_its_new_name_is_refused(options: BenchmarkRequest) -> None:
    with pytest.raises(SettingsError, match="'bundled' twice"):
        plan(replace(options, backends=("redness", "boxed", "bundled")), progress=lambda _: None)


def test_settings_for_a_backend_that_takes_no_part_are_refused(options: BenchmarkRequest) -> None:
    with pytest.raises(SettingsError, match="'cnn' has settings, and is not among those benchmarked"):
        plan(replace(options, settings={"cnn": {"epochs": 1}}), progress=lambda _: None)


def test_quick_looks_at_fewer_patches_and_says_so(phantom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hpscan.workflows.benchmark import plan as plans

    monkeypatch.setattr(plans, "QUICK_PATCHES", 4)
    made = plan(BenchmarkRequest(data=phantom, folds=3, quick=True, device="cpu"), progress=lambda _: None)
    whole = plan(BenchmarkRequest(data=phantom, folds=3, device="cpu"), progress=lambda _: None)
    assert made.cohort.patches_per_patient == 4
    assert made.cohort.labelled_positive == whole.cohort.labelled_positive
    assert sum(f.patches for f in made.cohort.folds) < sum(f.patches for f in whole.cohort.folds)
    assert "at most 4 cropped patches" in made.remarks[0]
    monkeypatch.setattr(plans, "QUICK_PATCHES", 10)  # as many as there are
    nothing_cut = plan(BenchmarkRequest(data=phantom, folds=3, quick=True, device="cpu"), progress=lambda _: None)
    assert nothing_cut.cohort.patches_per_patient is None
    assert "cropped patches" not in nothing_cut.remarks[0]


def test_a_folder_that_holds_no_benchmark_says_what_it_lacks(tmp_path: Path, copied: BenchmarkRequest) -> None:
    with pytest.raises(ResultsError, match="holds no finished benchmark"):
        show(tmp_path)
    (copied.out / "metrics.json").unlink()
    with pytest.raises(ResultsError) as error:
        show(copied.out)
    assert "it goes on" in error.value.hint


def test_results_inside_a_dataset_are_no_patches_of_it(phantom: Path, made: Finished, tmp_path: Path) -> None:
    shutil.copytree(phantom / "Cropped_Patches", tmp_path / "data")
    before = layout.load(tmp_path / "data")
    shutil.copytree(made.folder, tmp_path / "data" / "hpscan-benchmark")
    after = layout.load(tmp_path / "data")
    assert after.cohort == before.cohort
