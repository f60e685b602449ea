"""A report's pages as text: what they say, what they keep out, how large they are. tests/browser opens them."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.decision import Finding, Threshold
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.report.html.content import IndexRow, Others, Page
from hpscan.report.html.page import archive_page, patient_page
from hpscan.report.text import reasons as text
from page_builder import HOSTILE, OTHERS, POINT, about, page, result, rows


class _Reader(HTMLParser):
    """Elements with their attributes, and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _marks(text: str) -> int:
    """Patients that the charts of a page show."""
    return sum(group.count("<use") for group in re.findall(r'<g class="mark .*?</g>', text))


def test_page_says_the_finding_the_distance_and_that_it_is_no_diagnosis() -> None:
    text = _Reader(patient_page(page())).text
    assert "H. pylori detected" in text
    assert "above the threshold of 0.6" in text
    assert "11 listed = 9 scored + 1 rejected + 1 duplicate" in text
    assert text.count("For research use only. Not for use in diagnostic procedures.") >= 2


def test_every_image_has_an_alternative_text_and_every_chart_a_label() -> None:
    read = _Reader(patient_page(page()))
    assert len(read.of("img")) == 6 + 6 + 3 + 1  # patches, heatmaps, thumbnails, the one for comparison
    assert all(image.get("alt") for image in read.of("img"))
    assert all(chart.get("aria-label") for chart in read.of("svg"))


@pytest.mark.parametrize("text", [patient_page(page()), archive_page(rows(), POINT, OTHERS, about())])
def test_nothing_in_a_page_comes_from_elsewhere(text: str) -> None:
    read = _Reader(text)
    links = [value for _, attributes in read.elements for key, value in attributes.items() if key in {"src", "href"}]
    assert links
    assert all(re.match(r"data:image/|#patch-\d+$|patients/\d+\.html$", str(link)) for link in links)
    assert not re.search(r"@import|url\(", text)


def test_names_from_files_are_text_and_nothing_else() -> None:
    text = patient_page(page(HOSTILE, text=HOSTILE))
    read = _Reader(text)
    assert "onerror" not in {key for _, attributes in read.elements for key in attributes}
    assert len(read.of("script")) == 1
    assert "{{ 7*7 }}" in text  # a name is no template
    index = _Reader(archive_page(rows(3, HOSTILE.replace("{", "(") + "{}"), POINT, OTHERS, about(HOSTILE)))
    assert "onerror" not in {key for _, attributes in index.elements for key in attributes}
    assert len(index.of("script")) == 1


def test_patches_that_are_only_counted_are_there_with_their_scores() -> None:
    whole = page(n=4, n_small=2)
    told = Page(**{name: getattr(whole, name) for name in Page.__slots__} | {"counted": whole.small, "small": ()})
    assert "2 more patches score from 0.34 down to 0.05" in " ".join(_Reader(patient_page(told)).text.split())


def test_model_without_patient_level_scores_says_why() -> None:
    bare = Others({}, {}, OTHERS.edges, OTHERS.counts, missing="chosen on selected patches")
    assert "chosen on selected patches" in _Reader(patient_page(page(others=bare))).text


def test_not_detected_does_not_hide_positive_patches() -> None:
    one = page()
    below = result("P", [0.55, 0.1, 0.1])
    assert below.n_positive == 1
    told = Page(**{name: getattr(one, name) for name in Page.__slots__} | {"result": below})
    (why,) = below.reasons
    assert text.describe_reason(why) in _Reader(patient_page(told)).text
    index = [IndexRow(below, "patients/0.html", ""), *rows(3)]
    assert text.describe_reason(why) in _Reader(archive_page(index, POINT, OTHERS, about())).text


def test_density_is_that_of_detected_patients_only() -> None:
    whole = page()
    shown = {
        scores: _Reader(
            patient_page(
                Page(**{name: getattr(whole, name) for name in Page.__slots__} | {"result": result("P", [*scores])})
            )
        ).text.split("Positive")[0]
        for scores in ((0.9, 0.1), (0.1, 0.1), (0.55, 0.55))
    }
    assert ["Density" in words for words in shown.values()] == [True, False, False]
    index = archive_page([IndexRow(result("P", [0.1]), "patients/0.html", "")], POINT, OTHERS, about())
    assert 'data-density=""' in index
    assert '<td class="density">–</td>' in index


def test_threshold_of_the_user_stands_above_and_beside_no_marks_of_another_threshold() -> None:
    given = replace(POINT, patch=Threshold(0.2, "user"))
    one = page()
    known = replace(one.result, reasons=(Reason.of(ReasonKind.PATCH_THRESHOLD_GIVEN, value=0.2),))
    changed = {"point": given, "result": known}
    told = patient_page(Page(**{name: getattr(one, name) for name in Page.__slots__} | changed))
    assert "the patch threshold was given by the user" in _Reader(told).text
    marks = 2 * sum(map(len, OTHERS.scores.values()))  # the first scale, wide and narrow; the second has none
    assert _marks(told) == marks


def test_index_shows_no_proportions_that_another_threshold_counted() -> None:
    shares = replace(POINT, aggregation=Aggregation.FRACTION_POSITIVE)
    seen = len(rows(3)) - 1  # one of them has no value
    marks = [
        _marks(archive_page(rows(3), point, OTHERS, about()))
        for point in (shares, replace(shares, patch=Threshold(0.2, "user")))
    ]
    assert marks == [2 * (seen + sum(map(len, OTHERS.scores.values()))), 2 * seen]


def test_every_sheet_of_paper_names_the_patient() -> None:
    style = patient_page(page('A"}')).split("<style>")[1].split("</style>")[0]
    assert "\\000041\\000022\\00007d" in style


def test_page_of_a_patient_without_any_readable_patch() -> None:
    empty = Page(result("P", [], n_rejected=1), POINT, OTHERS, (), (), (), None, [("a.png", "empty")], (), (), about())
    text = _Reader(patient_page(empty)).text
    assert "Indeterminate" in text
    assert "rejected: empty" in text


def test_index_counts_findings_and_links_every_patient() -> None:
    read = _Reader(archive_page(rows(7), POINT, OTHERS, about()))
    assert {link["href"] for link in read.of("a")} == {f"patients/{i}.html" for i in range(7)}
    counts = {finding: len(re.findall(rf"\d {finding.value.replace('_', ' ')}", read.text)) for finding in Finding}
    assert counts[Finding.INDETERMINATE] == 1


def _colours(scheme: str) -> dict[str, tuple[float, ...]]:
    style = (files("hpscan.report.html") / "templates" / "style.css").read_text(encoding="utf-8")
    block = style.split("prefers-color-scheme: dark")[1 if scheme == "dark" else 0]
    return {
        name: tuple(int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
        for name, value in re.findall(r"--([a-z]+): #([0-9a-f]{6})", block.split("}")[0])
    }


def _luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(scheme: str, ground: str) -> None:
    colours = _colours(scheme)
    for name in ("ink", "quiet", "link", "infected", "detected", "clear", "unsure"):
        light, dark = sorted((_luminance(colours[name]), _luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{name} on {ground}, {scheme}"
