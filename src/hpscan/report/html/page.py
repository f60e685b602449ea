"""The pages of a report: one patient, or an archive of many, each a single HTML file that needs no other and no network.

What a page says is handed over as plain values; how it looks stands in `templates/`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hpscan.core.decision import Finding
from hpscan.report.html.charts import NARROW, WIDE, histogram, holds, scale
from hpscan.report.html.map import slide_map
from hpscan.report.html.svg import svg
from hpscan.report.html.template import render
from hpscan.report.text.numbers import format_percent, format_score
from hpscan.report.text.reasons import describe_reason
from hpscan.report.text.results import FINDINGS, describe_density, describe_patch_counts, describe_positive_patches
from hpscan.report.text.thresholds import (
    describe_aggregation,
    describe_distance,
    describe_thresholds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup
    from matplotlib.figure import Figure

    from hpscan.core.cohort import Box
    from hpscan.core.decision import OperatingPoint
    from hpscan.report.html.content import About, IndexRow, Others, Page, ShownPatch

_KINDS = {"negative": "negative", "low": "infected", "high": "infected", "infected": "infected"}


def patient_page(page: Page) -> str:
    """The HTML of one patient's page."""
    result, point = page.result, page.point
    every = (*page.large, *page.small, *page.counted)
    return render(
        "patient.html.j2",
        "patient.js",
        printed=result.patient_id,
        page=page,
        result=result,
        words=_capital(FINDINGS[result.finding]),
        summary=_summary(page),
        thresholds=_thresholds(point),
        notes=[describe_reason(reason) for reason in result.reasons],
        scales=_scales(page),
        histogram=_histogram(page, every) if every else None,
        threshold_shown=holds(point.patch.value, [patch.score for patch in every], page.others.edges),
        maps=_maps((*every, *page.copies), page.others.edges),
        n_placed=sum(patch.box is not None for patch in every),
        span=(format_score(page.others.edges[0]), format_score(page.others.edges[-1])),
        has_heat=any(patch.heat for patch in page.large),
        about=page.about,
    )


def _summary(page: Page) -> list[tuple[str, str]]:
    """The result in a few lines: a name and a line each."""
    result, point = page.result, page.point
    lines = []
    if result.finding is Finding.DETECTED:
        lines.append(("Density", describe_density(result.density)))
    if result.value is not None:
        lines.append(("Patient-level score", describe_distance(result.value, point.patient, point.aggregation)))
    lines.append(("Positive", describe_positive_patches(result)))
    lines.append(("Patches", describe_patch_counts(result)))
    return lines


def archive_page(
    rows: Sequence[IndexRow],
    point: OperatingPoint,
    others: Others,
    about: About,
    account: Sequence[tuple[str, str]] = (),
) -> str:
    """The HTML of an archive's index; `account` says what became of all that was handed in, where not all of it was used."""
    scores = [row.result.value for row in rows if row.result.value is not None]
    notes = [[describe_reason(reason) for reason in row.result.reasons] for row in rows]
    shared = [note for note in notes[0] if all(note in notes_of for notes_of in notes)]
    groups = {**_comparable_scores(others, point), f"these {len(scores)}": scores}
    return render(
        "index.html.j2",
        "index.js",
        printed=f"{len(rows)} patients",
        rows=[
            {
                "result": row.result,
                "link": row.link,
                "photo": row.photo,
                "value": "–" if row.result.value is None else _short(row.result.value, point),
                "notes": [note for note in notes_of if note not in shared],
                "all_notes": "; ".join(notes_of),
            }
            for row, notes_of in zip(rows, notes, strict=True)
        ],
        shared=shared,
        account=account,
        counts={finding: sum(row.result.finding is finding for row in rows) for finding in Finding},
        aggregation=describe_aggregation(point.aggregation, point.top_k),
        thresholds=_thresholds(point),
        scale=_both(
            partial(
                scale,
                groups=groups,
                kinds={**_KINDS, f"these {len(scores)}": "own-mark"},
                value=None,
                threshold=point.patient.value,
                format_tick=_tick if point.aggregation.of_scores else _percent_tick,
                start=None if point.aggregation.of_scores else 0.0,
            ),
            "Patient-level scores of all patients on one scale with the patient threshold",
            "index",
        )
        if scores
        else None,
        n_others=sum(map(len, _comparable_scores(others, point).values())),
        synthetic=others.synthetic,
        about=about,
    )


