from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hpscan.store import runs
from hpscan.store.manifest import BackendRecord, Role, now
from hpscan.store.runs import RunRecord, FitRecord, ScoredRecord

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


def _cell(key: str = "a" * 64, fold: int = 1) -> RunRecord:
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
        fit=FitRecord(
            seconds=1, patches=2, positive=1, other_size=0, per_second=None, rejected=0, history=(), pretrained={}
        ),
        operating_point=_scored(0.1, -1e-17),
        held_out=_scored(1 / 3, 1e300, -2.5),
        seconds=2,
        peak_memory=3,
    )


def test_a_cell_comes_back_as_it_was_to_the_last_digit(tmp_path: Path) -> None:
    cells.write(tmp_path, _cell())
    assert cells.read(tmp_path, "cnn", 1, "a" * 64) == _cell().model_copy(
        update={"created": cells.earlier(tmp_path, "cnn")[0].created}
    )


@pytest.mark.parametrize("asked", [("cnn", 1, "b" * 64), ("cnn", 2, "a" * 64), ("padim", 1, "a" * 64)])
def test_another_cell_is_not_there(tmp_path: Path, asked: tuple[str, int, str]) -> None:
    cells.write(tmp_path, _cell())
    assert cells.read(tmp_path, *asked) is None


def test_keys_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    cells.write(tmp_path, _cell())
    assert cells.read(tmp_path, "cnn", 1, "a" * 12 + "b" * 52) is None


def test_a_cell_that_was_cut_short_counts_as_none(tmp_path: Path) -> None:
    cells.write(tmp_path, _cell())
    path = cells.place(tmp_path, "cnn", 1, "a" * 64)
    path.write_bytes(path.read_bytes()[:-20])
    assert cells.read(tmp_path, "cnn", 1, "a" * 64) is None
    assert cells.earlier(tmp_path, "cnn") == []


def test_cells_of_other_settings_stay(tmp_path: Path) -> None:
    cells.write(tmp_path, _cell())
    cells.write(tmp_path, _cell("b" * 64))
    assert {cell.key[0] for cell in cells.earlier(tmp_path, "cnn")} == {"a", "b"}


def test_the_key_does_not_depend_on_the_order_of_its_parts() -> None:
    assert cells.key({"a": 1, "b": {"c": 2, "d": 3}}) == cells.key({"b": {"d": 3, "c": 2}, "a": 1})
    assert cells.key({"a": 1}) != cells.key({"a": 2})
