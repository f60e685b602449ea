"""What a model shows of one patch besides its score, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Localizer, Reconstructor
from hpscan.core.errors import BackendBrokenError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Scorer


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A patch as a model sees it.

    Attributes:
        reconstruction: (H, W, 3), RGB; None where the model is no `Reconstructor`.
        heatmap: (H, W), 0..1; None where it is no `Localizer`.
    """

    reconstruction: NDArray[np.uint8] | None
    heatmap: NDArray[np.float32] | None


def view(scorer: Scorer, image: NDArray[np.uint8]) -> View:
    """How the model sees an image, (H, W, 3).

    Raises:
        BackendBrokenError: When it gives something else than the contract says.
    """
    painted = heat = None
    if isinstance(scorer, Reconstructor):
        painted = np.asarray(scorer.reconstruct(image[None]))
        if painted.shape != (1, *image.shape) or painted.dtype != np.uint8:
            raise _broken("reconstruct", painted)
    if isinstance(scorer, Localizer):
        heat = np.asarray(scorer.heatmap(image[None]))
        if heat.shape != (1, *image.shape[:2]) or heat.dtype.kind != "f" or not np.isfinite(heat).all():
            raise _broken("heatmap", heat)
    return View(
        None if painted is None else painted[0],
        None if heat is None else np.clip(heat[0], 0, 1).astype(np.float32),
    )


def _broken(name: str, given: NDArray[np.generic]) -> BackendBrokenError:
    return BackendBrokenError(
        f"the model's {name}() gave an array of shape {given.shape} and type {given.dtype} for one patch, or one that is "
        "not finite",
        hint="check its backend with hpscan.testing.check_backend",
    )
