"""The classifier learns from both classes, in the mix that its settings say, and is restored without asking anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from hpscan.backends.cnn.backend import backend
from hpscan.backends.cnn.fit import _Lesson
from hpscan.backends.cnn.settings import CnnSettings
from hpscan.backends.pretrained import weights
from hpscan.backends.shared import training
from hpscan.core.backend import Run, Supervision
from hpscan.core.errors import InterruptedTrainingError, ModelDamagedError, NotEnoughDataError
from hpscan.phantom.cohort import draw_patch

if TYPE_CHECKING:
    from hpscan.core.backend import Fitted, Images, Patches

pytestmark = pytest.mark.xdist_group("cnn")

TINY = CnnSettings(
    backbone="test_resnet", pretrained=False, epochs=3, batch_size=8, positive_share=0.5, views=2, members=1
)


def _drawn(seeds: range, rods: int = 0) -> Images:
    return np.stack([draw_patch(np.random.default_rng(s), rods=rods, size=64).image for s in seeds])


@pytest.fixture(scope="module")
def labelled(in_memory: type) -> Patches:
    """Twelve negative and four positive patches of eight patients."""
    images = np.concatenate([_drawn(range(12)), _drawn(range(4), rods=20)])
    return in_memory(images, [f"p{i % 8}" for i in range(16)], [-1] * 12 + [1] * 4)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def held_out(in_memory: type) -> Patches:
    """One negative and one positive patch of another patient."""
    return in_memory(np.concatenate([_drawn(range(20, 21)), _drawn(range(20, 21), rods=20)]), ["v"] * 2, [-1, 1])  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def fitted(labelled: Patches, held_out: Patches) -> Fitted:
    return backend.fit(labelled, held_out, TINY, Run(seed=7))


def _copy(in_memory: type, patches: Patches, label: list[int] | None = None) -> Patches:
    """The same patches, with nothing read yet, and perhaps other labels."""
    return in_memory(  # type: ignore[no-any-return]
        patches.images,  # type: ignore[attr-defined]
        patches.patient_id.tolist(),
        patches.label.tolist() if label is None else label,
    )


# --- what it learns from


def test_it_learns_from_labelled_patches() -> None:
    assert backend.learns_from(TINY) is Supervision.LABELLED_PATCHES


@pytest.mark.parametrize(("label", "missing"), [(-1, "positive"), (1, "negative"), (0, "positive")])
def test_without_one_of_the_classes_nothing_is_learned(
    in_memory: type, labelled: Patches, held_out: Patches, label: int, missing: str
) -> None:
    patches = _copy(in_memory, labelled, [label] * len(labelled))
    with pytest.raises(NotEnoughDataError, match=f"no patch labelled {missing} is among the 16") as caught:
        backend.fit(patches, held_out, TINY, Run())
    assert "label more patches" in caught.value.hint
    assert patches.reads == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("share", "n_positive"), [(0.25, 4), (0.5, 8), (0.75, 12)])
def test_every_epoch_shows_the_share_of_positives_that_the_settings_say(
    in_memory: type, labelled: Patches, held_out: Patches, share: float, n_positive: int
) -> None:
    patches = _copy(in_memory, labelled)
    backend.fit(patches, held_out, TINY.model_copy(update={"positive_share": share, "batch_size": 16}), Run())
    reads = patches.reads  # type: ignore[attr-defined]  # one batch holds a whole epoch
    assert len(reads) == 3
    for shown in reads:
        assert len(shown) == 16
        assert sum(patches.label[i] == 1 for i in shown) == n_positive


class _AskedError(Exception):
    """Ends a fit once it is known how it would train."""


@pytest.mark.parametrize(
    ("label", "stops_early"), [([-1, 1], True), ([-1, -1], False), ([1, 1], False), ([0, 1], False), ([0, 0], False)]
)
def test_it_stops_early_only_where_validation_holds_both_classes(
    in_memory: type,
    labelled: Patches,
    held_out: Patches,
    monkeypatch: pytest.MonkeyPatch,
    label: list[int],
    stops_early: bool,
) -> None:
    tasks: list[training.Task] = []

    def train(*arguments: object) -> None:
        tasks.append(arguments[3])  # type: ignore[arg-type]
        raise _AskedError

    monkeypatch.setattr(training, "train", train)
    with pytest.raises(_AskedError):
        backend.fit(labelled, _copy(in_memory, held_out, label), TINY, Run())
    assert tasks[0].early_stopping is stops_early


def test_a_validation_of_one_class_trains_all_epochs_and_keeps_the_last(
    in_memory: type, labelled: Patches, held_out: Patches
) -> None:
    settings = TINY.model_copy(update={"patience": 1, "learning_rate": 0.05})
    made = backend.fit(labelled, _copy(in_memory, held_out, [-1, -1]), settings, Run(seed=7))
    assert len(made.history) == 3
    assert not any("validation_loss" in row for row in made.history)


def test_what_training_varies_is_what_the_settings_say(labelled: Patches, held_out: Patches) -> None:
    usual = {"stain_jitter": 0.0, "brightness_jitter": 0.0, "blur": 0.0, "epochs": 1}
    losses = []
    for changed in ({}, {}, {"stain_jitter": 0.5}, {"brightness_jitter": 0.5}, {"blur": 5.0}):
        made = backend.fit(labelled, held_out, TINY.model_copy(update=usual | changed), Run(seed=7))
        losses.append(made.history[0]["loss"])
    assert losses[0] == losses[1]
    assert len(set(losses)) == 4


class _Sure(torch.nn.Module):
    """Calls every patch positive, with log odds of 10."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(10.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight.detach().expand(len(x))


