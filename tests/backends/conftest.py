"""Patches that lie in memory and remember what was read of them, and one small autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.backends.autoencoder.backend import backend
from hpscan.backends.autoencoder.settings import AutoencoderSettings
from hpscan.core.backend import Run
from hpscan.phantom.cohort import draw_patch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Fitted, Images

SMALL = AutoencoderSettings(epochs=3, crop=64, batch_size=4)


class InMemory:
    """Patches that lie in memory."""

    def __init__(self, images: Images, patient_id: list[str], label: list[int] | None = None) -> None:
        self.images = images
        self.patient_id = np.array(patient_id)
        self.label = np.array(label or [0] * len(images), dtype=np.int8)
        self.reads: list[list[int]] = []

    def __len__(self) -> int:
        return len(self.images)

    def read(self, index: NDArray[np.intp]) -> Images:
        self.reads.append(index.tolist())
        return self.images[index]


@pytest.fixture(scope="session")
def in_memory() -> type[InMemory]:
    """Makes patches from pixels, patients and labels."""
    return InMemory


def _drawn(seeds: range, rods: int = 0) -> Images:
    return np.stack([draw_patch(np.random.default_rng(s), rods=rods, size=96).image for s in seeds])


@pytest.fixture(scope="session")
def clean() -> InMemory:
    """Twelve uninfected patches of four patients."""
    return InMemory(_drawn(range(12)), [f"p{i % 4}" for i in range(12)])


@pytest.fixture(scope="session")
def unseen() -> Images:
    """Twelve patches, the first half uninfected, the second the same tissue with bacteria."""
    return np.concatenate([_drawn(range(100, 106)), _drawn(range(100, 106), rods=25)])


@pytest.fixture(scope="session")
def fitted(clean: InMemory) -> Fitted:
    """A small autoencoder."""
    return backend.fit(clean, InMemory(clean.images[:4], ["v"] * 4), SMALL, Run(seed=7))
