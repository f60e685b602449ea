"""A synthetic cohort as a dataset on disk, in the layout of the seed project.

Cropped_Patches/PatientN/00000.png      all patches of a patient
Annotated_Patches/PatientN/00000.png    some of them, labelled in window_metadata.csv (ID, Presence)
Masks/PatientN/00000.png                where the bacteria are, white on black
PatientDiagnosis.csv                    CODI, DENSITAT
WindowCoordinates.csv                   Pat_ID, Section_ID, Window_ID, i, j, h, w: where each patch lies on its slide
phantom.json                            what it was made with
"""

from __future__ import annotations

import io
import json
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Progress
from hpscan.core.cohort import Density, PatchLabel
from hpscan.phantom import slide
from hpscan.store import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hpscan.phantom.cohort import PhantomPatient

MARKER = "phantom.json"
CROPPED, ANNOTATED, MASKS = "Cropped_Patches", "Annotated_Patches", "Masks"
_DENSITAT = {Density.NEGATIVE: "NEGATIVA", Density.LOW: "BAIXA", Density.HIGH: "ALTA"}
_ANNOTATED_ONE_IN = 4
"""One patch in four is annotated; of infected patients up to half of those are positive."""


def write_phantom(
    path: Path,
    patients: Sequence[PhantomPatient],
    *,
    seed: int,
    force: bool = False,
    progress: Callable[[Progress], None],
) -> None:
    """Write the dataset, whole or not at all.

    Raises:
        OutputError: When `path` holds something and `force` is not given, or it cannot be written.
    """
    total = sum(patient.n_patches for patient in patients)
    done = 0
    labels: list[str] = ["ID,Presence"]
    places: list[str] = ["Pat_ID,Section_ID,Window_ID,i,j,h,w"]
    with atomic.folder(path, MARKER, force=force) as temporary:
        for patient in patients:
            for part in (CROPPED, ANNOTATED, MASKS):
                (temporary / part / patient.id).mkdir(parents=True)
            annotated = _annotated(patient, seed)
            boxes = slide.places(seed, patient.number, patient.n_patches)
            places += [f"{patient.id},,{n},{box.y},{box.x},{box.height},{box.width}" for n, box in enumerate(boxes)]
            for index, patch in enumerate(patient):
                name = f"{index:05d}.png"
                png = _png(patch.image)
                (temporary / CROPPED / patient.id / name).write_bytes(png)
                (temporary / MASKS / patient.id / name).write_bytes(_png(patch.mask))
                if index in annotated:
                    (temporary / ANNOTATED / patient.id / name).write_bytes(png)
                    labels.append(f"{patient.id}.{index:05d},{patient.labels[index].value}")
                done += 1
                progress(Progress("making patches", done, total))
        diagnoses = ["CODI,DENSITAT", *[f"{patient.id},{_DENSITAT[patient.density]}" for patient in patients]]
        (temporary / "PatientDiagnosis.csv").write_text("\n".join(diagnoses) + "\n", encoding="utf-8")
        (temporary / "WindowCoordinates.csv").write_text("\n".join(places) + "\n", encoding="utf-8")
        (temporary / ANNOTATED / "window_metadata.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
        made_with = {
            "hpscan": version("hpscan"),
            "seed": seed,
            "patients": len(patients),
            "patches": patients[0].n_patches,
        }
        (temporary / MARKER).write_text(json.dumps(made_with, indent=2) + "\n", encoding="utf-8")


def _annotated(patient: PhantomPatient, seed: int) -> set[int]:
    rng = np.random.default_rng([seed, patient.number])
    wanted = max(2, patient.n_patches // _ANNOTATED_ONE_IN)
    label = np.array(patient.labels)
    positive = rng.permutation(np.flatnonzero(label == PatchLabel.POSITIVE))[: max(1, wanted // 2)]
    negative = rng.permutation(np.flatnonzero(label == PatchLabel.NEGATIVE))[: wanted - len(positive)]
    return {int(i) for i in (*positive, *negative)}


def _png(pixels: NDArray[np.uint8] | NDArray[np.bool_]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
