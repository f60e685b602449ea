"""The memory bank is chosen from as many vectors as fit, and the choice is the published one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hpscan.backends.patchcore.fit import coreset, vectors_per_patch
from hpscan.backends.shared.anomaly import without_warnings
from hpscan.core.backend import Progress, Run
from hpscan.core.errors import InterruptedTrainingError


@pytest.mark.parametrize("n", [1, 7, 100, 1601, 30_000])
@pytest.mark.parametrize(("cells", "channels"), [(64, 40), (1024, 64), (4096, 520)])
@pytest.mark.parametrize("mib", [1, 64, 1000])
def test_patches_give_as_many_vectors_as_fit_and_none_gives_more_than_it_has(
    n: int, cells: int, channels: int, mib: int
) -> None:
    def takes(share: int) -> int:
        return np.zeros((1, channels), np.float32).nbytes * n * share

    share = vectors_per_patch(n, cells, channels, mib)
    assert 0 <= share <= cells
    assert takes(share) <= mib * 2**20
    assert share == cells or takes(share + 1) > mib * 2**20


def _vectors(n: int = 300, channels: int = 8) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n, channels)).astype(np.float32))


@pytest.mark.parametrize("size", [2, 30, 150])
def test_the_choice_is_anomalibs_own_without_its_projection(size: int) -> None:
    with without_warnings():
        from anomalib.models.components.sampling.k_center_greedy import KCenterGreedy
    vectors = _vectors()
    torch.manual_seed(3)
    # Embeddings of three axes are not projected.
    sampler = KCenterGreedy(vectors[:, :, None], sampling_ratio=(size + 0.5) / len(vectors))
    expected = vectors[sampler.select_coreset_idxs()]
    torch.manual_seed(3)
    assert len(expected) == size
    assert torch.equal(coreset(vectors, size, Run()), expected)


def test_every_cluster_is_in_the_bank_before_any_has_two() -> None:
    cluster = torch.arange(200) % 10
    vectors = 0.1 * _vectors(200) + 50 * torch.randn(10, 8, generator=torch.Generator().manual_seed(1))[cluster]
    chosen = coreset(vectors, 10, Run())
    found = [int(cluster[(vectors == vector).all(dim=1)]) for vector in chosen]
    assert sorted(found) == list(range(10))


def test_a_bank_of_all_vectors_holds_each_once() -> None:
    vectors = torch.cat([_vectors(60), _vectors(60)[:20]])  # some are there twice
    chosen = coreset(vectors, len(vectors), Run())
    assert sorted(chosen.tolist()) == sorted(vectors.tolist())


def test_the_first_vector_comes_by_chance_from_torchs_seed() -> None:
    firsts = []
    for seed in (1, 1, 2, 3):
        torch.manual_seed(seed)
        firsts.append(coreset(_vectors(), 1, Run())[0].tolist())
    assert firsts[0] == firsts[1]
    assert len({tuple(first) for first in firsts}) == 3


@pytest.mark.parametrize("size", [2, 50, 149, 150])
def test_progress_ends_at_the_size_of_the_bank(size: int) -> None:
    told: list[Progress] = []
    coreset(_vectors(), size, Run(progress=told.append))
    assert [p.done for p in told] == sorted({p.done for p in told})
    assert (told[-1].done, told[-1].total, told[-1].unit) == (size, size, "vectors")
    assert {p.stage for p in told} == {"memory bank"}


def test_the_choice_stops_when_asked() -> None:
    told: list[Progress] = []
    with pytest.raises(InterruptedTrainingError):
        coreset(_vectors(), 290, Run(progress=told.append, should_stop=lambda: len(told) == 2))
    assert told[-1].done < 200
