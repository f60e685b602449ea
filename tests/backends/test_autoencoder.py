"""The autoencoder's measure by hand, and what a fitted one promises whatever it has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from hpscan.backends.autoencoder import AutoencoderSettings, Measure, backend, measure
from hpscan.core.backend import Localizer, Reconstructor, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError, ModelDamagedError

if TYPE_CHECKING:
    from hpscan.core.backend import Fitted, Images, Patches, Progress

pytestmark = pytest.mark.xdist_group("autoencoder")

SMALL = AutoencoderSettings(epochs=3, crop=64, batch_size=4)


# --- the measure


def _mask(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


BEFORE = _mask("####", "#...", "#...", "....")  # 6 red
AFTER = _mask("##..", "....", "....", "...#")  # 3 red, 2 of them where it was red before


def _one(before: np.ndarray, after: np.ndarray, kind: Measure) -> float:
    scores = measure(before[None], after[None], kind)
    assert scores.shape == (1,)
    assert scores.dtype == np.float64
    return float(scores[0])


def test_red_residual_is_the_share_of_pixels_that_are_red_in_the_patch_only() -> None:
    assert _one(BEFORE, AFTER, Measure.RED_RESIDUAL) == 4 / 16
    assert _one(_mask("##", ".."), _mask("#.", "#."), Measure.RED_RESIDUAL) == 1 / 4


def test_red_that_only_the_reconstruction_has_does_not_count_as_residual() -> None:
    assert _one(_mask("..", ".."), _mask("##", "##"), Measure.RED_RESIDUAL) == 0


def test_f_red_is_red_before_over_red_after_wherever_it_lies() -> None:
    assert _one(BEFORE, AFTER, Measure.F_RED) == 6 / 3
    assert _one(_mask("##", ".."), _mask("#.", "#."), Measure.F_RED) == 1
    assert _one(_mask("#.", ".."), _mask("##", "##"), Measure.F_RED) == 1 / 4


def test_f_red_of_a_reconstruction_without_red_counts_it_as_one_pixel() -> None:
    nothing = _mask("..", "..")
    assert _one(_mask("##", "#."), nothing, Measure.F_RED) == 3
    assert _one(nothing, nothing, Measure.F_RED) == 0


def test_every_patch_of_a_batch_is_measured_by_itself() -> None:
    both = np.stack([BEFORE, AFTER]), np.stack([AFTER, AFTER])
    assert measure(*both, Measure.RED_RESIDUAL).tolist() == [4 / 16, 0]
    assert measure(*both, Measure.F_RED).tolist() == [2, 1]


# --- a fitted one


def test_it_learns_from_patients_diagnosed_negative() -> None:
    assert backend.learns_from(SMALL) is Supervision.NEGATIVE_PATIENTS


def test_fitting_lowers_the_loss_and_tells_it_epoch_by_epoch(fitted: Fitted) -> None:
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3]
    assert fitted.history[-1]["loss"] < fitted.history[0]["loss"]
    assert fitted.interrupted is False


def test_tissue_with_bacteria_scores_higher_than_the_same_tissue_without(fitted: Fitted, unseen: Images) -> None:
    scores = fitted.scorer.score(unseen)
    assert (scores[6:] > scores[:6]).all()


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(
    fitted: Fitted, clean: Patches, unseen: Images, in_memory: type
) -> None:
    import torch

    torch.rand(3)  # what others have drawn must not matter
    validation = in_memory(clean.read(np.arange(4)), ["v"] * 4)
    again, other = (backend.fit(clean, validation, SMALL, Run(seed=seed)).scorer for seed in (7, 8))
    np.testing.assert_array_equal(again.score(unseen), fitted.scorer.score(unseen), strict=True)
    np.testing.assert_array_equal(again.reconstruct(unseen), fitted.scorer.reconstruct(unseen), strict=True)
    assert not np.array_equal(other.reconstruct(unseen), fitted.scorer.reconstruct(unseen))


@pytest.mark.parametrize("kind", list(Measure))
def test_neither_order_nor_number_of_patches_changes_a_score(fitted: Fitted, unseen: Images, kind: Measure) -> None:
    scorer = backend.restore(fitted.scorer.state(), SMALL.model_copy(update={"score": kind}), device="cpu")
    together = scorer.score(unseen)
    tolerance = 0.01 * together.std()
    assert tolerance > 0
    order = np.random.default_rng(0).permutation(len(unseen))
    np.testing.assert_allclose(scorer.score(unseen[order]), together[order], atol=tolerance, rtol=0)
    for size in (1, 5):
        parts = [scorer.score(unseen[i : i + size]) for i in range(0, len(unseen), size)]
        np.testing.assert_allclose(np.concatenate(parts), together, atol=tolerance, rtol=0)


@pytest.mark.parametrize("kind", list(Measure))
def test_the_score_is_the_measure_of_patch_and_reconstruction(fitted: Fitted, unseen: Images, kind: Measure) -> None:
    settings_ = SMALL.model_copy(update={"score": kind})
    scorer = backend.restore(fitted.scorer.state(), settings_, device="cpu")
    images = unseen.copy()
    images[2] = 200  # a patch without a red pixel among the others
    expected = measure(settings_.red(images), settings_.red(scorer.reconstruct(images)), kind)
    np.testing.assert_allclose(scorer.score(images), expected, atol=0.01 * expected.std(), rtol=0)
    assert scorer.score(images)[2] == 0


def test_a_scorer_restored_from_safetensors_scores_identically(fitted: Fitted, unseen: Images) -> None:
    content = save({name: np.ascontiguousarray(a).reshape(a.shape) for name, a in fitted.scorer.state().items()})
    restored = backend.restore(load(content), SMALL, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), fitted.scorer.score(unseen), strict=True)
    np.testing.assert_array_equal(restored.reconstruct(unseen), fitted.scorer.reconstruct(unseen), strict=True)


def test_a_scorer_s_state_is_no_view_that_later_training_could_change(fitted: Fitted, unseen: Images) -> None:
    state = {name: array.copy() for name, array in fitted.scorer.state().items()}
    restored = backend.restore(state, SMALL, device="cpu")
    before = restored.score(unseen)
    for array in state.values():
        array[...] = 0
    np.testing.assert_array_equal(restored.score(unseen), before)


@pytest.mark.parametrize("fault", ["a tensor missing", "a tensor of another shape", "nothing"])
def test_weights_of_another_network_are_refused(fitted: Fitted, fault: str) -> None:
    state = dict(fitted.scorer.state())
    name = next(name for name, array in state.items() if array.ndim == 4)
    if fault == "a tensor missing":
        del state[name]
    elif fault == "nothing":
        state = {}
    else:
        state[name] = state[name][:1]
    with pytest.raises(ModelDamagedError, match="'shallow'"):
        backend.restore(state, SMALL, device="cpu")


@pytest.mark.parametrize("size", [(96, 96), (101, 75), (33, 34), (256, 256)])
def test_a_reconstruction_has_the_patch_s_size_also_where_the_network_s_strides_do_not_fit(
    fitted: Fitted, size: tuple[int, int]
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    scorer = fitted.scorer
    assert isinstance(scorer, Reconstructor)
    painted = scorer.reconstruct(images)
    assert painted.shape == images.shape
    assert painted.dtype == np.uint8
    assert scorer.score(images).shape == (2,)


def test_the_heatmap_lies_over_the_patch_and_between_zero_and_one(fitted: Fitted, unseen: Images) -> None:
    assert isinstance(fitted.scorer, Localizer)
    images = unseen[:, :95, :77]
    heat = fitted.scorer.heatmap(images)
    assert heat.shape == images.shape[:3]
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.max() <= 1
    assert heat[6:].sum() > heat[:6].sum()  # the half with bacteria


def test_no_patches_have_no_scores(fitted: Fitted, unseen: Images) -> None:
    assert fitted.scorer.score(unseen[:0]).shape == (0,)
    assert fitted.scorer.reconstruct(unseen[:0]).shape == (0, 96, 96, 3)
    assert fitted.scorer.heatmap(unseen[:0]).shape == (0, 96, 96)


@settings(deadline=None, derandomize=True, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 11), min_size=1, max_size=9))
def test_a_patch_s_score_does_not_depend_on_its_company(fitted: Fitted, unseen: Images, company: list[int]) -> None:
    alone = fitted.scorer.score(unseen)
    np.testing.assert_allclose(fitted.scorer.score(unseen[company]), alone[company], atol=0.01 * alone.std(), rtol=0)


# --- stopping


def test_a_fit_that_is_stopped_after_an_epoch_gives_a_model_and_says_so(clean: Patches, unseen: Images) -> None:
    seen: list[str] = []

    def progress(now: Progress) -> None:
        seen.append(now.stage)

    fitted = backend.fit(
        clean, clean, SMALL, Run(progress=progress, should_stop=lambda: any("epoch 2/3" in s for s in seen))
    )
    assert fitted.interrupted is True
    assert [row["epoch"] for row in fitted.history] == [1]
    assert np.isfinite(fitted.scorer.score(unseen)).all()


def test_a_fit_that_is_stopped_at_once_gives_none(clean: Patches) -> None:
    with pytest.raises(InterruptedTrainingError):
        backend.fit(clean, clean, SMALL, Run(should_stop=lambda: True))
