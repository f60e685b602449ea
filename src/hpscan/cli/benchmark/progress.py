"""How far a benchmark has come: two lines that stay in place on a terminal, one line a run in a pipe or a log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from hpscan.cli.output import console
from hpscan.cli.output.console import Lines, Rate, duration, values
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from hpscan.core.backend import Progress as Step
    from hpscan.workflows.benchmark.benchmark import RunsProgress, Watch

_BAR = 20


@contextmanager
def watch() -> Iterator[Watch]:
    """What a benchmark tells its progress to; an interrupt says what is kept."""
    stream = console.err()
    watching = _Screen(stream) if stream.is_terminal else _Log(stream)
    try:
        with watching:
            yield watching
    except KeyboardInterrupt:
        console.remark(
            f"Interrupted: {_finished(watching.done)} kept; the same command goes on from there."
            if watching.done
            else "Interrupted: no run is finished yet."
        )
        raise


def _finished(n: int) -> str:
    return "1 finished run is" if n == 1 else f"{n} finished runs are"


class _Screen:
    """On a terminal: a line of all runs, below it one of the present run's stage, above both one a finished run."""

    def __init__(self, stream: Console) -> None:
        self.done = 0
        self._rate = Rate()
        # The bars give way to the words, and of those it is the end that is cut.
        text = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
        self._bars = Progress(BarColumn(_BAR), text, console=stream, transient=True)
        self._runs = self._bars.add_task("", total=None, visible=False)
        self._stage = self._bars.add_task("", total=None, visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def runs(self, progress: RunsProgress) -> None:
        """Show how many runs are done, and which one runs."""
        self.done = progress.done
        for one in progress.warnings:
            self._bars.console.print(escape(f"warning: {text.describe_reason(one)}"), soft_wrap=True)
        if progress.finished:
            self._bars.console.print(escape(progress.finished), soft_wrap=True)
        over = progress.done + progress.failed
        waiting = progress.total - over - bool(progress.running)
        words = [f"{progress.done}/{progress.total} runs"]
        words += [f"{progress.failed} failed"] if progress.failed else []
        if progress.running:
            words += [progress.running, f"{waiting} more"] if waiting else [progress.running]
            words += [] if progress.seconds_left is None else [f"about {duration(progress.seconds_left)} left"]
        self._bars.update(self._runs, description=_line(words), completed=over, total=progress.total, visible=True)
        self._bars.update(self._stage, visible=False)
        self._rate = Rate()

    def step(self, step: Step) -> None:
        """Show how far the stage has come, in place of the one before it."""
        if self._rate.begins(step):
            self._bars.reset(self._stage, total=step.total, visible=True)
        count = f"{step.done}/{'?' if step.total is None else step.total}"
        words = [step.stage, self._rate.text(step) or count, values(step)]
        self._bars.update(self._stage, completed=step.done, description=_line(words))


def _line(words: Iterable[str]) -> str:
    return escape(" · ".join(word for word in words if word))


class _Log:
    """In a pipe or a log: a line when a run starts, one when it ends, and now and then one about its stage."""

    def __init__(self, stream: Console) -> None:
        self.done = 0
        self._stream = stream
        self._running = ""
        self._lines = Lines(stream, ends=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def runs(self, progress: RunsProgress) -> None:
        """Tell which run ended, which one starts."""
        self.done = progress.done
        for one in progress.warnings:
            self._print(f"warning: {text.describe_reason(one)}")
        if progress.finished:
            told = [f"{progress.done}/{progress.total} runs done: {progress.finished}"]
            told += [f"{progress.failed} failed"] if progress.failed else []
            left = progress.total - progress.done - progress.failed
            if left:
                about = "" if progress.seconds_left is None else f", about {duration(progress.seconds_left)}"
                told.append(f"{left} left{about}")
            self._print("; ".join(told))
        if progress.running and progress.running != self._running:
            self._print(f"{progress.running} starts")
        self._running = progress.running

    def step(self, step: Step) -> None:
        """Tell how far the stage has come, if nothing was told for a while."""
        self._lines(step)

    def _print(self, line: str) -> None:
        self._stream.print(escape(line), soft_wrap=True)
