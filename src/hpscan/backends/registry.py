"""The zoo's register: backends are entry points in the group `hpscan.backends`.

Listing reads metadata and loads the light entry modules; a plugin that cannot be loaded is listed with its
reason and stops nobody.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from hpscan.core.errors import BackendBrokenError, BackendClashError, BackendNotFoundError

if TYPE_CHECKING:
    from hpscan.core.backend import Backend

GROUP = "hpscan.backends"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Attributes:
        name: The backend's name.
        distribution: The distribution that installed it.
        version: That distribution's version.
        problem: Why it cannot be used, one line; empty if it can.
    """

    name: str
    distribution: str
    version: str
    problem: str = ""


def _found() -> dict[str, list[EntryPoint]]:
    by_name: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in entry_points(group=GROUP):
        by_name[point.name].append(point)
    return dict(sorted(by_name.items()))


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("unknown", "")


def _problem(points: list[EntryPoint]) -> str:
    owners = sorted({_distribution(p)[0] for p in points})
    if len(owners) > 1:
        return f"claimed by {' and '.join(owners)}"
    try:
        points[0].load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  a stranger's module may raise anything; the listing must go on
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def plugins() -> tuple[Plugin, ...]:
    """All backends that are installed, in order of their names, the broken ones with the reason."""
    listed = []
    for name, points in _found().items():
        problem = _problem(points)
        listed += [Plugin(name, *_distribution(point), problem) for point in points]
    return tuple(listed)


def load(name: str) -> tuple[Backend[Any], Plugin]:
    """The backend of that name, and where it comes from.

    Raises:
        BackendNotFoundError: No distribution offers it.
        BackendClashError: Two distributions do.
        BackendBrokenError: Its entry point cannot be loaded.
    """
    found = _found()
    if name not in found:
        near = difflib.get_close_matches(name, found, n=1)
        hint = f"did you mean {near[0]}?" if near else f"installed are: {', '.join(found)}"
        raise BackendNotFoundError(f"there is no backend called {name!r}", hint=hint)
    points = found[name]
    plugin = Plugin(name, *_distribution(points[0]), _problem(points))
    if len({_distribution(p) for p in points}) > 1:
        raise BackendClashError(
            f"backend {name!r} is {plugin.problem}",
            hint="uninstall one of the distributions: pip uninstall NAME",
        )
    if plugin.problem:
        raise BackendBrokenError(
            f"backend {name!r} of {plugin.distribution} {plugin.version} cannot be loaded: {plugin.problem}",
            hint=f"reinstall or uninstall it: pip install --force-reinstall {plugin.distribution}",
        )
    backend: Backend[Any] = points[0].load()
    return backend, plugin
