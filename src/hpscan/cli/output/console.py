"""What the terminal shows: output on stdout, progress and remarks on stderr."""

from __future__ import annotations

import json
import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from hpscan.store.atomic import is_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pydantic import BaseModel
    from rich.console import RenderableType
    from rich.progress import TaskID

    from hpscan.core.backend import Progress as Step

_PLAIN_EVERY = 10.0
"""Seconds between two lines of progress in a pipe or a log."""

_LEAST_WIDTH = 80
"""Columns that every table fits in; a narrower terminal wraps lines, which is better than cutting figures."""

_WIDTH = 100
"""Columns of output that goes to a file: as wide as the documentation's examples."""


class _Console(Console):
    """rich's console, but for what it does when nobody reads on (`| head`): it would leave with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Leave it to failures.py, which ends the program quietly."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = max(shutil.get_terminal_size().columns, _LEAST_WIDTH) if stream.isatty() else _WIDTH
    return _Console(stderr=stderr, highlight=False, width=width, soft_wrap=False)


def out() -> Console:
    """Where output to people goes."""
    return _console(stderr=False)


def err() -> Console:
    """Where diagnostics go."""
    return _console(stderr=True)


def show(parts: Iterable[RenderableType], *, aside: bool = False) -> None:
    """Print what there is for people, one part after another; `aside`, on stderr, where stdout holds a file."""
    console = err() if aside else out()
    for part in parts:
        console.print(part)


def remark(text: str) -> None:
    """One line of diagnostics."""
    err().print(escape(text), style="dim", soft_wrap=True)


def wrote(path: Path) -> None:
    """Say on stderr where something was written; a terminal that knows links opens it on a click."""
    if is_stream(path):  # whoever reads it knows
        return
    err().print(Text.assemble("Wrote ", (str(path), f"link {path.absolute().as_uri()}")), style="dim", soft_wrap=True)


def print_json(document: BaseModel | Sequence[BaseModel]) -> None:
    """A document, or a list of them, alone on stdout."""
    from pydantic import BaseModel

    from hpscan.cli.output.old_names import dumped

    value = dumped(document) if isinstance(document, BaseModel) else [dumped(part) for part in document]
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """A table whose first `left` columns are text and whose others are numbers."""
    made = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for number, column in enumerate(columns):
        text = number < left
        made.add_column(escape(column), justify="left" if text else "right", overflow="fold", no_wrap=not text)
    for row in rows:
        made.add_row(*[escape(cell) for cell in row])
    return made


def number(value: float | None, digits: int = 3) -> str:
    """A metric for a table; a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def duration(seconds: float) -> str:
    """A time for people: seconds, minutes, or hours and minutes."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress() -> Iterator[Callable[[Step], None]]:
    """A callback for long work: a live bar on a terminal, plain lines elsewhere."""
    try:
        with _progress() as show:
            yield show
    except KeyboardInterrupt:
        remark("Interrupted: this step stored nothing.")
        raise


@contextmanager
def _progress() -> Iterator[Callable[[Step], None]]:
    console = err()
    if console.is_terminal:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[values]}"),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        ) as bars:
            yield _Bars(bars)
    else:
        yield Lines(console)


class Rate:
    """Units a second since a stage began."""

    def __init__(self) -> None:
        self._stage = ""
        self._done = 0
        self._start = 0.0

    def begins(self, step: Step) -> bool:
        """Whether this is the first step of a stage; a stage of the same name can follow itself."""
        again = step.stage == self._stage and step.done > self._done
        self._done = step.done
        if again:
            return False
        self._stage, self._start = step.stage, time.perf_counter()
        return True

    def text(self, step: Step) -> str:
        """The rate in words; empty until there is one."""
        seconds = time.perf_counter() - self._start
        return f"{step.done / seconds:,.0f} {step.unit}/s" if seconds > 0.2 else ""


def values(step: Step) -> str:
    """The figures of the moment in one line."""
    return " ".join(f"{name} {value:.4g}" for name, value in step.values.items())


class _Bars:
    """Progress on a terminal: one bar a stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._rate = Rate()
        self._task: TaskID | None = None

    def __call__(self, step: Step) -> None:
        if self._rate.begins(step) or self._task is None:
            self._task = self._bars.add_task(escape(step.stage), total=step.total, rate="", values="")
        self._bars.update(self._task, completed=step.done, rate=self._rate.text(step), values=values(step))


class Lines:
    """Progress in a pipe or a log: a line now and then, and one when a stage ends unless `ends` is false."""

    def __init__(self, console: Console, *, ends: bool = True) -> None:
        self._console = console
        self._ends = ends
        self._rate = Rate()
        self._last = time.perf_counter()

    def __call__(self, step: Step) -> None:
        """Tell how far the stage has come, if it is time to."""
        self._rate.begins(step)
        now = time.perf_counter()
        if not (self._ends and step.done == step.total) and now - self._last < _PLAIN_EVERY:
            return
        self._last = now
        parts = [f"{step.stage}: {step.done}/{step.total} {step.unit}", self._rate.text(step), values(step)]
        self._console.print(escape(", ".join(part for part in parts if part)), soft_wrap=True)
