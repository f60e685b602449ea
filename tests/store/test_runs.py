from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hpscan.store import runs
from hpscan.store.manifest import BackendRecord, FitFacts, Role, now
from hpscan.store.runs import RunRecord, ScoredRecord

if TYPE_CHECKING:
    from pathlib import Path


def _scored(*score: float) -> ScoredRecord:
    column = tuple(f"annotated/B22-1_0.{i}" for i in range(len(score)))
    return ScoredRecord(
        patient=("B22-1",) * len(score),
        patch=column,
        score=score,
        sha256=column,
        contrast=score,
        sharpness=score,
        pink=score,
        blue=score,
        rejected={"annotated/B22-1_0.9": "it is empty"},
        duplicates=(),
        seconds=0.5,
    )


def _run(key: str = "a" * 64, fold: int = 1) -> RunRecord:
    return RunRecord(
        key=key,
        backend=BackendRecord(name="cnn", distribution="hpscan", version="1"),
        fold=fold,
        settings={"epochs": 3},
        seed=0,
        device="cpu",
        created=now(),
        versions={"torch": "2.5"},
        patients={Role.TEST: ("B22-1",)},
        fit=FitFacts(
            seconds=1, patches=2, positive=1, other_size=0, per_second=None, rejected=0, history=(), pretrained={}
        ),
        operating_point=_scored(0.1, -1e-17),
        held_out=_scored(1 / 3, 1e300, -2.5),
        seconds=2,
        peak_memory=3,
    )


def test_a_run_comes_back_as_it_was_to_the_last_digit(tmp_path: Path) -> None:
    runs.write(tmp_path, _run())
    assert runs.read(tmp_path, "cnn", 1, "a" * 64) == _run().model_copy(
        update={"created": runs.earlier(tmp_path, "cnn")[0].created}
    )


@pytest.mark.parametrize("asked", [("cnn", 1, "b" * 64), ("cnn", 2, "a" * 64), ("padim", 1, "a" * 64)])
def test_another_run_is_not_there(tmp_path: Path, asked: tuple[str, int, str]) -> None:
    runs.write(tmp_path, _run())
    assert runs.read(tmp_path, *asked) is None


def test_keys_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    runs.write(tmp_path, _run())
    assert runs.read(tmp_path, "cnn", 1, "a" * 12 + "b" * 52) is None


def test_a_run_that_was_cut_short_counts_as_none(tmp_path: Path) -> None:
    runs.write(tmp_path, _run())
    path = runs.place(tmp_path, "cnn", 1, "a" * 64)
    path.write_bytes(path.read_bytes()[:-20])
    assert runs.read(tmp_path, "cnn", 1, "a" * 64) is None
    assert runs.earlier(tmp_path, "cnn") == []


def test_runs_of_other_settings_stay(tmp_path: Path) -> None:
    runs.write(tmp_path, _run())
    runs.write(tmp_path, _run("b" * 64))
    assert {run.key[0] for run in runs.earlier(tmp_path, "cnn")} == {"a", "b"}


def test_the_key_does_not_depend_on_the_order_of_its_parts() -> None:
    assert runs.key({"a": 1, "b": {"c": 2, "d": 3}}) == runs.key({"b": {"d": 3, "c": 2}, "a": 1})
    assert runs.key({"a": 1}) != runs.key({"a": 2})


def test_runs_in_the_folder_of_earlier_versions_are_found_and_new_ones_lie_in_the_new_one(tmp_path: Path) -> None:
    runs.write(tmp_path, _run())
    (tmp_path / "runs").rename(tmp_path / "cells")
    assert runs.read(tmp_path, "cnn", 1, "a" * 64) is not None
    assert runs.place(tmp_path, "cnn", 1, "a" * 64).parent.name == "cells"
    runs.write(tmp_path, _run("b" * 64))
    assert {run.key[0] for run in runs.earlier(tmp_path, "cnn")} == {"a", "b"}
    assert runs.place(tmp_path, "cnn", 1, "b" * 64).parent.name == "runs"
