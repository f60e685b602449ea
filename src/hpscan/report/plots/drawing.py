"""What the plots share: colours, sheets of small panels, titles, footnotes, labels that keep clear of each other, PNG."""

from __future__ import annotations

import io
import math
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, TypeAlias

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

    Legend: TypeAlias = dict[str, Artist]  # what stands beside a mark
    _Side: TypeAlias = Literal["left", "center", "right"]

INK = "#22313f"
FAINT = "#b8bfc6"
NEGATIVE, POSITIVE = "#3572a5", "#c0592b"  # blue and orange: apart also without colour vision
SMALL = 8  # points, the smallest text anywhere
_DPI = 110
_LETTERS = 17  # of the smallest text, in an inch


def sheet(width: float, height: float) -> Figure:
    """An empty figure, in inches, of its own: pyplot's global state stays untouched."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor="white")


def panels(count: int, height: float, x: str, y: str) -> tuple[Figure, list[Axes]]:
    """A sheet of `count` panels of about that height, inches, in at most four columns; outer panels name the axes."""
    columns = _columns(count)
    rows = math.ceil(count / columns)
    figure = sheet({1: 5.6, 2: 7.6}.get(columns, 10.0), rows * height * (1.4 if count == 1 else 1) + 1.0)
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for spare in grid[count:]:
        spare.remove()
    for place, axis in enumerate(grid[:count]):
        plain(axis)
        axis.tick_params(labelsize=SMALL)
        if place % columns == 0:
            axis.set_ylabel(y, fontsize=9)
        if place + columns >= count:
            axis.set_xlabel(x, fontsize=9)
    return figure, grid[:count]


def _columns(count: int) -> int:
    if count <= 4:
        return count
    return 4 if math.ceil(count / 4) < math.ceil(count / 3) else 3


def head(axis: Axes, name: str, metric: str = "") -> None:
    """A panel's title: its name, and a metric below."""
    axis.set_title(f"{name}\n{metric}" if metric else name, fontsize=9.5, color=INK, loc="left", linespacing=1.3)


def blank(axis: Axes, text: str) -> None:
    """A panel that has nothing to show, and why."""
    axis.set(xticks=[], yticks=[])
    axis.text(0.5, 0.5, textwrap.fill(text, 24), ha="center", va="center", fontsize=9, transform=axis.transAxes)


def finished(figure: Figure, title: str, note: str, legend: Legend | None = None) -> bytes:
    """PNG bytes of the figure with its title, legend and footnote."""
    return png(titled(figure, title, note, legend))


def titled(figure: Figure, title: str, note: str, legend: Legend | None = None) -> Figure:
    """The figure with a title and the legend above, and below a footnote that says what bands and bars mean."""
    footnote(figure, note)
    if legend:
        fitting = int(figure.get_figwidth() * 12.5 / (max(map(len, legend)) + 7))
        figure.legend(
            list(legend.values()),
            list(legend),
            title=title,
            alignment="left",
            title_fontsize=12,
            loc="outside upper left",
            ncols=max(1, min(fitting, len(legend))),
            frameon=False,
            labelcolor=INK,
            fontsize=SMALL + 0.5,
        ).get_title().set_color(INK)
    else:
        figure.suptitle(title, fontsize=12, color=INK, x=0.01, ha="left")
    return figure


def footnote(figure: Figure, note: str) -> None:
    """Small type along the lower edge."""
    lines = textwrap.fill(note.replace(" %", "\N{NO-BREAK SPACE}%"), int(figure.get_figwidth() * _LETTERS))
    figure.supxlabel(lines, x=0.01, ha="left", fontsize=SMALL, color=INK)


def nothing(title: str) -> bytes:
    """The plot of no backend at all."""
    figure, (axis,) = panels(1, 1.0, "", "")
    blank(axis, "nothing to show")
    return finished(figure, title, "")


def plain(axis: Axes) -> None:
    """No frame at the top and the right."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.title.set_fontsize(10)


def labels(axis: Axes, names: Sequence[str], x: Sequence[float], y: Sequence[float], bars: Sequence[Bbox]) -> None:
    """Each name beside its point, where it hides no other name, no point and no bar (display units) as far as can be."""
    taken = list(bars)
    inside = axis.get_window_extent().padded(-8)
    sides: dict[int, _Side] = {1: "left", -1: "right", 0: "center"}
    ways = [(1, 0.0), (1, 0.8), (1, -0.8), (-1, 0.0), (-1, 0.8), (-1, -0.8), (0, 1.0), (0, -1.0)]  # right, up
    for name, *point in zip(names, x, y, strict=True):
        at = (point[0], point[1])
        text = axis.annotate(name, at, (0, 0), textcoords="offset points", fontsize=9, color=INK, va="center")
        text.set_in_layout(False)
        best: tuple[float, tuple[float, float], _Side] = (math.inf, (0.0, 0.0), "left")
        for distance in (9, 16, 26, 40, 58, 80):
            for turn, (right, up) in enumerate(ways):
                offset = (right * distance * 0.8, up * distance)
                text.set_horizontalalignment(sides[right])
                text.set_position(offset)
                box = text.get_window_extent()
                hidden = sum(_shared(box, other) for other in taken)
                outside = box.width * box.height - _shared(box, inside)
                best = min(best, (hidden + 2 * outside + distance + turn / 10, offset, sides[right]))
        text.set_horizontalalignment(best[2])
        text.set_position(best[1])
        if math.hypot(*best[1]) > 12:
            line = {"arrowstyle": "-", "color": FAINT, "shrinkA": 0, "shrinkB": 4}
            axis.annotate("", at, best[1], textcoords="offset points", arrowprops=line, zorder=1)
        taken.append(text.get_window_extent())


def _shared(a: Bbox, b: Bbox) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return width * height if width > 0 and height > 0 else 0.0


def png(figure: Figure) -> bytes:
    """The same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
