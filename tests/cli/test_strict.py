"""What is asked is done or refused: options given twice, empty values, names that say another format, streams, one patch."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
import typer
from typer.main import get_command

from hpscan.cli.app import app
from hpscan.cli.output import destinations
from hpscan.cli.strict import StrictCommand, StrictGroup, StrictTyper
from hpscan.core.errors import SettingsError
from hpscan.data.dataset.inputs import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Ran
    from hpscan.store.models import StoredModel

    Run = Callable[..., Ran]


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    command = command or get_command(app)
    yield words, command
    for name in getattr(command, "list_commands", lambda _: ())(None):
        yield from commands(command.get_command(None, name), (*words, name))


def parameters() -> list[tuple[tuple[str, ...], Any, Any]]:
    return [(words, command, parameter) for words, command in commands() for parameter in command.params]


def sample(parameter: Any) -> str:
    """A value that the option's type takes."""
    kind = parameter.metavar or ""
    named = {"--device": "cpu", "--split": "folds", "--aggregation": "max", "--hold-out": "0.2", "--folds": "3"}
    return named.get(parameter.opts[0], "x" if kind in {"DIR", "FILE", "NAME", "NAME|PATH", "A,B,..."} else "1")


SINGLE = [
    (words, parameter, spelling)
    for words, _, parameter in parameters()
    if parameter.param_type_name == "option" and not parameter.is_flag and not parameter.multiple
    for spelling in parameter.opts
]
ARGUMENTS = [(words, parameter) for words, _, parameter in parameters() if not getattr(parameter, "is_flag", False)]


def filled(words: tuple[str, ...]) -> list[str]:
    """The arguments that a command needs."""
    command = dict(commands())[words]
    return ["x" for p in command.params if p.param_type_name == "argument" and p.required]


@pytest.mark.parametrize(
    ("words", "parameter", "spelling"), SINGLE, ids=lambda v: " ".join(v) if isinstance(v, tuple) else str(v)[:20]
)
def test_an_option_of_one_value_given_twice_is_refused(
    hpscan: Run, words: tuple[str, ...], parameter: Any, spelling: str
) -> None:
    value = sample(parameter)
    ran = hpscan(*words, spelling, value, *filled(words), f"{spelling}={value}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: {parameter.opts[0]} is given twice, and hpscan {words[0]}")
    assert len(ran.err.splitlines()) == 2


def test_every_command_has_options_that_are_checked() -> None:
    assert len(SINGLE) > 35
    assert all(isinstance(command, StrictCommand | StrictGroup) for _, command in commands())


@pytest.mark.parametrize(
    ("words", "parameter"), ARGUMENTS, ids=lambda v: " ".join(v) if isinstance(v, tuple) else str(v)[:20]
)
def test_an_empty_value_is_refused(hpscan: Run, words: tuple[str, ...], parameter: Any) -> None:
    if parameter.param_type_name == "option":
        ran = hpscan(*words, *filled(words), f"{parameter.opts[0]}=")
    else:
        ran = hpscan(*words, *("" for _ in filled(words) or "x"))
    assert (ran.code, ran.out) == (2, "")


def test_short_forms_and_flags(capsys: pytest.CaptureFixture[str]) -> None:
    toy = StrictTyper()

    @toy.command()
    def run(
        number: Annotated[int, typer.Option("-n", "--number")] = 0,
        on: Annotated[bool, typer.Option("--on/--off")] = False,
        word: Annotated[list[str] | None, typer.Option("-w")] = None,
    ) -> None:
        typer.echo(f"{number} {on} {word}")

    def call(*typed: str) -> str:
        toy(args=list(typed), prog_name="toy", standalone_mode=False)
        return capsys.readouterr().out.strip()

    assert call("-n1", "--on", "--on", "-w", "a", "-w", "b") == "1 True ['a', 'b']"
    for typed in (["-n1", "--number=2"], ["-n", "1", "-n", "1"]):
        with pytest.raises(SettingsError, match="-n is given twice"):
            call(*typed)
    with pytest.raises(SettingsError, match="--on and --off contradict"):
        call("--on", "--off")


