"""A drawn cohort on disk: the seed project's layout, labels that are true, the same bytes every time."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Density, PatchLabel
from hpscan.core.errors import OutputError, OutputExistsError
from hpscan.data.dataset import layout
from hpscan.phantom.cohort import PhantomPatient, draw_cohort
from hpscan.store.synthetic_dataset import write_phantom

if TYPE_CHECKING:
    from pathlib import Path

PATIENTS, PATCHES = 4, 4

pytestmark = pytest.mark.xdist_group("dataset")


@pytest.fixture(scope="module")
def cohort() -> tuple[PhantomPatient, ...]:
    return draw_cohort(PATIENTS, PATCHES, 1)


@pytest.fixture(scope="module")
def written(
    cohort: tuple[PhantomPatient, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Progress]]:
    path, seen = tmp_path_factory.mktemp("phantom") / "data", []
    write_phantom(path, cohort, seed=1, progress=seen.append)
    return path, seen


def _table(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file)}


def test_every_window_is_written_with_its_pixels_and_its_mask(
    written: tuple[Path, list[Progress]], cohort: tuple[PhantomPatient, ...]
) -> None:
    path, _ = written
    for patient in cohort:
        assert len(list((path / "Cropped_Patches" / patient.id).iterdir())) == PATCHES
        drawn = patient.patch(3)
        np.testing.assert_array_equal(
            np.asarray(Image.open(path / "Cropped_Patches" / patient.id / "00003.png")), drawn.image
        )
        np.testing.assert_array_equal(np.asarray(Image.open(path / "Masks" / patient.id / "00003.png")), drawn.mask)


def test_diagnoses_are_written_in_the_published_words(
    written: tuple[Path, list[Progress]], cohort: tuple[PhantomPatient, ...]
) -> None:
    words = {Density.NEGATIVE: "NEGATIVA", Density.LOW: "BAIXA", Density.HIGH: "ALTA"}
    expected = {"CODI": "DENSITAT"} | {patient.id: words[patient.density] for patient in cohort}
    assert _table(written[0] / "PatientDiagnosis.csv") == expected
    assert len(set(expected.values())) == 4  # the header and all three diagnoses


def test_annotated_windows_are_copies_of_cropped_ones_with_their_true_labels(
    written: tuple[Path, list[Progress]], cohort: tuple[PhantomPatient, ...]
) -> None:
    path, _ = written
    labels = _table(path / "Annotated_Patches" / "window_metadata.csv")
    assert labels.pop("ID") == "Presence"
    of = {patient.id: patient for patient in cohort}
    files = sorted((path / "Annotated_Patches").glob("*/*.png"))
    assert {f"{file.parent.name}.{file.stem}" for file in files} == set(labels)
    for file in files:
        label = of[file.parent.name].labels[int(file.stem)]
        assert labels[f"{file.parent.name}.{file.stem}"] == str(int(label))
        assert file.read_bytes() == (path / "Cropped_Patches" / file.parent.name / file.name).read_bytes()
    for patient in cohort:
        mine = [value for name, value in labels.items() if name.startswith(f"{patient.id}.")]
        assert len(mine) == 2  # one window in four, and at least two
        assert ("1" in mine) == (PatchLabel.POSITIVE in patient.labels)


def test_every_patch_has_its_place_and_an_annotated_one_that_of_its_window(
    written: tuple[Path, list[Progress]],
) -> None:
    dataset = layout.load(written[0])
    assert not dataset.notes
    places: dict[str, set[object]] = {}
    for patch in dataset.cohort.patches():
        places.setdefault(patch.id, set()).add(patch.box)
    assert len(places) == PATIENTS * PATCHES
    assert all(len(boxes) == 1 and None not in boxes for boxes in places.values())


def test_what_it_was_drawn_with_is_written_beside_it(written: tuple[Path, list[Progress]]) -> None:
    drawn_with = json.loads((written[0] / "phantom.json").read_text())
    assert (drawn_with["seed"], drawn_with["patients"], drawn_with["patches"]) == (1, PATIENTS, PATCHES)


def test_progress_counts_every_patch(written: tuple[Path, list[Progress]]) -> None:
    total = PATIENTS * PATCHES
    assert [p.done for p in written[1]] == list(range(1, total + 1))
    assert {p.total for p in written[1]} == {total}


def test_the_same_cohort_is_written_to_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_phantom(tmp_path / name, draw_cohort(1, 2, 5), seed=5, progress=silent)
    files = [sorted(p.relative_to(tmp_path / name) for p in (tmp_path / name).rglob("*")) for name in ("a", "b")]
    assert files[0] == files[1]
    for file in files[0]:
        if (tmp_path / "a" / file).is_file():
            assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_only_a_dataset_that_was_drawn_is_replaced_and_only_when_forced(tmp_path: Path) -> None:
    def write(path: Path, *, force: bool) -> None:
        write_phantom(path, draw_cohort(1, 1, 0), seed=0, force=force, progress=silent)

    write(tmp_path / "drawn", force=False)
    with pytest.raises(OutputExistsError):
        write(tmp_path / "drawn", force=False)
    write(tmp_path / "drawn", force=True)
    (tmp_path / "real" / "Cropped_Patches").mkdir(parents=True)
    with pytest.raises(OutputError, match="did not make"):
        write(tmp_path / "real", force=True)
    assert [p.name for p in (tmp_path / "real").iterdir()] == ["Cropped_Patches"]
