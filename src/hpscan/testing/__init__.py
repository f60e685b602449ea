"""Checks that a backend keeps the contract of `hpscan.core.backend`: one call in a backend's own tests.

from hpscan.testing import check_backend

def test_it_keeps_the_contract() -> None:
    check_backend(backend)
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from hpscan.core.backend import Fitted, Localizer, Progress, Reconstructor, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError
from hpscan.testing import synthetic
from hpscan.testing.watch import call, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hpscan.core.backend import Backend, Images, Scorer, Scores

__all__ = ["check_backend"]

T = TypeVar("T")

_LEAST_AUC = 0.8
"""Between infected and uninfected phantoms; a scorer that guesses has 0.5, give or take 0.12."""

_TOLERANCE = 0.01
"""How far a score may move where it should not, as a proportion of the scores' standard deviation."""

_SEED = 7


def check_backend(
    backend: Backend[Any], settings: BaseModel | None = None, *, device: str = "cpu", size: int = 128
) -> None:
    """Fit the backend on synthetic patches (32 to learn from, 12 to validate on, 24 to score) and check every promise.

    It is fitted three times: twice with one seed, and once with `should_stop` true from the start. While it
    works, Python tells of files that are written and of connections (`sys.addaudithook`; what a C library does by
    itself is not heard). Allowed are `__pycache__`, what a module does while it is imported, and files made with
    `tempfile` that are gone when the call returns.

    Args:
        backend: The backend.
        settings: How to fit; None for its defaults. Choose ones that fit within seconds. Paths in them must be
            absolute, because the backend is called in an empty folder.
        device: Where to fit and score, as in `hpscan.Run`. On `cpu` the same scores are equal ones, elsewhere
            they may differ by 1 % of the scores' standard deviation.
        size: Height and width of the patches, 64 to 512 pixels.

    Raises:
        AssertionError: Which promise is broken, and by how much; the first that is.
    """
    chosen = _check_settings(backend, settings)
    _check_quick(backend)
    supervision = call("learns_from", backend.learns_from, chosen)
    require(isinstance(supervision, Supervision), f"learns_from: must give a Supervision, not {supervision!r}")
    unseen = synthetic.unseen(size)

    def fit(run: Run) -> Fitted:
        return _fit(backend, chosen, supervision, run, size)

    scorer = _check_fit(fit, device)
    scores = _check_scores(scorer, unseen.images)
    _check_order(scorer, unseen.images, scores)
    _check_auc(scores, unseen.infected)
    _check_seed(fit, device, unseen.images, scores)
    restored = _check_restore(backend, chosen, scorer, device, unseen.images, scores)
    if isinstance(restored, Localizer):
        _check_heatmap(restored, unseen)
    if isinstance(restored, Reconstructor):
        _check_reconstruction(restored, unseen.images)
    _check_stop(fit, device)


def _check_settings(backend: Backend[Any], settings: BaseModel | None) -> BaseModel:
    kind: Any = backend.settings
    require(
        isinstance(kind, type) and issubclass(kind, BaseModel),
        f"settings: must be a pydantic model's class, not {kind!r}",
    )
    require(
        kind.model_config.get("frozen") is True,
        f"settings: {kind.__name__} must be frozen: model_config = ConfigDict(frozen=True)",
    )
    for name, field in kind.model_fields.items():
        require(not field.is_required(), f"settings: {name} has no default")
        require(bool(field.description), f"settings: {name} has no description")
    chosen: BaseModel = kind() if settings is None else settings
    require(isinstance(chosen, kind), f"settings: {chosen!r} is no {kind.__name__}")
    stored = chosen.model_dump_json()
    try:
        again = kind.model_validate_json(stored)
    except ValidationError as error:
        raise AssertionError(f"settings: a model keeps them as {stored}, and that cannot be read: {error}") from error
    require(again == chosen, f"settings: a model keeps them as {stored}, and that is read as {again!r}")
    return chosen


