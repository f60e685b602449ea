"""A GPU gives the same answers as a CPU: each built-in backend, fitted on one and restored on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from hpscan.backends.autoencoder import backend as autoencoder
from hpscan.backends.bundled import backend as bundled
from hpscan.backends.cnn import backend as cnn
from hpscan.backends.padim import backend as padim
from hpscan.backends.patchcore import backend as patchcore
from hpscan.backends.redness import backend as redness
from hpscan.backends.synthetic import backend as synthetic
from hpscan.core.backend import Localizer, Run
from hpscan.testing import check_backend
from hpscan.testing import synthetic as synthetic_patches

if TYPE_CHECKING:
    from pydantic import BaseModel

    from hpscan.core.backend import Backend, Scorer

DEVICE = "cuda"

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.xdist_group("gpu"),
]

BUILT_IN: dict[str, tuple[Backend[Any], BaseModel]] = {
    "redness": (redness.backend, redness.backend.settings()),
    "autoencoder": (autoencoder.backend, autoencoder.AutoencoderSettings(epochs=5, crop=64, batch_size=4)),
    "cnn": (cnn.backend, cnn.CnnSettings(batch_size=8)),
    "patchcore": (patchcore.backend, patchcore.PatchcoreSettings(bank=500, memory=4)),
    "padim": (padim.backend, padim.PadimSettings(features=16)),
    "bundled": (bundled.backend, bundled.BundledSettings()),
    "synthetic": (synthetic.backend, synthetic.SyntheticSettings(steps=30, batch_size=8, learning_rate=3e-3)),
}
SIZE = 128
TOLERANCE = 0.01
"""How far a device may move a score, as a proportion of the scores' standard deviation."""


@dataclass(frozen=True)
class Both:
    """One model, fitted on the GPU, on either device."""

    name: str
    gpu: Scorer
    cpu: Scorer
    back: Scorer


@pytest.fixture(scope="module", params=BUILT_IN)
def both(request: pytest.FixtureRequest) -> Both:
    backend, settings = BUILT_IN[request.param]
    supervision = backend.learns_from(settings)
    train, validation = synthetic_patches.train(supervision, SIZE), synthetic_patches.validation(supervision, SIZE)
    fitted = backend.fit(train, validation, settings, Run(seed=7, device=DEVICE)).scorer
    cpu = backend.restore(fitted.state(), settings, device="cpu")
    return Both(request.param, fitted, cpu, backend.restore(cpu.state(), settings, device=DEVICE))


def test_a_model_fitted_on_a_gpu_scores_the_same_on_a_cpu(both: Both) -> None:
    images = synthetic_patches.unseen(SIZE).images
    gpu, cpu, back = both.gpu.score(images), both.cpu.score(images), both.back.score(images)
    allowed = TOLERANCE * cpu.std()
    assert allowed > 0
    assert np.abs(gpu - cpu).max() <= allowed
    assert np.abs(back - gpu).max() <= allowed


@pytest.mark.parametrize("quantile", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_no_finding_changes_with_the_device_unless_its_score_is_at_the_threshold(both: Both, quantile: float) -> None:
    images = synthetic_patches.unseen(SIZE).images
    cpu, gpu = both.cpu.score(images), both.gpu.score(images)
    threshold = float(np.quantile(cpu, quantile))
    clear = np.abs(cpu - threshold) > TOLERANCE * cpu.std()
    assert clear.sum() > len(images) / 3
    np.testing.assert_array_equal((gpu >= threshold)[clear], (cpu >= threshold)[clear])


def test_heatmaps_look_the_same(both: Both) -> None:
    if not isinstance(both.cpu, Localizer):
        pytest.skip("it draws no heatmap")
    assert isinstance(both.gpu, Localizer)
    images = synthetic_patches.unseen(SIZE).images
    cpu, gpu = both.cpu.heatmap(images), both.gpu.heatmap(images)
    # A pixel at a gate's edge may jump; the picture must not.
    assert np.quantile(np.abs(cpu - gpu), 0.999) < 0.02
    assert np.corrcoef(cpu.ravel(), gpu.ravel())[0, 1] > 0.999


def test_the_stored_tensors_are_the_same_ones_whichever_device_holds_them(both: Both) -> None:
    gpu, cpu = both.gpu.state(), both.cpu.state()
    assert gpu.keys() == cpu.keys()
    for name, array in gpu.items():
        np.testing.assert_array_equal(array, cpu[name], err_msg=name)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_backend_keeps_the_contract_on_a_gpu(name: str) -> None:
    backend, settings = BUILT_IN[name]
    check_backend(backend, settings, device=DEVICE, size=SIZE)
