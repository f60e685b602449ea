"""The network itself: its size, and that it sees a patch as it is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch

from hpscan.backends.networks.autoencoder import Painter, ShallowAutoencoder, to_tensor


def test_the_shallow_network_has_the_parameters_that_its_docstring_states() -> None:
    convolutions = (3 * 32 * 9 + 32) + (32 * 64 * 9 + 64) + (64 * 64 * 9 + 64)
    mirrored = (64 * 64 * 9 + 64) + (64 * 32 * 9 + 32) + (32 * 3 * 9 + 3)
    norms = 2 * (32 + 64 + 64 + 64 + 32)
    count = sum(p.numel() for p in ShallowAutoencoder().parameters())
    assert count == convolutions + mirrored + norms
    assert f"{count:,} parameters" in (ShallowAutoencoder.__doc__ or "")


def test_the_network_gives_back_the_shape_that_it_takes() -> None:
    assert ShallowAutoencoder()(torch.zeros(2, 3, 36, 40)).shape == (2, 3, 36, 40)


def test_pixels_become_channels_between_zero_and_one() -> None:
    images = np.zeros((1, 2, 3, 3), np.uint8)
    images[0, 1, 2] = (255, 51, 0)
    x = to_tensor(images[:, :, ::-1][:, :, ::-1], "cpu")  # a view with strides of its own
    assert x.shape == (1, 3, 2, 3)
    np.testing.assert_allclose(x[0, :, 1, 2].numpy(), [1, 0.2, 0], atol=1e-7)


class _Same(torch.nn.Module):
    multiple = 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[2] % 4 == 0
        assert x.shape[3] % 4 == 0
        return x


def test_a_network_that_changes_nothing_paints_the_patches_to_the_last_bit() -> None:
    images = np.random.default_rng(0).integers(0, 256, (19, 33, 35, 3), dtype=np.uint8)  # more than one chunk
    painter = Painter(_Same(), "cpu")  # type: ignore[arg-type]
    np.testing.assert_array_equal(painter.paint(images), images)
    np.testing.assert_array_equal(painter.paint(images[::-1, :, ::-1]), images[::-1, :, ::-1])


class _Overshoots(_Same):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 3 * x - 1


def test_paint_beyond_black_and_white_does_not_wrap_round() -> None:
    images = np.zeros((1, 32, 32, 3), np.uint8)
    images[0, :, 16:] = 255
    painted = Painter(_Overshoots(), "cpu").paint(images)  # type: ignore[arg-type]
    np.testing.assert_array_equal(painted, images)


def test_scoring_loads_no_training_library() -> None:
    code = """
import sys
import subprocess
import sys

import numpy as np
from hpscan.backends.autoencoder import AutoencoderSettings, backend
from hpscan.backends.networks.autoencoder import ShallowAutoencoder
state = {name: tensor.numpy() for name, tensor in ShallowAutoencoder().state_dict().items()}
scorer = backend.restore(state, AutoencoderSettings(), device="cpu")
scorer.score(np.full((1, 32, 32, 3), (200, 80, 80), np.uint8))
print(sorted({"lightning", "lightning_fabric", "sklearn", "pandas", "matplotlib", "timm"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
