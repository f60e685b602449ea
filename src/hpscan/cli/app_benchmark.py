"""The signature of `hpscan benchmark`, and which of its options go together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli.options import (
    DEFAULT_AGGREGATION,
    AccountFile,
    Aggregation,
    Criterion,
    Data,
    Device,
    DeviceName,
    Json,
    PatientFrom,
    Seed,
    SplitName,
    TopK,
)
from hpscan.core.errors import SettingsError


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
        SplitName,
        typer.Option(
            help="Who is held out: each patient once (folds), the seed project's test patients (seed42), or the "
            "patients that the dataset itself holds out (hold-out)."
        ),
    ] = SplitName.FOLDS,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where results go. Cells finished there by an earlier run are not computed again."
        ),
    ] = Path("hpscan-benchmark"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Faster settings, fewer windows of each patient: a first look.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show folds, cells and the time they would take, and compute nothing.")
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
    aggregation: Aggregation = DEFAULT_AGGREGATION,
    top_k: TopK = None,
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
    from hpscan.cli import commands_benchmark

    typed = _typed(context)
    if show is not None:
        others = sorted(typed - {"--show", "--json"})
        if others:
            raise SettingsError(
                f"--show prints a finished benchmark, and takes no {others[0]}", hint="leave out one of the two"
            )
        return commands_benchmark.show(show, json=json)
    if split is not SplitName.FOLDS and "--folds" in typed:
        raise SettingsError(f"--split {split.value} makes a single fold, and takes no --folds", hint="leave out one")
    return commands_benchmark.benchmark(
        data,
        patient_from=patient_from,
        account=account,
        backends=backends,
        folds=folds,
        split=split.value,
        out=out,
        quick=quick,
        dry_run=dry_run,
        config=config,
        settings=settings or [],
        criterion=criterion,
        aggregation=aggregation.value,
        top_k=top_k,
        device=device.value,
        seed=seed,
        force=force,
        json=json,
    )


def _typed(context: typer.Context) -> set[str]:
    """The options that stand on the command line, also where they repeat a default."""
    sources = {p.opts[0]: context.get_parameter_source(p.name or "") for p in context.command.params}
    return {option for option, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