def _thresholds(point: OperatingPoint) -> list[tuple[str, str]]:
    return [(_capital(name), line) for name, line in describe_thresholds(point)]


def _capital(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def _both(draw: Callable[[int], Figure], label: str, salt: str) -> Markup:
    """A chart for wide screens and for narrow ones."""
    from markupsafe import Markup

    layouts = (("wide", WIDE), ("narrow", NARROW))
    parts = [f'<div class="{name}">{svg(draw(width), label, f"{salt} {name}")}</div>' for name, width in layouts]
    return Markup("\n".join(parts))  # noqa: S704  matplotlib's own output, in which every text is escaped


def _scales(page: Page) -> list[dict[str, Any]]:
    """The score that decides the finding, and, where that is another number, the proportion that decides the density."""
    result, point = page.result, page.point
    if result.value is None:
        return []
    scores = point.aggregation.of_scores
    distance = describe_distance(result.value, point.patient, point.aggregation)
    scales: list[dict[str, Any]] = [
        {
            "name": f"{_capital(describe_aggregation(point.aggregation, point.top_k))}: decides the finding",
            "text": distance,
            "chart": _both(
                partial(
                    scale,
                    groups=_comparable_scores(page.others, point),
                    kinds=_KINDS,
                    value=result.value,
                    threshold=point.patient.value,
                    format_tick=_tick if scores else _percent_tick,
                    start=None if scores else 0.0,
                ),
                f"This patient, the patient threshold and other patients on one scale: {distance}",
                "finding",
            ),
        }
    ]
    if scores:
        limit = None if point.density is None else point.density.value
        text = describe_positive_patches(result)
        text += "" if limit is None else f"; from {format_percent(limit)} on, density is high"
        scales.append(
            {
                "name": "Proportion of positive patches: decides between low and high density",
                "text": text,
                "chart": _both(
                    partial(
                        scale,
                        groups=page.others.proportions if _comparable(point) else {},
                        kinds=_KINDS,
                        value=result.n_positive / result.n_scored,
                        threshold=limit,
                        threshold_label="low | high",
                        format_tick=_percent_tick,
                        start=0.0,
                    ),
                    f"This patient, the density threshold and other patients on one scale: {text}",
                    "density",
                ),
            }
        )
    return scales


def _histogram(page: Page, patches: Sequence[ShownPatch]) -> Markup:
    return _both(
        partial(
            histogram,
            scores=[patch.score for patch in patches],
            edges=page.others.edges,
            others=page.others.counts,
            threshold=page.point.patch.value,
            format_tick=_tick,
        ),
        "Patch scores of this patient, of negative and of infected patients, with the patch threshold",
        "patches",
    )


def _comparable(point: OperatingPoint) -> bool:
    """Whether the other patients' proportions of positive patches were counted by the same threshold."""
    return point.patch.criterion != "user"


def _comparable_scores(others: Others, point: OperatingPoint) -> Mapping[str, Sequence[float]]:
    """The other patients' scores, where they can be compared."""
    return others.scores if point.aggregation.of_scores or _comparable(point) else {}


def _short(score: float, point: OperatingPoint) -> str:
    """A patient-level score for a column of them."""
    return f"{score:.4g}" if point.aggregation.of_scores else format_percent(score)


def _tick(value: float) -> str:
    return f"{value:.6g}"


def _percent_tick(proportion: float) -> str:
    return f"{100 * proportion:.4g} %"


def _maps(every: Sequence[ShownPatch], edges: Sequence[float]) -> list[Any]:
    """A map for each slide on which a patch's place is known."""
    slides: dict[str, list[tuple[int, ShownPatch, Box]]] = {}
    for rank, patch in enumerate(every, start=1):
        if patch.box is not None:
            slides.setdefault(patch.slide, []).append((rank, patch, patch.box))
    return [
        slide_map(
            name,
            [box for _, _, box in placed],
            [patch.score for _, patch, _ in placed],
            [patch.positive for _, patch, _ in placed],
            [rank for rank, _, _ in placed],
            [f"{patch.name}: score {format_score(patch.score)}" for _, patch, _ in placed],
            (edges[0], edges[-1]),
        )
        for name, placed in sorted(slides.items())
    ]
