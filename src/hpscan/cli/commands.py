"""What the commands do: hand arguments to a workflow, show what comes back, and tell the exit code."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hpscan.cli import choice, describe, render, render_upkeep
from hpscan.cli.failures import DONE, INDETERMINATE, INTERRUPTED
from hpscan.cli.output import account as accounts
from hpscan.cli.output import console, documents
from hpscan.cli.output import files as exports
from hpscan.core.account import AsideKind
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.workflows.demo import Demo
    from hpscan.workflows.training.train import Training


@contextmanager
def _gentle_interrupt() -> Iterator[Callable[[], bool]]:
    """The first ^C asks to stop, the second one stops; yields whether somebody has asked."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        console.remark("Stopping: if there is a model by then, it is kept. Press ^C again to leave without it.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def train(
    data: Path,
    backend: str,
    *,
    patient_from: str | None,
    account: Path | None,
    name: str | None,
    out: Path | None,
    device: str,
    seed: int,
    settings: Sequence[str],
    config: Path | None,
    weights: Path | None,
    epochs: int | None,
    hold_out: float,
    criterion: str,
    aggregation: str,
    top_k: int | None,
    use: bool,
    force: bool,
    json: bool,
) -> int:
    """`hpscan train`."""
    from hpscan.workflows.training.settings import configured
    from hpscan.workflows.training.train import TrainRequest
    from hpscan.workflows.training.train import train as workflow

    exports.check_apart({"--account": account, "--out": out}, json=json)
    exports.check(account, force=force)
    given = _pairs(settings)
    if name is not None and out is not None:
        raise SettingsError("--name and --out name two places for the model", hint="give one of the two")
    if weights is not None and given.get("weights", str(weights)) != str(weights):
        raise SettingsError("--weights and --set weights=... name two files", hint="give one of the two")
    if epochs is not None and given.get("epochs", str(epochs)) != str(epochs):
        raise SettingsError("--epochs and --set epochs=... name two numbers", hint="give one of the two")
    short = {"epochs": epochs, "weights": None if weights is None else str(weights)}
    short = {key: value for key, value in short.items() if value is not None}
    request = TrainRequest(
        data,
        configured(backend, given, config=config, short=short),
        name=name,
        out=out,
        device=device,
        seed=seed,
        hold_out=hold_out,
        criterion=criterion,
        aggregation=aggregation,
        top_k=top_k,
        force=force,
        use=use,
        patient_from=patient_from,
    )
    with _gentle_interrupt() as should_stop, console.progress() as progress:
        made = workflow(request, progress=progress, should_stop=should_stop)
    for picture, reason in made.undrawn.items():
        console.remark(f"{picture} could not be drawn: {reason}")
    accounts.write(account, made.account, force=force)
    if json:
        console.print_json(describe.training(made))
    else:
        console.show(render_upkeep.training(made))
        _say_next(data, made, out)
    if made.model.manifest.training.interrupted:
        console.remark(f"Interrupted: the best weights so far are kept in {made.model.path}.")
        return INTERRUPTED
    if should_stop():
        console.remark(f"Too late to stop: the fit had come to its end, and its model is stored in {made.model.path}.")
        return INTERRUPTED
    return INDETERMINATE if made.rejected else DONE


def _say_next(data: Path, made: Training, out: Path | None) -> None:
    """How to try the new model, and which one is taken where it is not the default."""
    from hpscan.store import default_model as chosen

    model = str(out or made.model.path.name)
    pinned = chosen.pinned()
    if pinned is not None and not chosen.is_pinned(made.model.path):
        console.remark(f"Pinned is {pinned}: commands go on taking it where no --model is given.")
    console.out().print(f"\nNext: hpscan evaluate {data} --model {model}", soft_wrap=True, markup=False)


