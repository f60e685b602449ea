"""From a template and values to one HTML file: style and script inside, everything escaped, nothing else allowed to run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from hpscan.core.decision import Finding
from hpscan.report.html.map import LEVELS
from hpscan.report.html.pixels import colours
from hpscan.report.text.numbers import format_percent, format_score
from hpscan.report.text.results import RESEARCH_USE, SHORT_FINDINGS

if TYPE_CHECKING:
    from jinja2 import Environment

_SIGNS = {Finding.DETECTED: "▲", Finding.NOT_DETECTED: "●", Finding.INDETERMINATE: "◆"}
"""Tell findings apart without colours."""


def render(template: str, script: str, *, printed: str, **values: Any) -> str:
    """The HTML of a template of `templates/` with one of its scripts.

    Everything that comes from files or folders (names of patients, patches, models) is escaped, and a content security
    policy lets nothing run but the page's own script. `printed` stands at the foot of every printed page.
    """
    environment = _environment()
    style = _source("style.css").replace("/* levels */", _level_rules()).replace("PRINTED", _quoted(printed))
    run = _source(script)
    return environment.get_template(template).render(
        style=style,
        script=run,
        policy="default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(run)}'",
        research_use=RESEARCH_USE,
        **values,
    )


def _level_rules() -> str:
    """The map's colours, and the heatmap's scale, as style rules."""
    rules = [f".level{number} {{ fill: {colour}; }}" for number, colour in enumerate(colours(LEVELS))]
    return "\n".join([*rules, f".ramp {{ background: linear-gradient(to right, {', '.join(colours(16))}); }}"])


def _quoted(text: str) -> str:
    """Any text within a style's quotes: every character by its number, so that none of them ends anything."""
    return "".join(f"\\{ord(letter):06x}" for letter in text if not 0xD800 <= ord(letter) <= 0xDFFF)


def _digest(text: str) -> str:
    """SHA-256 of an element's text, as a content security policy writes it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hpscan.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "score": format_score,
        "percent": format_percent,
        "finding": SHORT_FINDINGS.__getitem__,
        "sign": _SIGNS.__getitem__,
    }
    return environment


def _source(name: str) -> str:
    """A file of `templates/` as it stands: no name of a user goes into a style or a script."""
    loader: Any = _environment().loader
    text: str = loader.get_source(_environment(), name)[0]
    return text
