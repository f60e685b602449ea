from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from hpscan.cli.output import console
from hpscan.core.backend import Progress


def test_a_log_gets_plain_lines_and_stdout_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress() as show:
        show(Progress("epoch 1/2", 1, 4, values={"loss": 0.5}))
        show(Progress("epoch 1/2", 4, 4, values={"loss": 0.25}))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["epoch 1/2: 4/4 patches, loss 0.25"]


def test_a_stage_of_the_same_name_can_follow_itself() -> None:
    rate = console.Rate()
    assert [rate.begins(Progress("s", done, 4)) for done in (2, 4, 1, 4)] == [True, False, True, False]


def test_an_interrupt_says_that_nothing_was_stored(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), console.progress():
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "Interrupted: this step stored nothing.\n"


def test_markup_in_names_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    console.out().print(console.table("[red]t", ["a"], [["[bold]name[/bold]"]]))
    shown = capsys.readouterr().out
    assert "[bold]name[/bold]" in shown
    assert "[red]t" in shown


def test_json_is_strict_and_alone(capsys: pytest.CaptureFixture[str]) -> None:
    class Document(BaseModel):
        value: float

    console.print_json([Document(value=0.5)])
    assert json.loads(capsys.readouterr().out) == [{"value": 0.5}]
    with pytest.raises(ValueError, match="JSON"):
        console.print_json(Document(value=float("nan")))


def test_a_narrow_terminal_loses_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert console.out().width == 80


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (1920, "32 min"), (5400, "1 h 30 min"), (7260, "2 h 1 min")],
)
def test_a_time_is_told_in_a_fitting_unit(seconds: float, words: str) -> None:
    assert console.duration(seconds) == words
