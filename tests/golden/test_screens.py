"""One snapshot of each screen, with what varies taken out: `pytest tests/golden --snapshot-update` writes them anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from golden.test_documents import own_home
from hpscan.cli.output import console

if TYPE_CHECKING:
    from golden.builder import Place

pytestmark = pytest.mark.xdist_group("golden")

SCREENS = {
    "help": ("--help",),
    "check": ("data", "check", "phantom"),
    "explain-a-patient": ("data", "check", "phantom", "--explain", "Patient2"),
    "explain-a-file": ("data", "check", "phantom", "--explain", "Cropped_Patches/Patient2/00001.png"),
    "diagnose-one": ("diagnose", "phantom/Cropped_Patches/Patient1", "--model", "bundled"),
    "diagnose-many": ("diagnose", "phantom", "--model", "redness"),
    "evaluate": ("evaluate", "phantom", "--model", "bundled"),
    "explain": (
        *("explain", "phantom/Cropped_Patches/Patient1/00001.png"),
        *("--model", "bundled", "--out", "screen.png", "--force"),
    ),
    "backends": ("backends",),
    "backend": ("backends", "show", "redness"),
    "weights": ("weights", "check", "tf_efficientnet_lite0"),
    "model": ("models", "show", "bundled"),
    "plan": (
        *("benchmark", "--data", "phantom", "--out", "screen-plan", "--folds", "2"),
        *("--backends", "redness,bundled", "--dry-run"),
    ),
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wrapped, so that no path's length matters."""
    monkeypatch.setattr(console, "_WIDTH", 500)


def steady(place: Place, screen: str) -> str:
    """A screen without what varies from machine to machine: paths, versions, dates, times; numbers to two digits."""
    screen = screen.replace(str(place.folder), "<path>")
    screen = re.sub(r"/\S*/hpscan/bundled", "<bundled>", screen)
    screen = re.sub(r"/\S*/site-packages/", "<installed>/", screen)
    screen = re.sub(r"20\d\d-\d\d-\d\d( \d\d:\d\d)?", "<date>", screen)
    screen = re.sub(r"\bhpscan \d+\.\d+\.\d+\S*", "hpscan <version>", screen)
    screen = re.sub(r"[\d,.]+ (a second|patches/s|s\b|min\b|GiB)", r"<n> \1", screen)
    screen = re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.2g}", screen)
    lines = [re.sub(r"[ ─╭╮╰╯│]+", " ", line).strip() for line in screen.splitlines()]
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen(place: Place, trained: Any, snapshot: Any, name: str) -> None:
    trained("redness")
    assert steady(place, place.run(*SCREENS[name]).out) == snapshot


def test_the_screen_of_training(place: Place, snapshot: Any) -> None:
    ran = place.run("train", "--data", "phantom", "--backend", "redness", "--name", "screen", "--hold-out", 0.25)
    assert steady(place, ran.out) == snapshot


def test_the_screen_of_calibration(place: Place, trained: Any, snapshot: Any) -> None:
    trained("redness")
    own = own_home(place, "screen", "redness")
    place.run("data", "synth", own / "other", "--patients", 6, "--patches", 2, "--seed", 3)
    assert steady(own, own.run("calibrate", "other", "--model", "redness").out) == snapshot


def test_the_screen_of_models(place: Place, trained: Any, snapshot: Any) -> None:
    trained("redness")
    own = own_home(place, "listed", "redness")
    assert steady(own, own.run("models").out) == snapshot
