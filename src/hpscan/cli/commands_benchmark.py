"""What `hpscan benchmark` does: run, plan or show a benchmark, and tell the exit code."""

from __future__ import annotations

import shlex
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpscan.cli import render_benchmark
from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.output import account as accounts
from hpscan.cli.output import console
from hpscan.cli.output import files as exports
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.workflows.benchmark.show import Finished


def benchmark(
    data: Path,
    *,
    patient_from: str | None,
    account: Path | None,
    backends: str | None,
    folds: int,
    split: str,
    out: Path,
    quick: bool,
    dry_run: bool,
    config: Path | None,
    settings: Sequence[str],
    criterion: str,
    aggregation: str,
    top_k: int | None,
    device: str,
    seed: int,
    force: bool,
    json: bool,
) -> int:
    """`hpscan benchmark`, and with `dry_run` what it would do."""
    from hpscan.cli import describe_benchmark, render_plan
    from hpscan.cli.benchmark import progress as live
    from hpscan.workflows.benchmark.benchmark import benchmark as workflow
    from hpscan.workflows.benchmark.benchmark import plan
    from hpscan.workflows.benchmark.folds import Split
    from hpscan.workflows.benchmark.request import Request

    exports.check_apart({"--account": account, "--out": out}, json=json)
    exports.check(account, force=force)
    request = Request(
        data=data,
        backends=None if backends is None else _names(backends),
        folds=folds,
        split=Split(split),
        out=out,
        quick=quick,
        config=config,
        settings=_settings(settings),
        device=device,
        seed=seed,
        criterion=criterion,
        aggregation=aggregation,
        top_k=top_k,
        force=force,
        command=f"hpscan {shlex.join(sys.argv[1:])}",
        patient_from=patient_from,
    )
    if dry_run:
        with console.progress() as progress:
            planned = plan(request, progress=progress)
        accounts.write(account, planned.account, force=force)
        if json:
            console.print_json(describe_benchmark.plan(planned))
        else:
            console.show(render_plan.plan(planned))
        return DONE
    with live.watch() as watch:
        made = workflow(request, watch=watch)
    if made.account is not None:
        accounts.write(account, made.account, force=force)
    return _told(made, json=json)


def show(folder: Path, *, json: bool) -> int:
    """`hpscan benchmark --show`."""
    from hpscan.workflows.benchmark.show import show as workflow

    return _told(workflow(folder), json=json)


def _told(made: Finished, *, json: bool) -> int:
    if json:
        console.print_json(made.metrics)
    else:
        console.show(render_benchmark.benchmark(made))
    metrics = made.metrics
    doubtful = any(one.rejected or any(p.indeterminate for p in one.patients) for one in metrics.backends)
    return INDETERMINATE if doubtful or any(f.fold is not None for f in metrics.failures) else DONE


def _names(text: str) -> tuple[str, ...]:
    """The names of `--backends`."""
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise SettingsError(
            f"--backends {text!r} names a backend without a name", hint="write names with a comma between two of them"
        )
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise SettingsError(f"--backends names {twice[0]!r} twice", hint="name it once")
    return names


def _settings(given: Sequence[str]) -> dict[str, dict[str, str]]:
    """Backend -> key -> value, of `--set`."""
    made: dict[str, dict[str, str]] = defaultdict(dict)
    for text in given:
        left, equals, value = text.partition("=")
        backend, dot, key = (part.strip() for part in left.rpartition("."))
        if not (equals and dot and backend and key):
            raise SettingsError(
                f"--set {text!r} does not say which setting of which backend", hint="write it as --set cnn.epochs=4"
            )
        if key in made[backend]:
            raise SettingsError(f"--set gives {backend}.{key} twice", hint="give each setting once")
        made[backend][key] = value.strip()
    return dict(made)
