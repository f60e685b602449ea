"""In every command over a dataset the same sums close, and every image is in one of them.

A longer run of the random trees: HPSCAN_TREES=200 pytest tests/workflows/test_account.py -k trees
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dataset_builder import encoded, patch, patches, pixels, text
from hpscan.core.account import PatchFate, PatientFate, counts
from hpscan.core.errors import HpscanError
from hpscan.workflows.benchmark import plan
from hpscan.workflows.benchmark.request import BenchmarkRequest
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.datasets import check
from hpscan.workflows.diagnosis import diagnose
from hpscan.workflows.evaluation import evaluate
from hpscan.workflows.training import calibrate, train
from hpscan.workflows.training.settings import configured

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpscan.core.account import Account

EXAMPLES = int(os.environ.get("HPSCAN_TREES", "3"))
FOLDERS = (
    "Patient1",
    "Patient2",
    "Case 7",
    "tiles",
    "Slide 1",
    "healthy",
    "infected",
    "Cropped_Patches",
    "A",
    ".hidden",
    "B22-1_0",
)
FILES = ("1.png", "2.jpg", "3.tif", "4.webp", "5.png.part", "6.svs", "7.zip", "8.txt", "9.csv", ".10.png", "11")
pytestmark = pytest.mark.xdist_group("account")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of redness, fitted on nobody that the tests ask about."""
    root = tmp_path_factory.mktemp("model")
    for patient, words in (("X1", "NEGATIVA"), ("X2", "NEGATIVA"), ("X3", "ALTA"), ("X4", "ALTA")):
        patches(root / "data" / patient, *(f"{patient}{n}.png" for n in range(3)))
        with (root / "d.csv").open("a") as table:
            table.write(f"{'' if table.tell() else 'CODI,DENSITAT' + chr(10)}{patient},{words}\n")
    shutil.move(root / "d.csv", root / "data" / "d.csv")
    return train.train(
        train.TrainRequest(root / "data", configured("redness"), out=root / "red", hold_out=0)
    ).model.path


def accounts(data: Path, model: Path, work: Path) -> dict[str, Account | HpscanError]:
    """What each of the six commands says of a dataset, or why it stopped."""
    ran: dict[str, Callable[[], Account]] = {
        "check": lambda: check.check(data).account,
        "diagnose": lambda: diagnose.diagnose(gather([data]), diagnose.DiagnoseRequest(str(model))).account,
        "evaluate": lambda: evaluate.evaluate(evaluate.EvaluateRequest(data, str(model))).account,
        "train": lambda: (
            train.train(train.TrainRequest(data, configured("redness"), out=work / "trained", hold_out=0.2)).account
        ),
        "benchmark": lambda: (
            plan.prepare(
                BenchmarkRequest(data=data, backends=("redness",), folds=2, out=work / "bench"), lambda _: None
            ).plan.account
        ),
        "calibrate": lambda: (
            calibrate.calibrate(calibrate.CalibrateRequest(data, str(shutil.copytree(model, work / "copy")))).account
        ),
    }
    found: dict[str, Account | HpscanError] = {}
    for name, command in ran.items():
        try:
            found[name] = command()
        except HpscanError as error:
            found[name] = error
    return found


def mixed(root: Path) -> Path:
    """Every kind of thing that may be handed in."""
    table = "CODI,DENSITAT\n"
    for number in range(8):
        name = f"P{number}"
        for n in range(3):
            patch(root / "Cropped_Patches" / name / f"{n}.png", 10 * number + n)
        table += f"{name},{'ALTA' if number % 2 else 'NEGATIVA'}\n" if number < 7 else ""
    folder = root / "Cropped_Patches" / "P0"
    shutil.copy(folder / "0.png", folder / "copy of 0.png")
    (folder / "broken.png").write_bytes(encoded(Image.fromarray(pixels(1)))[:60])
    for name in ("slide.svs", "all.zip", "notes.txt", ".hidden.png", "w.webp"):
        text(folder / name, "x")
    for n in range(3):
        text(root / f"Cropped_Patches/Q/{n}.webp", "x")
    text(root / "d.csv", f"{table}Q,ALTA\n")
    text(root / "unknown.csv", "what,when\n1,2\n")
    text(root / "labels.csv", "ID,Presence\nP1.0,1\nP0.1,-1\nP9.1,1\n")
    return root


