"""See hpscan work with no data at all: draw a cohort, train on it, diagnose and evaluate patients held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, never, silent
from hpscan.core.cohort import Density
from hpscan.core.errors import InterruptedTrainingError
from hpscan.data.dataset import layout
from hpscan.data.images import inspection as integrity
from hpscan.data.images.batches import read_image
from hpscan.report.plots.galleries import GalleryPatch, gallery_png
from hpscan.report.text.results import RESEARCH_USE
from hpscan.store import atomic
from hpscan.store.synthetic_dataset import CROPPED, MARKER
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.diagnosis.pages import LARGE
from hpscan.workflows.diagnosis.report import MARKER as REPORT_MARKER
from hpscan.workflows.diagnosis.report import Report
from hpscan.workflows.evaluation.evaluate import EvaluateRequest, evaluate
from hpscan.workflows.evaluation.plot import picture as curves_of
from hpscan.workflows.scoring.models import restore
from hpscan.workflows.scoring.outputs import view
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis
    from hpscan.workflows.evaluation.evaluate import Evaluation
    from hpscan.workflows.training.train import Training

PATIENTS, PATCHES, EPOCHS = 24, 30, 8
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made.

    Attributes:
        folder: Where everything lies.
        training: The trained model.
        diagnoses: A held-out infected patient and a held-out negative one.
        evaluation: All held-out patients.
        gallery: Picture of the infected patient's most suspicious patches.
        curves: Plot of the ROC curve, the patch scores and the patient-level scores.
        report: The index of the pages of the two patients.
    """

    folder: Path
    training: Training
    diagnoses: Diagnoses
    evaluation: Evaluation
    gallery: Path
    curves: Path
    report: Path


def demo(
    folder: Path,
    *,
    seed: int = 0,
    device: str = "auto",
    force: bool = False,
    progress: Callable[[Progress], None] = silent,
    should_stop: Callable[[], bool] = never,
) -> Demo:
    """Run the demo into `folder`, which holds `data/`, `model/`, two pictures and `report/` afterwards."""
    atomic.check_free(folder / "data", force=force, marker=MARKER)
    atomic.check_free(folder / "model", force=force, marker="manifest.json")
    atomic.check_free(folder / "report", force=force, marker=REPORT_MARKER)
    data = folder / "data"
    synth(data, patients=PATIENTS, patches=PATCHES, seed=seed, force=force, progress=progress)
    request = TrainRequest(
        data,
        configured("autoencoder", {"epochs": EPOCHS, "batch_size": 8}),
        out=folder / "model",
        device=device,
        seed=seed,
        hold_out=0.25,
        force=force,
    )
    training = train(request, progress=progress, should_stop=should_stop)
    if training.model.manifest.training.interrupted:
        raise InterruptedTrainingError("the demo was stopped", hint="run it again with `force`", path=folder)
    cohort = layout.load(data).cohort
    known = seen(
        training.model.manifest, cohort.patients, integrity.inspect(cohort.patches(augmented=True), decode=False).digest
    )
    held_out = [p for p in cohort.patients if p.id in known.held_out]
    chosen = [_first(held_out, infected=True), _first(held_out, infected=False)]
    model = restore(str(training.model.path), device)
    patients = gather([data / CROPPED / p.id for p in chosen])
    found = diagnose(patients, DiagnoseRequest(model, device=device, keep=LARGE), progress=progress)
    evaluation = evaluate(EvaluateRequest(data, model, device=device), progress=progress)
    picture = folder / "gallery.png"
    atomic.write(picture, _gallery(found, found.patients[0]), force=force)
    curves = folder / "curves.png"
    atomic.write(curves, curves_of(evaluation), force=force)
    pages = Report(folder / "report", "hpscan demo", force=force).write(found, progress)
    return Demo(folder, training, found, evaluation, picture, curves, pages)


def _first(patients: list[Patient], *, infected: bool) -> Patient:
    """The first such patient; of the infected the densest, who has most to show."""
    return min((p for p in patients if p.infected is infected), key=lambda p: p.density is not Density.HIGH)


def _gallery(found: Diagnoses, diagnosis: Diagnosis) -> bytes:
    shown = []
    for patch, score in zip(diagnosis.patches[:_SHOWN], diagnosis.scores, strict=False):
        pixels = found.pixels.get(patch)
        image = read_image(patch.path) if pixels is None else pixels
        seen = view(found.loaded.scorer, image)
        shown.append(GalleryPatch(image, f"{patch.id}\nscore {score:.4f}", seen.reconstruction, seen.heatmap))
    title = f"{diagnosis.result.patient_id} (phantom): the most suspicious patches"
    return gallery_png({"": shown}, title, RESEARCH_USE)
