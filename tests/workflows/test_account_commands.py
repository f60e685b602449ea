"""Every command tells what became of everything that it found, and no two of them tell of different things."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dataset_builder import pixels, text
from hpscan.core.account import AsideKind, LabelFate, PatchFate, PatientFate, TableFate, counts
from hpscan.core.backend import silent
from hpscan.core.errors import HpscanError
from hpscan.workflows.benchmark import benchmark
from hpscan.workflows.benchmark.request import BenchmarkRequest
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.datasets.check import check
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.evaluation.evaluate import EvaluateRequest, evaluate
from hpscan.workflows.training.calibrate import CalibrateRequest, calibrate
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.core.account import Account

pytestmark = pytest.mark.xdist_group("trained")

TREES = int(os.environ.get("HPSCAN_TREES", "3"))
COMMANDS = ("check", "train", "calibrate", "evaluate", "benchmark", "diagnose")
NEED_TRUTH = ("train", "calibrate", "evaluate", "benchmark")


def _commands(data: Path, red: Path, work: Path) -> dict[str, Callable[[], Account]]:
    """The six commands over a dataset; `red` is a stored model, `work` a folder for what they write."""

    def calibrated() -> Account:
        own = work / "calibrated"
        shutil.copytree(red, own)
        return calibrate(CalibrateRequest(data, str(own), hold_out=0, device="cpu")).account

    asked = BenchmarkRequest(data=data, backends=("redness",), folds=2, out=work / "benchmark", device="cpu")
    return {
        "check": lambda: check(data).account,
        "train": lambda: (
            train(TrainRequest(data, configured("redness"), out=work / "trained", device="cpu", hold_out=0)).account
        ),
        "calibrate": calibrated,
        "evaluate": lambda: evaluate(EvaluateRequest(data, str(red), device="cpu")).account,
        "benchmark": lambda: benchmark.plan(asked, progress=silent).account,
        "diagnose": lambda: diagnose(gather([data]), DiagnoseRequest(str(red), device="cpu")).account,
    }


@pytest.fixture(scope="module")
def red(phantom: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored model that no patient of these datasets took part in."""
    return train(
        TrainRequest(
            phantom, configured("redness"), out=tmp_path_factory.mktemp("account") / "red", device="cpu", hold_out=0
        )
    ).model.path


@dataclass(frozen=True)
class Mixed:
    """A dataset with some of everything, the files in it that are no table, and each command's account."""

    root: Path
    files: frozenset[str]
    accounts: dict[str, Account]


@pytest.fixture(scope="module")
def mixed(red: Path, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    work = tmp_path_factory.mktemp("mixed")
    root = work / "data"
    synth(root, patients=8, patches=4, seed=5)
    cropped = root / "Cropped_Patches"
    diagnoses = root / "PatientDiagnosis.csv"
    diagnoses.write_text(diagnoses.read_text().replace("Patient7,NEGATIVA\n", ""))
    for gone in ("Patient7", "Patient8"):
        shutil.rmtree(root / "Annotated_Patches" / gone)
    labels = root / "Annotated_Patches" / "window_metadata.csv"
    labels.write_text("".join(line for line in labels.open() if not line.startswith("Patient7")))
    for path in sorted((cropped / "Patient8").iterdir()):
        Image.open(path).convert("RGB").save(path.with_suffix(".webp"), lossless=True)
        path.unlink()
    (cropped / "Patient1" / "slide.svs").write_bytes(b"II*\0 not whole")
    (cropped / "Patient1" / "more.zip").write_bytes(b"PK\3\4")
    shutil.copy(cropped / "Patient2" / "00000.png", cropped / "Patient2" / ".hidden.png")
    shutil.copy(cropped / "Patient2" / "00001.png", cropped / "Patient2" / "00009.png")
    (cropped / "Patient3" / "00004.png").write_bytes(b"broken")
    text(root / "rooms.csv", "room,floor\n7,2\n")
    files = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.suffix != ".csv"]
    accounts = {name: command() for name, command in _commands(root, red, work).items()}
    return Mixed(root, frozenset(name for name in files if not name.startswith("Masks/")), accounts)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_five_sums_close(mixed: Mixed, command: str) -> None:
    account = mixed.accounts[command]
    sums = account.sums()
    assert account.n_files == sum(sums.patches.values()) + sum(sums.set_aside.values())
    for entries, numbers, fates in (
        (account.patches, sums.patches, PatchFate),
        (account.patients, sums.patients, PatientFate),
        (account.labels, sums.labels, LabelFate),
        (account.tables, sums.tables, TableFate),
    ):
        assert sum(numbers[fate] for fate in fates if fate in numbers) == len(entries) > 0
        assert len({entry.name for entry in entries}) == len(entries)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_file_is_in_exactly_one_entry(mixed: Mixed, command: str) -> None:
    account = mixed.accounts[command]
    asides = [aside.file for aside in account.asides if aside.file != "Masks"]
    names = [*asides, *(entry.name for entry in account.patches)]
    assert sorted(names) == sorted(mixed.files)


