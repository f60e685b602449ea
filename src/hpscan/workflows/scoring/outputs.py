"""What a scorer gives, seen to be what the contract says: scores, heatmaps and reconstructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Localizer, Reconstructor
from hpscan.core.errors import BackendBrokenError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images, Scorer, Scores


def scores(scorer: Scorer, images: Images) -> Scores:
    """What the scorer gives for images, (N, H, W, 3), seen to be finite numbers, (N,).

    Raises:
        BackendBrokenError: When they are not.
    """
    answer: object = scorer.score(images)
    n = len(images)
    try:
        array = np.asarray(answer)
    except (TypeError, ValueError, RuntimeError):  # rows of different lengths; a tensor that is not on the CPU
        array = np.empty((), np.object_)
    if array.ndim == 0:
        raise _broken_score(
            f"gave {_counted(n, 'patch', 'patches')} a {type(answer).__name__}, which is no array of scores"
        )
    if array.ndim != 1:
        raise _broken_score(f"gave {_counted(n, 'patch', 'patches')} scores of shape {array.shape}, not ({n},)")
    if len(array) != n:
        raise _broken_score(f"gave {_counted(len(array), 'score')} for {_counted(n, 'patch', 'patches')}")
    if array.dtype.kind not in "iuf":
        raise _broken_score(f"gave a score that is not a number: {array[0]!r:.40}")
    numbers = array.astype(np.float64)
    wrong = numbers[~np.isfinite(numbers)]
    if len(wrong):
        kind = "not a number" if np.isnan(wrong[0]) else f"not finite: {wrong[0]}"
        raise _broken_score(f"gave a score that is {kind}")
    return numbers


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
    reconstruction = None
    if isinstance(scorer, Reconstructor):
        reconstruction = np.asarray(scorer.reconstruct(image[None]))
        if reconstruction.shape != (1, *image.shape) or reconstruction.dtype != np.uint8:
            raise _broken_array("reconstruct", reconstruction)
    heat = heatmaps(scorer, image[None]) if isinstance(scorer, Localizer) else None
    return View(None if reconstruction is None else reconstruction[0], None if heat is None else heat[0])


def heatmaps(scorer: Localizer, images: Images) -> NDArray[np.float32]:
    """Where the model sees something in images, (N, H, W, 3): (N, H, W), 0..1.

    Raises:
        BackendBrokenError: When it gives something else.
    """
    heat = np.asarray(scorer.heatmap(images))
    if heat.shape != images.shape[:3] or heat.dtype.kind != "f" or not np.isfinite(heat).all():
        raise _broken_array("heatmap", heat)
    return np.clip(heat, 0, 1).astype(np.float32)


def _counted(n: int, singular: str, plural: str = "") -> str:
    return f"{n} {singular if n == 1 else plural or f'{singular}s'}"


def _broken_score(what: str) -> BackendBrokenError:
    return BackendBrokenError(
        f"the model {what}",
        hint="check its backend with hpscan.testing.check_backend, and its pretrained weights if it has some",
    )


def _broken_array(method: str, array: NDArray[np.generic]) -> BackendBrokenError:
    return BackendBrokenError(
        f"the model's {method}() gave an array of shape {array.shape} and type {array.dtype} for one patch, or one that "
        "is not finite",
        hint="check its backend with hpscan.testing.check_backend",
    )
