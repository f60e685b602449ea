"""Pixels reach the network as they are, and a model's tensors come back as they were, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hpscan.backends.shared.tensors import load_state, place, state_of, to_tensor
from hpscan.core.errors import ModelDamagedError


def _network(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width))


def test_channels_come_first_and_white_is_one() -> None:
    images = np.zeros((2, 4, 6, 3), np.uint8)
    images[1, 3, 5] = (255, 51, 102)
    x = to_tensor(images, "cpu")
    assert (x.shape, x.dtype) == ((2, 3, 4, 6), torch.float32)
    assert x[1, :, 3, 5].tolist() == pytest.approx([1, 0.2, 0.4])
    assert int((x != 0).sum()) == 3


def test_turned_mirrored_and_read_only_pixels_are_taken() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 3), dtype=np.uint8)
    images.setflags(write=False)
    for view in (images[::-1, ::-1], np.rot90(images, axes=(1, 2)), images[:, ::2, ::3], images[:0]):
        np.testing.assert_array_equal(to_tensor(view, "cpu").mul(255).round().numpy(), view.transpose(0, 3, 1, 2))


def test_a_placed_network_no_longer_learns_from_what_it_sees() -> None:
    module = place(_network().train(), "cpu")
    before = state_of(module)
    module(torch.rand(4, 3, 8, 8))
    assert all(np.array_equal(before[name], array) for name, array in state_of(module).items())


def test_tensors_come_back_to_the_last_bit_from_read_only_arrays_too() -> None:
    source, target = _network(), _network()
    source(torch.rand(4, 3, 8, 8))
    state = state_of(source)
    for array in state.values():
        array.setflags(write=False)
    load_state(target, state, "net")
    found = state_of(target)
    assert found.keys() == state.keys()
    assert all(np.array_equal(found[name], array) for name, array in state.items())
    target.train()(torch.rand(4, 3, 8, 8))  # what it learns from now on does not reach the arrays
    assert state["1.num_batches_tracked"] == 1


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda state: state.pop("0.bias"), id="missing"),
        pytest.param(lambda state: state.update({"0.bias": np.zeros(5, np.float32)}), id="other shape"),
        pytest.param(lambda state: state.update({"2.weight": np.zeros(5, np.float32)}), id="unknown"),
        pytest.param(lambda state: state.clear(), id="empty"),
    ],
)
def test_tensors_of_another_network_are_refused_with_its_name(damage: object) -> None:
    state = state_of(_network())
    damage(state)  # type: ignore[operator]
    with pytest.raises(ModelDamagedError, match="'net'") as caught:
        load_state(_network(), state, "net")
    assert caught.value.hint