@pytest.mark.parametrize(("share", "size", "loss"), [(0.0, 64, 10), (1.0, 64, 0), (1.0, 48, 10)])
def test_patches_that_bacteria_are_painted_on_become_positive(share: float, size: int, loss: float) -> None:
    """Patches too small to paint on keep their label; validation is shown nothing painted."""
    lesson = _Lesson(CnnSettings(painted_share=share, confounded_share=0), None, 0)
    images, labels = np.full((4, size, size, 3), 200, np.uint8), np.full(4, -1, np.int8)
    module = _Sure()
    assert float(lesson(module, images, labels)) == pytest.approx(loss, abs=0.01)
    assert float(lesson(module.eval(), images, labels)) == pytest.approx(10, abs=0.01)


def test_patches_that_only_dirt_is_painted_on_keep_their_label() -> None:
    lesson = _Lesson(CnnSettings(painted_share=0, confounded_share=1), None, 0)
    images = np.full((4, 64, 64, 3), 200, np.uint8)
    assert float(lesson(_Sure(), images, np.full(4, -1, np.int8))) == pytest.approx(10, abs=0.01)


# --- several networks


@pytest.fixture(scope="module")
def three(labelled: Patches, held_out: Patches) -> Fitted:
    return backend.fit(labelled, held_out, TINY.model_copy(update={"members": 3, "epochs": 1}), Run(seed=7))


def test_members_are_the_fits_of_successive_seeds_and_the_score_is_their_mean(
    three: Fitted, labelled: Patches, held_out: Patches
) -> None:
    images = labelled.images  # type: ignore[attr-defined]
    alone = TINY.model_copy(update={"epochs": 1})
    scores = [backend.fit(labelled, held_out, alone, Run(seed=seed)).scorer.score(images) for seed in (7, 8, 9)]
    assert not np.allclose(scores[0], scores[1])
    np.testing.assert_allclose(three.scorer.score(images), np.mean(scores, axis=0), atol=1e-6)
    assert [row["epoch"] for row in three.history] == [1, 2, 3]


def test_members_are_restored_exactly(three: Fitted, labelled: Patches) -> None:
    images = labelled.images  # type: ignore[attr-defined]
    restored = backend.restore(three.scorer.state(), TINY.model_copy(update={"members": 3}), device="cpu")
    np.testing.assert_array_equal(restored.score(images), three.scorer.score(images))
    np.testing.assert_array_equal(restored.heatmap(images), three.scorer.heatmap(images))  # type: ignore[attr-defined]


def test_stopping_between_members_keeps_those_that_are_done(labelled: Patches, held_out: Patches) -> None:
    seen: list[str] = []
    settings = TINY.model_copy(update={"members": 3, "epochs": 1})
    run = Run(
        seed=7, progress=lambda step: seen.append(step.stage), should_stop=lambda: "network 2/3" in " ".join(seen)
    )
    made = backend.fit(labelled, held_out, settings, run)
    assert made.interrupted
    one = backend.fit(labelled, held_out, TINY.model_copy(update={"epochs": 1}), Run(seed=7))
    images = labelled.images  # type: ignore[attr-defined]
    np.testing.assert_array_equal(made.scorer.score(images), one.scorer.score(images))


def test_stopping_before_the_first_epoch_ends_keeps_nothing(labelled: Patches, held_out: Patches) -> None:
    with pytest.raises(InterruptedTrainingError):
        backend.fit(labelled, held_out, TINY, Run(should_stop=lambda: True))


# --- what it starts from


def test_from_random_weights_it_names_no_pretrained_ones_and_asks_for_none(
    labelled: Patches, held_out: Patches, fitted: Fitted, nothing_to_find: None
) -> None:
    assert fitted.pretrained == {}
    assert backend.fit(labelled, held_out, TINY.model_copy(update={"epochs": 1}), Run()).history


def test_it_tells_which_pretrained_weights_it_started_from(labelled: Patches, held_out: Patches) -> None:
    made = backend.fit(labelled, held_out, CnnSettings(epochs=1), Run())
    assert made.pretrained == weights.read(weights.find(weights.DEFAULT)).record


@pytest.fixture
def nothing_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pretrained weights can be had, and nobody may ask."""

    def fail(*_: object) -> None:
        raise AssertionError("pretrained weights were asked for")

    monkeypatch.setattr(weights, "find", fail)
    monkeypatch.setattr(weights, "read", fail)


# --- restored


def test_it_is_restored_exactly_and_without_pretrained_weights(
    fitted: Fitted, labelled: Patches, nothing_to_find: None
) -> None:
    images = labelled.images  # type: ignore[attr-defined]
    settings = TINY.model_copy(update={"pretrained": True, "weights": "/no/such/file.safetensors"})
    restored = backend.restore(fitted.scorer.state(), settings, device="cpu")
    np.testing.assert_array_equal(restored.score(images), fitted.scorer.score(images))
    np.testing.assert_array_equal(restored.heatmap(images), fitted.scorer.heatmap(images))  # type: ignore[attr-defined]
    assert np.ptp(restored.score(images)) > 0


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit"])
def test_tensors_of_another_network_are_refused(fitted: Fitted, backbone: str) -> None:
    state = dict(fitted.scorer.state())
    if backbone == TINY.backbone:
        state.popitem()
    with pytest.raises(ModelDamagedError, match=backbone) as caught:
        backend.restore(state, TINY.model_copy(update={"backbone": backbone}), device="cpu")
    assert caught.value.hint


def test_weights_that_nothing_would_start_from_are_refused() -> None:
    with pytest.raises(ValidationError, match="pretrained is false"):
        CnnSettings(weights="mine.safetensors", pretrained=False)
