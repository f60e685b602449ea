"""The training loop, run on a network of one number with losses that are scripted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hpscan.backends.shared import training
from hpscan.backends.shared.training import Task, Trained, _augment, train
from hpscan.core.backend import Progress, Run
from hpscan.core.errors import InterruptedTrainingError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpscan.core.backend import Images

pytestmark = pytest.mark.xdist_group("autoencoder")


class _One(nn.Module):
    """A network of one number; each step makes it smaller."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.w


class _Script:
    """A loss that validates as scripted, one value an epoch, and remembers the network and what it was given."""

    def __init__(self, validation: Sequence[float]) -> None:
        self._validation = iter(validation)
        self.weights: list[float] = []
        self.trained_on: list[tuple[list[int], list[int]]] = []
        self.validated_on: list[list[int]] = []

    def __call__(self, network: nn.Module, images: Images, label: np.ndarray) -> Tensor:
        (w,) = network.parameters()
        shown = images[:, 0, 0, 0].tolist()
        if torch.is_grad_enabled():
            assert network.training
            self.trained_on.append((shown, label.tolist()))
            return w.sum()
        assert not network.training
        self.weights.append(w.item())
        self.validated_on.append(shown)
        return torch.tensor(next(self._validation))


def _patches(in_memory: type, owners: Sequence[str], label: list[int] | None = None) -> object:
    """Patches of 8 x 8 pixels, each of the colour of its number."""
    images = np.zeros((len(owners), 8, 8, 3), np.uint8)
    images += np.arange(len(owners), dtype=np.uint8)[:, None, None, None]
    return in_memory(images, list(owners), label)


def _task(loss: Callable[..., Tensor], **changed: object) -> Task:
    usual = {"epochs": 4, "patience": 9, "batch_size": 64, "learning_rate": 0.1, "patches_per_patient": 50, "crop": 8}
    return Task(loss=loss, **(usual | changed))  # type: ignore[arg-type]


def _train(in_memory: type, loss: _Script, run: Run | None = None, **changed: object) -> tuple[Trained, float, object]:
    network, patches = _One(), _patches(in_memory, "aab")
    trained = train(network, patches, _patches(in_memory, "v"), _task(loss, **changed), run or Run())  # type: ignore[arg-type]
    return trained, network.w.item(), patches


# --- which patches an epoch sees


def test_no_patient_gives_an_epoch_more_patches_than_allowed_and_every_epoch_draws_anew(in_memory: type) -> None:
    patches = _patches(in_memory, ["a"] * 10 + ["b"] * 2)
    loss = _Script([1.0] * 12)
    train(_One(), patches, _patches(in_memory, "v"), _task(loss, epochs=12, patience=12, patches_per_patient=3), Run())  # type: ignore[arg-type]
    of_a = []
    for read in patches.reads:  # type: ignore[attr-defined]  # one batch holds a whole epoch
        assert len(set(read)) == len(read) == 5
        assert {10, 11} <= set(read)
        of_a.append(frozenset(read) - {10, 11})
    assert len(of_a) == 12
    assert len(set(of_a)) > 6
    assert frozenset.union(*of_a) == set(range(10))


def test_validation_sees_the_same_patches_in_every_epoch_capped_too(in_memory: type) -> None:
    loss = _Script([1.0] * 4)
    validation = _patches(in_memory, ["v"] * 10)
    train(_One(), _patches(in_memory, "ab"), validation, _task(loss, patches_per_patient=3), Run())  # type: ignore[arg-type]
    reads = validation.reads  # type: ignore[attr-defined]
    assert len(reads) == 4
    assert len(reads[0]) == 3
    assert reads.count(reads[0]) == 4


def test_a_patch_comes_with_its_own_label(in_memory: type) -> None:
    label = [-1, 1, 1, -1, 1, -1, -1]
    loss = _Script([1.0] * 3)
    patches = _patches(in_memory, "aabbccc", label)
    train(_One(), patches, _patches(in_memory, "v"), _task(loss, epochs=3, batch_size=3), Run())  # type: ignore[arg-type]
    assert [len(shown) for shown, _ in loss.trained_on] == [3, 3, 1] * 3
    for shown, labels in loss.trained_on:
        assert labels == [label[i] for i in shown]


def test_the_same_seed_shows_the_same_patches_in_the_same_order(in_memory: type) -> None:
    shown = []
    for seed in (1, 1, 2):
        loss = _Script([1.0] * 4)
        _train(in_memory, loss, Run(seed=seed), batch_size=1)
        shown.append(loss.trained_on)
    assert shown[0] == shown[1]
    assert shown[0] != shown[2]


