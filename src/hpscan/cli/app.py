"""The commands' signatures and nothing else: each hands its arguments on and shows what comes back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hpscan.cli import failures
from hpscan.cli.app_benchmark import benchmark
from hpscan.cli.app_diagnose import diagnose
from hpscan.cli.app_explain import explain
from hpscan.cli.app_zoo import backends_app, models_app, weights_app
from hpscan.cli.options import (
    DEFAULT_AGGREGATION,
    AccountFile,
    Aggregation,
    AggregationName,
    Criterion,
    Data,
    Dataset,
    Device,
    DeviceName,
    Force,
    HoldOut,
    Json,
    Model,
    PatientFrom,
    Seed,
    TopK,
    WeightsFile,
)
from hpscan.cli.strict import StrictTyper

app = StrictTyper(
    name="hpscan",
    help="Find Helicobacter pylori in immunohistochemistry patches of gastric biopsies.",
    epilog="For research use only. Not for use in diagnostic procedures.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
data_app = StrictTyper(no_args_is_help=True, help="Check a dataset, or draw one.")
app.add_typer(data_app, name="data")
app.add_typer(models_app, name="models")
app.add_typer(backends_app, name="backends")
app.add_typer(weights_app, name="weights")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hpscan {version('hpscan')}")
        raise typer.Exit


@app.callback()
def hpscan(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find Helicobacter pylori in immunohistochemistry patches of gastric biopsies."""


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the demo puts everything.")] = Path(
        "hpscan-demo"
    ),
    seed: Seed = 0,
    device: Device = DeviceName.AUTO,
    force: Force = False,
    json: Json = False,
) -> int:
    """See hpscan work, with no data at all.

    Draws a phantom cohort, trains on it, and diagnoses and evaluates patients held out, in about two minutes.
    """
    from hpscan.cli import commands

    return commands.demo(folder, seed=seed, device=device.value, force=force, json=json)


@app.command()
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
    aggregation: Aggregation = DEFAULT_AGGREGATION,
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
    from hpscan.cli import commands

    return commands.train(
        data,
        backend,
        patient_from=patient_from,
        account=account,
        name=name,
        out=out,
        device=device.value,
        seed=seed,
        settings=settings or [],
        config=config,
        weights=weights,
        epochs=epochs,
        hold_out=hold_out,
        criterion=criterion,
        aggregation=aggregation.value,
        top_k=top_k,
        use=not no_use,
        force=force,
        json=json,
    )


app.command()(diagnose)


@app.command()
def evaluate(
    data: Dataset,
    model: Model = None,
    allow_training_patients: Annotated[
        bool, typer.Option("--allow-training-patients", help="Score patients that the model has seen, too: no test.")
    ] = False,
    patient_from: PatientFrom = None,
    device: Device = DeviceName.AUTO,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the metrics.", show_default=False)] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw ROC curve, scores and patients' values into a PNG file.", show_default=False
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Measure a model on a labelled dataset.

    Patients that the model was fitted or calibrated on are refused.
    """
    from hpscan.cli import commands

    return commands.evaluate(
        data,
        model,
        allow_training_patients=allow_training_patients,
        patient_from=patient_from,
        account=account,
        device=device.value,
        csv=csv,
        figure=figure,
        force=force,
        json=json,
    )


app.command()(benchmark)
app.command()(explain)


@app.command()
def calibrate(
    data: Dataset,
    model: Model = None,
    criterion: Criterion = "specificity=0.99",
    aggregation: Annotated[
        AggregationName | None,
        typer.Option(
            help="How patch scores become a patient's value: the share of positive patches, the mean of the highest "
            "scores, or the highest score; by default as before.",
            show_default=False,
        ),
    ] = None,
    top_k: TopK = None,
    hold_out: HoldOut = 0.2,
    patient_from: PatientFrom = None,
    device: Device = DeviceName.AUTO,
    seed: Seed = 0,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Choose a model's thresholds anew.

    For another scanner or stain: its weights stay untouched, and the old thresholds are kept in its manifest.
    """
    from hpscan.cli import commands

    return commands.calibrate(
        data,
        model,
        criterion=criterion,
        aggregation=None if aggregation is None else aggregation.value,
        top_k=top_k,
        hold_out=hold_out,
        patient_from=patient_from,
        account=account,
        force=force,
        device=device.value,
        seed=seed,
        json=json,
    )


@app.command()
def doctor(json: Json = False) -> int:
    """Show what a bug report needs.

    Versions, devices, folders and plugins.
    """
    from hpscan.cli import commands

    return commands.doctor(json=json)


@data_app.command("check")
def data_check(
    data: Dataset,
    patient_from: PatientFrom = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="PATIENT|FILE",
            help="Say of one patient, or of one file, which rule, table and row said what.",
            show_default=False,
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Read a dataset through and say what is wrong.

    Every file is decoded: what is there, what cannot be read, what contradicts what.
    """
    from hpscan.cli import commands

    return commands.data_check(
        data, patient_from=patient_from, explain=explain, account=account, force=force, json=json
    )


@data_app.command("synth")
def data_synth(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for it.", show_default=False)],
    patients: Annotated[int, typer.Option(min=1, metavar="N", help="Patients to draw.")] = 24,
    patches: Annotated[int, typer.Option(min=1, metavar="N", help="Patches of each patient.")] = 40,
    seed: Seed = 0,
    force: Force = False,
    json: Json = False,
) -> int:
    """Draw a phantom cohort with known bacteria.

    It lies in the folder in the layout of a real dataset, with a mask of the bacteria for each patch.
    """
    from hpscan.cli import commands

    return commands.data_synth(folder, patients=patients, patches=patches, seed=seed, force=force, json=json)


def main() -> None:
    """Run the command line and leave the process with the exit code that failures.py lists."""
    failures.run(_invoke)


def _invoke() -> Any:
    return app(args=sys.argv[1:], prog_name="hpscan", standalone_mode=False)
