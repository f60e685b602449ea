"""A pickle in a checkpoint runs nothing: whatever is no tensor is refused, with the name of what it asked for."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from checkpoint_builder import Calls, Stored, around, by_hand, described, saved
from hpscan.backends.pretrained import checkpoint as pth
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[[bytes], pth.Checkpoint]

FORMATS = [pytest.param(True, id="zip"), pytest.param(False, id="stream")]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], pth.Checkpoint]:
    """Reads bytes as a checkpoint's file."""

    def run(content: bytes) -> pth.Checkpoint:
        path = tmp_path / "checkpoint.pth"
        path.write_bytes(content)
        return pth.read(path)

    return run


@pytest.mark.parametrize("archive", FORMATS)
@pytest.mark.parametrize(
    ("function", "name"),
    [(os.system, "posix.system"), (exec, "exec"), (torch.hub.load, "torch.hub.load"), (getattr, "getattr")],
)
def test_a_pickle_that_would_run_something_is_refused_and_nothing_runs(
    read: Read, tmp_path: Path, archive: bool, function: Any, name: str
) -> None:
    trace = tmp_path / "ran"
    call = {os.system: (f"touch {trace}",), exec: (f"open({str(trace)!r}, 'w')",)}.get(function, ("a", "b"))
    with pytest.raises(WeightsError, match=f"is refused: it asks for .*{name}") as caught:
        read(by_hand({"state_dict": {"a": described(0, (4,), (1,)), "b": Calls(function, *call)}}, archive=archive))
    assert "state_dict" in caught.value.hint
    assert not trace.exists()


def test_a_whole_model_is_refused_by_the_name_of_its_class(read: Read) -> None:
    with pytest.raises(WeightsError, match=r"asks for torch\.nn\.modules"):
        read(saved(torch.nn.Linear(2, 2)))


def test_numpy_scalars_in_a_checkpoint_are_refused_by_name(read: Read) -> None:
    with pytest.raises(WeightsError, match="asks for numpy"):
        read(saved({"a": torch.ones(1), "best": np.float64(0.5)}))


def test_a_name_with_control_characters_does_not_reach_the_terminal(read: Read) -> None:
    with pytest.raises(WeightsError) as caught:
        read(around(b"\x80\x02cevil\x1b[31m\nname\n.", archive=True))
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    "value",
    [
        {"a": described(0, (2,), (1,), bits={"conj": True})},
        {"a": described(0, (2,), (1,), storage=[1, 2])},
        {"a": described(0, (2,), (1,)), "b": described(0, (2,), (1,), storage=Stored(3))},
        {"a": described(0, (2,), (1,), storage=Stored(kind="text"))},
        {"a": Calls(torch.Size, [1, 2])},
        {"a": Calls(OrderedDict, ((1, 2),))},
        {"a": 3 << 3000},
    ],
)
def test_what_torch_does_not_write_is_refused(read: Read, value: Any) -> None:
    with pytest.raises(WeightsError, match="is refused"):
        read(by_hand(value, archive=True))


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(b"\x80\x02ctorch\nSize\n}b.", id="state-of-a-function"),
        pytest.param(
            b"\x80\x02ctorch\nFloatStorage\n}X\x04\x00\x00\x00codeX\x03\x00\x00\x00<f8sb.", id="state-of-a-type"
        ),
        pytest.param(b"\x80\x02ctorch\nFloatStorage\n)R.", id="call-of-a-type"),
        pytest.param(b"\x80\x02ctorch\nSize\n)\x81.", id="newobj"),
        pytest.param(b"(itorch\nSize\n.", id="inst"),
        pytest.param(b"\x80\x02}r\xff\xff\xff\x7f.", id="memo-of-gigabytes"),
        pytest.param(b"\x80\x05\x96" + b"\xff" * 7 + b"\x7f.", id="bytearray-of-exabytes"),
        pytest.param(b"\x80\x02X\xff\xff\xff\x7fabc.", id="text-of-gigabytes"),
        pytest.param(b"\x80\x02})" + b"\x85" * 200_000 + b"K\x01s.", id="tuples-in-tuples"),
        pytest.param(b"\x80\x02h\x07.", id="nothing-remembered"),
        pytest.param(b"\x80\x02]]s.", id="wrong-kinds"),
        pytest.param(b"\x80\x02}", id="no-end"),
        pytest.param(b"", id="empty"),
    ],
)
def test_programs_that_no_checkpoint_holds_are_refused_at_once(read: Read, program: bytes) -> None:
    with pytest.raises(WeightsError):
        read(around(program, archive=True))
    with pytest.raises(WeightsError):
        read(around(program, archive=False))


def test_one_long_list_does_not_fill_many_dictionaries(read: Read) -> None:
    pairs = [[i, i] for i in range(10)]
    value = {"state_dict": {"a": described(0, (1,), (1,))}, "many": [Calls(OrderedDict, pairs) for _ in range(3)]}
    assert set(read(by_hand(value, archive=True)).tensors) == {"a"}