def _epochs(patches: object, loss: _Script) -> list[list[int]]:
    """The patches that each epoch showed; one batch holds a whole epoch."""
    assert len(patches.reads) == len(loss.trained_on)  # type: ignore[attr-defined]
    return patches.reads  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("n_positive", "n_negative", "share", "expected"),
    [(2, 18, 0.4, 8), (18, 2, 0.4, 8), (5, 5, 0.5, 5), (1, 9, 0.25, 2), (3, 7, 0.9, 9)],
)
def test_every_epoch_holds_the_stated_share_of_positives_and_repeats_evenly(
    in_memory: type, n_positive: int, n_negative: int, share: float, expected: int
) -> None:
    n = n_positive + n_negative
    label = [1] * n_positive + [-1] * n_negative
    patches, loss = _patches(in_memory, [f"p{i}" for i in range(n)], label), _Script([1.0] * 4)
    train(_One(), patches, _patches(in_memory, "v"), _task(loss, positive_share=share), Run())  # type: ignore[arg-type]
    for shown in _epochs(patches, loss):
        assert len(shown) == n
        often = np.bincount(shown, minlength=n)
        positives, negatives = often[:n_positive], often[n_positive:]
        assert positives.sum() == expected
        for of_class in (positives, negatives):
            assert np.ptp(of_class) <= 1  # none twice before each was once


def test_with_a_share_of_positives_every_epoch_draws_other_negatives_and_mixes_them(in_memory: type) -> None:
    patches, loss = _patches(in_memory, [f"p{i}" for i in range(20)], [1] * 4 + [-1] * 16), _Script([1.0] * 9)
    train(_One(), patches, _patches(in_memory, "v"), _task(loss, epochs=9, positive_share=0.5), Run())  # type: ignore[arg-type]
    epochs = _epochs(patches, loss)
    negatives = [frozenset(i for i in shown if i >= 4) for shown in epochs]
    assert all(len(drawn) == 10 for drawn in negatives)
    assert len(set(negatives)) > 4
    assert frozenset.union(*negatives) == set(range(4, 20))
    first_half = [sum(i < 4 for i in shown[:10]) for shown in epochs]
    assert 2 < np.mean(first_half) < 8
    assert len(set(first_half)) > 1


def test_the_share_of_positives_holds_where_one_patient_has_more_patches_than_an_epoch_takes(in_memory: type) -> None:
    label = [-1] * 100 + [1] * 20
    patches, loss = _patches(in_memory, ["a"] * 60 + ["b"] * 60, label), _Script([1.0] * 4)
    task = _task(loss, patches_per_patient=20, positive_share=0.3)
    train(_One(), patches, _patches(in_memory, "v"), task, Run())  # type: ignore[arg-type]
    for shown in _epochs(patches, loss):
        assert sum(label[i] == 1 for i in shown) == round(0.3 * len(shown)) > 0


def test_rare_positives_of_a_patient_with_many_patches_do_not_get_lost(in_memory: type) -> None:
    label = [-1] * 99 + [1]
    patches, loss = _patches(in_memory, ["a"] * 100, label), _Script([1.0] * 4)
    task = _task(loss, patches_per_patient=10, positive_share=0.4)
    train(_One(), patches, _patches(in_memory, "v"), task, Run())  # type: ignore[arg-type]
    for shown in _epochs(patches, loss):
        assert shown.count(99) == 4
        assert max(shown.count(i) for i in range(99)) == 1


# --- when it ends, and what it keeps


def test_training_ends_after_as_many_epochs_without_progress_as_it_is_patient(in_memory: type) -> None:
    loss = _Script([3, 1, 2, 1, 0.5])  # 1 again is no progress
    trained, w, _ = _train(in_memory, loss, epochs=5, patience=2)
    assert [row["validation_loss"] for row in trained.history] == [3, 1, 2, 1]
    assert w == loss.weights[1]
    assert len(set(loss.weights)) == 4
    assert trained.interrupted is False


def test_an_epoch_of_progress_starts_the_patience_anew(in_memory: type) -> None:
    trained, w, _ = _train(in_memory, loss := _Script([3, 4, 2, 5, 1, 6]), epochs=6, patience=2)
    assert len(trained.history) == 6
    assert w == loss.weights[4]


