"""Backend `ensemble`: the mean opinion of other backends, fitted one after the other on the same patches.

Backends that learn differently err on different patches, so what they agree on is safer than what one of them says. Their
scores have unlike units; each is measured in standard deviations of its own scores of uninfected patches before they are
averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from hpscan.backends import registry
from hpscan.backends.configure import configure
from hpscan.backends.sampling import capped
from hpscan.core.backend import Checker, Composite, Fitted, Localizer, Progress, Quick, Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import (
    BackendNotFoundError,
    InterruptedTrainingError,
    ModelDamagedError,
    NotEnoughDataError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from hpscan.backends.registry import Plugin
    from hpscan.core.backend import Backend, Images, Patches, Run, Scorer, Scores, State

_MEAN, _STD = "scale/mean", "scale/std"

_PER_PATIENT = 50
"""Most patches of a patient that the scales are taken from, so that nobody outweighs the rest and it stays quick."""

_CHUNK = 64
"""Patches read at once while the scales are taken."""

_CONSTANT = 1e-9
"""Standard deviation, as a share of the largest score, below which scores are all the same but for rounding."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A backend of the ensemble, with where it comes from and its own settings."""

    name: str
    backend: Backend[Any]
    plugin: Plugin
    settings: BaseModel

    @property
    def learns_from(self) -> Supervision:
        return self.backend.learns_from(self.settings)


class EnsembleSettings(BaseModel):
    """Which backends are averaged, and their own settings.

    `settings` keeps what differs from a member's defaults and is dumped whole, so that a stored model stays what it is when
    the defaults of a later version are others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: tuple[str, ...] = Field(
        ("cnn", "synthetic"),
        description="The backends whose scores are averaged, two or more, with commas between them.",
    )
    settings: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict,
        description="Settings of the members; in a file, those of cnn stand in the table [ensemble.settings.cnn].",
    )
    hurry: bool = Field(
        False, description="Whether members start from the settings that they name for hpscan benchmark --quick."
    )

    @field_validator("members", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        return tuple(name.strip() for name in given.split(",")) if isinstance(given, str) else given

    @field_validator("members")
    @classmethod
    def _can_be_averaged(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if len(members) < 2:
            raise ValueError("an ensemble has two members or more")
        twice = [name for name, n in Counter(members).items() if n > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        for name in members:
            try:
                backend, _ = registry.load(name)
            except BackendNotFoundError as error:
                raise ValueError(f"{error.message} ({error.hint})") from None
            if isinstance(backend, Composite):
                raise ValueError(f"{name} has members itself")  # noqa: TRY004  pydantic takes a ValueError
        return members

    @model_validator(mode="after")
    def _suit_the_members(self) -> Self:
        strangers = [name for name in self.settings if name not in self.members]
        if strangers:
            raise ValueError(f"settings are given for {strangers[0]}, and the members are {', '.join(self.members)}")
        kept: dict[str, dict[str, Any]] = {}
        try:
            configured = self.configured()
            for member in configured:
                plain = configure(type(member.settings), member.name, self._preset(member.backend))
                own = {key: value for key, value in member.settings if value != getattr(plain, key)}
                kept |= {member.name: own} if own else {}
        except SettingsError as error:
            raise ValueError(f"{error.message} ({error.hint})") from None
        if all(member.learns_from is Supervision.NOTHING for member in configured):
            raise ValueError(
                f"{' and '.join(self.members)} learn nothing, so no patches would be there to make their scores comparable; "
                "add a member that learns (hpscan backends)"
            )
        object.__setattr__(self, "settings", kept)
        return self

    @field_serializer("settings")
    def _whole(self, _: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        return {member.name: member.settings.model_dump(mode="json") for member in self.configured()}

    def _preset(self, backend: Backend[Any]) -> dict[str, Any]:
        return dict(backend.quick) if self.hurry and isinstance(backend, Quick) else {}

    def configured(self) -> tuple[_Member, ...]:
        """The members in their order, each with its settings.

        Raises:
            BackendError: When one of them cannot be used.
            SettingsError: When one of them does not take its settings.
        """
        made = []
        for name in self.members:
            backend, plugin = registry.load(name)
            given = {**self._preset(backend), **self.settings.get(name, {})}
            made.append(_Member(name, backend, plugin, configure(backend.settings, name, given)))
        return tuple(made)


class EnsembleScorer:
    """Fitted members by name, and the mean and standard deviation, (M,), of each one's scores of uninfected patches."""

    def __init__(self, members: Mapping[str, Scorer], mean: NDArray[np.float64], std: NDArray[np.float64]) -> None:
        self._members = dict(members)
        self._mean = mean
        self._std = std

    def score(self, images: Images) -> Scores:
        """How far a patch lies above uninfected ones, (N,), in standard deviations: the mean of the members."""
        total = np.zeros(len(images))
        for scorer, mean, std in zip(self._members.values(), self._mean, self._std, strict=True):
            total += (scorer.score(images) - mean) / std
        return total / len(self._members)

    def state(self) -> State:
        """The members' arrays with their names in front, and the scales, in the members' order."""
        return {
            **{
                f"{name}/{key}": array
                for name, scorer in self._members.items()
                for key, array in scorer.state().items()
            },
            _MEAN: self._mean,
            _STD: self._std,
        }


