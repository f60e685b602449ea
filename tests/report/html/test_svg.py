"""A figure as SVG in a page: classes instead of colours, nothing that the page's policy forbids, the same every time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hpscan.report.html.charts import NARROW, scale
from hpscan.report.html.svg import svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {"negative": "negative", "high": "infected"}


def _figure() -> Figure:
    groups = {"negative": [0.1, 0.2], "high": [0.9]}
    return scale(NARROW, groups, KINDS, value=0.5, threshold=0.4, format_tick=str)


def test_the_same_figure_is_the_same_text_and_two_charts_share_no_id() -> None:
    first, again, other = svg(_figure(), "a", "1"), svg(_figure(), "a", "1"), svg(_figure(), "a", "2")
    assert first == again
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'href="#([^"]+)"', first)) == ids[0]


def test_colours_come_from_the_page_alone_and_nothing_from_elsewhere() -> None:
    text = svg(_figure(), "a", "1")
    assert not re.search(r"style|#[0-9a-f]{6}\b|url\(|clip|font|metadata|rotate", text)
    assert {"mark negative", "mark infected", "threshold", "own", "own-head", "own-text", "axis", "tick"} == set(
        re.findall(r'class="([^"]+)"', text)
    )


def test_the_label_is_escaped_and_texts_stay_texts_at_their_anchor() -> None:
    root = ET.fromstring(svg(_figure(), '5 < 6 & "more"', "1"))  # noqa: S314  our own
    assert root.attrib["aria-label"] == '5 < 6 & "more"'
    assert (root.attrib["role"], root.attrib["width"]) == ("img", str(NARROW))
    anchors = {text.text: text.attrib.get("text-anchor") for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert anchors["negative"] == "end"
    assert anchors["this patient"] == "middle"
