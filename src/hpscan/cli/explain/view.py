"""What `hpscan explain` shows: the JSON document and the screen of an explained patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import documents
from hpscan.cli.output.documents import (
    Document,
    ModelChosen,
    ReasonDocument,
    ThresholdDocument,
)
from hpscan.cli.output.panels import (
    facts,
    model_line,
    plot_rows,
    research_use,
)
from hpscan.core.choices import Aggregation
from hpscan.report.text import reasons as text
from hpscan.report.text.numbers import format_percent
from hpscan.report.text.thresholds import describe_distance, describe_patch_threshold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.workflows.diagnosis.explain import Explanation, Proportion


class ProportionDocument(Document):
    """How many of some patches score at least as high; their scores are kept by bin, so the proportion lies between two values."""

    patches: int = Field(description="All of them.")
    least: float = Field(description="0..1.")
    most: float = Field(description="0..1.")


class ExplanationDocument(Document):
    """One patch explained."""

    patch: str = Field(description="The file.")
    model: str = Field(description="The model's folder.")
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    score: float
    positive: bool
    threshold: ThresholdDocument
    negative: ProportionDocument | None = Field(
        description="Patches of negative patients of the model's operating point that score at least as high; null "
        "where it was chosen without any."
    )
    infected: ProportionDocument | None = Field(description="Likewise, of infected patients.")
    doubts: list[str] = Field(description="Why the patch can hardly show anything.")
    remarks: list[str] = Field(description="What else to know.")
    heatmap_peak: float | None = Field(
        description="The heatmap's highest value, 0..1; null where the model makes none."
    )
    picture: str = Field(description="The picture that was written.")
    reason_details: list[ReasonDocument] = Field(description="The doubts and then the remarks, with codes and numbers.")
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")


def document(explanation: Explanation, picture: Path) -> ExplanationDocument:
    """What was found of one patch, and where the picture lies."""
    width, height = explanation.size
    return ExplanationDocument(
        patch=str(explanation.path),
        model=str(explanation.model.path),
        width=width,
        height=height,
        score=explanation.score,
        positive=explanation.positive,
        threshold=documents.threshold(explanation.point.patch),
        negative=_proportion_document(explanation.negative),
        infected=_proportion_document(explanation.infected),
        doubts=[text.describe_reason(reason) for reason in explanation.doubts],
        remarks=[text.describe_reason(reason) for reason in explanation.remarks],
        heatmap_peak=explanation.heatmap_peak,
        picture=str(picture),
        reason_details=documents.reasons((*explanation.doubts, *explanation.remarks)),
        model_chosen=explanation.chosen.value,
    )


def _proportion_document(proportion: Proportion | None) -> ProportionDocument | None:
    return (
        None
        if proportion is None
        else ProportionDocument(patches=proportion.n, least=proportion.least, most=proportion.most)
    )


def screen(explanation: Explanation, picture: Path) -> Iterable[RenderableType]:
    """Score, threshold, and how others' patches score."""
    words, style = ("positive", "bold red") if explanation.positive else ("negative", "bold green")
    if explanation.doubts:
        words, style = f"{words}, doubtful", "bold yellow"
    # A patch's score and a highest score are told in the same way.
    distance = describe_distance(explanation.score, explanation.point.patch, Aggregation.MAX)
    rows: list[tuple[str, RenderableType]] = [
        ("score", distance),
        ("patch threshold", describe_patch_threshold(explanation.point.patch)),
        ("negative patients", _proportion(explanation.negative)),
        ("infected patients", _proportion(explanation.infected)),
    ]
    if explanation.heatmap_peak is not None:
        rows.append(("heatmap", f"highest {explanation.heatmap_peak:.2f} of 1"))
    rows.append(("model", model_line(explanation.model)))
    rows += [("note", text.describe_reason(reason)) for reason in (*explanation.doubts, *explanation.remarks)]
    rows += plot_rows([picture])
    heading = Text.assemble((explanation.name, "bold"), "  ", (words, style))
    yield Panel(Group(heading, "", facts(rows)), expand=False, border_style=style.split()[-1])
    yield research_use()


def _proportion(proportion: Proportion | None) -> str:
    if proportion is None:
        return "none among the patients that the threshold was chosen on"
    least, most = format_percent(proportion.least), format_percent(proportion.most)
    between = most if least == most else f"{least.removesuffix(' %')} to {most}"
    return f"{between} of their {proportion.n:,} patches score as high or higher"
