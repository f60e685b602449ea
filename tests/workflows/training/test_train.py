from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_serializer

from hpscan.backends import registry
from hpscan.backends.redness import backend as redness
from hpscan.core.backend import Fitted, Supervision
from hpscan.core.errors import BackendBrokenError, NotEnoughDataError, OutputExistsError, SettingsError, WeightsError
from hpscan.data.dataset import layout
from hpscan.store import models
from hpscan.store.manifest import Role
from hpscan.workflows.scoring.models import restore
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Patches, Run
    from hpscan.core.errors import HpscanError
    from hpscan.workflows.training.train import Training

FAST = {"epochs": 2, "crop": 64, "batch_size": 8}
"""The settings of the fixture `training`."""

pytestmark = pytest.mark.xdist_group("trained")


def test_the_four_sets_of_patients_are_disjoint_and_cover_the_cohort(training: Training) -> None:
    manifest = training.model.manifest
    digests = Counter(record.digest for record in manifest.patients)
    assert set(digests.values()) == {1}
    assert sum(manifest.count(role) for role in Role) == 16
    assert min(manifest.count(role) for role in Role) >= 1


def test_an_autoencoder_is_fitted_and_stopped_on_negative_patients_only(phantom: Path, training: Training) -> None:
    manifest = training.model.manifest
    infected = {manifest.digest(p.id) for p in layout.load(phantom).cohort.patients if p.infected}
    learned_from = {r.digest for r in manifest.patients if r.role in (Role.TRAINING, Role.VALIDATION)}
    assert learned_from
    assert not learned_from & infected


def test_the_manifest_names_no_patient(training: Training) -> None:
    assert "Patient" not in (training.model.path / "manifest.json").read_text().replace("PatientId", "")


def test_the_record_holds_seed_versions_arguments_and_fingerprint(training: Training) -> None:
    record = json.loads((training.model.path / "manifest.json").read_text())
    assert record["training"]["seed"] == 0
    assert record["training"]["versions"]["torch"]
    assert record["training"]["arguments"]["settings"] == {k: str(v) for k, v in FAST.items()}
    assert len(record["cohort_fingerprint"]) == 64


def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    phantom: Path, training: Training, tmp_path: Path
) -> None:
    again = train(
        TrainRequest(phantom, configured("autoencoder", FAST), out=tmp_path / "a", device="cpu", hold_out=0.25)
    )
    other = train(
        TrainRequest(phantom, configured("autoencoder", FAST), out=tmp_path / "b", device="cpu", hold_out=0.25, seed=1)
    )
    first, second, third = (models.weights(t.model) for t in (training, again, other))
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert any(not np.array_equal(first[key], third[key]) for key in first)
    point = training.model.manifest.operating_point
    assert again.model.manifest.operating_point.point() == point.point()


def test_a_stored_model_scores_infected_patches_above_negative_ones(phantom: Path, training: Training) -> None:
    scorer = restore(str(training.model.path), "cpu").scorer
    patches = [p for p in layout.load(phantom).cohort.patches() if p.label in (-1, 1)]
    pixels = np.stack([np.asarray(Image.open(p.path).convert("RGB")) for p in patches])
    score = scorer.score(pixels)
    label = np.array([p.label for p in patches])
    assert np.median(score[label == 1]) > np.median(score[label == -1])


def test_an_existing_model_is_kept_unless_forced(phantom: Path, training: Training) -> None:
    with pytest.raises(OutputExistsError):
        train(TrainRequest(phantom, configured("redness"), out=training.model.path, device="cpu"))


def test_patients_that_share_an_image_stay_together(phantom: Path, tmp_path: Path) -> None:
    patients = [p for p in layout.load(phantom).cohort.patients if p.infected is False]
    copies = tmp_path / "copies" / "Cropped_Patches"
    for number, patient in enumerate(patients):
        folder = copies / patient.id
        folder.mkdir(parents=True)
        for patch in patient.patches[:2]:
            (folder / patch.path.name).write_bytes(patch.path.read_bytes())
        # Each odd patient holds one image of the patient before it.
        twin = patients[number - 1] if number % 2 else patient
        (folder / "twin.png").write_bytes(twin.patches[0].path.read_bytes())
    table = "CODI,DENSITAT\n" + "".join(f"{p.id},NEGATIVA\n" for p in patients)
    (tmp_path / "copies" / "PatientDiagnosis.csv").write_text(table)
    model = train(
        TrainRequest(tmp_path / "copies", configured("autoencoder", FAST), out=tmp_path / "m", device="cpu")
    ).model.manifest
    role = {r.digest: r.role for r in model.patients}
    pairs = zip(patients[::2], patients[1::2], strict=False)
    assert all(role[model.digest(a.id)] is role[model.digest(b.id)] for a, b in pairs)


