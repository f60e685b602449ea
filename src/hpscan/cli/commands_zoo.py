"""What the commands about models, backends and pretrained weights do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hpscan.cli import choice, describe, describe_zoo, render_upkeep, render_zoo
from hpscan.cli.failures import DONE
from hpscan.cli.output import console
from hpscan.cli.output import files as exports
from hpscan.core.errors import HpscanError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.store.default_model import Chosen


def models_list(*, json: bool) -> int:
    """`hpscan models`."""
    from hpscan.store import models as store

    good, bad = store.stored()
    taken, problem = _default()
    listed = [describe.model(model, taken) for model in (*good, store.bundled())]
    if json:
        console.print_json(listed)
    else:
        console.show(render_upkeep.models(listed, bad))
    if problem is not None:
        console.remark(f"Without --model: {problem.message}. {problem.hint}.")
    return DONE


def _default() -> tuple[Chosen | None, HpscanError | None]:
    """The model that is taken where none is named, or why there is none."""
    from hpscan.workflows.scoring.models import choose

    try:
        return choose(None), None
    except HpscanError as error:
        return None, error


def models_use(name: str | None, *, none: bool) -> int:
    """`hpscan models use`."""
    from hpscan.backends import registry
    from hpscan.store import default_model as chosen
    from hpscan.store import models as store

    if none == (name is not None):
        raise SettingsError("hpscan models use takes a model's name, or --none", hint="hpscan models lists the names")
    if name is None:
        before = chosen.unpin()
        console.out().print("Nothing was pinned." if before is None else f"No longer pinned: {before}", markup=False)
        taken, problem = _default()
        console.remark(choice.line(taken) if taken is not None else f"{problem}")
        return DONE
    registry.load(store.find(name).manifest.backend.name)  # one that cannot be used is not pinned
    model = chosen.pin(name)
    console.out().print(
        f"Pinned {model.path.name}: taken where no --model is given, also after the next hpscan train",
        soft_wrap=True,
        markup=False,
    )
    return DONE


def models_show(name: str, *, json: bool) -> int:
    """`hpscan models show`."""
    from hpscan.store import models as store

    model = store.find(name)
    if json:
        console.print_json(describe.model(model, describe.default_model()))
    else:
        console.show(render_upkeep.model(model))
    return DONE


def models_remove(name: str, *, force: bool) -> int:
    """`hpscan models remove`."""
    import typer

    from hpscan.store import default_model as chosen
    from hpscan.store import models as store

    path = store.removable(name)
    if not force:
        if not sys.stdin.isatty():
            raise HpscanError(f"{name!r} is removed only when somebody says yes", hint="add --force")
        typer.confirm(f"Delete {path}?", abort=True)
    was_pinned = chosen.is_pinned(path)
    store.remove(name)
    console.out().print(f"Removed {path}", soft_wrap=True)
    if was_pinned:
        chosen.unpin()
        console.out().print("It was pinned: no model is, now.")
    return DONE


def models_rebuild(out: Path, *, force: bool, json: bool) -> int:
    """`hpscan models rebuild`."""
    from hpscan.workflows.zoo.bundled import rebuild

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
    from hpscan.backends.settings import describe

    backend, plugin = registry.load(name)
    described = describe(backend.settings)
    if json:
        console.print_json(describe_zoo.backend_settings(plugin, described))
    else:
        console.show(render_zoo.backend(plugin, described))
    return DONE


def weights_check(name: str, file: Path | None, *, json: bool) -> int:
    """`hpscan weights check`."""
    from hpscan.backends.pretrained.weights import find

    found = find(name, "" if file is None else str(file))
    if json:
        console.print_json(describe_zoo.weights(found))
    else:
        console.show(render_zoo.weights(found))
    return DONE


def weights_convert(source: Path, target: Path, *, force: bool, json: bool) -> int:
    """`hpscan weights convert`."""
    from hpscan.workflows.zoo.checkpoints import convert

    exports.check(target, force=force)
    made = convert(source, target, force=force)
    if json:
        console.print_json(describe_zoo.converted(made))
    else:
        console.show(render_zoo.converted(made))
        console.out().print(f"\nNext: hpscan weights check NAME --weights {target}", soft_wrap=True)
    return DONE
