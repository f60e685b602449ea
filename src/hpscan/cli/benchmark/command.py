"""`hpscan benchmark`: its options, which of them go together, and what it does with them."""

from __future__ import annotations

import shlex
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    AccountFile,
    AggregationOption,
    Criterion,
    Data,
    Device,
    Json,
    PatientFrom,
    Seed,
    TopK,
)
from hpscan.core.choices import DEFAULT_AGGREGATION, DeviceName, Split
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.workflows.benchmark.show import Finished


def benchmark(
    context: typer.Context,
    data: Data = Path(),
    patient_from: PatientFrom = None,
    backends: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="What to compare; by default every installed backend that can learn from the dataset.",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, metavar="N", help="Folds; no patient is in two.")] = 5,
    split: Annotated[
        Split,
        typer.Option(
            help="Who is held out: each patient once (folds), the seed project's test patients (seed42), or the "
            "patients that the dataset itself holds out (hold-out)."
        ),
    ] = Split.FOLDS,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where results go. What an earlier call finished there is not computed again."
        ),
    ] = Path("hpscan-benchmark"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Faster settings, fewer patches of each patient: a first look.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show folds, runs and the time they would take, and compute nothing.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A TOML file with settings of the backends, a table [NAME] for each; --set overrides it.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="BACKEND.KEY=VALUE",
            help="A setting of one backend; can be repeated.",
            show_default=False,
        ),
    ] = None,
    criterion: Criterion = "specificity=0.99",
    aggregation: AggregationOption = DEFAULT_AGGREGATION,
    top_k: TopK = None,
    reference: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The backend that all are compared with, beside the best one; none for the best alone."
        ),
    ] = "redness",
    device: Device = DeviceName.AUTO,
    seed: Seed = 0,
    account: AccountFile = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the tables of a benchmark of other data or arguments.")
    ] = False,
    show: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Print the results of a finished benchmark, and do nothing else."),
    ] = None,
    json: Json = False,
) -> int:
    """Compare backends on a labelled dataset.

    Every backend is trained on the same patients and measured on the same others, fold by fold. An interrupted
    benchmark goes on where it stopped when the same command is given again.
    """
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files

    typed = _typed(context)
    if show is not None:
        from hpscan.workflows.benchmark.show import show as read_back

        others = sorted(typed - {"--show", "--json"})
        if others:
            raise SettingsError(
                f"--show prints a finished benchmark, and takes no {others[0]}", hint="leave out one of the two"
            )
        return _show(read_back(show), json=json)
    if split is not Split.FOLDS and "--folds" in typed:
        raise SettingsError(f"--split {split.value} makes a single fold, and takes no --folds", hint="leave out one")

    from hpscan.backends import registry
    from hpscan.cli.benchmark import plan_view, progress
    from hpscan.workflows.benchmark.benchmark import benchmark as workflow
    from hpscan.workflows.benchmark.benchmark import plan
    from hpscan.workflows.benchmark.request import BenchmarkRequest

    files.check_apart({"--account": account, "--out": out}, json=json)
    files.check(account, force=force)
    request = BenchmarkRequest(
        data=data,
        backends=None if backends is None else _names(backends),
        folds=folds,
        split=split,
        out=out,
        quick=quick,
        config=config,
        settings=_settings(settings or []),
        device=device.value,
        seed=seed,
        criterion=criterion,
        aggregation=aggregation.value,
        top_k=top_k,
        force=force,
        command=f"hpscan {shlex.join(sys.argv[1:])}",
        patient_from=patient_from,
        reference=None if reference == "none" else registry.current_name(reference),
    )
    if dry_run:
        with console.progress() as steps:
            planned = plan(request, progress=steps)
        accounts.write(account, planned.account, force=force)
        if json:
            console.print_json(plan_view.document(planned))
        else:
            console.show(plan_view.screen(planned))
        return DONE
    with progress.watch() as watch:
        finished = workflow(request, watch=watch)
    if finished.account is not None:
        accounts.write(account, finished.account, force=force)
    return _show(finished, json=json)


def _show(finished: Finished, *, json: bool) -> int:
    from hpscan.cli.benchmark import view
    from hpscan.cli.output import console

    metrics = finished.metrics
    if json:
        console.print_json(metrics)
    else:
        console.show(view.screen(finished))
    doubtful = any(one.rejected or any(p.indeterminate for p in one.patients) for one in metrics.backends)
    return INDETERMINATE if doubtful or any(f.fold is not None for f in metrics.failures) else DONE


def _typed(context: typer.Context) -> set[str]:
    """The options that stand on the command line, also where they repeat a default."""
    sources = {p.opts[0]: context.get_parameter_source(p.name or "") for p in context.command.params}
    return {option for option, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


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
    settings_of: dict[str, dict[str, str]] = defaultdict(dict)
    for text in given:
        left, equals, value = text.partition("=")
        backend, dot, key = (part.strip() for part in left.rpartition("."))
        if not (equals and dot and backend and key):
            raise SettingsError(
                f"--set {text!r} does not say which setting of which backend", hint="write it as --set cnn.epochs=4"
            )
        if key in settings_of[backend]:
            raise SettingsError(f"--set gives {backend}.{key} twice", hint="give each setting once")
        settings_of[backend][key] = value.strip()
    return dict(settings_of)
