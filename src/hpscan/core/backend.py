"""The contract between hpscan and a model: what a backend is given, and what it must give back.

Arrays of numpy cross the border, so that a plugin needs no torch. The name of a backend belongs to its entry
point in the group `hpscan.backends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

Images = NDArray[np.uint8]
"""(N, H, W, 3), RGB, 0..255."""

Scores = NDArray[np.float64]
"""(N,), no unit, higher = more likely *H. pylori*."""

State = Mapping[str, NDArray[np.generic]]
"""What safetensors stores: a name for each array."""

S = TypeVar("S", bound=BaseModel)


class Supervision(StrEnum):
    """What a backend learns from; the workflow hands it just that."""

    NOTHING = "nothing"
    NEGATIVE_PATIENTS = "negative-patients"
    LABELLED_PATCHES = "labelled-patches"


class Patches(Protocol):
    """Patches to learn from: lazy, all of one size, readable again and again."""

    @property
    def patient_id(self) -> NDArray[np.str_]:
        """(N,): whose patch each is."""

    @property
    def label(self) -> NDArray[np.int8]:
        """(N,): -1 / 0 / +1, 0 where there is none."""

    def __len__(self) -> int: ...

    def read(self, index: NDArray[np.intp]) -> Images:
        """The pixels of the patches at `index`, (M,), as (M, H, W, 3)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far some long work has come.

    Attributes:
        stage: What is being done, for people, e.g. `epoch 3/20`.
        done: Units done within the stage.
        total: Units in the stage; None where it cannot be known.
        unit: What is counted.
        values: Figures of the moment, e.g. the loss.
    """

    stage: str
    done: int
    total: int | None
    unit: str = "patches"
    values: Mapping[str, float] = field(default_factory=dict)


def silent(_: Progress) -> None:
    """A progress callback that shows nothing."""


def never() -> bool:
    """A stop callback that never asks to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Run:
    """How to fit: everything that is not a setting of the model.

    Attributes:
        seed: The same seed on the same machine gives the same scores.
        device: `cpu`, `cuda`, `cuda:1`, `mps`.
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the device computes faster in it.
        progress: Called with how far the fit has come.
        should_stop: Asked between batches; once true, `fit` returns the best it has, as soon as it can.
    """

    seed: int = 0
    device: str = "cpu"
    precision: str = "auto"
    progress: Callable[[Progress], None] = silent
    should_stop: Callable[[], bool] = never


class Scorer(Protocol):
    """A fitted model. It can always be called: an unfitted one does not exist."""

    def score(self, images: Images) -> Scores:
        """One score for each image; neither their order nor their number changes it."""

    def state(self) -> State:
        """All that `Backend.restore` needs to make the same scorer again."""


@runtime_checkable
class Localizer(Protocol):
    """A scorer that can say where in a patch it sees something."""

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """(N, H, W), 0..1, one map for each image."""


@runtime_checkable
class Reconstructor(Protocol):
    """A scorer that paints a patch as it would look without bacteria."""

    def reconstruct(self, images: Images) -> Images:
        """(N, H, W, 3), RGB, 0..255."""


@runtime_checkable
class Checker(Protocol):
    """A backend that can tell before any patch is read that it could not fit, e.g. for want of pretrained weights."""

    def check(self, settings: BaseModel) -> None:
        """Raise an `HpscanError` then."""


@runtime_checkable
class Quick(Protocol):
    """A backend that can be tried in a hurry."""

    @property
    def quick(self) -> Mapping[str, Any]:
        """Settings that `hpscan benchmark --quick` takes in place of the defaults: fewer epochs, say."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit gives.

    Attributes:
        scorer: The fitted model.
        history: Figures by epoch, e.g. `{"epoch": 1, "loss": 0.01}`, with `network` counted where there are several; empty
            where there are no epochs.
        interrupted: Whether it stopped because it was asked to.
        pretrained: What it started from, for the model's manifest: e.g. backbone, source and SHA-256 of its weights.
    """

    scorer: Scorer
    history: tuple[Mapping[str, float], ...] = ()
    interrupted: bool = False
    pretrained: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol[S]):
    """One kind of model.

    Attributes:
        settings: A frozen pydantic model; every field is described, so that it can be shown and set.
    """

    @property
    def settings(self) -> type[S]:
        """The settings' type; `settings()` are the defaults."""

    def learns_from(self, settings: S) -> Supervision:
        """What `fit` needs with these settings."""

    def fit(self, train: Patches, validation: Patches, settings: S, run: Run) -> Fitted:
        """A fitted model. `validation` holds patches of other patients, for early stopping.

        Raises:
            InterruptedTrainingError: When `run.should_stop` asks to stop before there is anything to keep.
        """

    def restore(self, state: State, settings: S, *, device: str) -> Scorer:
        """The scorer whose `state` this is, with the same scores."""
