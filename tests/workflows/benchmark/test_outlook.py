from __future__ import annotations

from hpscan.store.manifest import BackendRecord, FitFacts, now
from hpscan.store.runs import RunRecord, ScoredRecord
from hpscan.workflows.benchmark.outlook import ON_TWO_CORES, pace, work


def _scored(n: int, seconds: float) -> ScoredRecord:
    column = tuple(map(str, range(n)))
    zeros = (0.0,) * n
    return ScoredRecord(
        patient=column,
        patch=column,
        score=zeros,
        sha256=column,
        contrast=zeros,
        sharpness=zeros,
        pink=zeros,
        blue=zeros,
        rejected={},
        duplicates=(),
        seconds=seconds,
    )


def _run(device: str = "cpu") -> RunRecord:
    fit = FitFacts(
        seconds=60, patches=100, positive=None, other_size=0, per_second=None, rejected=0, history=(), pretrained={}
    )
    return RunRecord(
        key="k",
        backend=BackendRecord(name="cnn", distribution="hpscan", version="1"),
        fold=1,
        settings={"epochs": 3},
        seed=0,
        device=device,
        created=now(),
        versions={},
        patients={},
        fit=fit,
        operating_point=_scored(10, 4),
        held_out=_scored(30, 12),
        seconds=80,
        peak_memory=1,
    )


def test_a_finished_run_tells_how_long_others_take() -> None:
    found = pace("cnn", "cpu", [_run()])
    assert found is not None
    assert (found.fit, found.score) == (60 / 300, 16 / 40)
    twice = work(fitted=200, scored=80, settings={"epochs": 3})
    assert 2 * 76 < found.seconds(twice) < 2 * 80


def test_without_one_what_was_measured_before_is_taken_on_a_cpu_only() -> None:
    assert pace("cnn", "cpu", [_run("cuda")]) == ON_TWO_CORES["cnn"]
    assert pace("cnn", "cuda", []) is None
    assert pace("blobs", "cpu", []) is None
