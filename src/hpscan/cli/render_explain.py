"""What the terminal shows of one explained patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.render import facts, model_line, research_use
from hpscan.cli.render_upkeep import figure_rows
from hpscan.core.decision import Aggregation
from hpscan.report.text import reasons as text
from hpscan.report.text.card import distance, patch_threshold, percent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.workflows.diagnosis.explain import Explanation, Proportion


def explanation(found: Explanation, picture: Path) -> Iterable[RenderableType]:
    """Score, threshold, and how others' patches score."""
    words, style = ("positive", "bold red") if found.positive else ("negative", "bold green")
    if found.doubts:
        words, style = f"{words}, doubtful", "bold yellow"
    # A patch's score and a highest score are told in the same way.
    apart = distance(found.score, found.point.patch, Aggregation.MAX)
    rows: list[tuple[str, RenderableType]] = [
        ("score", apart),
        ("patch threshold", patch_threshold(found.point.patch)),
        ("negative patients", _share(found.negative)),
        ("infected patients", _share(found.infected)),
    ]
    if found.heatmap_peak is not None:
        rows.append(("heatmap", f"highest {found.heatmap_peak:.2f} of 1"))
    rows.append(("model", model_line(found.model)))
    rows += [("note", text.reason(one)) for one in (*found.doubts, *found.remarks)]
    rows += figure_rows([picture])
    heading = Text.assemble((found.name, "bold"), "  ", (words, style))
    yield Panel(Group(heading, "", facts(rows)), expand=False, border_style=style.split()[-1])
    yield research_use()


def _share(share: Proportion | None) -> str:
    if share is None:
        return "none among the patients that the threshold was chosen on"
    least, most = percent(share.least), percent(share.most)
    between = most if least == most else f"{least.removesuffix(' %')} to {most}"
    return f"{between} of their {share.n:,} patches score as high or higher"
