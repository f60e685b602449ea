"""What a patch costs, as ratios to decoding it from PNG, measured in one run: python benchmarks/throughput.py.

Decoding is what every score pays first, so a ratio below 1 means that the step is not what a user waits for.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from hpscan.backends.autoencoder.network import ShallowAutoencoder
from hpscan.backends.autoencoder.scorer import AutoencoderScorer
from hpscan.backends.autoencoder.settings import AutoencoderSettings, Network
from hpscan.backends.cnn.network import Classifier, ClassifierScorer
from hpscan.backends.cnn.settings import CnnSettings
from hpscan.backends.padim.backend import backend as padim
from hpscan.backends.padim.settings import PadimSettings
from hpscan.backends.patchcore.backend import backend as patchcore
from hpscan.backends.patchcore.settings import PatchcoreSettings
from hpscan.backends.redness.backend import RednessScorer
from hpscan.backends.redness.settings import RednessSettings
from hpscan.core.backend import Run
from hpscan.data.images.batches import decode
from hpscan.data.images.quality import look
from hpscan.phantom.cohort import draw_cohort

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hpscan.core.backend import Images

PATCHES = 48
ROUNDS = 3


class _Drawn:
    """Drawn patches to fit on: what a model has learned does not change how long it takes to score."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self.patient_id = np.array(["phantom"] * len(images))
        self.label = np.zeros(len(images), np.int8)

    def __len__(self) -> int:
        return len(self._images)

    def read(self, index: NDArray[np.intp]) -> Images:
        return self._images[index]


def _seconds(work: Callable[[], object]) -> float:
    """The quickest of a few rounds, a patch."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) / PATCHES


def main() -> None:
    """Print the table."""
    cohort = draw_cohort(4, PATCHES // 4, 0)
    images = np.stack([patch.image for patient in cohort for patch in patient])
    files = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, format="PNG")
        files.append(buffer.getvalue())
    redness = RednessScorer(RednessSettings())
    autoencoder = AutoencoderScorer(ShallowAutoencoder(), AutoencoderSettings(network=Network.SHALLOW), "cpu")
    classifier = ClassifierScorer([Classifier(CnnSettings(), None)], CnnSettings(), "cpu")
    few = _Drawn(images[:12])
    near = patchcore.fit(few, few, PatchcoreSettings(), Run()).scorer
    likely = padim.fit(few, few, PadimSettings(), Run()).scorer
    red = images[redness.score(images) > 0]
    steps: dict[str, Callable[[], object]] = {
        "decode from PNG": lambda: [decode(data, "patch") for data in files],
        "draw a phantom": lambda: [patch.image for patient in cohort for patch in patient],
        "look for blank, blur, stain": lambda: look(images),
        "score by redness": lambda: redness.score(images),
        f"score by autoencoder ({len(red)} of {len(images)} with red)": lambda: autoencoder.score(images),
        "paint every patch": lambda: autoencoder.reconstruct(images),
        "score by cnn": lambda: classifier.score(images),
        "score by patchcore": lambda: near.score(images),
        "score by padim": lambda: likely.score(images),
    }
    seconds = {name: _seconds(work) for name, work in steps.items()}
    base = seconds["decode from PNG"]
    for name, value in seconds.items():
        print(f"{name:50} {1000 * value:8.2f} ms a patch  {value / base:6.2f} x decoding")


if __name__ == "__main__":
    main()
