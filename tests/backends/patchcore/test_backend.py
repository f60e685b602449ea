"""PatchCore, fitted on drawn patches within a stated amount of memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.backends.patchcore import fit as networks
from hpscan.backends.patchcore.backend import backend
from hpscan.backends.patchcore.settings import PatchcoreSettings
from hpscan.backends.pretrained import weights
from hpscan.core.backend import Localizer, Progress, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError, ModelDamagedError, SettingsError

if TYPE_CHECKING:
    from torch import Tensor

    from hpscan.core.backend import Fitted, Images

pytestmark = pytest.mark.xdist_group("anomaly")

SMALL = PatchcoreSettings(bank=100, memory=1, finest_stride=8, coarsest_stride=8)


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    """What the fit of `fitted` told."""
    return []


@pytest.fixture(scope="module")
def fitted(in_memory: type, clean: object, told: list[Progress]) -> Fitted:
    images = clean.images  # type: ignore[attr-defined]
    return backend.fit(
        in_memory(images[:8], [f"p{i % 4}" for i in range(8)]),
        in_memory(images[8:], ["v"] * 4),
        SMALL,
        Run(seed=7, progress=told.append),
    )


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pretrained weights can be had, and nobody may ask."""

    def fail(*_: object) -> None:
        raise AssertionError("pretrained weights were asked for")

    monkeypatch.setattr(weights, "find", fail)
    monkeypatch.setattr(weights, "read", fail)


def test_it_learns_from_patients_diagnosed_negative() -> None:
    assert backend.learns_from(SMALL) is Supervision.NEGATIVE_PATIENTS


def test_it_tells_what_it_started_from_and_how_much_memory_its_features_take(
    fitted: Fitted, told: list[Progress]
) -> None:
    assert fitted.pretrained == weights.read(weights.find(weights.DEFAULT)).record
    stages = list(dict.fromkeys(p.stage for p in told))
    assert len(stages) == 3
    assert re.fullmatch(r"features, \d+ MiB", stages[0])
    for stage in stages:
        last = [p for p in told if p.stage == stage][-1]
        assert last.done == last.total


def test_bacteria_score_higher_and_are_brighter(fitted: Fitted, unseen: Images) -> None:
    scorer = fitted.scorer
    assert isinstance(scorer, Localizer)
    scores, heat = scorer.score(unseen), scorer.heatmap(unseen)
    assert (scores[6:] > scores[:6]).all()  # the same tissue without bacteria
    assert heat.shape == (12, 96, 96)
    assert heat[6:].mean() > heat[:6].mean()


def test_patches_of_any_size_get_a_map_of_their_own_size(fitted: Fitted, unseen: Images) -> None:
    for images in (unseen[:2, :64], unseen[:2, :48, :48], unseen[:2].repeat(2, 1).repeat(2, 2)):
        assert fitted.scorer.heatmap(images).shape == images.shape[:3]  # type: ignore[attr-defined]
        assert np.isfinite(fitted.scorer.score(images)).all()
    doubled = unseen.repeat(2, 1).repeat(2, 2)
    correlation = np.corrcoef(fitted.scorer.score(doubled), fitted.scorer.score(unseen))[0, 1]
    assert correlation > 0.9


# --- features and score


