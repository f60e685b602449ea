"""The autoencoder's measures by hand, and what a fitted one promises whatever it has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from hpscan.backends.autoencoder.backend import backend
from hpscan.backends.autoencoder.measure import measure
from hpscan.backends.autoencoder.network import TissueNetwork
from hpscan.backends.autoencoder.scorer import AutoencoderScorer
from hpscan.backends.autoencoder.settings import AutoencoderSettings, Measure, Network
from hpscan.backends.shared.gate import RedGate
from hpscan.core.backend import Localizer, Reconstructor, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError, ModelDamagedError

if TYPE_CHECKING:
    from hpscan.core.backend import Fitted, Images, Patches, Progress, Scorer

    Pixel = tuple[int, int, int]

pytestmark = pytest.mark.xdist_group("autoencoder")

SMALL = AutoencoderSettings(epochs=3, crop=64, batch_size=4)


# --- the measure

COLOURS = {"#": (204, 102, 102), ".": (204, 204, 204)}  # brown, with the redness 102, and glass, with none


def _patch(*rows: str) -> Images:
    return np.array([[COLOURS[cell] for cell in row] for row in rows], np.uint8)


def _pixel(r: int, g: int, b: int) -> Images:
    return np.array([[(r, g, b)]], np.uint8)


BEFORE = _patch("####", "#...", "#...", "....")  # 6 red
AFTER = _patch("##..", "....", "....", "...#")  # 3 red, 2 of them where it was red before


def _one(before: Images, after: Images, kind: Measure, gate: RedGate | None = None) -> float:
    scores = measure(before[None], after[None], kind, gate or RedGate())
    assert scores.shape == (1,)
    assert scores.dtype == np.float64
    return float(scores[0])


def test_red_residual_is_the_share_of_pixels_that_are_red_in_the_patch_only() -> None:
    assert _one(BEFORE, AFTER, Measure.RED_RESIDUAL) == 4 / 16
    assert _one(_patch("##", ".."), _patch("#.", "#."), Measure.RED_RESIDUAL) == 1 / 4


@pytest.mark.parametrize("kind", [Measure.RED_RESIDUAL, Measure.RED_MSE])
def test_red_that_only_the_reconstruction_has_does_not_count_as_lost(kind: Measure) -> None:
    assert _one(_patch("..", ".."), _patch("##", "##"), kind) == 0


def test_f_red_is_red_before_over_red_after_wherever_it_lies() -> None:
    assert _one(BEFORE, AFTER, Measure.F_RED) == 6 / 3
    assert _one(_patch("##", ".."), _patch("#.", "#."), Measure.F_RED) == 1
    assert _one(_patch("#.", ".."), _patch("##", "##"), Measure.F_RED) == 1 / 4


def test_f_red_of_a_reconstruction_without_red_counts_it_as_one_pixel() -> None:
    nothing = _patch("..", "..")
    assert _one(_patch("##", "#."), nothing, Measure.F_RED) == 3
    assert _one(nothing, nothing, Measure.F_RED) == 0


def test_mse_is_the_mean_square_of_all_channels_errors() -> None:
    assert _one(_pixel(100, 151, 200), _pixel(151, 100, 200), Measure.MSE) == pytest.approx((0.2**2 + 0.2**2 + 0) / 3)
    assert _one(BEFORE, AFTER, Measure.MSE) == pytest.approx(5 * (0 + 0.4**2 + 0.4**2) / 3 / 16)  # 4 lost, 1 gained
    assert _one(BEFORE, BEFORE, Measure.MSE) == 0


@pytest.mark.parametrize(
    ("before", "after", "score"),
    [
        pytest.param((10, 0, 0), (250, 0, 0), (240 / 255) ** 2 / 3, id="-240 is 16 in uint8"),
        pytest.param((0, 0, 0), (255, 255, 255), 1, id="all of the range"),
        pytest.param((200, 100, 50), (184, 100, 50), (16 / 255) ** 2 / 3, id="16 squared is 0 in uint8"),
    ],
)
def test_mse_does_not_wrap_round(before: Pixel, after: Pixel, score: float) -> None:
    assert _one(_pixel(*before), _pixel(*after), Measure.MSE) == pytest.approx(score, rel=1e-12)


def test_red_mse_is_the_mean_square_of_the_redness_that_was_lost() -> None:
    assert _one(_pixel(200, 100, 98), _pixel(150, 100, 100), Measure.RED_MSE) == pytest.approx((51 / 255) ** 2)
    assert _one(_pixel(150, 100, 100), _pixel(200, 100, 98), Measure.RED_MSE) == 0
    assert _one(BEFORE, AFTER, Measure.RED_MSE) == pytest.approx(4 * 0.4**2 / 16)


@pytest.mark.parametrize(
    ("before", "after", "score"),
    [
        # In uint8, 204 + 204 is 152: glass would have the redness 128, more than brown.
        pytest.param((204, 204, 204), (204, 102, 102), 0, id="glass to brown"),
        pytest.param((204, 102, 102), (204, 204, 204), (102 / 255) ** 2, id="brown to glass"),
        pytest.param((100, 120, 160), (100, 130, 170), (10 / 255) ** 2, id="blue to bluer, -40 to -50"),
        pytest.param((255, 0, 0), (0, 255, 255), 4, id="all of the range, 255 to -255"),
        pytest.param((101, 100, 101), (100, 100, 100), (0.5 / 255) ** 2, id="half a level"),
        pytest.param((180, 180, 180), (90, 90, 90), 0, id="darker and as grey"),
    ],
)
def test_redness_is_signed_and_does_not_wrap_round(before: Pixel, after: Pixel, score: float) -> None:
    assert _one(_pixel(*before), _pixel(*after), Measure.RED_MSE) == pytest.approx(score, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("kind", list(Measure))
def test_the_gate_matters_to_the_measures_that_count_red_and_to_no_other(kind: Measure) -> None:
    shut = RedGate(hue_low=0, hue_high=0, saturation=1)
    assert (_one(BEFORE, AFTER, kind, shut) == _one(BEFORE, AFTER, kind)) is not kind.counts_red


@pytest.mark.parametrize("kind", list(Measure))
def test_every_patch_of_a_batch_is_measured_by_itself(kind: Measure) -> None:
    some, other = (np.pad(patch, ((0, 28), (0, 28), (0, 0)), constant_values=204) for patch in (BEFORE, AFTER))
    both = np.stack([some, other]), np.stack([other, other])
    expected = [_one(some, other, kind), _one(other, other, kind)]
    assert measure(*both, kind, RedGate()).tolist() == expected
    assert expected[0] > expected[1]


TISSUE, ROD = (180, 190, 210), (130, 80, 50)


def _tissue(*rods: slice) -> Images:
    image = np.full((128, 128, 3), TISSUE, np.uint8)
    for columns in rods:
        image[60:70, columns] = ROD
    return image


def test_brown_residual_counts_brown_that_was_not_painted() -> None:
    rod, nothing = _tissue(slice(60, 70)), _tissue()
    lost = (65 - -20) / 255  # redness of the rod less that of the tissue
    assert 0.7 * lost < _one(rod, nothing, Measure.BROWN_RESIDUAL) < lost
    assert _one(rod, rod, Measure.BROWN_RESIDUAL) == 0  # painted as well
    assert _one(nothing, rod, Measure.BROWN_RESIDUAL) == 0  # painted without being there
    assert _one(nothing, nothing, Measure.BROWN_RESIDUAL) == 0


def test_brown_residual_takes_no_colour_cast_for_bacteria() -> None:
    brown, grey = np.full((128, 128, 3), (180, 174, 166), np.uint8), np.full((128, 128, 3), (200, 200, 200), np.uint8)
    assert _one(brown, grey, Measure.BROWN_RESIDUAL) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("covered", [0.05, 0.12, 0.2, 0.5, 1.0])
def test_bacteria_that_cover_a_patch_are_not_taken_for_what_is_usual_in_it(covered: float) -> None:
    dense = _tissue()
    dense[: round(128 * covered)] = ROD
    assert _one(dense, _tissue(), Measure.BROWN_RESIDUAL) > 0.7 * _one(
        _tissue(slice(60, 70)), _tissue(), Measure.BROWN_RESIDUAL
    )


def test_brown_residual_is_no_larger_than_what_stands_out_of_the_patch() -> None:
    """Blue nuclei painted bluer lose redness all the same; they are no brown."""
    nuclei = _tissue()
    nuclei[20:60, 20:60] = (90, 100, 160)
    bluer = nuclei.copy()
    bluer[20:60, 20:60] = (60, 100, 200)
    assert _one(bluer, nuclei, Measure.BROWN_RESIDUAL) == 0
    assert _one(nuclei, bluer, Measure.BROWN_RESIDUAL) == 0


def test_brown_residual_asks_how_brown_the_brownest_place_is_and_not_how_much_of_it_there_is() -> None:
    rods = [slice(k, k + 3) for k in range(10, 110, 20)]
    one, three, five = (_one(_tissue(*rods[:n]), _tissue(), Measure.BROWN_RESIDUAL) for n in (1, 3, 5))
    assert 0.3 * three < one < three
    assert three < five < 1.5 * three


# --- the heatmap


class _Constant(TissueNetwork):
    """Reconstructs every patch in one colour."""

    multiple = 4
    chunk = 8

    def __init__(self, colour: Pixel) -> None:
        super().__init__()
        self._colour = torch.tensor(colour).view(1, 3, 1, 1) / 255

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._colour.expand(x.shape)


def _heat(before: Pixel, after: Pixel, kind: Measure) -> np.ndarray:
    """The heatmap of 32 x 32 pixels of one colour, reconstructed in another."""
    scorer = AutoencoderScorer(_Constant(after), AutoencoderSettings(score=kind), "cpu")
    return scorer.heatmap(np.full((1, 32, 32, 3), before, np.uint8))


@pytest.mark.parametrize(
    ("kind", "before", "after", "heat"),
    [
        (Measure.RED_RESIDUAL, (204, 102, 102), (204, 204, 204), 1),
        (Measure.F_RED, (204, 102, 102), (204, 204, 204), 1),
        (Measure.RED_RESIDUAL, (100, 100, 100), (0, 0, 0), 0),
        (Measure.MSE, (100, 100, 100), (68, 132, 68), 32 / 255 / 0.25),
        (Measure.MSE, (100, 100, 100), (0, 0, 0), 1),
        (Measure.BROWN_RESIDUAL, (204, 102, 102), (204, 204, 204), 1),
        (Measure.BROWN_RESIDUAL, (204, 192, 192), (204, 204, 204), 0),  # a faint haze
        (Measure.RED_MSE, (204, 172, 172), (204, 204, 204), 32 / 255 / 0.25),
        (Measure.RED_MSE, (204, 102, 102), (204, 204, 204), 1),
        (Measure.RED_MSE, (100, 100, 100), (0, 0, 0), 0),
    ],
)
def test_the_heatmap_shows_what_the_measure_counts(kind: Measure, before: Pixel, after: Pixel, heat: float) -> None:
    np.testing.assert_allclose(_heat(before, after, kind), heat, atol=1e-5)


# --- a fitted one


def test_it_learns_from_patients_diagnosed_negative() -> None:
    assert backend.learns_from(SMALL) is Supervision.NEGATIVE_PATIENTS


def test_fitting_lowers_the_loss_and_tells_it_epoch_by_epoch(fitted: Fitted) -> None:
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3]
    assert fitted.history[-1]["loss"] < fitted.history[0]["loss"]
    assert fitted.interrupted is False


def _measuring(fitted: Fitted, kind: Measure) -> Scorer:
    return backend.restore(fitted.scorer.state(), SMALL.model_copy(update={"score": kind}), device="cpu")


@pytest.mark.parametrize("kind", list(Measure))
def test_tissue_with_bacteria_scores_higher_than_the_same_tissue_without(
    fitted: Fitted, unseen: Images, kind: Measure
) -> None:
    scores = _measuring(fitted, kind).score(unseen)
    assert (scores[6:] > scores[:6]).all()


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(
    fitted: Fitted, clean: Patches, unseen: Images, in_memory: type
) -> None:
    import torch

    torch.rand(3)  # what others have drawn must not matter
    validation = in_memory(clean.read(np.arange(4)), ["v"] * 4)
    again, other = (backend.fit(clean, validation, SMALL, Run(seed=seed)) for seed in (7, 8))
    for kind in Measure:
        np.testing.assert_array_equal(
            _measuring(again, kind).score(unseen), _measuring(fitted, kind).score(unseen), strict=True
        )
    painted = [fit.scorer.reconstruct(unseen) for fit in (fitted, again, other)]
    np.testing.assert_array_equal(painted[0], painted[1], strict=True)
    assert not np.array_equal(painted[0], painted[2])


@pytest.mark.parametrize("kind", list(Measure))
def test_neither_order_nor_number_of_patches_changes_a_score(fitted: Fitted, unseen: Images, kind: Measure) -> None:
    scorer = _measuring(fitted, kind)
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
    scorer = _measuring(fitted, kind)
    assert isinstance(scorer, Reconstructor)
    images = unseen.copy()
    images[2] = 200  # a patch without a red pixel among the others
    expected = measure(images, scorer.reconstruct(images), kind, SMALL)
    scores = scorer.score(images)
    np.testing.assert_allclose(scores, expected, atol=0.01 * expected.std(), rtol=0)
    if kind.counts_red:
        assert scores[2] == 0


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


# --- the other networks


@pytest.fixture(
    scope="module",
    params=[(Network.CONV, 6, 96), (Network.UNET, 2, 32), (Network.UNET_PLAIN, 2, 32)],
    ids=lambda param: str(param[0]),
)
def other(request: pytest.FixtureRequest, clean: Patches, in_memory: type) -> tuple[AutoencoderSettings, Fitted]:
    """Another network, fitted for a few epochs."""
    network, epochs, crop = request.param
    settings_ = AutoencoderSettings(
        network=network, epochs=epochs, crop=crop, batch_size=2, learning_rate=5e-3, score=Measure.MSE
    )
    return settings_, backend.fit(clean, in_memory(clean.read(np.arange(4)), ["v"] * 4), settings_, Run(seed=7))


def test_every_network_learns(other: tuple[AutoencoderSettings, Fitted]) -> None:
    _, fit = other
    losses = [row["loss"] for row in fit.history]
    assert losses[-1] < 0.9 * losses[0]


def test_every_network_paints_patches_whose_size_does_not_fit_its_strides(
    other: tuple[AutoencoderSettings, Fitted],
) -> None:
    _, fit = other
    images = np.random.default_rng(0).integers(0, 256, (3, 33, 50, 3), dtype=np.uint8)
    assert isinstance(fit.scorer, Reconstructor)
    assert fit.scorer.reconstruct(images).shape == images.shape
    assert fit.scorer.score(images).shape == (3,)


def test_every_network_is_restored_exactly(other: tuple[AutoencoderSettings, Fitted], unseen: Images) -> None:
    settings_, fit = other
    content = save({name: np.ascontiguousarray(a).reshape(a.shape) for name, a in fit.scorer.state().items()})
    restored = backend.restore(load(content), settings_, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), fit.scorer.score(unseen), strict=True)


def test_no_network_takes_another_s_weights(other: tuple[AutoencoderSettings, Fitted]) -> None:
    settings_, fit = other
    for name in set(Network) - {settings_.network}:
        with pytest.raises(ModelDamagedError, match=f"'{name.value}'"):
            backend.restore(fit.scorer.state(), settings_.model_copy(update={"network": name}), device="cpu")


def test_every_network_gives_the_same_weights_from_the_same_seed(
    other: tuple[AutoencoderSettings, Fitted], clean: Patches, in_memory: type
) -> None:
    settings_, fit = other
    again = backend.fit(clean, in_memory(clean.read(np.arange(4)), ["v"] * 4), settings_, Run(seed=7))
    for name, tensor in fit.scorer.state().items():
        np.testing.assert_array_equal(again.scorer.state()[name], tensor, err_msg=name)


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