def test_all_commands_find_the_same_files_patients_labels_and_tables(mixed: Mixed) -> None:
    found = {
        name: (a.n_files, len(a.patches), len(a.patients), len(a.labels), len(a.tables), a.set_aside())
        for name, a in mixed.accounts.items()
    }
    assert all(one == found["check"] for one in found.values()), found
    assert found["check"][2] == 8


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_set_aside_is_told_by_kind_and_by_patient(mixed: Mixed, command: str) -> None:
    kinds = {(a.kind, a.patient, a.group) for a in mixed.accounts[command].asides}
    assert {
        (AsideKind.OTHER_FORMAT, "Patient8", ".webp"),
        (AsideKind.WHOLE_SLIDE, "Patient1", ".svs"),
        (AsideKind.ARCHIVE, "Patient1", ".zip"),
        (AsideKind.HIDDEN, "Patient2", "hidden"),
    } <= kinds
    assert mixed.accounts[command].set_aside()[AsideKind.OTHER_FORMAT] == 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_patient_of_whom_no_patch_could_be_listed_is_unreadable(mixed: Mixed, command: str) -> None:
    account = mixed.accounts[command]
    assert account.names(account.patients, PatientFate.UNREADABLE) == ("Patient8",)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_patient_of_whom_nothing_is_known_is_without_truth_where_truth_is_needed(mixed: Mixed, command: str) -> None:
    account = mixed.accounts[command]
    expected = ("Patient7",) if command in NEED_TRUTH else ()
    assert account.names(account.patients, PatientFate.WITHOUT_TRUTH) == expected


@pytest.mark.parametrize("command", ["check", "train", "calibrate", "evaluate", "diagnose"])
def test_a_damaged_patch_is_rejected_with_the_reason(mixed: Mixed, command: str) -> None:
    rejected = [entry for entry in mixed.accounts[command].patches if entry.fate == PatchFate.REJECTED]
    assert [entry.name for entry in rejected] == ["Cropped_Patches/Patient3/00004.png"]
    assert rejected[0].patient == "Patient3"
    assert rejected[0].why


