"""Checkpoints of torch.save are read bit for bit; damaged ones, and ones that hold code, are refused."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from checkpoint_builder import Calls, Stored, around, by_hand, described, saved
from hpscan.backends.pretrained import checkpoint, weights
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[bytes], checkpoint.Checkpoint]

FORMATS = [pytest.param(True, id="zip"), pytest.param(False, id="stream")]
TYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], checkpoint.Checkpoint]:
    """Reads bytes as a checkpoint's file."""

    def run(content: bytes) -> checkpoint.Checkpoint:
        path = tmp_path / "checkpoint.pth"
        path.write_bytes(content)
        return checkpoint.read(path)

    return run


@pytest.mark.parametrize("archive", FORMATS)
def test_tensors_of_every_type_come_out_bit_for_bit(read: Read, archive: bool) -> None:
    made = {str(kind): (torch.arange(24).reshape(2, 3, 4) % 5).to(kind) for kind in TYPES}
    made |= {"none": torch.zeros(0, 3), "one": torch.tensor(7), "nan": torch.tensor([float("nan"), -0.0])}
    found = read(saved(made, archive=archive)).tensors
    assert list(found) == list(made)
    for name, tensor in made.items():
        expected = tensor.numpy()
        assert (found[name].dtype, found[name].shape) == (expected.dtype, expected.shape), name
        assert found[name].tobytes() == expected.tobytes(), name


def test_another_protocol_of_pickle_is_refused_with_what_to_do(read: Read) -> None:
    with pytest.raises(WeightsError, match="is refused: its pickle") as caught:
        read(saved({"a": torch.ones(2)}, pickle_protocol=4))
    assert "pickle_protocol" in caught.value.hint


@pytest.mark.parametrize("archive", FORMATS)
def test_views_are_read_through_their_strides(read: Read, archive: bool) -> None:
    whole = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    made = {"turned": whole.permute(2, 0, 1), "part": whole[1:, ::2, 3], "whole": whole, "row": whole[2:3].mT}
    found = read(saved(made, archive=archive)).tensors
    assert all(np.array_equal(found[name], tensor.numpy()) for name, tensor in made.items())


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_bfloat16_is_widened_to_the_same_values(read: Read, shape: tuple[int, ...]) -> None:
    made = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    found = read(saved({"a": made, "b": torch.zeros(2)}))
    assert found.widened == 1
    assert found.tensors["a"].dtype == np.float32
    assert np.array_equal(found.tensors["a"], made.float().numpy())


@pytest.mark.parametrize("archive", FORMATS)
def test_a_networks_state_dict_is_read_with_its_parameters(read: Read, archive: bool) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    made = OrderedDict(network.named_parameters()) | network.state_dict()
    made["parameter"] = torch.nn.Parameter(torch.ones(2))
    found = read(saved(made, archive=archive)).tensors
    assert set(found) == {*network.state_dict(), "parameter"}
    assert np.array_equal(found["0.weight"], network[0].weight.detach().numpy())


@pytest.mark.parametrize("key", ["state_dict", "model", "model_ema"])
def test_the_tensors_are_found_beside_what_a_training_script_keeps(read: Read, key: str) -> None:
    inner = {"module.a": torch.ones(2), "module.b": torch.zeros(3)}
    optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999)}]}
    found = read(saved({"epoch": 3, key: inner, "optimizer": optimizer, "arch": "resnet"}))
    assert found.part == key
    assert list(found.tensors) == ["a", "b"]


def test_a_prefix_that_only_some_names_have_stays(read: Read) -> None:
    found = read(saved({"module.a": torch.ones(2), "b": torch.zeros(3), "epoch": 3}))
    assert list(found.tensors) == ["module.a", "b"]
    assert found.left_out == ("epoch",)


def test_the_package_with_weights_is_read_as_torch_reads_it() -> None:
    path = Path(weights.find(weights.DEFAULT).where)
    expected = torch.load(path, map_location="cpu", weights_only=True)
    found = checkpoint.read(path).tensors
    assert list(found) == list(expected)
    assert all(np.array_equal(found[name], tensor.numpy()) for name, tensor in expected.items())


@pytest.mark.parametrize("archive", FORMATS)
def test_a_tensor_described_by_hand_is_read(read: Read, archive: bool) -> None:
    numbers = np.arange(4, dtype="<f4").tobytes()
    found = read(by_hand({"a": described(1, (3,), (1,))}, archive=archive, numbers=numbers))
    assert found.tensors["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("archive", FORMATS)
@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (0, (5,), (1,)),
        (1, (4,), (1,)),
        (4, (1,), (1,)),
        (0, (2, 2), (3, 1)),
        (0, (4,), (10**12,)),
        (0, (2**62, 2**62), (0, 0)),
        (0, (0, 2**40, 2**40), (1, 1, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (3, (-2,), (1,)),
        (0, (2,), (1, 1)),
        (0, (True,), (1,)),
        (0, (2.0,), (1,)),
        ("0", (2,), (1,)),
    ],
)
def test_a_tensor_that_is_not_within_its_storage_is_refused(
    read: Read, archive: bool, offset: Any, size: Any, stride: Any
) -> None:
    with pytest.raises(WeightsError):
        read(by_hand({"a": described(offset, size, stride)}, archive=archive))


def test_a_dimension_of_one_may_have_any_stride(read: Read) -> None:
    assert read(by_hand({"a": described(3, (1, 1), (10**12, 7))}, archive=True)).tensors["a"].shape == (1, 1)


@pytest.mark.parametrize("archive", FORMATS)
def test_few_bytes_do_not_become_many(read: Read, archive: bool) -> None:
    many = {f"t{i}": described(0, (1000,), (1,), storage=Stored(1000)) for i in range(100)}
    with pytest.raises(WeightsError, match="more than 2 times its own size"):
        read(by_hand(many, archive=archive, numbers=bytes(4000)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a checkpoint"),
        (b"some text\n", "is not a checkpoint"),
        (bytes(100), "is not a checkpoint"),
        (saved({}), "holds no dictionary of tensors"),
        (saved([torch.ones(2)]), "holds no dictionary of tensors"),
        (saved({"net": {"a": torch.ones(2)}}), "holds no dictionary of tensors"),
        (saved({1: torch.ones(2)}), "names are no plain text"),
        (saved({"a\ud800": torch.ones(2)}), "names are no plain text"),
        (saved({"a\x1b[31m": torch.ones(2)}), "names are no plain text"),
    ],
)
def test_what_holds_no_tensors_is_told_in_one_line(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason) as caught:
        read(content)
    assert "\n" not in caught.value.message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(WeightsError, match="cannot be read"):
            checkpoint.read(path)


@pytest.mark.parametrize("archive", FORMATS)
def test_damaged_files_are_refused_and_never_a_bug(read: Read, archive: bool) -> None:
    whole = saved({"a": torch.arange(50.0), "b": torch.ones(3, 4)}, archive=archive)
    for length in range(0, len(whole), 7):
        with pytest.raises(WeightsError):
            read(whole[:length])
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        content = bytearray(whole)
        for place in rng.integers(len(content), size=3):
            content[place] = rng.integers(256)
        try:
            assert sum(array.nbytes for array in read(bytes(content)).tensors.values()) <= 2 * len(whole)
        except WeightsError:
            refused += 1
    assert refused > 50


# --- code in a checkpoint


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