def _check_quick(backend: Backend[Any]) -> None:
    quick: Any = getattr(backend, "quick", {})
    require(isinstance(quick, Mapping), f"quick: must map settings to values, not be {quick!r}")
    strange = sorted(set(quick) - set(backend.settings.model_fields))
    require(not strange, f"quick: {strange[0] if strange else None!r} is no setting")
    try:
        backend.settings.model_validate(dict(quick))
    except ValidationError as error:
        raise AssertionError(f"quick: {dict(quick)} cannot be set: {error.errors()[0]['msg']}") from error


def _check_fit(fit: Callable[[Run], Fitted], device: str) -> Scorer:
    steps: list[Any] = []
    fitted = fit(Run(_SEED, device, progress=steps.append))
    for now in steps:
        require(
            isinstance(now, Progress) and 0 <= now.done <= (now.done if now.total is None else now.total),
            f"progress: must be called with a Progress whose done is at most its total, not with {now!r}",
        )
    for row in fitted.history:
        numbers = all(isinstance(value, Real) for value in row.values())
        require(numbers, f"fit: history must hold numbers only, not {row!r}")
    words = all(isinstance(word, str) for pair in fitted.pretrained.items() for word in pair)
    require(words, f"fit: pretrained must hold text only, not {fitted.pretrained!r}")
    require(fitted.interrupted is False, "fit: nobody asked it to stop, and interrupted is not False")
    return fitted.scorer


def _check_scores(scorer: Scorer, images: Images) -> Scores:
    for n in (0, 1):
        _score(scorer, images[:n])
    return _score(scorer, images)


def _check_order(scorer: Scorer, images: Images, scores: Scores) -> None:
    _require_close("score: the same images a second time", _score(scorer, images), scores)
    for name, order in (
        ("reversed", np.arange(len(images))[::-1]),
        ("mixed", np.random.default_rng(_SEED).permutation(len(images))),
    ):
        _require_close(f"score: the images in {name} order", _score(scorer, images[order]), scores[order])
    for by in (1, 3):
        parts = [_score(scorer, images[i : i + by]) for i in range(0, len(images), by)]
        _require_close(f"score: the images in batches of {by}", np.concatenate(parts), scores)


def _check_auc(scores: Scores, infected: NDArray[np.bool_]) -> None:
    above = scores[infected][:, np.newaxis] - scores[~infected]
    auc = float((above > 0).mean() + (above == 0).mean() / 2)
    require(
        auc >= _LEAST_AUC,
        f"score: higher must mean more likely H. pylori, and infected phantoms ({synthetic.RODS[0]} to {synthetic.RODS[1]} "
        f"rods) against the same tissue without have an AUC of {auc:.2f}; {_LEAST_AUC} is the least, 0.5 is chance",
    )


def _check_seed(fit: Callable[[Run], Fitted], device: str, images: Images, scores: Scores) -> None:
    # What others draw from the global generators must not matter.
    random.random()  # noqa: S311
    np.random.random(3)  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        torch.rand(3)
    again = fit(Run(_SEED, device)).scorer
    _require_same("fit: a second fit with the same seed", _score(again, images), scores, device)


def _check_restore(
    backend: Backend[Any], settings: BaseModel, scorer: Scorer, device: str, images: Images, scores: Scores
) -> Scorer:
    from safetensors.numpy import load, save

    state: Any = call("state", scorer.state)
    for name, array in state.items():
        require(
            isinstance(name, str) and isinstance(array, np.ndarray),
            f"state: must hold names and numpy arrays only, and {name!r} is of type {type(array).__name__}",
        )
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in state.items()}
    content = call("state, as safetensors", save, contiguous)
    restored: Scorer = call("restore", backend.restore, load(content), settings, device=device)
    _require_same("restore: the restored scorer", _score(restored, images), scores, device)
    for ability in (Localizer, Reconstructor):
        require(
            isinstance(restored, ability) == isinstance(scorer, ability),
            f"restore: the fitted scorer and the restored one must both be a {ability.__name__}, or neither",
        )
    return restored