def _pairs(settings: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--set {text!r} has no '='", hint="write it as --set key=value")
        if key.strip() in given:
            raise SettingsError(f"--set gives {key.strip()} twice", hint="give each setting once")
        given[key.strip()] = value.strip()
    return given


def evaluate(
    data: Path,
    model: str | None,
    *,
    allow_training_patients: bool,
    patient_from: str | None,
    account: Path | None,
    device: str,
    csv: Path | None,
    figure: Path | None,
    force: bool,
    json: bool,
) -> int:
    """`hpscan evaluate`."""
    from hpscan.store import atomic
    from hpscan.workflows.evaluation.evaluate import EvaluateRequest
    from hpscan.workflows.evaluation.evaluate import evaluate as workflow
    from hpscan.workflows.evaluation.plot import picture

    aside = exports.check_apart({"--csv": csv, "--figure": figure, "--account": account}, json=json)
    for path in (csv, figure, account):
        exports.check(path, force=force)
    chosen = choice.announced(model)
    with console.progress() as progress:
        request = EvaluateRequest(data, chosen, allow_training_patients, patient_from, device)
        found = workflow(request, progress=progress)
    if csv is not None:
        exports.write_metrics(csv, found, force=force)
    if figure is not None:
        atomic.write(figure, picture(found), force=force)
        console.wrote(figure)
    accounts.write(account, found.account, force=force)
    if json:
        console.print_json(describe.evaluation(found))
    else:
        console.show(render.evaluation(found), aside=aside)
    return INDETERMINATE if found.rejected or (found.patient and found.patient.n_indeterminate) else DONE


def calibrate(
    data: Path,
    model: str | None,
    *,
    criterion: str,
    aggregation: str | None,
    top_k: int | None,
    hold_out: float,
    patient_from: str | None,
    account: Path | None,
    force: bool,
    device: str,
    seed: int,
    json: bool,
) -> int:
    """`hpscan calibrate`."""
    from hpscan.workflows.training.calibrate import CalibrateRequest
    from hpscan.workflows.training.calibrate import calibrate as workflow

    aside = exports.check_apart({"--account": account}, json=json)
    exports.check(account, force=force)
    chosen = choice.announced(model)
    with console.progress() as progress:
        request = CalibrateRequest(
            data,
            chosen,
            criterion=criterion,
            aggregation=aggregation,
            top_k=top_k,
            hold_out=hold_out,
            patient_from=patient_from,
            device=device,
            seed=seed,
        )
        made = workflow(request, progress=progress)
    accounts.write(account, made.account, force=force)
    if json:
        console.print_json(describe.calibration(made))
    else:
        console.show(render_upkeep.calibration(made), aside=aside)
    return INDETERMINATE if made.rejected else DONE


def data_check(
    data: Path,
    *,
    patient_from: str | None,
    explain: str | None,
    account: Path | None,
    force: bool,
    json: bool,
) -> int:
    """`hpscan data check`."""
    from hpscan.workflows.datasets.check import check as workflow
    from hpscan.workflows.datasets.provenance import whence

    if explain is not None:
        told = whence(data, explain, patient_from=patient_from)
        if json:
            console.print_json(describe.whence(told))
        else:
            console.show(render_upkeep.whence(told))
        return DONE
    aside = exports.check_apart({"--account": account}, json=json)
    exports.check(account, force=force)
    with console.progress() as progress:
        found = workflow(data, patient_from=patient_from, progress=progress)
    document = describe.check(found)
    accounts.write(account, found.account, force=force)
    if json:
        console.print_json(document)
    else:
        console.show(render_upkeep.check(found, document), aside=aside)
    useless = any(note.kind.useless for note in found.dataset.notes)
    unread = any(
        aside.kind.may_hold_patches and (aside.patient or aside.kind is AsideKind.TOO_DEEP)
        for aside in found.dataset.asides
    )
    doubtful = useless or unread or found.dataset.without or found.dataset.mixed
    return INDETERMINATE if document.rejected or doubtful else DONE


def data_synth(folder: Path, *, patients: int, patches: int, seed: int, force: bool, json: bool) -> int:
    """`hpscan data synth`."""
    from hpscan.workflows.datasets.synth import synth as workflow

    with console.progress() as progress:
        count = workflow(folder, patients=patients, patches=patches, seed=seed, force=force, progress=progress)
    if json:
        console.print_json(
            documents.SynthDocument(path=str(folder), patients=dict(count), patches=patients * patches, seed=seed)
        )
    else:
        numbers = ", ".join(f"{n} {name}" for name, n in count.items())
        console.out().print(f"Drew {patients} patients ({numbers}) with {patches} patches each into {folder}")
        console.out().print(f"Next: hpscan train --data {folder}", soft_wrap=True)
    return DONE


def demo(folder: Path, *, seed: int, device: str, force: bool, json: bool) -> int:
    """`hpscan demo`."""
    from hpscan.workflows.demo import demo as workflow

    with _gentle_interrupt() as should_stop, console.progress() as progress:
        made = workflow(folder, seed=seed, device=device, force=force, progress=progress, should_stop=should_stop)
    if json:
        console.print_json(describe.demo(made))
    else:
        _show_demo(made)
    return DONE


def _show_demo(made: Demo) -> None:
    from rich.text import Text

    from hpscan.store.synthetic_dataset import CROPPED

    console.show(render_upkeep.training(made.training))
    for one in made.diagnoses.patients:
        console.show([render.diagnosis(one, made.diagnoses.model)])
    console.show(render.evaluation(made.evaluation))
    data, model = made.folder / "data", made.folder / "model"
    out = console.out()
    out.print("\nAll patches of this demo were drawn, not photographed: its figures say nothing about real biopsies.")
    out.print(
        "The thresholds come from other patients: where one of these has dirt that scores high, a patient with few rods is missed."
    )
    where: list[tuple[str, RenderableType]] = [("patches", str(data)), ("model", str(model))]
    where += render_upkeep.figure_rows([made.gallery, made.curves])
    where.append(("report", Text(str(made.report), f"link {made.report.absolute().as_uri()}")))
    where.append(("try next", f"hpscan diagnose {data} --model {model}"))
    where.append(
        ("", f"hpscan diagnose {data / CROPPED / made.diagnoses.patients[0].result.patient_id} --model {model}")
    )
    where.append(("", "hpscan train --data YOUR_DATASET"))
    out.print(render.facts(where), soft_wrap=True)


def doctor(*, json: bool) -> int:
    """`hpscan doctor`."""
    from hpscan.workflows.doctor import doctor as workflow

    document = describe.doctor(workflow())
    if json:
        console.print_json(document)
    else:
        console.show(render_upkeep.doctor(document))
    return DONE