def test_no_feature_outweighs_the_others(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    spread = {}
    for standardise in (False, True):
        settings = SMALL.model_copy(update={"bank": 1_000_000, "standardise": standardise})
        made = backend.fit(in_memory(images[:2], ["p"] * 2), in_memory(images[2:3], ["v"]), settings, Run())
        spread[standardise] = made.scorer.state()["model.memory_bank"].std(axis=0)
    assert spread[False].max() > 2 * spread[False].min()
    np.testing.assert_allclose(spread[True], 1, rtol=1e-3)


def test_the_strangest_cell_alone_is_anomalibs_own_score_without_its_weights(fitted: Fitted, unseen: Images) -> None:
    state = dict(fitted.scorer.state())
    scores = []
    for strangest, neighbours in ((0, 1), (1, 1), (1, 9)):
        settings = SMALL.model_copy(update={"strangest": strangest, "neighbours": neighbours})
        restored = backend.restore(state | {"strangest": np.array(strangest)}, settings, device="cpu")
        scores.append(restored.score(unseen))
    np.testing.assert_allclose(scores[1], scores[0], rtol=1e-6)
    np.testing.assert_array_equal(scores[2], scores[1])


# --- memory


def test_the_bank_is_chosen_from_no_more_vectors_than_the_memory_holds(
    in_memory: type, clean: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []

    def remember(vectors: Tensor, size: int, run: Run) -> Tensor:
        seen.append(vectors)
        return vectors[:size]

    monkeypatch.setattr(networks, "coreset", remember)
    images = clean.images  # type: ignore[attr-defined]
    settings = PatchcoreSettings(memory=1, finest_stride=4, coarsest_stride=8, bank=10)
    told: list[Progress] = []
    run = Run(progress=told.append)
    patches = in_memory(images, ["p"] * 12)
    made = backend.fit(patches, in_memory(images[:1], ["v"]), settings, run)
    assert [i for read in patches.reads[1:] for i in read] == list(range(12))  # in order, after one that tells the size
    (candidates,) = seen
    assert told[0].stage == f"features ({len(candidates) // 12}/576 of each), 1 MiB"
    share = 12 * candidates.shape[1] * 4  # one more vector of each patch
    assert 2**20 - share < candidates.nbytes <= 2**20
    assert len({tuple(vector) for vector in candidates.tolist()}) > 0.9 * len(candidates)
    assert made.scorer.state()["model.memory_bank"].shape[0] == 10


def test_patches_that_do_not_even_give_a_vector_each_are_refused_before_they_are_read(in_memory: type) -> None:
    n = 3000  # of 64 features each: 0.73 MiB
    many = in_memory(np.broadcast_to(np.uint8(200), (2 * n, 64, 64, 3)), [f"p{i}" for i in range(2 * n)])
    settings = PatchcoreSettings(memory=1, finest_stride=4, coarsest_stride=8)
    with pytest.raises(SettingsError, match="1 MiB") as caught:
        backend.fit(many, many, settings, Run())
    assert "memory" in caught.value.hint
    assert sum(map(len, many.reads)) <= 1


def test_a_bank_larger_than_what_there_is_holds_all_of_it(in_memory: type, clean: object) -> None:
    images = clean.images  # type: ignore[attr-defined]
    settings = SMALL.model_copy(update={"bank": 1_000_000})
    made = backend.fit(in_memory(images[:2], ["p"] * 2), in_memory(images[2:3], ["v"]), settings, Run())
    assert made.scorer.state()["model.memory_bank"].shape[0] == 2 * (96 // 8) ** 2


def test_more_neighbours_than_the_bank_holds_still_score(in_memory: type, clean: object, unseen: Images) -> None:
    images = clean.images  # type: ignore[attr-defined]
    settings = SMALL.model_copy(update={"bank": 10, "neighbours": 1000})
    made = backend.fit(in_memory(images[:1], ["p"]), in_memory(images[1:2], ["v"]), settings, Run())
    assert np.isfinite(made.scorer.score(unseen)).all()


@pytest.mark.parametrize("stage", ["features", "memory bank", "heatmap scale"])
def test_it_stops_in_every_stage_and_keeps_nothing(in_memory: type, clean: object, stage: str) -> None:
    stages: list[str] = []
    run = Run(
        progress=lambda p: stages.append(p.stage), should_stop=lambda: bool(stages) and stages[-1].startswith(stage)
    )
    images = np.concatenate([clean.images] * 2)  # type: ignore[attr-defined]
    with pytest.raises(InterruptedTrainingError):
        backend.fit(in_memory(images, ["p"] * 24), in_memory(images, ["v"] * 24), SMALL, run)
    assert stages[-1].startswith(stage)


# --- restored


def test_it_is_restored_exactly_and_without_pretrained_weights(
    fitted: Fitted, unseen: Images, no_weights: None
) -> None:
    settings = SMALL.model_copy(update={"weights": "/no/such/file.safetensors"})
    restored = backend.restore(fitted.scorer.state(), settings, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), fitted.scorer.score(unseen))
    np.testing.assert_array_equal(restored.heatmap(unseen), fitted.scorer.heatmap(unseen))  # type: ignore[attr-defined]


def test_a_state_that_names_neither_scale_nor_cells_has_the_published_score(
    in_memory: type, clean: object, unseen: Images
) -> None:
    images = clean.images  # type: ignore[attr-defined]
    published = SMALL.model_copy(update={"strangest": 0, "standardise": False})
    made = backend.fit(in_memory(images[:8], ["p"] * 8), in_memory(images[8:], ["v"] * 4), published, Run())
    state = {key: value for key, value in made.scorer.state().items() if key not in ("strangest", "scale")}
    restored = backend.restore(state, SMALL, device="cpu")
    np.testing.assert_array_equal(restored.score(unseen), made.scorer.score(unseen))


@pytest.mark.parametrize("damage", ["another backbone", "missing"])
def test_tensors_of_another_backbone_are_refused(fitted: Fitted, damage: str) -> None:
    state = dict(fitted.scorer.state())
    if damage == "missing":
        del state["heat"]
    settings = SMALL.model_copy(update={} if damage == "missing" else {"backbone": "test_resnet"})
    with pytest.raises(ModelDamagedError, match="patchcore") as caught:
        backend.restore(state, settings, device="cpu")
    assert caught.value.hint