def _check_heatmap(scorer: Localizer, unseen: synthetic.Unseen) -> None:
    _pixels("heatmap", scorer.heatmap, unseen.images[:0], np.dtype(np.float32))
    heat = _pixels("heatmap", scorer.heatmap, unseen.images, np.dtype(np.float32))
    low, high = float(heat.min()), float(heat.max())
    require(low >= 0 and high <= 1, f"heatmap: must lie within 0..1, and reaches from {low:g} to {high:g}")
    on, off = (float(heat[unseen.infected][where].mean()) for where in (unseen.bacteria, ~unseen.bacteria))
    require(on > off, f"heatmap: must be brighter on bacteria than off them, and is {on:.3g} on and {off:.3g} off")


def _check_reconstruction(scorer: Reconstructor, images: Images) -> None:
    for given in (images[:0], images):
        _pixels("reconstruct", scorer.reconstruct, given, given.dtype, channels=(3,))


def _check_stop(fit: Callable[[Run], Fitted], device: str) -> None:
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return True

    try:
        fitted = fit(Run(_SEED, device, should_stop=stop))
    except AssertionError as error:
        if isinstance(error.__cause__, InterruptedTrainingError):
            return
        raise
    require(
        fitted.interrupted or not asked,
        "should_stop: fit asked and was told to stop, and the Fitted that it gave does not say interrupted",
    )


def _fit(backend: Backend[Any], settings: BaseModel, supervision: Supervision, run: Run, size: int) -> Fitted:
    train, validation = synthetic.train(supervision, size), synthetic.validation(supervision, size)
    before = [(part.patient_id.copy(), part.label.copy()) for part in (train, validation)]
    fitted: Any = call("fit", backend.fit, train, validation, settings, run)
    require(isinstance(fitted, Fitted), f"fit: must give a Fitted, not {type(fitted).__name__}")
    for part, (patient_id, label) in zip((train, validation), before, strict=True):
        same = np.array_equal(part.patient_id, patient_id) and np.array_equal(part.label, label)
        require(same, "fit: must not alter the patients or labels that it is given")
    return fitted  # type: ignore[no-any-return]


def _score(scorer: Scorer, images: Images) -> Scores:
    """Scores of the right kind, (N,)."""
    scores: Any = _unaltered("score", scorer.score, images)
    n = len(images)
    require(isinstance(scores, np.ndarray), f"score: must give a numpy array, not {type(scores).__name__}")
    require(scores.dtype == np.float64, f"score: must give float64, not {scores.dtype}")
    require(scores.shape == (n,), f"score: {n} images must give the shape ({n},), not {scores.shape}")
    wrong = int((~np.isfinite(scores)).sum())
    require(wrong == 0, f"score: must be finite, and {wrong} of {n} are not")
    return scores  # type: ignore[no-any-return]


def _pixels(
    what: str,
    method: Callable[[Images], NDArray[Any]],
    images: Images,
    dtype: np.dtype[Any],
    channels: tuple[int, ...] = (),
) -> NDArray[Any]:
    """A value for each pixel, (N, H, W) and the channels, of the right kind."""
    result: Any = _unaltered(what, method, images)
    shape = (*images.shape[:3], *channels)
    require(isinstance(result, np.ndarray), f"{what}: must give a numpy array, not {type(result).__name__}")
    require(result.dtype == dtype, f"{what}: must give {dtype}, not {result.dtype}")
    require(result.shape == shape, f"{what}: {len(images)} images must give the shape {shape}, not {result.shape}")
    return result  # type: ignore[no-any-return]


def _unaltered(what: str, method: Callable[[Images], T], images: Images) -> T:
    given = images.copy()
    result = call(what, method, given)
    changed = int((given != images).sum())
    require(changed == 0, f"{what}: must not alter the images that it is given, and {changed} values changed")
    return result


def _require_close(what: str, found: Scores, scores: Scores) -> None:
    moved, allowed = float(np.abs(found - scores).max()), _TOLERANCE * float(scores.std())
    require(
        moved <= allowed,
        f"{what} must score the same, and a score moves by {moved:.3g}, where {allowed:.3g} is allowed: "
        f"{_TOLERANCE:.0%} of the scores' standard deviation",
    )


def _require_same(what: str, found: Scores, scores: Scores, device: str) -> None:
    if device != "cpu":
        _require_close(what, found, scores)
        return
    moved = float(np.abs(found - scores).max())
    require(moved == 0, f"{what} must score exactly the same, and a score moves by {moved:.3g}")
