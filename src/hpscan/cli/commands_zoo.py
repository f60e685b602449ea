"""What the commands about models, backends and pretrained weights do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hpscan.cli import console, describe, describe_zoo, exports, render_upkeep, render_zoo
from hpscan.cli.failures import DONE
from hpscan.core.errors import HpscanError

if TYPE_CHECKING:
    from pathlib import Path


def models_list(*, json: bool) -> int:
    """`hpscan models`."""
    from hpscan.store import models as store

    good, bad = store.stored()
    listed = [describe.model(model) for model in (*good, store.boxed())]
    if json:
        console.print_json(listed)
    else:
        console.show(render_upkeep.models(listed, bad))
    return DONE


def models_show(name: str, *, json: bool) -> int:
    """`hpscan models show`."""
    from hpscan.store import models as store

    model = store.find(name)
    if json:
        console.print_json(describe.model(model))
    else:
        console.show(render_upkeep.model(model))
    return DONE


def models_remove(name: str, *, force: bool) -> int:
    """`hpscan models remove`."""
    import typer

    from hpscan.store import models as store

    path = store.removable(name)
    if not force:
        if not sys.stdin.isatty():
            raise HpscanError(f"{name!r} is removed only when somebody says yes", hint="add --force")
        typer.confirm(f"Delete {path}?", abort=True)
    store.remove(name)
    console.out().print(f"Removed {path}", soft_wrap=True)
    return DONE


def models_rebuild(out: Path, *, force: bool, json: bool) -> int:
    """`hpscan models rebuild`."""
    from hpscan.workflows.boxed import rebuild

    with console.progress() as progress:
        made = rebuild(out, force=force, progress=progress)
    if json:
        console.print_json(describe_zoo.rebuilt(made))
    else:
        console.show(render_upkeep.rebuilt(made))
    return DONE


def backends_list(*, json: bool) -> int:
    """`hpscan backends`."""
    from hpscan.backends import registry

    plugins = registry.plugins()
    if json:
        console.print_json([describe_zoo.backend(plugin) for plugin in plugins])
    else:
        console.show(render_zoo.backends(plugins))
    return DONE


def backends_show(name: str, *, json: bool) -> int:
    """`hpscan backends show`."""
    from hpscan.backends import registry
    from hpscan.backends.describe import settings

    backend, plugin = registry.load(name)
    described = settings(backend.settings)
    if json:
        console.print_json(describe_zoo.backend_settings(plugin, described))
    else:
        console.show(render_zoo.backend(plugin, described))
    return DONE


def weights_check(name: str, file: Path | None, *, json: bool) -> int:
    """`hpscan weights check`."""
    from hpscan.backends.weights import find

    found = find(name, "" if file is None else str(file))
    if json:
        console.print_json(describe_zoo.weights(found))
    else:
        console.show(render_zoo.weights(found))
    return DONE


def weights_convert(source: Path, target: Path, *, force: bool, json: bool) -> int:
    """`hpscan weights convert`."""
    from hpscan.workflows.weights import convert

    exports.check(target, force=force)
    made = convert(source, target, force=force)
    if json:
        console.print_json(describe_zoo.converted(made))
    else:
        console.show(render_zoo.converted(made))
        console.out().print(f"\nNext: hpscan weights check NAME --weights {target}", soft_wrap=True)
    return DONE
