"""The painting networks: their size, their shapes, and what gets past their narrowest layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hpscan.backends.autoencoder.network import NETWORKS, ConvAutoencoder, PlainUNet, UNet
from hpscan.backends.autoencoder.settings import Network


def _level(channels_in: int, channels: int) -> int:
    return 9 * channels_in * channels + 9 * channels * channels + 4 * channels


def _u_net(joined: int) -> int:
    down = _level(3, 64) + _level(64, 128) + _level(128, 256)
    ups = (256 * 128 * 4 + 128) + (128 * 64 * 4 + 64)
    return down + ups + _level(joined * 128, 128) + _level(joined * 64, 64) + (64 * 3 + 3)


PARAMETERS = {
    Network.SHALLOW: (3 * 32 * 9 + 32)
    + (32 * 64 * 9 + 64)
    + (64 * 64 * 9 + 64)
    + (64 * 64 * 9 + 64)
    + (64 * 32 * 9 + 32)
    + (32 * 3 * 9 + 3)
    + 2 * (32 + 64 + 64 + 64 + 32),
    Network.CONV: (3 * 16 * 9 + 16) + (16 * 8 * 9 + 8) + (8 * 16 * 9 + 16) + (16 * 3 * 9 + 3),
    Network.UNET: _u_net(2),
    Network.UNET_PLAIN: _u_net(1),
}


@pytest.mark.parametrize("name", list(Network))
def test_a_network_has_the_parameters_that_its_docstring_states(name: Network) -> None:
    network = NETWORKS[name]
    count = sum(p.numel() for p in network().parameters())
    assert count == PARAMETERS[name]
    assert f"{count:,} parameters" in (network.__doc__ or "")


@pytest.mark.parametrize("name", list(Network))
def test_a_network_gives_back_the_shape_that_it_takes(name: Network) -> None:
    network = NETWORKS[name]()
    shape = (2, 3, 3 * network.multiple, 5 * network.multiple)
    assert network(torch.zeros(shape)).shape == shape


@pytest.mark.parametrize("name", list(Network))
def test_a_network_starts_near_the_grey_of_glass(name: Network) -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        painted = NETWORKS[name]().eval()(torch.rand(1, 3, 64, 64))
    torch.testing.assert_close(painted, torch.full_like(painted, 0.85), atol=0.2, rtol=0)


def _silenced(layer: nn.Module) -> None:
    """Make a layer say nothing, whatever it is given."""
    layer.register_forward_hook(lambda _module, _given, said: torch.zeros_like(said))


@torch.no_grad()
def _two_paintings(network: UNet) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    _silenced(network.bottom)
    x = torch.rand(2, 3, 32, 32)
    first, second = network.eval()(x)
    return first, second


def test_all_that_the_plain_u_net_paints_has_passed_its_narrowest_layer() -> None:
    first, second = _two_paintings(PlainUNet())
    torch.testing.assert_close(first, second, atol=0, rtol=0)


def test_a_u_net_s_skips_carry_the_patch_around_its_narrowest_layer() -> None:
    first, second = _two_paintings(UNet())
    assert (first - second).abs().max() > 0.01


@torch.no_grad()
def test_the_indices_of_the_conv_network_s_pools_tell_where_a_spot_is_and_not_how_strong() -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder()
    nn.init.zeros_(network.encoder_1.bias)  # so that a fainter patch has the same largest responses  # type: ignore[arg-type]
    _silenced(network.encoder_2)
    nn.init.ones_(network.decoder_2.bias)  # type: ignore[arg-type]
    x = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(network(x / 2), network(x), atol=0, rtol=0)
    assert (network(x.roll(2, dims=3)) - network(x)).abs().max() > 0.01
