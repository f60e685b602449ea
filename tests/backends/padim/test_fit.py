"""Gaussians fitted to a stream of patches are those that anomalib fits to all of them at once."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hpscan.backends.padim.fit import Moments, megabytes
from hpscan.backends.shared.anomaly import without_warnings

CHANNELS, ROWS, COLUMNS = 6, 3, 4


def _embedding(n: int = 50, offset: float = 0) -> Tensor:
    """(n, C, h, w), its channels correlated, another way at each position."""
    draw = torch.Generator().manual_seed(0)
    mix = torch.randn(ROWS, COLUMNS, CHANNELS, CHANNELS, generator=draw)
    noise = torch.randn(n, CHANNELS, ROWS, COLUMNS, generator=draw)
    return offset + torch.einsum("bchw,hwcd->bdhw", noise, mix)


def _streamed(embedding: Tensor, batch: int) -> tuple[Tensor, Tensor]:
    moments = Moments(ROWS * COLUMNS, CHANNELS, "cpu")
    for part in embedding.split(batch):
        moments.add(part)
    return moments.gaussians()


@pytest.mark.parametrize("batch", [1, 8, 50])
def test_mean_and_inverse_covariance_are_anomalibs_whatever_the_batches(batch: int) -> None:
    with without_warnings():
        from anomalib.models.components.stats import MultiVariateGaussian
    embedding = _embedding()
    mean, inverse = MultiVariateGaussian().fit(embedding.double())
    found_mean, found_inverse = _streamed(embedding, batch)
    assert (found_mean.shape, found_inverse.shape) == (mean.shape, inverse.shape)
    assert found_mean.dtype == found_inverse.dtype == torch.float32
    torch.testing.assert_close(found_mean.double(), mean.double(), rtol=1e-5, atol=1e-5)
    # anomalib adds another 0.00001 to every variance.
    error = (found_inverse.double() - inverse.double()).flatten(1).norm(dim=1) / inverse.double().flatten(1).norm(dim=1)
    assert float(error.max()) < 1e-3
    direct = torch.linalg.inv(_covariance(embedding) + 0.01 * torch.eye(CHANNELS))
    torch.testing.assert_close(found_inverse.double(), direct, rtol=1e-5, atol=1e-5)


def _covariance(embedding: Tensor) -> Tensor:
    return torch.stack([torch.cov(position.T) for position in embedding.double().flatten(2).permute(2, 0, 1)])


@pytest.mark.parametrize("batch", [1, 50])
def test_one_gaussian_of_all_positions_is_that_of_all_cells(batch: int) -> None:
    embedding = _embedding()
    moments = Moments(1, CHANNELS, "cpu")
    for part in embedding.split(batch):
        moments.add(part)
    mean, inverse = moments.gaussians()
    cells = embedding.double().permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(mean.double(), cells.mean(dim=1, keepdim=True), rtol=1e-5, atol=1e-5)
    direct = torch.linalg.inv(torch.cov(cells) + 0.01 * torch.eye(CHANNELS))
    torch.testing.assert_close(inverse.double(), direct[None], rtol=1e-5, atol=1e-5)


def test_features_far_from_zero_lose_no_digits() -> None:
    _, near = _streamed(_embedding(), 8)
    mean, far = _streamed(_embedding(offset=1000), 8)
    torch.testing.assert_close(far, near, rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(mean - 1000, _streamed(_embedding(), 8)[0], rtol=0, atol=1e-3)


def test_one_patch_gives_a_gaussian_as_wide_as_the_ridge() -> None:
    mean, inverse = _streamed(_embedding(1), 8)
    torch.testing.assert_close(mean, _embedding(1)[0].flatten(1))
    torch.testing.assert_close(inverse, 100 * torch.eye(CHANNELS).expand_as(inverse), rtol=1e-4, atol=1e-2)


def test_fewer_patches_than_features_still_give_an_inverse() -> None:
    _, inverse = _streamed(_embedding(3), 8)
    assert torch.isfinite(inverse).all()
    assert float(torch.linalg.eigvalsh(inverse.double()).max()) == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize(("positions", "channels"), [(1, 1), (64, 40), (1024, 32)])
def test_the_memory_told_holds_three_matrices_at_every_position(positions: int, channels: int) -> None:
    needed = 3 * Moments(positions, channels, "cpu")._second.nbytes
    assert megabytes(positions, channels) * 2**20 >= needed
    assert (megabytes(positions, channels) - 1) * 2**20 < needed
