"""The networks that reconstruct tissue: what each looks like, and what of a patch its narrowest layer lets through.

All take and give (B, 3, H, W), 0..1, with H and W multiples of `multiple`. A pixel has 3 values; the narrowest
layer has, for each pixel of the patch, 4 in `shallow`, 1/32 in `conv` and 16 in the U-Nets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.autoencoder.settings import Network

if TYPE_CHECKING:
    from collections.abc import Mapping

_GLASS = 0.85
"""About the grey of glass and of pale tissue, which is most of a patch."""


class TissueNetwork(nn.Module):
    """What every one of the networks says of itself.

    Attributes:
        multiple: H and W of its input must be multiples of it.
        chunk: Most patches reconstructed at once, so that memory stays bounded; larger ones than 256 x 256 count for more.
    """

    multiple: ClassVar[int]
    chunk: ClassVar[int]


class ShallowAutoencoder(TissueNetwork):
    """Cano et al.: 3x3 convolutions, batch norm, LeakyReLU, 32-64-64 channels, strides 1-2-2, mirrored.

    113,091 parameters. 32 channels of a 256 x 256 patch at full resolution take 8 MiB a layer.
    """

    multiple = 4
    chunk = 8

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(  # (B, 3, H, W) -> (B, 64, H/4, W/4)
            *_block(nn.Conv2d(3, 32, 3, padding=1), 32),
            *_block(nn.Conv2d(32, 64, 3, stride=2, padding=1), 64),
            *_block(nn.Conv2d(64, 64, 3, stride=2, padding=1), 64),
        )
        head = _from_glass(nn.Conv2d(32, 3, 3, padding=1))
        self.decoder = nn.Sequential(  # (B, 64, H/4, W/4) -> (B, 3, H, W)
            *_block(nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1), 64),
            *_block(nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), 32),
            head,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 3, H, W), about 0..1."""
        after: Tensor = self.decoder(self.encoder(x))
        return after


class ConvAutoencoder(TissueNetwork):
    """Two 3x3 convolutions of stride 2, 3-16-8 channels, ReLU, each with a 2x2 max-pool; mirrored by unpooling.

    3,211 parameters. Each of the four steps halves the side. Of a block of 16 x 16 pixels, 768 values, 8 values
    pass through the narrowest layer. The indices of the two pools pass beside it: for each window of 2 x 2
    responses which of the four was the largest (264 indices a block), and unpooling puts the value back there. So
    the position of a spot gets past the narrowest layer, but not how strong it was.

    16 channels of a 256 x 256 patch at half resolution take 1 MiB a layer.
    """

    multiple = 16
    chunk = 8

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)
        self.encoder_1 = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.encoder_2 = nn.Conv2d(16, 8, 3, stride=2, padding=1)
        self.decoder_2 = nn.ConvTranspose2d(8, 16, 3, stride=2, padding=1, output_padding=1)
        self.decoder_1 = _from_glass(nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1, output_padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 3, H, W), about 0..1."""
        x, index_1 = self.pool(self.encoder_1(x).relu())  # (B, 16, H/4, W/4)
        x, index_2 = self.pool(self.encoder_2(x).relu())  # (B, 8, H/16, W/16)
        x = self.decoder_2(self.unpool(x, index_2)).relu()  # (B, 16, H/4, W/4)
        after: Tensor = self.decoder_1(self.unpool(x, index_1))
        return after


class UNet(TissueNetwork):
    """64-128-256 channels, two 3x3 convolutions with batch norm and ReLU a level, skips (Ronneberger et al. 2015).

    1,864,259 parameters. The skips hand the decoder the patch's own detail at full resolution, so it can copy brown
    instead of losing it.

    Batch norm, because without it the signal fades through the layers: after 60 steps on synthetic patches the network
    without skips then still gave one colour, with it a quarter of that loss was left.

    64 channels of a 256 x 256 patch at full resolution take 16 MiB a layer; reconstructing two patches at once peaks at
    about 270 MiB.
    """

    multiple = 4
    chunk = 2
    skips: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        joined = 2 if self.skips else 1
        self.encoder_1 = _level(3, 64)
        self.encoder_2 = _level(64, 128)
        self.bottom = _level(128, 256)
        self.up_2 = nn.ConvTranspose2d(256, 128, 2, stride=2)
        self.decoder_2 = _level(joined * 128, 128)
        self.up_1 = nn.ConvTranspose2d(128, 64, 2, stride=2)
        self.decoder_1 = _level(joined * 64, 64)
        self.head = _from_glass(nn.Conv2d(64, 3, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 3, H, W), about 0..1."""
        fine = self.encoder_1(x)  # (B, 64, H, W)
        middle = self.encoder_2(functional.max_pool2d(fine, 2))  # (B, 128, H/2, W/2)
        x = self.bottom(functional.max_pool2d(middle, 2))  # (B, 256, H/4, W/4)
        x = self.decoder_2(self._join(self.up_2(x), middle))
        x = self.decoder_1(self._join(self.up_1(x), fine))
        after: Tensor = self.head(x)
        return after

    def _join(self, x: Tensor, skip: Tensor) -> Tensor:
        return torch.cat((x, skip), dim=1) if self.skips else x


class PlainUNet(UNet):
    """The U-Net without its skips: all of the reconstruction has passed the narrowest layer.

    1,679,939 parameters. That layer holds 256 values for 4 x 4 pixels, more than the 48 that they have: what it
    forgets, it forgets because training did not ask for it. Reconstructing two patches at once peaks at about 220 MiB.
    """

    skips = False


def _block(convolution: nn.Module, channels: int) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True)


def _level(channels_in: int, channels: int) -> nn.Sequential:
    """Two convolutions; the norm after each has the bias."""
    layers: list[nn.Module] = []
    for n in (channels_in, channels):
        layers += [nn.Conv2d(n, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _from_glass(head: nn.Conv2d | nn.ConvTranspose2d) -> nn.Module:
    """A head whose output starts near most pixels."""
    head.bias = nn.Parameter(torch.full((3,), _GLASS))
    return head


NETWORKS: Mapping[Network, type[TissueNetwork]] = {
    Network.SHALLOW: ShallowAutoencoder,
    Network.CONV: ConvAutoencoder,
    Network.UNET: UNet,
    Network.UNET_PLAIN: PlainUNet,
}