@pytest.mark.parametrize("command", ["check", "calibrate", "evaluate", "diagnose"])
def test_one_of_two_equal_files_is_a_duplicate(mixed: Mixed, command: str) -> None:
    copies = [entry.name for entry in mixed.accounts[command].patches if entry.fate == PatchFate.DUPLICATE]
    assert copies == ["Cropped_Patches/Patient2/00009.png"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_that_says_nothing_of_patches_is_named_with_its_columns(mixed: Mixed, command: str) -> None:
    (table,) = [t for t in mixed.accounts[command].tables if t.fate == TableFate.NOT_UNDERSTOOD]
    assert table.name == "rooms.csv"
    assert "room, floor" in table.why


@pytest.mark.parametrize("command", COMMANDS)
def test_labels_without_an_image_are_counted(mixed: Mixed, command: str) -> None:
    labels = counts(mixed.accounts[command].labels)
    # Patient8's annotated patches are gone, and their labels are not.
    assert labels[LabelFate.WITHOUT_IMAGE] == 2
    assert labels[LabelFate.USED] == 12


def test_check_and_diagnose_leave_no_cropped_patch_out(mixed: Mixed) -> None:
    assert counts(mixed.accounts["check"].patches)[PatchFate.LEFT_OUT] == 0
    left = [e.name for e in mixed.accounts["diagnose"].patches if e.fate == PatchFate.LEFT_OUT]
    assert left
    assert all(name.startswith("Annotated_Patches/") for name in left)


def test_the_same_folder_given_twice_is_counted_once(mixed: Mixed, red: Path) -> None:
    one = mixed.accounts["diagnose"]
    both = diagnose(
        gather([mixed.root, mixed.root / "Cropped_Patches" / "Patient1"]), DiagnoseRequest(str(red), device="cpu")
    ).account
    assert (both.n_files, len(both.patients), len(both.tables)) == (one.n_files, len(one.patients), len(one.tables))
    assert counts(both.patches) == counts(one.patches)


# Trees that nobody thought of

FOLDERS = (
    "Patient1", "Patient2", "Case 7", "tiles", "Slide 1", "healthy", "infected", "Cropped_Patches", "A", ".hidden",
    "B22-1_0",
)  # fmt: skip
KINDS = (
    "{}.png",
    "{}.jpg",
    "{}.tif",
    "{}.webp",
    "{}.png.part",
    "{}.svs",
    "{}.zip",
    "{}.txt",
    "{}.csv",
    ".{}.png",
    "{}",
)
TABLE = "CODI,DENSITAT\nPatient1,NEGATIVA\nPatient2,ALTA\nCase 7,BAIXA\nA,NEGATIVA\n"
FORMATS = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "webp": "WEBP"}

branches = st.lists(
    st.tuples(st.lists(st.sampled_from(FOLDERS), max_size=4), st.sampled_from(KINDS), st.integers(1, 3)),
    min_size=1,
    max_size=12,
)


def _lay(root: Path, tree: list[tuple[list[str], str, int]]) -> frozenset[str]:
    """Write the tree's files; those that must be accounted for: all but tables, and in hidden folders pictures alone."""
    expected = set()
    number = 0
    for folders, kind, n in tree:
        for _ in range(n):
            number += 1
            path = root.joinpath(*folders, kind.format(f"{number:05d}"))
            path.parent.mkdir(parents=True, exist_ok=True)
            suffix = path.suffix.lstrip(".")
            if suffix in FORMATS:
                Image.fromarray(pixels(number)).save(path, FORMATS[suffix])
            elif suffix == "csv":
                path.write_text(TABLE)
            else:
                path.write_bytes(b"nothing in particular")
            picture = suffix in FORMATS
            if suffix != "csv" and (picture or ".hidden" not in folders):
                expected.add(path.relative_to(root).as_posix())
    return frozenset(expected)


@settings(
    deadline=None,
    max_examples=TREES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=branches)
def test_random_trees_are_accounted_for_by_every_command_or_refused(
    tree: list[tuple[list[str], str, int]], red: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Three trees; HPSCAN_TREES=200 is the longer run."""
    work = tmp_path_factory.mktemp("tree")
    expected = _lay(work / "cohort", tree)
    accounts = {}
    for name, command in _commands(work / "cohort", red, work).items():
        try:
            accounts[name] = command()
        except HpscanError:  # foreseen: too little to go by, or two ways to read the folders
            continue
    for name, account in accounts.items():
        told = [*(aside.file for aside in account.asides), *(entry.name for entry in account.patches)]
        assert sorted(told) == sorted(expected), name
    assert len({account.n_files for account in accounts.values()}) <= 1
    assert len({tuple(sorted(e.name for e in account.patients)) for account in accounts.values()}) <= 1
    shutil.rmtree(work)
