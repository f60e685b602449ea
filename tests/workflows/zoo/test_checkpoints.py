"""A checkpoint becomes a safetensors file of the same numbers, whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from hpscan.backends.pretrained import weights
from hpscan.core.errors import OutputExistsError, SettingsError, WeightsError
from hpscan.workflows.zoo.checkpoints import convert

if TYPE_CHECKING:
    from hpscan.workflows.zoo.checkpoints import Converted


@pytest.mark.parametrize("archive", [True, False])
def test_the_file_holds_the_same_numbers(tmp_path: Path, archive: bool) -> None:
    made = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(5), "c": torch.tensor([True, False])}
    half = torch.tensor([1.5, -0.25], dtype=torch.bfloat16)
    source, target = tmp_path / "in.pth", tmp_path / "out.safetensors"
    torch.save({"state_dict": {**made, "half": half}}, source, _use_new_zipfile_serialization=archive)
    converted: Converted = convert(source, target)
    found = load_file(target)
    assert set(found) == {"a", "b", "c", "half"}
    for name, tensor in made.items():
        assert found[name].dtype == tensor.numpy().dtype
        assert np.array_equal(found[name], tensor.numpy())
    assert found["half"].tolist() == [1.5, -0.25]
    assert (converted.tensors, converted.part, converted.widened, converted.left_out) == (4, "state_dict", 1, ())
    assert converted.size == target.stat().st_size
    assert converted.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()


def test_a_converted_file_serves_as_the_weights_of_its_backbone(tmp_path: Path) -> None:
    network = weights.build("resnet10t", None)
    torch.save({"model": network.state_dict()}, tmp_path / "in.pth")
    convert(tmp_path / "in.pth", tmp_path / "out.safetensors")
    found = weights.find("resnet10t", str(tmp_path / "out.safetensors"))
    read = weights.read(found).tensors
    assert all(torch.equal(read[name], tensor) for name, tensor in network.state_dict().items())


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    source, target = tmp_path / "in.pth", tmp_path / "out.safetensors"
    torch.save({"a": torch.ones(2)}, source)
    target.write_text("precious")
    with pytest.raises(OutputExistsError):
        convert(source, target)
    assert target.read_text() == "precious"
    convert(source, target, force=True)
    assert load_file(target)["a"].tolist() == [1, 1]


def test_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "in.pth")
    with pytest.raises(WeightsError, match=r"asks for torch\.nn"):
        convert(tmp_path / "in.pth", tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["in.pth"]


@pytest.mark.parametrize("name", ["out.pth", "out", "."])
def test_a_name_that_weights_would_refuse_is_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="no name for a safetensors file"):
        convert(tmp_path / "in.pth", Path(name))


def test_a_name_that_the_format_keeps_for_itself_is_no_bug(tmp_path: Path) -> None:
    torch.save({"__metadata__": torch.ones(2), "a": torch.ones(1)}, tmp_path / "in.pth")
    with pytest.raises(WeightsError, match="safetensors"):
        convert(tmp_path / "in.pth", tmp_path / "out.safetensors")
