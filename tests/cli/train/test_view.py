"""The panels about models say what was learned from, which epoch was kept, and what training started from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from hpscan.cli.train import view
from hpscan.cli.zoo.models import view as models_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.store.models import StoredModel
    from hpscan.workflows.training.train import Training

pytestmark = pytest.mark.xdist_group("trained")


def shown(parts: Iterable[RenderableType]) -> str:
    """What stands on a wide screen, in one line."""
    console = Console(width=300, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return " ".join(captured.get().split())


def with_record(model: StoredModel, **changes: Any) -> StoredModel:
    """The model, its training record changed."""
    record = model.manifest.training.model_copy(update=changes)
    return replace(model, manifest=model.manifest.model_copy(update={"training": record}))


def test_labelled_patches_are_counted_by_class(training: Training) -> None:
    labelled = replace(training, facts=training.facts.model_copy(update={"patches": 315, "positive": 52}))
    assert "315 fitted on (52 positive, 263 negative)" in shown(view.screen(labelled))
    unlabelled = replace(training, facts=training.facts.model_copy(update={"patches": 315, "positive": None}))
    assert "315 fitted on │" in shown(view.screen(unlabelled))


def test_the_time_to_fit_is_told_for_a_backend_without_epochs_too(training: Training) -> None:
    model = with_record(training.model, seconds=12.3, history=())
    facts = training.facts.model_copy(update={"per_second": None})
    panel = shown(view.screen(replace(training, model=model, facts=facts, scored_per_second=80)))
    assert "speed 12 s to fit, 80 patches/s scored" in panel
    assert "epochs" not in panel


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ([{"epoch": 1, "validation_loss": 0.5}, {"epoch": 2, "validation_loss": 0.25}], "2, the best was 2 (validation loss 0.25)"),
        ([{"validation_loss": float("nan")}, {"validation_loss": 0.25}], "2, the best was 2 (validation loss 0.25)"),
        ([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}], "2, the last was kept"),
        ([{"network": 1, "validation_loss": 9}, {"network": 2, "validation_loss": 1}], "2, of 2 networks, each with its own best"),
    ],
)  # fmt: skip
def test_the_epoch_that_was_kept_is_named(training: Training, history: list[dict[str, float]], words: str) -> None:
    model = with_record(training.model, history=tuple(history))
    assert f"epochs {words}" in shown(view.screen(replace(training, model=model)))


def test_a_model_says_what_it_started_from(trained: StoredModel) -> None:
    assert "started from" not in shown(models_view.model_screen(trained))
    found = {"backbone": "resnet18", "source": "hub", "where": "timm/resnet18", "sha256": "0123456789abcdef" * 4}
    panel = shown(models_view.model_screen(with_record(trained, pretrained=found)))
    assert "started from resnet18, hub, timm/resnet18, SHA-256 0123456789ab..." in panel


def test_an_empty_setting_can_be_seen(trained: StoredModel) -> None:
    model = replace(trained, manifest=trained.manifest.model_copy(update={"settings": {"weights": "", "layers": 2}}))
    assert 'settings weights="", layers=2' in shown(models_view.model_screen(model))