@pytest.mark.parametrize(
    "command",
    [
        ["train", "--set", "epochs=1", "--set", "epochs=2"],
        ["train", "--set", "epochs=1", "--set", " epochs =1"],
        ["train", "--epochs", "1", "--set", "epochs=2"],
        ["train", "--name", "a", "--out", "b"],
        ["benchmark", "--set", "cnn.epochs=1", "--set", "cnn.epochs=2"],
        ["benchmark", "--backends", "cnn,cnn"],
        ["models", "use"],
        ["models", "use", "a", "--none"],
    ],
)
def test_what_says_one_thing_twice_is_refused(hpscan: Run, command: list[str]) -> None:
    ran = hpscan(*command)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 2)


# --- names of outputs


def test_every_path_of_every_command_is_known_as_input_or_output() -> None:
    reads = {"DIR", "FOLDER", "PATCH", "IN", "FILE"}
    inputs = {
        *("train --data", "benchmark --data", "benchmark --show", "train --config", "benchmark --config"),
        *("train --weights", "weights check --weights", "diagnose FOLDER", "explain PATCH", "weights convert IN"),
        *("evaluate DIR", "calibrate DIR", "data check DIR", "data check --explain"),
    }
    found = set()
    for words, _, parameter in parameters():
        kind = parameter.metavar or ""
        if set(kind.replace(".html", "").replace(".geojson", "").split("|")) & (reads | {"OUT"}):
            label = parameter.opts[0] if parameter.param_type_name == "option" else kind
            found.add(" ".join([*words, label]))
    assert found == inputs | set(destinations.KINDS)


