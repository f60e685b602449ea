"""Work on many items in threads, with the results in order and only a bounded number of them ahead."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

MAX_WORKERS = 8


def default_workers() -> int:
    """Threads to decode with: as many as this process may use processors, and not more than `MAX_WORKERS`."""
    if hasattr(os, "sched_getaffinity"):
        return min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    return min(MAX_WORKERS, os.cpu_count() or 1)


def in_order(
    work: Callable[[T], R], items: Iterable[T], *, workers: int, ahead: Callable[[], int]
) -> Generator[R, None, None]:
    """`work` of each item, in the order of the items.

    When the caller stops early, or is interrupted, what has not begun is cancelled, and only the few items in
    work are waited for.

    Args:
        work: Called in threads.
        items: Read lazily.
        workers: Number of threads.
        ahead: Asked before each item for how many may be in work or waiting to be taken.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="hpscan-read")
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            while waiting and len(waiting) >= ahead():
                yield waiting.popleft().result()
            waiting.append(pool.submit(work, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
