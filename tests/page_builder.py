"""Pages of a report from made-up values, for tests that need no model."""

from __future__ import annotations

from typing import Any

import numpy as np

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Box
from hpscan.core.decision import OperatingPoint, PatientResult, Threshold, decide
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.report.html import pixels
from hpscan.report.html.content import About, IndexRow, Others, Page, ShownPatch

POINT = OperatingPoint(
    Threshold(0.5, "specificity=0.99", 100),
    Threshold(0.6, "corner", 5, 7),
    Threshold(0.1, "corner", 3, 4),
    Aggregation.TOP_K_MEAN,
)
OTHERS = Others(
    scores={"negative": [0.1, 0.2, 0.2, 0.3, 0.4], "low": [0.55, 0.7, 0.8], "high": [0.9, 1.2, 1.3, 1.4]},
    proportions={"negative": [0.0, 0.0, 0.0, 0.01, 0.02], "low": [0.02, 0.05, 0.08], "high": [0.1, 0.3, 0.4, 0.6]},
    edges=np.linspace(0, 2, 41).tolist(),
    counts={"negative": [90, 5, 3, 2, *[0] * 36], "infected": [40, 20, 10, 10, 10, *[2] * 5, *[0] * 30]},
)
HOSTILE = '\u202e<img src=x onerror="window.hacked=1">\'"</script><script>window.hacked=1</script>{{ 7*7 }}'


def about(text: str = "a model") -> About:
    """What goes with a page."""
    return About([("Model", text), ("Command", text)], f"# {text}\n", "2026-01-01T00:00:00+00:00")


def patch(name: str, score: float, *, number: int = 0, full: bool = True, reconstructed: bool = False) -> ShownPatch:
    """A patch of one colour with a heatmap whose left half is hot."""
    image = np.full((32, 32, 3), 40 + 5 * (number % 40), np.uint8)
    heat = np.zeros((32, 32), np.float32)
    heat[:, :16] = 1
    return ShownPatch(
        name,
        f"/data/{name}.png",
        score,
        POINT.patch.decides(score),
        "slide",
        Box(300 * number, 40 * number, 256, 256),
        pixels.photo(image, 64, 80),
        pixels.heat(heat, 32) if full else "",
        pixels.photo(image, 64, 80) if reconstructed else "",
    )


def result(name: str, scores: list[float], **given: Any) -> PatientResult:
    """A patient's result at `POINT`."""
    return decide(name, np.array(scores), POINT, **given)


def page(name: str = "Patient1", *, text: str = "a model", n: int = 6, n_small: int = 3, **given: Any) -> Page:
    """A page with `n` patches in full and `n_small` thumbnails; `text` stands wherever a file's name may."""
    scores = np.linspace(1.5, 0.05, n + n_small).tolist()
    patches = [
        patch(f"{text} {i}", score, number=i, full=i < n, reconstructed=bool(given.get("reconstructed")))
        for i, score in enumerate(scores)
    ]
    return Page(
        result=result(
            name, scores, n_rejected=1, n_duplicate=1, remarks=(Reason.of(ReasonKind.NAME_FROM_ABOVE, text, text),)
        ),
        point=POINT,
        others=given.get("others", OTHERS),
        large=patches[:n],
        small=patches[n:],
        counted=given.get("counted", ()),
        typical=None if given.get("reconstructed") else patches[-1],
        rejected=[(f"{text}.png", f"no image: {text}")],
        duplicates=[f"{text}-2.png"],
        facts=[("Patient's files", text)],
        about=about(text),
    )


def rows(n: int = 12, name: str = "Patient{}") -> list[IndexRow]:
    """Patients of an archive; every third is not detected, and the last has nothing that could be scored."""
    made = []
    for i in range(n):
        scores = [] if i == n - 1 else [0.05 + 0.02 * i if i % 3 == 0 else 0.7 + 0.01 * i] * 3
        one = result(name.format(i), scores, n_rejected=0 if scores else 2)
        made.append(IndexRow(one, f"patients/{i}.html", patch("a", 0.5, number=i).photo))
    return made