def test_an_unreadable_patch_is_reported_and_stops_nothing(phantom: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(phantom, copy)
    for patient in (copy / "Cropped_Patches").iterdir():
        (patient / "00001.png").write_bytes(b"no image")
    made = train(TrainRequest(copy, configured("autoencoder", FAST), out=tmp_path / "m", device="cpu"))
    assert {r.patch.path.name for r in made.rejected} == {"00001.png"}


def test_without_negative_patients_it_says_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "Cropped_Patches" / "Patient1"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(folder / "0.png")
    with pytest.raises(NotEnoughDataError, match="diagnosed negative"):
        train(TrainRequest(tmp_path, configured("autoencoder"), out=tmp_path / "m", device="cpu"))


def test_a_wrong_setting_fails_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="epoch") as caught:
        train(TrainRequest(tmp_path / "nowhere", configured("autoencoder", {"epoch": 3})))
    assert "epochs" in caught.value.hint


class _SpySettings(BaseModel):
    """Settings of a backend that only looks at what it is given."""

    model_config = ConfigDict(frozen=True)
    weights: str = Field("", description="A file.")

    @field_serializer("weights")
    def _name(self, weights: str) -> str:
        return weights.rpartition("/")[2]


class _Spy:
    """A backend that keeps what it was given to learn from, and scores like `redness`."""

    settings = _SpySettings

    def __init__(self, supervision: Supervision, complaint: HpscanError | None = None) -> None:
        self.supervision = supervision
        self.complaint = complaint
        self.given: list[Patches] = []

    def learns_from(self, _settings: BaseModel) -> Supervision:
        return self.supervision

    def check(self, _settings: BaseModel) -> None:
        if self.complaint is not None:
            raise self.complaint

    def fit(self, train: Patches, validation: Patches, _settings: BaseModel, _run: Run) -> Fitted:
        self.given = [train, validation]
        return Fitted(redness.RednessScorer(redness.RednessSettings()), pretrained={"backbone": "spyglass"})

    def restore(self, *_arguments: object, **_more: object) -> Any:
        raise NotImplementedError


def _install(monkeypatch: pytest.MonkeyPatch, spy: _Spy) -> None:
    plugin = registry.Plugin("spy", "hpscan-spy", "1", "spy")
    monkeypatch.setattr(registry, "load", lambda _name: (spy, plugin))


@pytest.mark.parametrize(
    ("supervision", "labels"),
    [
        (Supervision.NOTHING, set()),
        (Supervision.NEGATIVE_PATIENTS, {-1, 0}),
        (Supervision.LABELLED_PATCHES, {-1, 1}),
    ],
)
def test_a_backend_is_handed_just_what_it_learns_from(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supervision: Supervision, labels: set[int]
) -> None:
    spy = _Spy(supervision)
    _install(monkeypatch, spy)
    made = train(TrainRequest(phantom, configured("spy"), out=tmp_path / "spy", device="cpu"))
    seen = {int(label) for patches in spy.given for label in patches.label}
    assert seen <= labels
    assert bool(seen) is bool(labels)
    if supervision is Supervision.LABELLED_PATCHES:
        assert seen == labels
    if supervision is Supervision.NEGATIVE_PATIENTS:
        infected = {patient.id for patient in layout.load(phantom).cohort.patients if patient.infected}
        assert not infected & {str(name) for patches in spy.given for name in patches.patient_id}
    assert made.model.manifest.training.pretrained == {"backbone": "spyglass"}


def test_the_manifest_holds_no_path_of_a_weights_file(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(monkeypatch, _Spy(Supervision.NOTHING))
    given = {"weights": "/home/somebody/lite.safetensors"}
    made = train(TrainRequest(phantom, configured("spy", given), out=tmp_path / "spy", device="cpu"))
    assert "somebody" not in made.model.manifest.model_dump_json()
    assert made.model.manifest.settings == {"weights": "lite.safetensors"}


def test_a_fit_that_gives_no_model_is_the_backends_fault(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = _Spy(Supervision.NOTHING)
    monkeypatch.setattr(spy, "fit", lambda *_: None)
    _install(monkeypatch, spy)
    with pytest.raises(BackendBrokenError, match=r"backend 'spy' of hpscan-spy 1 gave NoneType"):
        train(TrainRequest(phantom, configured("spy"), out=tmp_path / "spy", device="cpu"))


def test_what_a_backend_lacks_is_told_before_the_dataset_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(monkeypatch, _Spy(Supervision.NOTHING, WeightsError("no weights", hint="get some")))
    with pytest.raises(WeightsError, match="no weights"):
        train(TrainRequest(tmp_path / "no-dataset", configured("spy"), out=tmp_path / "spy", device="cpu"))
