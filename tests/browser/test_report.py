"""A report in a real browser: it opens from disk, asks for nothing, and its gallery, keys and tables work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hpscan.report.html.page import archive_page, patient_page
from page_builder import HOSTILE, OTHERS, POINT, about, page, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("browser")


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """One patient's page."""
    return _written(tmp_path / "patient.html", patient_page(page()))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The index of twelve patients."""
    return _written(tmp_path / "index.html", archive_page(rows(), POINT, OTHERS, about()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_pages_ask_for_nothing_complain_of_nothing_and_fit(
    patient: Path, archive: Path, opened: Callable[..., Any], width: int, scheme: str
) -> None:
    for path in (patient, archive):
        seen = opened(path, width=width, scheme=scheme)
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
        assert seen.tab.evaluate("document.documentElement.scrollWidth") <= width
        broken = "[...document.images].filter(i => i.complete && !i.naturalWidth).length"
        assert seen.tab.evaluate(broken) == 0


def test_click_opens_a_patch_and_arrow_keys_go_round(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    tab.click("#patch-2 button")
    assert "2 of 6" in tab.inner_text("#large-says")
    assert tab.inner_text("#large-name") == "a model 1"
    tab.keyboard.press("ArrowRight")
    assert "3 of 6" in tab.inner_text("#large-says")
    for _ in range(3):
        tab.keyboard.press("ArrowLeft")
    assert "6 of 6" in tab.inner_text("#large-says")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#large")
    tab.wait_for_function("document.activeElement.dataset.rank === '6'")


def test_keyboard_alone_reaches_a_patch(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    for _ in range(2):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.is_visible("#large")


def test_thumbnails_are_there_without_scrolling_so_that_they_print(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    assert tab.locator("img[loading]").count() == 0


def test_index_prints_within_a_sheet_of_a4(archive: Path, opened: Callable[..., Any]) -> None:
    tab = opened(archive, width=688).tab  # 210 mm less two margins of 14 mm
    tab.emulate_media(media="print")
    assert tab.evaluate("document.querySelector('#patients').scrollWidth") <= 688


def _opacity(tab: Any, selector: str) -> float:
    return float(tab.evaluate(f"getComputedStyle(document.querySelector('{selector}')).opacity"))


def test_heatmaps_are_off_until_asked_for(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    assert _opacity(tab, "#patch-1 .heat") == 0
    tab.click("#heat-all")
    assert _opacity(tab, "#patch-1 .heat") > 0.5
    assert tab.get_attribute("#heat-all", "aria-pressed") == "true"
    tab.keyboard.press("h")
    assert _opacity(tab, "#patch-1 .heat") == 0
    tab.click("#patch-1 button")
    tab.click("#heat")
    assert _opacity(tab, "#pane .heat") > 0.5


def test_the_reconstruction_stands_beside_the_patch(tmp_path: Path, opened: Callable[..., Any]) -> None:
    tab = opened(_written(tmp_path / "p.html", patient_page(page(reconstructed=True)))).tab
    tab.click("#patch-1 button")
    assert tab.is_visible("#reconstruction img")
    assert tab.is_visible("#pane > img")


def test_patch_of_the_map_opens_below_the_pointer(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    tab.click("a[data-open='3'] rect")
    assert "3 of 6" in tab.inner_text("#large-says")


def test_page_prints_patch_and_heatmap_side_by_side(patient: Path, opened: Callable[..., Any]) -> None:
    tab = opened(patient).tab
    tab.emulate_media(media="print")
    boxes = [tab.locator(f"#patch-1 {image}").bounding_box() for image in ("img >> nth=0", ".heat")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert _opacity(tab, "#patch-1 .heat") == 1
    assert not tab.is_visible("#heat-all")


def _names(tab: Any) -> list[str]:
    return [
        name for row in tab.locator("#patients tbody tr:visible").all() for name in [row.get_attribute("data-name")]
    ]


def test_index_sorts_by_any_column_and_back(archive: Path, opened: Callable[..., Any]) -> None:
    tab = opened(archive).tab
    tab.click("button[data-key=value]")
    assert _names(tab)[:2] == ["Patient10", "Patient8"]
    assert _names(tab)[-1] == "Patient11"  # has no value: last, whichever way
    assert tab.get_attribute("th:has(button[data-key=value])", "aria-sort") == "descending"
    tab.click("button[data-key=value]")
    assert _names(tab)[0] == "Patient0"
    assert _names(tab)[-1] == "Patient11"
    tab.click("button[data-key=name]")
    assert _names(tab) == [f"Patient{i}" for i in range(12)]  # 2 before 10


def test_index_finds_by_name_note_and_finding(archive: Path, opened: Callable[..., Any]) -> None:
    tab = opened(archive).tab
    tab.fill("#words", "patient1")
    assert _names(tab) == ["Patient1", "Patient10", "Patient11"]
    tab.fill("#words", "no patch could")
    assert _names(tab) == ["Patient11"]
    tab.fill("#words", "")
    tab.uncheck("input[value=detected]")
    assert _names(tab) == ["Patient0", "Patient3", "Patient6", "Patient9", "Patient11"]
    assert tab.inner_text("#count") == "5 of 12 shown"


def test_hostile_names_run_nothing(tmp_path: Path, opened: Callable[..., Any]) -> None:
    hostile = rows(3, HOSTILE.replace("{", "(").replace("}", ")") + "{}")
    paths = [
        _written(tmp_path / "p.html", patient_page(page(HOSTILE, text=HOSTILE))),
        _written(tmp_path / "i.html", archive_page(hostile, POINT, OTHERS, about(HOSTILE))),
    ]
    for path in paths:
        seen = opened(path)
        assert seen.tab.evaluate("window.hacked") is None
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
    seen = opened(paths[0])
    seen.tab.click("#patch-1 button")
    assert seen.tab.inner_text("#large-name") == f"{HOSTILE} 0"
    assert seen.tab.evaluate("window.hacked") is None
    assert seen.tab.inner_text("h1") == HOSTILE


def test_policy_stops_a_script_that_is_not_the_pages_own(patient: Path, opened: Callable[..., Any]) -> None:
    injected = patient.read_text(encoding="utf-8").replace("</main>", "<script>window.hacked = 1</script></main>")
    seen = opened(_written(patient.with_name("injected.html"), injected))
    with seen.tab.expect_console_message(lambda message: "Content Security Policy" in message.text):
        seen.tab.reload()
    assert seen.tab.evaluate("window.hacked") is None
