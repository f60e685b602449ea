"""A stored model that was loaded: what it gives for images that lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Localizer
from hpscan.core.errors import ImageError, ModelError
from hpscan.store.default_model import Choice
from hpscan.workflows.scoring import outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images, Scorer, Scores
    from hpscan.core.decision import OperatingPoint
    from hpscan.store.models import StoredModel

BATCH = 32
"""Images that go through the model at once."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LoadedModel:
    """A model that can be called.

    Attributes:
        stored: Its folder and manifest.
        scorer: The backend's scorer.
        device: What it computes on.
        choice: Why this model was taken.
    """

    stored: StoredModel
    scorer: Scorer
    device: str
    choice: Choice = Choice.NAMED

    def __repr__(self) -> str:
        """Which model, and where it computes: a manifest is long."""
        return f"<LoadedModel {self.name!r} ({self.stored.manifest.backend.name}) on {self.device}>"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.stored.manifest.name

    @property
    def operating_point(self) -> OperatingPoint:
        """The thresholds on patches, patients and density."""
        return self.stored.manifest.operating_point.point()

    @property
    def threshold(self) -> float:
        """The score from which on a patch counts as positive; equal is positive."""
        return self.operating_point.patch.value

    def score(self, images: Images) -> Scores:
        """One score for each image, (N,): no unit, higher means more likely *H. pylori*.

        Args:
            images: (N, H, W, 3), uint8, RGB, 0..255.

        Raises:
            ImageError: When they are not of that shape and type.
            BackendBrokenError: When the backend gives something else than scores.
        """
        checked = _checked(images)
        batches = [outputs.scores(self.scorer, checked[i : i + BATCH]) for i in range(0, len(checked), BATCH)]
        return np.concatenate(batches) if batches else np.zeros(0, np.float64)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Where the model sees something: (N, H, W), 0..1, one map for each image.

        Args:
            images: (N, H, W, 3), uint8, RGB, 0..255.

        Raises:
            ImageError: When they are not of that shape and type.
            ModelError: When the model's backend makes no heatmaps.
            BackendBrokenError: When the backend gives something else than heatmaps.
        """
        checked = _checked(images)
        if not isinstance(self.scorer, Localizer):
            raise ModelError(
                f"the model {self.name!r} makes no heatmaps: its backend, {self.stored.manifest.backend.name}, cannot",
                hint="take a model of another backend",
                path=self.stored.path,
            )
        scorer = self.scorer
        batches = [outputs.heatmaps(scorer, checked[i : i + BATCH]) for i in range(0, len(checked), BATCH)]
        return np.concatenate(batches) if batches else np.zeros(checked.shape[:3], np.float32)


def _checked(images: object) -> Images:
    """The images, seen to be (N, H, W, 3), uint8.

    Raises:
        ImageError: When they are not.
    """
    hint = "give uint8 RGB of the shape (N, H, W, 3); of one image x: x[None]"
    if not isinstance(images, np.ndarray):
        raise ImageError(f"images are a numpy array, and no {type(images).__name__}", hint=hint)
    if images.ndim != 4 or images.shape[3] != 3 or 0 in images.shape[1:3]:
        raise ImageError(f"images have the shape (N, H, W, 3), and not {images.shape}", hint=hint)
    if images.dtype != np.uint8:
        scale = "; of floats 0..1: (x * 255).round().astype('uint8')" if images.dtype.kind == "f" else ""
        raise ImageError(f"images are uint8, 0..255, and not {images.dtype}", hint=hint + scale)
    return images
