"""`ensemble` fits unlike backends one after the other and averages their scores on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

from hpscan.backends import registry
from hpscan.backends.configure import configure
from hpscan.backends.ensemble import EnsembleSettings, backend
from hpscan.core.backend import Fitted, Localizer, Progress, Run, Supervision
from hpscan.core.errors import (
    BackendClashError,
    InterruptedTrainingError,
    ModelDamagedError,
    NotEnoughDataError,
    SettingsError,
    WeightsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpscan.core.backend import Images, Patches

NOTHING, NEGATIVE, LABELLED = Supervision


class ToySettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    gain: float = Field(1.0, description="What brightness is multiplied by.")
    offset: float = Field(0.0, description="What is added to it.")
    most: float = Field(255.0, description="Brightness above which all patches are the same.")


class ToyScorer:
    def __init__(self, settings: ToySettings) -> None:
        self._settings = settings

    def score(self, images: Images) -> np.ndarray:
        s = self._settings
        return s.gain * np.minimum(images.mean(axis=(1, 2, 3)), s.most) + s.offset

    def state(self) -> dict[str, np.ndarray]:
        return {"mean": np.array(1.0)}


class PointingToyScorer(ToyScorer):
    def heatmap(self, images: Images) -> np.ndarray:
        return np.full(images.shape[:3], min(self._settings.gain, 1), np.float32)


class Toy:
    """A backend that says how bright a patch is, and remembers what it was given."""

    settings = ToySettings
    scorer: type[ToyScorer] = ToyScorer

    def __init__(self, supervision: Supervision, *, interrupted: bool = False) -> None:
        self._supervision = supervision
        self._interrupted = interrupted
        self.given: list[Patches] = []

    def learns_from(self, settings: ToySettings) -> Supervision:  # noqa: ARG002
        return self._supervision

    def fit(self, train: Patches, validation: Patches, settings: ToySettings, run: Run) -> Fitted:
        self.given = [train, validation]
        run.progress(Progress("epoch 1/2", 1, 2))
        history = ({"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4})
        return Fitted(self.scorer(settings), history, self._interrupted, {"source": "toys"})

    def restore(self, state: dict[str, np.ndarray], settings: ToySettings, *, device: str) -> ToyScorer:  # noqa: ARG002
        assert set(state) == {"mean"}
        return self.scorer(settings)


class PointingToy(Toy):
    scorer = PointingToyScorer


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., EnsembleSettings]:
    """Installs backends under the names given, and makes the settings of an ensemble of them."""

    def make(settings: dict[str, dict[str, Any]] | None = None, **members: Toy) -> EnsembleSettings:
        real = registry.load

        def load(name: str) -> Any:
            return (members[name], registry.Plugin(name, "toys", "2.0", "toys")) if name in members else real(name)

        monkeypatch.setattr(registry, "load", load)
        return EnsembleSettings(members=tuple(members), settings=settings or {})

    return make


@pytest.fixture
def patches(in_memory: type) -> Patches:
    """Eight patches of four patients: 0 and 1 are positive, the others negative and brighter by 10 each."""
    levels = np.arange(8, dtype=np.uint8) * 10
    images = np.broadcast_to(levels[:, None, None, None], (8, 16, 16, 3)).copy()
    return in_memory(images, list("aabbccdd"), [1, 1, -1, -1, -1, -1, -1, -1])


# --- settings


@pytest.mark.parametrize("given", ["autoencoder, redness", ["autoencoder", "redness"], ("autoencoder", "redness")])
def test_members_are_typed_with_commas_or_listed_in_a_file(given: object) -> None:
    made = configure(EnsembleSettings, "ensemble", {"members": given})
    assert made == EnsembleSettings(members=("autoencoder", "redness"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"members": "cnn"}, "two members or more"),
        ({"members": "cnn,redness,cnn"}, "cnn is named twice"),
        ({"members": "cnn,rednes"}, "no backend called 'rednes' .did you mean redness"),
        ({"members": "cnn,"}, "no backend called ''"),
        ({"members": "cnn,ensemble"}, "ensemble has members itself"),
        ({"members": "boxed,redness"}, "boxed and redness learn nothing"),
        ({"settings": {"padim": {}}}, "settings are given for padim, and the members are cnn, synthetic"),
        ({"settings": {"cnn": {"epoch": 3}}}, "'cnn' has no setting 'epoch' .did you mean epochs"),
        ({"settings": {"cnn": {"epochs": 0}}}, "setting epochs of backend 'cnn' cannot be 0"),
    ],
)
def test_what_makes_no_ensemble_is_refused_in_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        configure(EnsembleSettings, "ensemble", given)
    assert "\n" not in caught.value.message


def test_a_member_that_cannot_be_used_says_so_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Any:
        raise BackendClashError(f"{name} is claimed twice", hint="uninstall one")

    monkeypatch.setattr(registry, "load", load)
    with pytest.raises(BackendClashError, match="cnn is claimed twice"):
        configure(EnsembleSettings, "ensemble", {"members": "cnn,redness"})


def test_a_stored_model_keeps_every_setting_of_its_members_and_nobody_s_paths() -> None:
    made = EnsembleSettings(settings={"cnn": {"epochs": 3}})
    dumped = made.model_dump(mode="json")
    assert dumped["settings"]["cnn"]["epochs"] == 3
    assert dumped["settings"]["synthetic"] == registry.load("synthetic")[0].settings().model_dump(mode="json")
    assert EnsembleSettings.model_validate_json(made.model_dump_json()) == made
    there = EnsembleSettings(settings={"cnn": {"weights": "/home/somebody/w.safetensors"}})
    assert there.model_dump()["settings"]["cnn"]["weights"] == "w.safetensors"


def test_in_a_hurry_members_take_their_own_quick_settings_unless_told_otherwise() -> None:
    usual = registry.load("synthetic")[0].settings().steps
    made = EnsembleSettings.model_validate({**backend.quick, "settings": {"synthetic": {"steps": usual}}})
    cnn, synthetic = (backend.members(made)[name] for name in ("cnn", "synthetic"))
    assert cnn.epochs == registry.load("cnn")[0].quick["epochs"]  # type: ignore[attr-defined]
    assert synthetic.steps == usual  # type: ignore[attr-defined]
    assert EnsembleSettings.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    ("members", "needed"),
    [("redness,autoencoder", NEGATIVE), ("autoencoder,cnn", LABELLED), ("cnn,boxed", LABELLED)],
)
def test_it_learns_from_what_its_most_demanding_member_does(members: str, needed: Supervision) -> None:
    assert backend.learns_from(EnsembleSettings.model_validate({"members": members})) is needed


def test_members_tell_beforehand_what_would_stop_them() -> None:
    with pytest.raises(WeightsError, match="there is no file"):
        backend.check(EnsembleSettings(settings={"synthetic": {"weights": "nowhere.safetensors"}}))


# --- fitting


def test_who_learns_from_negative_patients_is_given_the_patches_labelled_negative(
    toys: Callable[..., EnsembleSettings], patches: Patches
) -> None:
    marked, healthy, rule = Toy(LABELLED), Toy(NEGATIVE), Toy(NOTHING)
    backend.fit(patches, patches, toys(marked=marked, healthy=healthy, rule=rule), Run())
    assert marked.given == rule.given == [patches, patches]
    for part in healthy.given:
        assert part.label.tolist() == [-1] * 6
        assert part.patient_id.tolist() == list("bbccdd")
        assert part.read(np.array([5, 0]))[:, 0, 0, 0].tolist() == [70, 20]


def test_patches_of_negative_patients_need_no_label(
    toys: Callable[..., EnsembleSettings], in_memory: type, patches: Any
) -> None:
    healthy = Toy(NEGATIVE)
    unlabelled = in_memory(patches.images, list("aabbccdd"))
    backend.fit(unlabelled, unlabelled, toys(healthy=healthy, rule=Toy(NOTHING)), Run())
    assert [len(part) for part in healthy.given] == [8, 8]


@pytest.mark.parametrize(("which", "words"), [(0, "learn from"), (1, "validate on")])
def test_without_patches_for_every_member_nothing_is_fitted(
    toys: Callable[..., EnsembleSettings], in_memory: type, patches: Patches, which: int, words: str
) -> None:
    marked = Toy(LABELLED)
    given = [patches, patches]
    given[which] = in_memory(np.zeros((2, 16, 16, 3), np.uint8), ["a", "b"], [1, 1])
    with pytest.raises(NotEnoughDataError, match=f"{words}, and healthy learns from no other"):
        backend.fit(*given, toys(marked=marked, healthy=Toy(NEGATIVE)), Run())
    assert marked.given == []


def test_without_uninfected_patches_scores_cannot_be_compared(
    toys: Callable[..., EnsembleSettings], in_memory: type
) -> None:
    infected = in_memory(np.zeros((2, 16, 16, 3), np.uint8), ["a", "b"], [1, -1])
    with pytest.raises(NotEnoughDataError, match="1 patch labelled negative are there"):
        backend.fit(infected, infected, toys(one=Toy(LABELLED), two=Toy(LABELLED)), Run())


def test_epochs_are_counted_through_and_everything_says_whose_it_is(
    toys: Callable[..., EnsembleSettings], patches: Patches
) -> None:
    told: list[Progress] = []
    fitted = backend.fit(patches, patches, toys(one=Toy(LABELLED), two=Toy(LABELLED)), Run(progress=told.append))
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3, 4]
    assert [row["network"] for row in fitted.history] == [1, 1, 2, 2]
    assert [step.stage for step in told] == ["one: epoch 1/2", "two: epoch 1/2", "one: scale", "two: scale"]
    assert fitted.pretrained == {
        "one source": "toys",
        "one backend": "toys 2.0",
        "two source": "toys",
        "two backend": "toys 2.0",
    }


@pytest.mark.parametrize("second", [LABELLED, NEGATIVE])
def test_an_ensemble_without_one_of_its_members_is_not_kept(
    toys: Callable[..., EnsembleSettings], patches: Patches, second: Supervision
) -> None:
    settings = toys(one=Toy(LABELLED, interrupted=True), two=Toy(second))
    with pytest.raises(InterruptedTrainingError, match="before two was fitted"):
        backend.fit(patches, patches, settings, Run(should_stop=lambda: True))


def test_once_all_members_are_there_an_interrupted_one_is_kept(
    toys: Callable[..., EnsembleSettings], patches: Patches
) -> None:
    settings = toys(one=Toy(LABELLED, interrupted=True), rule=Toy(NOTHING))
    assert backend.fit(patches, patches, settings, Run(should_stop=lambda: True)).interrupted
    assert not backend.fit(patches, patches, toys(one=Toy(LABELLED), rule=Toy(NOTHING)), Run()).interrupted


# --- scoring


def test_the_score_is_the_mean_of_standard_deviations_above_uninfected_patches(
    toys: Callable[..., EnsembleSettings], patches: Any
) -> None:
    settings = toys({"two": {"gain": -3.0, "offset": 5.0}}, one=Toy(LABELLED), two=Toy(LABELLED))
    opposed = backend.fit(patches, patches, settings, Run()).scorer.score(patches.images)
    assert opposed == pytest.approx(np.zeros(8))
    settings = toys({"two": {"gain": 1000.0, "offset": 5.0}}, one=Toy(LABELLED), two=Toy(LABELLED))
    agreed = backend.fit(patches, patches, settings, Run()).scorer.score(patches.images)
    negative = np.arange(2, 8) * 10
    assert agreed == pytest.approx((np.arange(8) * 10 - negative.mean()) / negative.std())


def test_the_scale_is_that_of_validation_patches_and_of_training_patches_where_those_do_not_do(
    toys: Callable[..., EnsembleSettings], in_memory: type, patches: Any
) -> None:
    settings = toys(one=Toy(LABELLED), two=Toy(LABELLED))
    other = in_memory(patches.images // 10, list("eeffgghh"), patches.label.tolist())
    alone = in_memory(patches.images[:3], list("eff"), [1, 1, -1])
    infected = in_memory(patches.images[:2], list("ee"), [1, 1])
    flat = in_memory(patches.images[[2, 2, 2]], list("eff"), [-1, -1, -1])
    scores = [
        backend.fit(patches, part, settings, Run()).scorer.score(patches.images)
        for part in (patches, other, alone, infected, flat)
    ]
    assert scores[1] == pytest.approx((np.arange(8) * 10 - 4.5) / np.arange(2, 8).std())
    assert all((found == scores[0]).all() for found in scores[2:])


def test_a_member_that_scores_all_uninfected_patches_the_same_adds_nothing(
    toys: Callable[..., EnsembleSettings], patches: Any
) -> None:
    settings = toys({"two": {"gain": 0.1, "most": 15.0}}, one=Toy(LABELLED), two=Toy(LABELLED))
    scores = backend.fit(patches, patches, settings, Run()).scorer.score(patches.images)
    negative = np.arange(2, 8) * 10
    assert scores == pytest.approx((np.arange(8) * 10 - negative.mean()) / negative.std() / 2)


def test_the_heatmap_is_the_mean_of_the_members_that_have_one(
    toys: Callable[..., EnsembleSettings], patches: Any
) -> None:
    settings = toys({"two": {"gain": 0.5}}, one=PointingToy(LABELLED), two=PointingToy(LABELLED), dumb=Toy(LABELLED))
    scorer = backend.fit(patches, patches, settings, Run()).scorer
    assert isinstance(scorer, Localizer)
    heat = scorer.heatmap(patches.images)
    assert heat.dtype == np.float32
    assert heat == pytest.approx(np.full((8, 16, 16), 0.75))
    dumb = backend.fit(patches, patches, toys(one=Toy(LABELLED), two=Toy(LABELLED)), Run()).scorer
    assert not isinstance(dumb, Localizer)


def test_what_was_stored_is_restored_and_what_is_missing_is_told(
    toys: Callable[..., EnsembleSettings], patches: Any
) -> None:
    settings = toys({"two": {"gain": -2.0}}, one=PointingToy(LABELLED), two=Toy(LABELLED))
    scorer = backend.fit(patches, patches, settings, Run()).scorer
    state = dict(scorer.state())
    assert set(state) == {"one/mean", "two/mean", "scale/mean", "scale/std"}
    restored = backend.restore(state, settings, device="cpu")
    assert (restored.score(patches.images) == scorer.score(patches.images)).all()
    assert isinstance(restored, Localizer)
    for damaged in (
        {key: array for key, array in state.items() if key != "scale/std"},
        {**state, "scale/mean": np.zeros(3)},
        {**state, "three/mean": np.zeros(1)},
    ):
        with pytest.raises(ModelDamagedError, match="not those of an ensemble of one, two"):
            backend.restore(damaged, settings, device="cpu")
