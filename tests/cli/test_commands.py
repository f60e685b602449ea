from __future__ import annotations

import csv
import json
import math
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.data.dataset import layout
from hpscan.store import models
from hpscan.workflows.training import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.store.models import StoredModel

    Run = Callable[..., Ran]

pytestmark = pytest.mark.xdist_group("trained")


def _with(phantom: Path, density: str) -> Path:
    patient = next(p.id for p in layout.load(phantom).cohort.patients if p.density == density)
    return phantom / "Cropped_Patches" / patient


def test_train_stores_a_model_that_diagnose_takes_by_default(hpscan: Run, phantom: Path, home: Path) -> None:
    ran = hpscan("train", "--data", phantom, "--backend", "redness", "--device", "cpu")
    assert ran.code == 0
    assert (home / "models" / "redness" / "manifest.json").is_file()
    assert "Next: hpscan evaluate" in ran.out
    found = hpscan("diagnose", _with(phantom, "high"))
    assert found.code == 0
    assert "H. pylori detected" in found.out
    assert "redness" in found.out
    assert "For research use only" in found.out


def test_a_stop_that_comes_too_late_leaves_the_whole_model_and_says_so(
    hpscan: Run, phantom: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = train.train

    def interrupted(*arguments: Any, **options: Any) -> train.Training:
        signal.raise_signal(signal.SIGINT)
        return fit(*arguments, **options)

    monkeypatch.setattr(train, "train", interrupted)
    ran = hpscan("train", "--data", phantom, "--backend", "redness")
    assert ran.code == 130
    path = home / "models" / "redness"
    assert (
        ran.err.splitlines()[-1] == f"Too late to stop: the fit had come to its end, and its model is stored in {path}."
    )
    assert not models.read(path).manifest.training.interrupted


def test_train_works_in_the_datasets_folder(hpscan: Run, phantom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(phantom)
    assert hpscan("train", "--backend", "redness").code == 0


def test_train_json_holds_the_json_alone(hpscan: Run, phantom: Path, tmp_path: Path) -> None:
    ran = hpscan("train", "--data", phantom, "--set", "epochs=1", "--set", "crop=32", "--out", tmp_path / "m", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["model"]["backend"] == "autoencoder"
    assert "epoch 1/1" in ran.err


def test_settings_and_backends_that_do_not_exist_are_told_with_the_nearest(hpscan: Run, phantom: Path) -> None:
    ran = hpscan("train", "--data", phantom, "--set", "epoch=1")
    assert ran.code == 2
    assert "epochs" in ran.err
    ran = hpscan("train", "--data", phantom, "--backend", "autoencodr")
    assert ran.code == 1
    assert "did you mean autoencoder?" in ran.err


def test_diagnose_json_is_a_list_with_every_count(hpscan: Run, phantom: Path, trained: StoredModel) -> None:
    ran = hpscan("diagnose", _with(phantom, "high"), _with(phantom, "negative"), "--model", trained.path, "--json")
    infected, negative = json.loads(ran.out)
    assert infected["finding"] == "detected"
    assert negative["finding"] in {"detected", "not_detected"}
    assert infected["listed"] == infected["scored"] + infected["rejected"] + infected["duplicate"] == 10
    assert len(infected["top"]) == 10
    assert infected["model"] == str(trained.path)


def test_one_patient_gets_a_panel_with_thresholds_and_their_source(
    hpscan: Run, phantom: Path, trained: StoredModel
) -> None:
    ran = hpscan("diagnose", _with(phantom, "low"), "--model", trained.path)
    for words in ("listed", "patch threshold", "specificity=0.99", "patient threshold", "Most suspicious patches"):
        assert words in ran.out


def test_many_patients_get_a_table_and_a_summary(hpscan: Run, phantom: Path, trained: StoredModel) -> None:
    ran = hpscan("diagnose", phantom, "--model", trained.path)
    assert ran.code == 0
    assert ran.out.count("Patient") >= 16
    assert "16 patients:" in ran.out


def test_a_rejected_patch_gives_exit_code_3_and_its_reason(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    folder = tmp_path / "Patient1"
    shutil.copytree(phantom / "Cropped_Patches" / "Patient1", folder)
    (folder / "broken.png").write_bytes(b"nothing")
    ran = hpscan("diagnose", folder, "--model", trained.path)
    assert ran.code == 3
    assert "broken.png" in ran.out


def test_csv_files_hold_every_patient_and_every_patch(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    patients, patches = tmp_path / "p.csv", tmp_path / "w.csv"
    ran = hpscan("diagnose", phantom, "--model", trained.path, "--csv", patients, "--patches-csv", patches)
    assert ran.code == 0
    rows = list(csv.DictReader(patients.open()))
    assert len(rows) == 16
    assert {row["finding"] for row in rows} <= {"detected", "not_detected"}
    assert len(list(csv.DictReader(patches.open()))) == 160


def test_a_file_of_the_users_is_never_overwritten_unasked(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("precious")
    ran = hpscan("diagnose", _with(phantom, "low"), "--model", trained.path, "--csv", mine)
    assert (ran.code, mine.read_text()) == (4, "precious")
    assert hpscan("diagnose", _with(phantom, "low"), "--model", trained.path, "--csv", mine, "--force").code == 0
    assert mine.read_text() != "precious"


def test_outputs_that_cannot_be_are_refused_before_the_work(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    one = ["diagnose", _with(phantom, "low"), "--model", trained.path]
    same = hpscan(*one, "--csv", tmp_path / "x.csv", "--patches-csv", tmp_path / "x.csv")
    assert same.code == 2
    assert hpscan(*one, "--csv", tmp_path / "nowhere" / "x.csv").code == 4
    assert list(tmp_path.glob("*.csv")) == []
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_threshold_that_is_no_number_is_refused(hpscan: Run, phantom: Path, trained: StoredModel, value: str) -> None:
    ran = hpscan("diagnose", _with(phantom, "high"), "--model", trained.path, "--threshold", value)
    assert (ran.code, ran.out) == (2, "")


def test_a_model_trained_on_a_phantom_says_so(hpscan: Run, phantom: Path, trained: StoredModel) -> None:
    out = " ".join(hpscan("diagnose", _with(phantom, "high"), "--model", trained.path).out.split())
    assert "trained on synthetic patches" in out.replace("│ │ ", "")


def test_after_a_fresh_install_diagnose_gives_a_result_and_says_which_model_gave_it(hpscan: Run, phantom: Path) -> None:
    ran = hpscan("diagnose", phantom / "Cropped_Patches" / "Patient1")
    assert ran.code == 0
    words = " ".join(ran.out.replace("│", " ").split())
    assert "bundled (ships with hpscan" in words
    assert "trained on synthetic patches alone" in words


def test_evaluate_prints_tables_json_and_csv(hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    ran = hpscan("evaluate", phantom, "--model", trained.path, "--csv", tmp_path / "m.csv")
    assert ran.code == 0
    for words in ("Labelled patches", "Patients (reference standard: diagnosis)", "Density", "refused"):
        assert words in ran.out
    levels = [row["level"] for row in csv.DictReader((tmp_path / "m.csv").open())]
    assert levels == ["patch, pooled", "patch, patients weighted equally", "patient", "density"]
    document = json.loads(
        hpscan("evaluate", phantom, "--model", trained.path, "--figure", tmp_path / "e.png", "--json").out
    )
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")
    again = hpscan("evaluate", phantom, "--model", trained.path, "--figure", tmp_path / "e.png")
    assert (again.code, "scoring" in again.err) == (4, False)
    same = hpscan("evaluate", phantom, "--csv", tmp_path / "one", "--figure", tmp_path / "one")
    assert same.code == 2
    assert document["patch"]["n"] > document["patch"]["n_positive"] > 0
    assert document["patient"]["truth"] == "diagnosis"


def test_calibrate_shows_before_and_after(hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    shutil.copytree(trained.path, tmp_path / "copy")
    ran = hpscan("calibrate", phantom, "--model", tmp_path / "copy", "--criterion", "specificity=0.9")
    assert ran.code == 0
    assert "specificity=0.9" in ran.out
    assert "untouched" in ran.out
    assert hpscan("calibrate", phantom, "--model", tmp_path / "copy", "--criterion", "best").code == 2


def test_a_mean_of_scores_is_trained_and_shown_as_a_score(
    hpscan: Run, phantom: Path, home: Path, tmp_path: Path
) -> None:
    asked = ("--aggregation", "top-k-mean", "--top-k", 30)
    ran = hpscan("train", "--data", phantom, "--backend", "redness", "--device", "cpu", *asked)
    assert ran.code == 0
    assert "mean of the highest 30 % of the scores" in ran.out
    stored = models.read(home / "models" / "redness").manifest.operating_point
    assert (stored.aggregation.value, stored.top_k) == ("top-k-mean", 30)
    assert "%" not in ran.out.partition("patient threshold")[2].partition("low / high")[0]

    panel = hpscan("diagnose", _with(phantom, "high")).out
    assert "top 30 %" in panel
    assert "points" not in panel
    hpscan("diagnose", phantom, "--csv", tmp_path / "p.csv")
    rows = list(csv.DictReader((tmp_path / "p.csv").open()))
    assert {row["aggregation"] for row in rows} == {"top-k-mean"}
    (document,) = json.loads(hpscan("diagnose", _with(phantom, "high"), "--json").out)
    k = math.ceil(0.3 * document["scored"])
    highest = [patch["score"] for patch in document["top"][:k]]
    assert document["value"] == pytest.approx(sum(highest) / k)
    assert (document["thresholds"]["aggregation"], document["thresholds"]["top_k"]) == ("top-k-mean", 30)


def test_calibrate_shows_two_aggregations_each_in_its_unit(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    shutil.copytree(trained.path, tmp_path / "copy")
    assert hpscan("calibrate", phantom, "--model", tmp_path / "copy", "--aggregation", "fraction-positive").code == 0
    ran = hpscan("calibrate", phantom, "--model", tmp_path / "copy", "--aggregation", "max")
    assert ran.code == 0
    row = next(line for line in ran.out.splitlines() if line.strip().startswith("patient "))
    assert row.count("%") == 1
    assert "highest score" in ran.out
    refused = hpscan("calibrate", phantom, "--model", tmp_path / "copy", "--top-k", 3)
    assert refused.code == 2  # the model's values are maxima by then
    assert hpscan("train", "--data", phantom, "--backend", "redness", "--aggregation", "median").code == 2


def test_data_check_exits_3_when_something_was_rejected(hpscan: Run, phantom: Path, tmp_path: Path) -> None:
    assert hpscan("data", "check", phantom).code == 0
    shutil.copytree(phantom, tmp_path / "data")
    (tmp_path / "data" / "Cropped_Patches" / "Patient1" / "zz.png").write_bytes(b"nothing")
    ran = hpscan("data", "check", tmp_path / "data", "--json")
    assert ran.code == 3
    document = json.loads(ran.out)
    assert document["rejected"] == 1
    assert document["listed"] == document["readable"] + document["rejected"] + document["duplicate"]


def test_data_synth_is_deterministic_and_overwrites_nothing(hpscan: Run, tmp_path: Path) -> None:
    arguments = ["--patients", 4, "--patches", 3, "--seed", 3]
    for name in ("a", "b"):
        assert hpscan("data", "synth", tmp_path / name, *arguments).code == 0
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len([f for f in files if f.parts[0] == "Cropped_Patches"]) == 12
    assert len([f for f in files if f.parts[0] == "Masks"]) == 12
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)
    assert hpscan("data", "synth", tmp_path / "a", *arguments).code == 4
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("precious")
    assert hpscan("data", "synth", tmp_path / "foreign", *arguments, "--force").code == 4
    assert (tmp_path / "foreign" / "thesis.txt").read_text() == "precious"


def test_models_are_listed_shown_and_removed(hpscan: Run, phantom: Path, home: Path) -> None:
    listed = hpscan("models").out
    assert "bundled" in listed
    assert "ships with hpscan" in " ".join(listed.split())
    hpscan("train", "--data", phantom, "--backend", "redness", "--name", "mine")
    assert "mine" in hpscan("models").out
    mine, bundled = json.loads(hpscan("models", "--json").out)
    assert (mine["name"], mine["bundled"]) == ("mine", False)
    assert (bundled["name"], bundled["bundled"]) == ("bundled", True)
    assert "hue_low=-20" in hpscan("models", "show", "mine").out
    assert hpscan("models", "remove", "mine").code == 1  # nobody there to say yes
    assert hpscan("models", "remove", "mine", "--force").code == 0
    assert models.stored() == ([], [])
    assert hpscan("models", "show", "mine").code == 1


def test_remove_touches_nothing_outside_the_users_folder(hpscan: Run, trained: StoredModel) -> None:
    assert hpscan("models", "remove", trained.path, "--force").code == 1
    assert trained.path.is_dir()


def test_doctor_shows_versions_devices_folders_and_plugins(hpscan: Run, home: Path) -> None:
    out = hpscan("doctor").out
    for words in ("version", "torch", "device", "cpu", "autoencoder", "redness"):
        assert words in out
    document = json.loads(hpscan("doctor", "--json").out)
    assert document["hpscan_home"] == str(home)
    assert document["folders"]["models"]["path"] == str(home / "models")


@pytest.mark.parametrize(
    ("share", "code", "finding"),
    [
        (0.2, "some-positive-yet-not-detected", "not_detected"),
        (0.4, "positive-yet-not-detected", "not_detected"),
        (0.6, "mostly-positive-yet-not-detected", "indeterminate"),
    ],
)
def test_a_result_that_contradicts_its_patches_is_told_to_every_reader(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path, share: float, code: str, finding: str
) -> None:
    # Whom the model calls negative hangs on the processor: the negative patient with the lowest value is one.
    found = json.loads(hpscan("diagnose", phantom, "--model", trained.path, "--json").out)
    lowest = min((one for one in found if one["finding"] == "not_detected"), key=lambda one: one["value"])["patient"]
    patient = tmp_path / "data" / "Patient1"
    shutil.copytree(phantom / "Cropped_Patches" / lowest, patient)
    ask = ("diagnose", patient, "--model", trained.path)
    table = tmp_path / "w.csv"
    hpscan(*ask, "--patches-csv", table)
    scores = sorted((float(row["score"]) for row in csv.DictReader(table.open())), reverse=True)
    assert len(scores) == 10
    ask = (*ask, "--threshold", scores[round(10 * share) - 1])

    (one,) = json.loads(hpscan(*ask, "--json", "--csv", tmp_path / "p.csv", "--report", tmp_path / "p.html").out)
    (row,) = csv.DictReader((tmp_path / "p.csv").open())
    assert (one["finding"], one["density"]) == (finding, None)
    assert (row["finding"], row["density"]) == (finding, "")
    (detail,) = [detail for detail in one["reason_details"] if detail["code"] == code]
    assert detail["numbers"] == {"positive": round(10 * share), "scored": 10}
    assert [detail["message"] for detail in one["reason_details"]] == one["reasons"]
    assert row["reasons"] == "; ".join(one["reasons"])
    assert list(row)[-2:] == ["reason_codes", "set_aside"]
    assert row["reason_codes"] == "; ".join(detail["code"] for detail in one["reason_details"])
    panel = hpscan(*ask).out.partition("Most suspicious")[0]
    shown = " ".join(panel.replace("│", " ").split())
    page = (tmp_path / "p.html").read_text(encoding="utf-8").replace("&#39;", "'")
    for message in one["reasons"]:
        assert message in shown
        assert f'<dd class="note">{message}</dd>' in page
    assert "density low" not in shown
    assert "<dt>Density</dt>" not in page


def test_a_table_of_several_patients_tells_remarks_of_one_kind_in_one_line(
    hpscan: Run, phantom: Path, trained: StoredModel
) -> None:
    low = hpscan("diagnose", phantom, "--model", trained.path, "--threshold", 1e-6).out
    assert "most of them, and yet the patient-level score is below" in " ".join(low.split())
    seen = [line for line in low.splitlines() if "trained or calibrated on this patient" in line]
    assert len(seen) - sum("indeterminate" in line for line in seen) <= 1