class LocalizingEnsembleScorer(EnsembleScorer):
    """An ensemble with a member that says where."""

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """(N, H, W), 0..1: the mean of the members that have a heatmap."""
        pointing = [scorer for scorer in self._members.values() if isinstance(scorer, Localizer)]
        total = np.zeros(images.shape[:3], np.float32)
        for scorer in pointing:
            total += scorer.heatmap(images)
        return np.clip(total / len(pointing), 0, 1)


def _scorer(members: Mapping[str, Scorer], mean: NDArray[np.float64], std: NDArray[np.float64]) -> EnsembleScorer:
    localizes = any(isinstance(scorer, Localizer) for scorer in members.values())
    return (LocalizingEnsembleScorer if localizes else EnsembleScorer)(members, mean, std)


class _Some:
    """Some of the patches, read when they are asked for."""

    def __init__(self, patches: Patches, index: NDArray[np.intp]) -> None:
        self._patches = patches
        self._index = index
        self.patient_id = patches.patient_id[index]
        self.label = patches.label[index]

    def __len__(self) -> int:
        return len(self._index)

    def read(self, index: NDArray[np.intp]) -> Images:
        """The pixels of the patches at `index`, (M,), as (M, H, W, 3)."""
        return self._patches.read(self._index[index])


class Ensemble:
    """The backend."""

    settings = EnsembleSettings
    quick: Mapping[str, Any] = MappingProxyType({"hurry": True})

    def members(self, settings: EnsembleSettings) -> Mapping[str, BaseModel]:
        """The members' settings by name."""
        return {member.name: member.settings for member in settings.configured()}

    def learns_from(self, settings: EnsembleSettings) -> Supervision:
        """What the most demanding member needs."""
        wanted = {member.learns_from for member in settings.configured()}
        order = (Supervision.LABELLED_PATCHES, Supervision.NEGATIVE_PATIENTS)
        return next((one for one in order if one in wanted), Supervision.NOTHING)

    def check(self, settings: EnsembleSettings) -> None:
        """See that every member could be fitted, as far as it can tell."""
        for member in settings.configured():
            if isinstance(member.backend, Checker):
                member.backend.check(member.settings)

    def fit(self, train: Patches, validation: Patches, settings: EnsembleSettings, run: Run) -> Fitted:
        """Fit the members one after the other, then bring their scores to one scale.

        Raises:
            NotEnoughDataError: When no patches are left that a member learns from, or that the scales are taken from.
            InterruptedTrainingError: When it is to stop before all members are fitted.
            HpscanError: What a member raises.
        """
        members = settings.configured()
        supervision = self.learns_from(settings)
        clean = [_Some(part, _uninfected(part, supervision)) for part in (train, validation)]
        _check_enough(members, supervision, clean)
        fitted: dict[str, Fitted] = {}
        for member in members:
            if fitted and member.learns_from is not Supervision.NOTHING and run.should_stop():
                raise InterruptedTrainingError(
                    f"training was stopped before {member.name} was fitted, and without it there is no ensemble to keep",
                    hint="run the same command again",
                )
            apart = member.learns_from is Supervision.NEGATIVE_PATIENTS
            learned, validated = clean if apart else (train, validation)
            told = replace(run, progress=_naming(run, member.name))
            fitted[member.name] = member.backend.fit(learned, validated, member.settings, told)
        scales = [_scale(name, one.scorer, clean, run) for name, one in fitted.items()]
        mean, std = np.array(scales, dtype=np.float64).T.copy()
        return Fitted(
            _scorer({name: one.scorer for name, one in fitted.items()}, mean, std),
            _history(fitted.values()),
            any(one.interrupted for one in fitted.values()),
            _pretrained(members, fitted),
        )

    def restore(self, state: State, settings: EnsembleSettings, *, device: str) -> EnsembleScorer:
        """The scorer whose arrays `state` holds.

        Raises:
            ModelDamagedError: When they are not those of these members.
        """
        scorers, known = {}, {_MEAN, _STD}
        for member in settings.configured():
            prefix = f"{member.name}/"
            own = {key: array for key, array in state.items() if key.startswith(prefix) and key not in (_MEAN, _STD)}
            known |= own.keys()
            plain = {key.removeprefix(prefix): array for key, array in own.items()}
            scorers[member.name] = member.backend.restore(plain, member.settings, device=device)
        shapes = [np.shape(state[key]) for key in (_MEAN, _STD) if key in state]
        if shapes != [(len(scorers),)] * 2 or not state.keys() <= known:
            raise ModelDamagedError(
                f"the weights are not those of an ensemble of {', '.join(scorers)}", hint="train the model again"
            )
        return _scorer(scorers, *(np.array(state[key], dtype=np.float64) for key in (_MEAN, _STD)))