def test_the_best_weights_stay_when_the_last_epochs_are_worse(in_memory: type) -> None:
    _, w, _ = _train(in_memory, loss := _Script([2, 1, 3, 4]))
    assert w == loss.weights[1] != loss.weights[3]


def test_stopping_after_an_epoch_keeps_the_best_so_far(in_memory: type) -> None:
    stages: list[str] = []
    run = Run(progress=lambda p: stages.append(p.stage), should_stop=lambda: "epoch 3/9" in stages)
    trained, w, _ = _train(in_memory, loss := _Script([1, 2, 3]), run, epochs=9, batch_size=1)
    assert trained.interrupted is True
    assert [row["epoch"] for row in trained.history] == [1, 2]
    assert w == loss.weights[0]


class _Falling(_Script):
    """A loss that is the weight itself until it breaks after so many steps."""

    def __init__(self, whole_steps: float) -> None:
        super().__init__([])
        self._left = whole_steps

    def __call__(self, network: nn.Module, images: Images, label: np.ndarray) -> Tensor:
        assert torch.is_grad_enabled(), "nothing may be validated"
        (w,) = network.parameters()
        self.weights.append(w.item())
        self._left -= 1
        return super().__call__(network, images, label) * (1 if self._left >= 0 else math.nan)


def test_without_early_stopping_nothing_is_validated_all_epochs_run_and_the_last_weights_stay(in_memory: type) -> None:
    loss = _Falling(math.inf)
    trained, w, _ = _train(in_memory, loss, epochs=5, patience=1, early_stopping=False)
    assert [row["epoch"] for row in trained.history] == [1, 2, 3, 4, 5]
    assert not any("validation_loss" in row for row in trained.history)
    assert w < min(loss.weights)


def test_without_early_stopping_weights_from_before_the_loss_broke_stay(in_memory: type) -> None:
    loss = _Falling(2)  # a step an epoch: the third one breaks
    trained, w, _ = _train(in_memory, loss, epochs=4, patience=9, early_stopping=False)
    assert len(trained.history) == 4
    assert w == loss.weights[2]


@pytest.mark.parametrize("asked", [0, 1, 3])
def test_stopping_before_the_first_epoch_ends_is_an_error_for_nothing_is_there_to_keep(
    in_memory: type, asked: int
) -> None:
    # Three batches and a validation make an epoch; it is asked before each of the four.
    answers = iter([False] * asked + [True] * 9)
    with pytest.raises(InterruptedTrainingError) as caught:
        _train(in_memory, _Script([1, 1]), Run(should_stop=lambda: next(answers)), batch_size=1)
    assert caught.value.hint


def test_a_loss_that_is_never_a_number_is_an_error_and_no_model(in_memory: type) -> None:
    with pytest.raises(SettingsError, match="never a number") as caught:
        _train(in_memory, _Script([math.nan, math.inf, math.nan, math.nan]))
    assert "learning_rate" in caught.value.hint


def test_a_loss_that_stops_being_a_number_keeps_the_weights_from_before(in_memory: type) -> None:
    trained, w, _ = _train(in_memory, loss := _Script([1, math.nan, math.nan, 2]), patience=2)
    assert len(trained.history) == 3
    assert w == loss.weights[0]


# --- what it tells


def test_progress_tells_patches_done_and_the_mean_loss_so_far(in_memory: type) -> None:
    seen: list[Progress] = []
    values = iter([1.0, 4.0])

    def loss(network: nn.Module, images: Images, label: np.ndarray) -> Tensor:
        if not torch.is_grad_enabled():
            return torch.tensor(8.0)
        (w,) = network.parameters()
        return 0 * w.sum() + next(values)

    network = _One()
    patches, validation = _patches(in_memory, "aab"), _patches(in_memory, "v")
    trained = train(network, patches, validation, _task(loss, epochs=1, batch_size=2), Run(progress=seen.append))  # type: ignore[arg-type]
    assert [(p.stage, p.done, p.total) for p in seen] == [("epoch 1/1", 2, 3), ("epoch 1/1", 3, 3)]
    assert [p.values["loss"] for p in seen] == pytest.approx([1, (2 * 1 + 1 * 4) / 3])
    (row,) = trained.history
    assert row["loss"] == pytest.approx(2)
    assert row["validation_loss"] == 8
    assert row["patches_per_second"] > 0


def test_the_validation_loss_weighs_every_patch_the_same(in_memory: type) -> None:
    # Batches of 2 and 1 with losses 1 and 4.
    trained, _, _ = _train_validated(in_memory, _Script([1, 4]))
    assert trained.history[0]["validation_loss"] == pytest.approx(2)


