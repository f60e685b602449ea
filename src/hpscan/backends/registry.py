"""The zoo's register: backends are entry points in the group `hpscan.backends`.

Listing reads metadata and loads the light entry modules; a plugin that cannot be used is listed with its
reason and stops nobody.
"""

from __future__ import annotations

import contextlib
import difflib
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from hpscan.core.backend import Supervision
from hpscan.core.errors import BackendBrokenError, BackendClashError, BackendNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.backend import Backend

GROUP = "hpscan.backends"
_OURS = "hpscan"
_OLD_NAMES = {"boxed": "bundled"}
"""Names that stand in models and settings of earlier versions."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Attributes:
        name: The backend's name.
        distribution: The distribution that installed it.
        version: That distribution's version.
        module: The module that holds it.
        learns_from: What it learns from with its default settings; None where it could not be asked.
        problem: Why it cannot be used, one line; empty if it can.
        clash: Whether the problem is that several distributions claim the name.
    """

    name: str
    distribution: str
    version: str
    module: str
    learns_from: Supervision | None = None
    problem: str = ""
    clash: bool = False

    @property
    def status(self) -> str:
        """`ok`, `broken: REASON`, or `clash: claimed by a and b`."""
        if not self.problem:
            return "ok"
        return f"{'clash' if self.clash else 'broken'}: {self.problem}"


def names() -> tuple[str, ...]:
    """The names of all backends that are installed, in order; loads none."""
    return tuple(_found())


def plugins() -> tuple[Plugin, ...]:
    """All backends that are installed, in order of their names, those that cannot be used with the reason."""
    return tuple(plugin for points in _found().values() for plugin in _listed(points)[1])


def load(name: str) -> tuple[Backend[Any], Plugin]:
    """The backend of that name, and where it comes from.

    Raises:
        BackendNotFoundError: No distribution offers it.
        BackendClashError: Two distributions do.
        BackendBrokenError: Its entry point cannot be loaded, or holds no backend.
    """
    found = _found()
    name = current_name(name)
    if name not in found:
        plain = {known.lower(): known for known in found}
        near = difflib.get_close_matches(name.lower(), plain, n=1)
        hint = f"did you mean {plain[near[0]]}?" if near else f"installed are: {', '.join(found)}"
        raise BackendNotFoundError(f"there is no backend called {name!r}", hint=hint)
    backend, (plugin, *_) = _listed(found[name])
    if plugin.clash:
        raise BackendClashError(
            f"backend {name!r} is {plugin.problem}",
            hint="uninstall one of the distributions: pip uninstall NAME",
        )
    if backend is None:
        raise BackendBrokenError(
            f"backend {name!r} of {plugin.distribution} {plugin.version} cannot be used: {plugin.problem}",
            hint=f"mend it, or uninstall it: pip uninstall {plugin.distribution}",
        )
    return backend, plugin


def current_name(name: str) -> str:
    """A backend's name as it is today; one that nobody renamed stays."""
    return name if name in _found() else _OLD_NAMES.get(name, name)


def owner(modules: Iterable[str]) -> Plugin | None:
    """The plugin of another distribution than hpscan that holds the last of these modules to be in one; loads none."""
    strangers = [
        plugin
        for points in _found().values()
        for plugin in map(_described, points)
        if plugin.distribution != _OURS and _package(plugin.module) != _OURS
    ]
    for module in reversed(list(modules)):
        own = [plugin for plugin in strangers if _package(plugin.module) == _package(module)]
        if own:  # a package may offer several backends, each in a module of its own
            return next((plugin for plugin in own if plugin.module == module), own[0])
    return None


def _package(module: str) -> str:
    return module.partition(".")[0]


def _found() -> dict[str, list[EntryPoint]]:
    by_name: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in entry_points(group=GROUP):
        by_name[point.name].append(point)
    return dict(sorted(by_name.items()))


def _described(point: EntryPoint) -> Plugin:
    distribution, version = (point.dist.name, point.dist.version) if point.dist else ("unknown", "")
    return Plugin(point.name, distribution, version, point.module)


def _listed(points: list[EntryPoint]) -> tuple[Backend[Any] | None, list[Plugin]]:
    """The entry points of one name as they are listed, and the backend if it can be used."""
    plugins = [_described(point) for point in points]
    owners = sorted({plugin.distribution for plugin in plugins})
    if len(owners) > 1:
        claimed = f"claimed by {' and '.join(owners)}"
        return None, [replace(plugin, problem=claimed, clash=True) for plugin in plugins]
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout may be read as JSON
            backend: Any = points[0].load()
            lacking = _lacking(backend)
            learns_from = None if lacking else backend.learns_from(backend.settings())
    except (Exception, SystemExit) as error:  # noqa: BLE001  a stranger's module may raise anything; the listing must go on
        text = " ".join(str(error).partition("\n")[0].split())
        return None, [replace(plugin, problem=f"{type(error).__name__}: {text}") for plugin in plugins]
    if not lacking and not isinstance(learns_from, Supervision):
        lacking = f"its learns_from() gives {learns_from!r:.40}, which is no Supervision"
    if lacking:
        return None, [replace(plugin, problem=f"it is no backend: {lacking}") for plugin in plugins]
    return backend, [replace(plugin, learns_from=learns_from) for plugin in plugins]


def _lacking(backend: Any) -> str:
    """What the contract asks for and this object does not have; empty if it has all."""
    if isinstance(backend, type):
        return f"it is the class {backend.__name__}, not an object of it"
    for method in ("learns_from", "fit", "restore"):
        if not callable(getattr(backend, method, None)):
            return f"it has no {method}()"
    kind = getattr(backend, "settings", None)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return "its settings are no pydantic model"
    without = [name for name, field in kind.model_fields.items() if field.is_required()]
    return f"its setting {without[0]} has no default" if without else ""
