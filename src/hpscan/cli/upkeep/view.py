"""What `hpscan demo` and `hpscan doctor` show: the JSON documents and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from rich.text import Text

from hpscan.cli.diagnose import view as diagnose_view
from hpscan.cli.diagnose.view import DiagnosisDocument
from hpscan.cli.evaluate import view as evaluate_view
from hpscan.cli.evaluate.view import EvaluationDocument
from hpscan.cli.output.documents import (
    Document,
)
from hpscan.cli.output.panels import (
    facts,
)
from hpscan.cli.train import view as train_view
from hpscan.cli.train.view import TrainingDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.backends.registry import Plugin
    from hpscan.workflows.demo import Demo
    from hpscan.workflows.doctor import Doctor


class DemoDocument(Document):
    """What `demo --json` prints."""

    folder: str
    training: TrainingDocument
    diagnoses: list[DiagnosisDocument]
    evaluation: EvaluationDocument
    pictures: list[str]
    report: str = Field(description="The page to open first.")


class PluginDocument(Document):
    """An installed backend."""

    name: str
    distribution: str
    version: str
    problem: str


class DeviceDocument(Document):
    """Something to compute on."""

    name: str
    description: str


class FolderDocument(Document):
    """A folder of the user's."""

    path: str
    writable: bool


class DoctorDocument(Document):
    """What `doctor --json` prints."""

    versions: dict[str, str]
    system: str
    devices: list[DeviceDocument]
    folders: dict[str, FolderDocument]
    hpscan_home: str | None
    plugins: list[PluginDocument]
    models: int
    problems: list[str]


def demo_document(demo: Demo) -> DemoDocument:
    """What the demo made."""
    return DemoDocument(
        folder=str(demo.folder),
        training=train_view.document(demo.training),
        diagnoses=diagnose_view.document(demo.diagnoses),
        evaluation=evaluate_view.document(demo.evaluation),
        pictures=[str(demo.gallery), str(demo.curves)],
        report=str(demo.report),
    )


def doctor_document(state: Doctor) -> DoctorDocument:
    """The state of an installation."""
    return DoctorDocument(
        versions=dict(state.versions),
        system=state.system,
        devices=[DeviceDocument(name=d.name, description=d.description) for d in state.devices],
        folders={name: FolderDocument(path=str(path), writable=ok) for name, (path, ok) in state.folders.items()},
        hpscan_home=state.home_variable,
        plugins=[_plugin(p) for p in state.plugins],
        models=state.models,
        problems=list(state.problems),
    )


def _plugin(value: Plugin) -> PluginDocument:
    """An installed backend."""
    return PluginDocument(
        name=value.name, distribution=value.distribution, version=value.version, problem=value.problem
    )


def doctor_screen(document: DoctorDocument) -> Iterable[RenderableType]:
    """The state of an installation."""
    rows: list[tuple[str, RenderableType]] = [("system", document.system)]
    rows += [("device", f"{d.name}: {d.description}") for d in document.devices]
    rows += [
        (name, f"{f.path}{'' if f.writable else ' (cannot be written to)'}") for name, f in document.folders.items()
    ]
    rows.append(("HPSCAN_HOME", document.hpscan_home or "not set"))
    rows.append(("trained models", str(document.models)))
    rows += [("backend", f"{p.name} ({p.distribution} {p.version}) {p.problem or 'ok'}") for p in document.plugins]
    rows += [("version", f"{name} {number}") for name, number in document.versions.items()]
    yield facts(rows)
    for problem in document.problems:
        yield Text(f"Problem: {problem}", style="bold yellow")
    if not document.problems:
        yield Text("No problem found.", style="green")


def demo_screen(demo: Demo) -> Iterable[RenderableType]:
    """Training, two patients and the evaluation, and what they are worth."""
    yield from train_view.screen(demo.training)
    for patient in demo.diagnoses.patients:
        yield diagnose_view.patient_panel(patient, demo.diagnoses.model)
    yield from evaluate_view.screen(demo.evaluation)
    yield Text("\nAll patches of this demo are synthetic: its metrics say nothing about real biopsies.")
    yield Text(
        "The thresholds come from other patients: where one of these has dirt that scores high, a patient with few rods "
        "is missed."
    )