@pytest.mark.parametrize(
    ("place", "name", "hint"),
    [
        ("evaluate x --csv", "table.xlsx", "table.csv"),
        ("diagnose x --csv", "table.tsv", "table.csv"),
        ("diagnose x --csv", "table.csv.gz", "table.csv"),
        ("diagnose x --patches-csv", "w.parquet", "w.csv"),
        ("diagnose x --csv", "folder/", "folder/result.csv"),
        ("diagnose x --report", "one.PDF", "one.html"),
        ("diagnose x --geojson", "one.csv", "one.geojson"),
        ("evaluate x --figure", "one.pdf", "one.png"),
        ("explain x --out", "one.jpg", "one.png"),
        ("train --out", "model.zip", "model"),
        ("benchmark --out", "b.csv", "b"),
        ("demo --out", "-", "name a folder"),
        ("data synth", "cohort.zip", "cohort"),
        ("models rebuild", "m.safetensors", "m"),
        ("weights convert x", "w.pt", "w.safetensors"),
    ],
)
def test_a_name_of_another_format_is_refused_before_any_work(hpscan: Run, place: str, name: str, hint: str) -> None:
    ran = hpscan(*place.split(), name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[1].endswith(hint)


@pytest.mark.parametrize("name", ["table", "table.CSV", "table.txt", "table.2026", ".hidden", "-", "/dev/null"])
def test_names_that_say_nothing_else_are_taken(name: str) -> None:
    destinations.check("--csv", destinations.KINDS["diagnose --csv"], name)


# --- streams


@pytest.mark.xdist_group("trained")
@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_a_table_on_standard_output_stands_alone(hpscan: Run, phantom: Path, trained: StoredModel, name: str) -> None:
    ran = hpscan("diagnose", phantom, "--model", trained.path, "--csv", name)
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert (ran.code, len(rows)) == (0, 16)
    assert "summary" in ran.err  # people read it there
    assert not Path("-").exists()


@pytest.mark.parametrize(
    "options",
    [["--csv", "-", "--json"], ["--csv", "-", "--patches-csv", "/dev/stdout"], ["--geojson", "-", "--csv", "-"]],
)
def test_standard_output_holds_one_thing(hpscan: Run, options: list[str]) -> None:
    ran = hpscan("diagnose", "x", *options)
    assert (ran.code, ran.out) == (2, "")
    assert "both go to standard output" in ran.err


@pytest.mark.xdist_group("trained")
def test_a_slide_on_standard_output_is_geojson(hpscan: Run, phantom: Path, trained: StoredModel) -> None:
    ran = hpscan("diagnose", phantom / "Cropped_Patches" / "Patient1", "--model", trained.path, "--geojson", "-")
    assert json.loads(ran.out)["type"] == "FeatureCollection"


@pytest.mark.xdist_group("trained")
def test_a_named_pipe_and_a_device_are_written_to(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    one = phantom / "Cropped_Patches" / "Patient1"
    ran = hpscan("diagnose", one, "--model", trained.path, "--csv", pipe, "--patches-csv", os.devnull)
    reader.join(20)
    assert ran.code == 0
    assert read[0].startswith("patient,finding")
    assert pipe.is_fifo()


@pytest.mark.xdist_group("trained")
def test_a_reader_that_has_seen_enough_is_no_error(phantom: Path, trained: StoredModel) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    one = phantom / "Cropped_Patches" / "Patient1"
    command = [sys.executable, "-m", "hpscan", "diagnose", str(one), "--model", str(trained.path), "--csv", "-"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert "Error" not in done.stderr


@pytest.mark.xdist_group("trained")
def test_a_folder_where_a_file_is_meant_is_told_before_the_work(hpscan: Run, phantom: Path, tmp_path: Path) -> None:
    ran = hpscan("diagnose", phantom, "--csv", tmp_path, "--force")
    assert ran.code == 4
    assert "is a folder, and a file is to be written" in ran.err
    (tmp_path / "mine").write_text("thesis")
    ran = hpscan("train", "--data", phantom, "--backend", "redness", "--out", tmp_path / "mine")
    assert ran.code == 4
    assert "is a file, and no folder replaces it" in ran.err


# --- a file in place of a folder


@pytest.mark.xdist_group("trained")
def test_one_patch_is_explained_and_said_to_be_no_patient(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    patch = phantom / "Cropped_Patches" / "Patient1" / "00001.png"
    ran = hpscan("diagnose", patch, "--model", trained.path)
    assert ran.code == 0
    assert "tells no patient's result" in ran.out
    assert "patch threshold" in ran.out
    assert (tmp_path / "00001-explained.png").is_file()
    for option in (["--csv", "a.csv"], ["--json"], ["--threshold", "1"]):
        ran = hpscan("diagnose", patch, *option)
        assert (ran.code, ran.out) == (2, "")
        assert option[0] in ran.err
    ran = hpscan("diagnose", patch, patch)
    assert ran.code == 1
    assert f"give the patient's folder, e.g. {patch.parent}" in ran.err


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("a b.zip", "an archive", "unzip '{0}/a b.zip' -d 'a b'"),
        ("a.tar.gz", "an archive", "mkdir a && tar -xf {0}/a.tar.gz -C a"),
        ("a.7z", "an archive", "7z x"),
        ("a.rar", "an archive", "unrar x"),
        ("a.svs", "a whole slide", "cut it into patches first"),
        ("a.NDPI", "a whole slide", "cut it into patches first"),
        ("a.csv", "a table", "give the folder of the dataset, e.g. {0}"),
        ("a.png", "one image", "hpscan explain {0}/a.png"),
        ("a.docx", "a file", "the folder that holds the patients"),
    ],
)
def test_a_file_in_place_of_a_folder_gets_an_answer_that_helps(
    tmp_path: Path, name: str, words: str, hint: str
) -> None:
    error = refuse(tmp_path / name)
    assert words in error.message
    assert hint.format(tmp_path) in error.hint


@pytest.mark.parametrize(
    "command",
    [["diagnose"], ["data", "check"], ["evaluate"], ["calibrate"], ["train", "--data"], ["benchmark", "--data"]],
)
def test_every_command_answers_so(hpscan: Run, tmp_path: Path, command: list[str]) -> None:
    archive = tmp_path / "cohort.zip"
    archive.write_bytes(b"PK")
    ran = hpscan(*command, archive)
    assert ran.code == 1
    assert "is an archive" in ran.err
    assert "unzip" in ran.err.splitlines()[-1]
