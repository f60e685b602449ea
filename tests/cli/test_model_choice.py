"""Which model is taken is said first, and can be pinned; nothing that should be taken is passed over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.store import default_model as chosen
from hpscan.store import paths as folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

    Run = Callable[..., Ran]

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def train(hpscan: Run, phantom: Path) -> Callable[..., Ran]:
    def run(name: str, *options: str) -> Ran:
        ran = hpscan("train", "--data", phantom, "--backend", "redness", "--name", name, *options)
        assert ran.code == 0
        return ran

    return run


def aged(name: str, year: int = 2020) -> None:
    """Make a model older than the others."""
    change(name, created=f"{year}-01-01T00:00:00Z")


def change(name: str, **fields: Any) -> None:
    file = folders.models() / name / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def first_line(hpscan: Run, phantom: Path, *options: str) -> str:
    ran = hpscan("diagnose", phantom / "Cropped_Patches" / "Patient1", *options)
    assert ran.code == 0
    return ran.err.splitlines()[0]


def test_the_first_line_says_which_model_and_why(hpscan: Run, phantom: Path, train: Callable[..., Ran]) -> None:
    assert "Model: bundled (synthetic), made 20" in first_line(hpscan, phantom)
    assert "ships with hpscan" in first_line(hpscan, phantom)
    train("old")
    aged("old")
    train("new")
    assert first_line(hpscan, phantom).startswith("Model: new (redness)")
    assert "the one trained last" in first_line(hpscan, phantom)
    assert first_line(hpscan, phantom, "--model", "old").endswith("2020-01-01 00:00 UTC: the one named.")
    assert hpscan("models", "use", "old").code == 0
    assert "pinned" in first_line(hpscan, phantom)
    assert "Model: old" in first_line(hpscan, phantom)


def test_a_pin_outlasts_training_and_is_taken_away(hpscan: Run, phantom: Path, train: Callable[..., Ran]) -> None:
    train("a")
    hpscan("models", "use", "a")
    ran = train("b")
    assert "Pinned is a" in ran.err
    assert "--model b" in ran.out
    listed = {m["name"]: m["default"] for m in json.loads(hpscan("models", "--json").out)}
    assert listed == {"a": "pinned", "b": None, "bundled": None}
    assert "a *" in hpscan("models").out
    assert "No longer pinned: a" in hpscan("models", "use", "--none").out
    assert chosen.pinned() is None
    hpscan("models", "use", "bundled")
    assert chosen.default().how is chosen.Choice.PINNED
    assert chosen.default().model.bundled


def test_no_use_leaves_the_default_alone(hpscan: Run, train: Callable[..., Ran]) -> None:
    train("aside", "--no-use")
    assert chosen.default().how is chosen.Choice.BUNDLED
    train("a")
    aged("a")
    train("b", "--no-use")
    assert chosen.default().model.path.name == "a"
    train("b", "--force")
    assert chosen.default().model.path.name == "b"


def test_removing_the_pinned_model_drops_the_pin_and_says_so(hpscan: Run, train: Callable[..., Ran]) -> None:
    train("a")
    train("b")
    hpscan("models", "use", "a")
    assert "It was pinned" not in hpscan("models", "remove", "b", "--force").out
    assert chosen.pinned() == "a"
    assert "It was pinned" in hpscan("models", "remove", "a", "--force").out
    assert chosen.pinned() is None


@pytest.mark.parametrize("pinned", [True, False])
def test_a_default_that_cannot_be_used_is_an_error_that_names_the_others(
    hpscan: Run, phantom: Path, train: Callable[..., Ran], pinned: bool
) -> None:
    train("other")
    aged("other")
    train("mine")
    if pinned:
        hpscan("models", "use", "mine")
    made = {"name": "gone", "distribution": "hpscan-gone", "version": "1"}
    change("mine", backend=made)
    for command in ("diagnose", "evaluate", "calibrate"):
        ran = hpscan(command, phantom)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 2)
        assert "'gone' of hpscan-gone 1" in ran.err
        assert "others are other, bundled" in ran.err
    assert hpscan("models", "use", "mine").code == 1
    assert hpscan("models").code == 0
    (folders.models() / "mine" / "manifest.json").write_text("{")
    ran = hpscan("diagnose", phantom)
    assert ran.code == 1
    assert "cannot be read" in ran.err
    assert hpscan("diagnose", phantom, "--model", "other").code == 0


def test_a_pin_to_a_model_that_is_gone_is_an_error(hpscan: Run, phantom: Path, train: Callable[..., Ran]) -> None:
    train("a")
    hpscan("models", "use", "a")
    (folders.models() / "a").rename(folders.models() / "z")
    ran = hpscan("diagnose", phantom)
    assert (ran.code, ran.out) == (1, "")
    assert "the pinned model 'a' is gone" in ran.err
    folders.pin().write_text("[]")
    assert "models use --none" in hpscan("diagnose", phantom).err
    assert hpscan("models", "use", "--none").code == 0


def test_json_says_why_the_model_was_taken(
    hpscan: Run, phantom: Path, train: Callable[..., Ran], tmp_path: Path
) -> None:
    train("a")
    (one,) = json.loads(hpscan("diagnose", phantom / "Cropped_Patches" / "Patient1", "--json").out)
    assert one["model_chosen"] == "newest"
    assert json.loads(hpscan("evaluate", phantom, "--model", "a", "--json").out)["model_chosen"] == "named"
    patch = phantom / "Cropped_Patches" / "Patient1" / "00001.png"
    ran = hpscan("explain", patch, "--out", tmp_path / "x.png", "--json")
    assert json.loads(ran.out)["model_chosen"] == "newest"