def _train_validated(in_memory: type, loss: _Script) -> tuple[Trained, float, object]:
    network = _One()
    patches, validation = _patches(in_memory, "aab"), _patches(in_memory, "vvv")
    task = _task(loss, epochs=1, batch_size=2)
    return train(network, patches, validation, task, Run()), network.w.item(), patches  # type: ignore[arg-type]


# --- in which precision


@pytest.mark.parametrize(
    ("precision", "wanted", "able", "precise"),
    [
        ("auto", True, True, "bf16-mixed"),
        ("auto", True, False, "32-true"),
        ("auto", False, True, "32-true"),
        ("float32", True, True, "32-true"),
        ("bfloat16", False, False, "bf16-mixed"),
    ],
)
def test_a_cpu_trains_in_bfloat16_where_network_and_cpu_are_faster_in_it_or_the_run_says_so(
    monkeypatch: pytest.MonkeyPatch, precision: str, wanted: bool, able: bool, precise: str
) -> None:
    monkeypatch.setattr(training, "_cpu_has_bfloat16", lambda: able)
    task = _task(_Script([]), bfloat16_on_cpu=wanted)
    assert training._fabric(Run(precision=precision), task)._precision.precision == precise


def test_a_torch_that_cannot_tell_what_the_cpu_can_do_trains_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert training._cpu_has_bfloat16() is False


# --- random crops


def test_without_a_crop_images_reach_the_loss_whole_and_as_they_are(in_memory: type) -> None:
    seen: list[Images] = []

    def loss(network: nn.Module, images: Images, label: np.ndarray) -> Tensor:
        seen.append(images)
        (w,) = network.parameters()
        return w.sum()

    patches = in_memory(_numbered(20, 30, 3), list("aab"))
    train(_One(), patches, in_memory(_numbered(20, 30), ["v"]), _task(loss, epochs=2, crop=None), Run())
    assert [len(images) for images in seen] == [3, 1, 3, 1]
    for images in seen:
        np.testing.assert_array_equal(images, _numbered(20, 30, len(images)))


def _numbered(height: int, width: int, n: int = 1) -> Images:
    """Images whose pixels tell their row and column."""
    images = np.zeros((n, height, width, 3), np.uint8)
    images[..., 0] = np.arange(height)[:, None]
    images[..., 1] = np.arange(width)
    return images


def test_a_crop_is_a_square_of_neighbours_from_anywhere_in_the_patch() -> None:
    cropped = _augment(_numbered(20, 30, 200), 8, np.random.default_rng(0))
    assert cropped.shape == (200, 8, 8, 3)
    corners = set()
    for image in cropped:
        rows, columns = image[..., 0], image[..., 1]
        top, left = int(rows.min()), int(columns.min())
        corners.add((top, left))
        assert len({tuple(p) for p in image.reshape(-1, 3).tolist()}) == 64
        assert (rows.max(), columns.max()) == (top + 7, left + 7)
    assert {top for top, _ in corners} == set(range(13))
    assert {left for _, left in corners} == set(range(23))


def test_a_crop_is_turned_and_flipped_in_all_eight_ways() -> None:
    image = _numbered(4, 4)
    ways = {np.rot90(image[0], k).tobytes() for k in range(4)} | {
        np.rot90(image[0][::-1], k).tobytes() for k in range(4)
    }
    assert len(ways) == 8
    made = {_augment(image, 4, np.random.default_rng(seed))[0].tobytes() for seed in range(100)}
    assert made == ways


@pytest.mark.parametrize(("size", "side"), [((6, 9), 6), ((9, 6), 6), ((200, 200), 8)])
def test_a_patch_smaller_than_the_crop_is_cropped_to_its_shorter_side(size: tuple[int, int], side: int) -> None:
    assert _augment(_numbered(*size), 8, np.random.default_rng(0)).shape == (1, side, side, 3)


@pytest.mark.parametrize("size", [2, 7])
def test_an_epoch_of_a_given_size_repeats_patches_or_leaves_some_out(in_memory: type, size: int) -> None:
    loss = _Script([3, 2, 1])
    _train(in_memory, loss, epochs=3, epoch_size=size)
    shown = [images for images, _ in loss.trained_on]
    assert [len(images) for images in shown] == [size] * 3
    assert all(set(images) == {0, 1, 2} for images in shown) is (size == 7)
    assert [len(images) for images in loss.validated_on] == [math.ceil(size / 5)] * 3
