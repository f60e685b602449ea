"""A network is called with patches as they are, whatever their number and size."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from hpscan.backends.autoencoder.network import NETWORKS, TissueNetwork
from hpscan.backends.autoencoder.scorer import AutoencoderScorer
from hpscan.backends.autoencoder.settings import AutoencoderSettings, Network


class _Same(TissueNetwork):
    multiple = 4
    chunk = 8

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(x))
        assert x.shape[2] % 4 == 0
        assert x.shape[3] % 4 == 0
        return x


def test_a_network_that_changes_nothing_reconstructs_the_patches_to_the_last_bit() -> None:
    images = np.random.default_rng(0).integers(0, 256, (19, 33, 35, 3), dtype=np.uint8)  # more than one chunk
    scorer = AutoencoderScorer(_Same(), AutoencoderSettings(), "cpu")
    np.testing.assert_array_equal(scorer.reconstruct(images), images)
    np.testing.assert_array_equal(scorer.reconstruct(images[::-1, :, ::-1]), images[::-1, :, ::-1])


@pytest.mark.parametrize("side", [32, 256, 1024])
def test_on_a_cpu_patches_are_reconstructed_one_by_one_so_that_none_hangs_on_its_neighbours(side: int) -> None:
    network = _Same()
    AutoencoderScorer(network, AutoencoderSettings(), "cpu").reconstruct(np.zeros((9, side, side, 3), np.uint8))
    assert network.batches == [1] * 9


@pytest.mark.parametrize("name", list(Network))
def test_a_patch_is_reconstructed_as_the_network_alone_would(name: Network) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 48, 3), dtype=np.uint8)
    with torch.no_grad():
        y = network(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous() / 255)
    expected = y.clamp(0, 1).permute(0, 2, 3, 1).numpy() * 255
    assert expected.std() > 0
    np.testing.assert_allclose(
        AutoencoderScorer(network, AutoencoderSettings(), "cpu").reconstruct(images), expected, atol=0.51
    )  # half a grey level: rounding


class _Overshoots(_Same):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 3 * x - 1


def test_a_reconstruction_beyond_black_and_white_does_not_wrap_round() -> None:
    images = np.zeros((1, 32, 32, 3), np.uint8)
    images[0, :, 16:] = 255
    after = AutoencoderScorer(_Overshoots(), AutoencoderSettings(), "cpu").reconstruct(images)
    np.testing.assert_array_equal(after, images)


def test_scoring_loads_no_training_library() -> None:
    code = """
import sys

import numpy as np
from hpscan.backends.autoencoder.backend import backend
from hpscan.backends.autoencoder.network import ShallowAutoencoder
from hpscan.backends.autoencoder.settings import AutoencoderSettings
state = {name: tensor.numpy() for name, tensor in ShallowAutoencoder().state_dict().items()}
scorer = backend.restore(state, AutoencoderSettings(), device="cpu")
scorer.score(np.full((1, 32, 32, 3), (200, 80, 80), np.uint8))
print(sorted({"lightning", "lightning_fabric", "sklearn", "pandas", "matplotlib", "timm"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
