"""A matplotlib figure as SVG within a page: classes instead of colours, no style of its own, few bytes."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_AUTOMATIC = re.compile(r"^(?:figure|axes|matplotlib\.axis|patch|line2d|text|LineCollection|StepPatch)_\d+$")
_ANCHOR = re.compile(r"text-anchor: (\w+)")


def svg(figure: Figure, label: str, salt: str) -> str:
    """The figure as an SVG element, the same text for the same figure; its unit is a CSS pixel.

    The page's security policy forbids styles within elements, and colours must follow light and dark: every `style`
    goes, and an artist's `gid` becomes the `class` by which style.css finds it.

    Args:
        figure: Drawn with 72 dots an inch.
        label: What a screen reader says.
        salt: Differs from chart to chart of one page, so that their ids do.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "path.simplify": False}):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  matplotlib's own output
    _plain(root)
    width, height = root.attrib["viewBox"].split()[2:]
    root.attrib |= {"width": width, "height": height, "role": "img", "aria-label": label}
    return ET.tostring(root, encoding="unicode")


def _plain(element: ET.Element) -> None:
    """Bring an element and all within it into the form that a page needs."""
    style = element.attrib.pop("style", "")
    if anchor := _ANCHOR.search(style):
        element.set("text-anchor", anchor[1])
    element.attrib.pop("clip-path", None)
    if element.tag == f"{{{_SVG}}}text":
        element.attrib.pop("transform", None)
    elif not element.text or not element.text.strip():
        element.text = None
    element.tail = None
    if element.tag == f"{{{_SVG}}}g":
        name = element.attrib.pop("id", "")
        if name and not _AUTOMATIC.match(name):
            element.set("class", re.sub(r"^[xy](tick)_\d+$", r"\1", name))
    for key in {"x", "y", "d"}.intersection(element.attrib):
        element.set(
            key, re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}", " ".join(element.get(key, "").split()))
        )
    children = []
    for child in list(element):
        if child.tag in {f"{{{_SVG}}}style", f"{{{_SVG}}}clipPath"}:
            continue
        _plain(child)
        bare = child.tag == f"{{{_SVG}}}g" and not child.attrib  # says nothing: what it holds stands in its place
        if child.tag != f"{{{_SVG}}}defs" or len(child):
            children += list(child) if bare else [child]
    element[:] = children
