"""How ^C ends work that can keep what it has so far."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpscan.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def gentle() -> Iterator[Callable[[], bool]]:
    """The first ^C asks to stop, the second one stops; yields whether somebody has asked."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        console.remark("Stopping: if there is a model by then, it is kept. Press ^C again to leave without it.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