def test_the_sums_of_all_commands_close_and_agree(tmp_path: Path, model: Path) -> None:
    data = mixed(tmp_path / "data")
    found = accounts(data, model, tmp_path)
    for name, account in found.items():
        assert not isinstance(account, HpscanError), f"{name}: {account}"
        assert account.n_files == len(account.patches) + len(account.asides) == 26 + 8, name
        places = Counter([entry.name for entry in account.patches] + [aside.file for aside in account.asides])
        assert max(places.values()) == 1, name
        assert len(account.patients) == 9, name
        assert account.names(account.tables, "not-understood") == ("unknown.csv",), name
        assert counts(account.labels) == {"used": 2, "without-image": 1}, name
        assert account.names(account.patients, PatientFate.UNREADABLE) == ("Q",), name
        truth = () if name in {"check", "diagnose"} else ("P7",)
        assert account.names(account.patients, PatientFate.WITHOUT_TRUTH) == truth, name
        assert not account.clean
    of_diagnose = found["diagnose"]
    assert not isinstance(of_diagnose, HpscanError)
    assert counts(of_diagnose.patches) == {PatchFate.USED: 24, PatchFate.REJECTED: 1, PatchFate.DUPLICATE: 1}
    assert of_diagnose.of("P0").n_files == 5 + 5


def test_patients_that_the_model_has_seen_are_refused_and_counted(tmp_path: Path, model: Path) -> None:
    data = mixed(tmp_path / "data")
    trained = train.train(train.TrainRequest(data, configured("redness"), out=tmp_path / "red", hold_out=0.3))
    account = evaluate.evaluate(evaluate.EvaluateRequest(data, str(trained.model.path))).account
    fates = counts(account.patients)
    assert fates[PatientFate.REFUSED] + fates[PatientFate.USED] == 7
    assert fates[PatientFate.REFUSED] > 0
    stored = trained.model.manifest.operating_point.account
    assert stored is not None
    assert stored.patients == {"used": 7, "without-truth": 1, "unreadable": 1}
    assert not stored.names


paths = st.lists(st.sampled_from(FOLDERS), min_size=0, max_size=4)
trees = st.lists(st.tuples(paths, st.sampled_from(FILES)), min_size=2, max_size=16, unique_by=str)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(trees)
def test_on_random_trees_every_image_is_in_one_count_of_one_patient_in_all_commands(
    model: Path, tree: list[tuple[list[str], str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        root = work / "data"
        for seed, (folders, name) in enumerate(tree):
            place = root.joinpath(*folders, name)
            if name.endswith((".png", ".jpg", ".tif")) and not name.startswith("."):
                patch(place, seed)
            else:
                text(place, "x")
        hidden = {".hidden"}
        images = {
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.suffix in {".png", ".jpg", ".tif", ".webp", ".part"} and not hidden & set(path.parts)
        }
        totals = set()
        for name, account in accounts(root, model, work).items():
            if isinstance(account, HpscanError):
                assert account.hint, name
                continue
            places = Counter([entry.name for entry in account.patches] + [aside.file for aside in account.asides])
            assert {image for image in images if places[image] != 1} == set(), name
            ids = [entry.name for entry in account.patients]
            assert len(set(ids)) == len(ids), name
            assert {entry.patient for entry in account.patches} <= set(ids), name
            assert {aside.patient for aside in account.asides} <= {*ids, ""}, name
            totals.add((account.n_files, frozenset(ids)))
        assert len(totals) <= 1
