"""`hpscan train`: its options, and what it does with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpscan.cli.failures import DONE, INDETERMINATE, INTERRUPTED
from hpscan.cli.options import (
    AccountFile,
    AggregationOption,
    Criterion,
    Data,
    Device,
    Force,
    HoldOut,
    Json,
    PatientFrom,
    Seed,
    TopK,
    WeightsFile,
)
from hpscan.core.choices import DEFAULT_AGGREGATION, DeviceName
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.workflows.training.train import Training


def train(
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="What to train; hpscan backends lists what there is.")
    ] = "autoencoder",
    data: Data = Path(),
    patient_from: PatientFrom = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name; by default the backend's.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Store the model in this folder instead.", show_default=False)
    ] = None,
    device: Device = DeviceName.AUTO,
    seed: Seed = 0,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Most epochs to train; short for --set epochs=N.", show_default=False),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting of the backend; can be repeated.", show_default=False
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A TOML file with settings of the backend; --set, --epochs and --weights override it.",
            show_default=False,
        ),
    ] = None,
    weights: WeightsFile = None,
    hold_out: HoldOut = 0.2,
    criterion: Criterion = "specificity=0.99",
    aggregation: AggregationOption = DEFAULT_AGGREGATION,
    top_k: TopK = None,
    no_use: Annotated[
        bool, typer.Option("--no-use", help="Store the model without making it the default of other commands.")
    ] = False,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Train a model on a dataset.

    Its thresholds are chosen on patients that it was not fitted on; some patients are held out for evaluate.
    """
    from hpscan.cli import interrupts
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files
    from hpscan.cli.train import view
    from hpscan.workflows.training.settings import configured
    from hpscan.workflows.training.train import TrainRequest
    from hpscan.workflows.training.train import train as workflow

    files.check_apart({"--account": account, "--out": out}, json=json)
    files.check(account, force=force)
    if name is not None and out is not None:
        raise SettingsError("--name and --out name two places for the model", hint="give one of the two")
    pairs, short = _settings(settings or [], epochs, weights)
    request = TrainRequest(
        data,
        configured(backend, pairs, config=config, short=short),
        name=name,
        out=out,
        device=device.value,
        seed=seed,
        hold_out=hold_out,
        criterion=criterion,
        aggregation=aggregation.value,
        top_k=top_k,
        force=force,
        use=not no_use,
        patient_from=patient_from,
    )
    with interrupts.gentle() as should_stop, console.progress() as progress:
        training = workflow(request, progress=progress, should_stop=should_stop)
    for plot, reason in training.undrawn.items():
        console.remark(f"{plot} could not be drawn: {reason}")
    accounts.write(account, training.account, force=force)
    if json:
        console.print_json(view.document(training))
    else:
        console.show(view.screen(training))
        _say_next(data, training, out)
    folder = training.model.path
    if training.model.manifest.training.interrupted:
        console.remark(f"Interrupted: the best weights so far are kept in {folder}.")
        return INTERRUPTED
    if should_stop():
        console.remark(f"Too late to stop: the fit had come to its end, and its model is stored in {folder}.")
        return INTERRUPTED
    return INDETERMINATE if training.rejected else DONE


def _settings(
    pairs: Sequence[str], epochs: int | None, weights: Path | None
) -> tuple[dict[str, Any], dict[str, str | int]]:
    """What `--set` gives, and what the short options give.

    Raises:
        SettingsError: When the two contradict each other, or a pair is none.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"--set {pair!r} has no '='", hint="write it as --set key=value")
        if key.strip() in settings:
            raise SettingsError(f"--set gives {key.strip()} twice", hint="give each setting once")
        settings[key.strip()] = value.strip()
    if weights is not None and settings.get("weights", str(weights)) != str(weights):
        raise SettingsError("--weights and --set weights=... name two files", hint="give one of the two")
    if epochs is not None and settings.get("epochs", str(epochs)) != str(epochs):
        raise SettingsError("--epochs and --set epochs=... name two numbers", hint="give one of the two")
    short: dict[str, str | int | None] = {"epochs": epochs, "weights": None if weights is None else str(weights)}
    return settings, {key: value for key, value in short.items() if value is not None}


def _say_next(data: Path, training: Training, out: Path | None) -> None:
    """How to try the new model, and which one is taken where it is not the default."""
    from hpscan.cli.output import console
    from hpscan.store import default_model

    model = str(out or training.model.path.name)
    pinned = default_model.pinned()
    if pinned is not None and not default_model.is_pinned(training.model.path):
        console.remark(f"Pinned is {pinned}: commands go on taking it where no --model is given.")
    console.out().print(f"\nNext: hpscan evaluate {data} --model {model}", soft_wrap=True, markup=False)