def _uninfected(patches: Patches, supervision: Supervision) -> NDArray[np.intp]:
    """The patches, (M,), that nobody would call positive.

    Patches of negative patients carry no label or a negative one, so an absent label says uninfected there and there alone.
    """
    label = patches.label
    labelled = supervision is Supervision.LABELLED_PATCHES
    return np.flatnonzero(label == PatchLabel.NEGATIVE if labelled else label != PatchLabel.POSITIVE)


def _check_enough(members: Sequence[_Member], supervision: Supervision, clean: Sequence[Patches]) -> None:
    """See that the uninfected patches to learn from and to validate on will do for all."""
    what = "labelled negative" if supervision is Supervision.LABELLED_PATCHES else "uninfected"
    apart = [member.name for member in members if member.learns_from is Supervision.NEGATIVE_PATIENTS]
    for part, use in zip(clean, ("learn from", "validate on"), strict=True):
        if apart and not len(part):
            raise NotEnoughDataError(
                f"no patch {what} is among those to {use}, and {apart[0]} learns from no other",
                hint=f"label more patches, or leave {apart[0]} out of the members",
            )
    most = max(map(len, clean))
    if most < 2:
        raise NotEnoughDataError(
            f"{most} patch{'es' * (most != 1)} {what} are there to make the members' scores comparable, and 2 are needed",
            hint="label more patches",
        )


def _naming(run: Run, name: str) -> Callable[[Progress], None]:
    """The run's progress with the member's name before each stage."""
    return lambda step: run.progress(replace(step, stage=f"{name}: {step.stage}"))


def _scale(name: str, scorer: Scorer, clean: Sequence[Patches], run: Run) -> tuple[float, float]:
    """Mean and standard deviation of a member's scores of uninfected patches.

    Those that it was not fitted on; where they are fewer than two, or all score the same, those that it was. Where these
    all score the same, too, its scores have no unit: an infinite standard deviation makes it add nothing.
    """
    mean, std = 0.0, np.inf
    for part in reversed(clean):
        if len(part) < 2:
            continue
        index = np.sort(capped(part, _PER_PATIENT, np.random.default_rng(run.seed)))
        found = np.empty(len(index))
        for start in range(0, len(index), _CHUNK):
            end = min(start + _CHUNK, len(index))
            found[start:end] = scorer.score(part.read(index[start:end]))
            run.progress(Progress(f"{name}: scale", end, len(index)))
        mean = float(found.mean())
        if found.std() > _CONSTANT * np.abs(found).max():
            return mean, float(found.std())
    return mean, std


def _history(fitted: Iterable[Fitted]) -> tuple[Mapping[str, float], ...]:
    """The members' epochs one after the other, epochs and networks counted through."""
    rows: list[Mapping[str, float]] = []
    for one in fitted:
        epochs, networks = (max((row[key] for row in rows if key in row), default=0) for key in ("epoch", "network"))
        for row in one.history:
            counted = {"network": networks + row.get("network", 1)}
            rows.append({**row, **counted, **({"epoch": epochs + row["epoch"]} if "epoch" in row else {})})
    return tuple(rows)


def _pretrained(members: Sequence[_Member], fitted: Mapping[str, Fitted]) -> dict[str, str]:
    """What each member started from, and which distribution a member that is not hpscan's own comes from."""
    made: dict[str, str] = {}
    for member in members:
        made |= {f"{member.name} {key}": value for key, value in fitted[member.name].pretrained.items()}
        if member.plugin.distribution != "hpscan":
            made[f"{member.name} backend"] = f"{member.plugin.distribution} {member.plugin.version}"
    return made


backend = Ensemble()
