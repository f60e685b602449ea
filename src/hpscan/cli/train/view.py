"""What `hpscan train` shows: the JSON document and the screen of a training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field
from rich.panel import Panel

from hpscan.cli.output import account as accounts
from hpscan.cli.output import account_document, documents
from hpscan.cli.output.account_document import AccountDocument
from hpscan.cli.output.documents import (
    Document,
    ModelDocument,
    RejectionDocument,
    WarningDocument,
)
from hpscan.cli.output.panels import (
    facts,
    model_line,
    note_rows,
    plot_rows,
    threshold_rows,
    warning_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from hpscan.workflows.training.train import Training


_ROLES = {name: name for name in ("training", "validation", "calibration", "test")}


class TrainingDocument(Document):
    """What `train --json` prints."""

    model: ModelDocument
    patches: int = Field(description="Patches fitted on.")
    positive: int | None = Field(description="Those of them labelled positive; null where labels are not learned from.")
    rejected: list[RejectionDocument]
    seconds: float
    patches_per_second: float | None
    scored_per_second: float
    peak_memory: int = Field(description="Bytes.")
    plots: list[str] = Field(
        validation_alias=AliasChoices("plots", "figures"), description="Plots and galleries in the model's folder."
    )
    account: AccountDocument
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


def document(training: Training) -> TrainingDocument:
    """What training gave."""
    return TrainingDocument(
        model=documents.model(training.model, documents.default_model()),
        patches=training.facts.patches,
        positive=training.facts.positive,
        rejected=documents.rejections(training.rejected),
        seconds=training.model.manifest.training.seconds,
        patches_per_second=training.facts.per_second,
        scored_per_second=training.scored_per_second,
        peak_memory=training.peak_memory,
        plots=[str(path) for path in training.model.plots],
        account=account_document.document(training.account),
        warnings=documents.warnings(training.warnings),
    )


def screen(training: Training) -> Iterable[RenderableType]:
    """What was trained, on whom, how fast, and with which thresholds."""
    manifest = training.model.manifest
    history = manifest.training.history
    patients = ", ".join(
        f"{sum(r.role.value == role for r in manifest.patients)} {words}" for role, words in _ROLES.items()
    )
    rows: list[tuple[str, RenderableType]] = [("patients", patients), ("patches", _fitted_on(training))]
    if training.facts.other_size:
        rows.append(("", f"{training.facts.other_size} of another size were not learned from"))
    if training.rejected:
        rows.append(("rejected", f"{len(training.rejected)} patches could not be read: hpscan data check names them"))
    rows += note_rows(training.notes)
    if history:
        rows.append(("epochs", f"{len(history)}, {_kept(history)}"))
    trained = "" if training.facts.per_second is None else f"{training.facts.per_second:.0f} patches/s trained, "
    speed = f"{manifest.training.seconds:.0f} s to fit, {trained}{training.scored_per_second:.0f} patches/s scored"
    rows.append(("speed", f"{speed}, peak memory {training.peak_memory / 2**30:.1f} GiB ({manifest.training.device})"))
    rows += accounts.rows(training.account.sums(), "fitted on or scored")
    rows += threshold_rows(manifest.operating_point.point())
    rows += warning_rows(training.warnings)
    rows.append(("model", model_line(training.model)))
    rows += plot_rows(training.model.plots)
    title = "Training interrupted: the best weights so far are kept" if manifest.training.interrupted else "Trained"
    yield Panel(facts(rows), title=title, title_align="left", expand=False)


def _fitted_on(training: Training) -> str:
    labels = (
        ""
        if training.facts.positive is None
        else f" ({training.facts.positive} positive, {training.facts.patches - training.facts.positive} negative)"
    )
    return f"{training.facts.patches} fitted on{labels}"


def _kept(history: Sequence[Mapping[str, float]]) -> str:
    """Which epoch's weights the model has: the best, where each was validated, else the last.

    The losses of several networks are unlike, so no epoch is the best of all.
    """
    networks = {row["network"] for row in history if "network" in row}
    if len(networks) > 1:
        return f"of {len(networks)} networks, each with its own best"
    if not all("validation_loss" in row for row in history):
        return "the last was kept"
    loss = [math.inf if math.isnan(row["validation_loss"]) else row["validation_loss"] for row in history]
    best = loss.index(min(loss))
    return f"the best was {history[best].get('epoch', best + 1):.0f} (validation loss {loss[best]:.5g})"
