"""Who watches a benchmark sees which run goes on and how long it will take; an interrupt says what is kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from hpscan.cli.benchmark import progress as live
from hpscan.cli.output import console
from hpscan.core.backend import Progress
from hpscan.workflows.benchmark.benchmark import RunsProgress

if TYPE_CHECKING:
    from hpscan.workflows.benchmark.benchmark import Watch


def play(watch: Watch) -> None:
    """Two runs, the first of which fails."""
    first, second = "[red], fold 1 of 2", "[red], fold 2 of 2"
    watch.step(Progress("reading files", 5, 5))
    watch.runs(RunsProgress(0, 0, 2, first, None, ""))
    for epoch in (1, 2, 3):
        watch.step(Progress(f"epoch {epoch}/3", 100, 200, values={"loss": 0.5}))
        watch.step(Progress(f"epoch {epoch}/3", 200, 200, values={"loss": 0.25}))
    watch.runs(RunsProgress(0, 1, 2, second, 60, f"{first}: failed: killed"))
    watch.runs(RunsProgress(1, 1, 2, "", 0, f"{second}: 61 s"))


def test_a_log_gets_a_line_when_a_run_starts_and_one_when_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with live.watch() as watch:
        play(watch)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "[red], fold 1 of 2 starts",
        "0/2 runs done: [red], fold 1 of 2: failed: killed; 1 failed; 1 left, about 60 s",
        "[red], fold 2 of 2 starts",
        "1/2 runs done: [red], fold 2 of 2: 61 s; 1 failed",
    ]


def test_a_log_gets_a_stage_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_PLAIN_EVERY", 0.0)
    with live.watch() as watch:
        watch.step(Progress("epoch 1/3", 100, 200, values={"loss": 0.5}))
    assert capsys.readouterr().err == "epoch 1/3: 100/200 patches, loss 0.5\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of 80 columns that remembers what it was shown."""
    made = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None, highlight=False)
    monkeypatch.setattr(console, "err", lambda: made)
    return made


def test_a_terminal_keeps_one_line_of_runs_and_one_of_the_stage(terminal: Console) -> None:
    with live.watch() as watch:
        play(watch)
        watch.runs(RunsProgress(7, 0, 25, "hp-uni-linear-probe1, fold 2 of 5", 1920, ""))
        watch.step(Progress("epoch 1/3", 50, 200, values={"loss": 0.5}))
        still = Console(width=80, highlight=False)
        with still.capture() as captured:
            still.print(watch._bars.get_renderable())  # type: ignore[attr-defined]
    shown = captured.get().splitlines()
    runs, stage = shown
    assert "7/25 runs · hp-uni-linear-probe1, fold 2 of 5 · 17 more · about 32 min left" in runs
    assert stage.rstrip().endswith("epoch 1/3 · 50/200 · loss 0.5")
    assert max(map(len, shown)) <= 80


def test_a_terminal_keeps_a_line_of_each_finished_run(terminal: Console) -> None:
    with live.watch() as watch:
        play(watch)
    file = terminal.file
    assert isinstance(file, io.StringIO)
    shown = file.getvalue()
    assert shown.count("[red], fold 1 of 2: failed: killed\n") == 1
    assert shown.count("[red], fold 2 of 2: 61 s\n") == 1


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (0, "Interrupted: no run is finished yet.\n"),
        (1, "Interrupted: 1 finished run is kept; the same command goes on from there.\n"),
        (7, "Interrupted: 7 finished runs are kept; the same command goes on from there.\n"),
    ],
)
def test_an_interrupt_says_what_is_kept(capsys: pytest.CaptureFixture[str], done: int, words: str) -> None:
    def interrupted() -> None:
        with live.watch() as watch:
            watch.runs(RunsProgress(done, 0, 25, "", None, ""))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert capsys.readouterr().err == words
