"""Backends are listed and shown, weights are looked for and converted, settings are given in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from rich.console import Console

from hpscan.backends import registry
from hpscan.backends.pretrained import weights
from hpscan.backends.settings import describe
from hpscan.cli.zoo.backends import view
from hpscan.store import models
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from plugin_builder import Install

    Run = Callable[..., Ran]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretends that a distribution offers a backend."""
    return installer(tmp_path, monkeypatch)


@pytest.fixture
def odd_ones(install: Install) -> None:
    """A broken backend, and a name that two distributions claim."""
    install("hpscan-broken", "broken", "broken_of_a_test:backend", broken_of_a_test="import no_such_module_anywhere\n")
    install("hpscan-a", "twin", "twin_a:backend", twin_a=WHOLE)
    install("hpscan-b", "twin", "twin_b:backend", twin_b=WHOLE)


def narrow(parts: object) -> list[str]:
    """Lines as a terminal of 80 columns shows them."""
    console = Console(width=80, highlight=False)
    with console.capture() as captured:
        for part in parts:  # type: ignore[attr-defined]
            console.print(part)
    return captured.get().splitlines()


@pytest.mark.parametrize("command", [["backends"], ["backends", "list"]])
def test_backends_are_listed_in_plain_words(hpscan: Run, command: list[str]) -> None:
    ran = hpscan(*command)
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "autoencoder one-class: patches of negative patients hpscan" in words
    assert "redness none hpscan" in words


def test_the_listing_is_for_machines_too(hpscan: Run, odd_ones: None) -> None:
    ran = hpscan("backends", "--json")
    assert ran.code == 0
    listed = json.loads(ran.out)
    assert {"name": "redness", "learns_from": "nothing", "distribution": "hpscan", "status": "ok"} in listed
    twin = {"name": "twin", "learns_from": None, "status": "clash: claimed by hpscan-a and hpscan-b"}
    assert {**twin, "distribution": "hpscan-a"} in listed
    assert {**twin, "distribution": "hpscan-b"} in listed
    (broken,) = [one for one in listed if one["name"] == "broken"]
    assert broken["status"].startswith("broken: ModuleNotFoundError: No module named")
    assert broken["learns_from"] is None


def test_a_broken_backend_stops_neither_the_listing_nor_the_others(hpscan: Run, odd_ones: None) -> None:
    ran = hpscan("backends")
    assert ran.code == 0
    assert all(words in ran.out for words in ("broken:", "clash:", "redness", "autoencoder"))
    assert hpscan("backends", "show", "redness").code == 0


def test_a_backend_is_shown_with_every_setting(hpscan: Run) -> None:
    ran = hpscan("backends", "show", "autoencoder")
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "hpscan.backends.autoencoder.backend" in words
    for part in (
        "network shallow, conv, unet, unet-plain; default shallow",
        "learning_rate float, above 0, at most 1; default 0.001",
        "epochs int, at least 1, at most 10000; default 20 Most epochs to train.",
    ):
        assert part in words
    assert words.endswith("Set one with: hpscan train --backend autoencoder --set KEY=VALUE")


def test_a_backend_is_shown_to_machines(hpscan: Run) -> None:
    shown = json.loads(hpscan("backends", "show", "autoencoder", "--json").out)
    assert (shown["name"], shown["distribution"], shown["learns_from"]) == (
        "autoencoder",
        "hpscan",
        "negative-patients",
    )
    settings = {setting["name"]: setting for setting in shown["settings"]}
    assert settings["epochs"] == {
        "name": "epochs",
        "type": "int",
        "default": 20,
        "choices": [],
        "bounds": ["at least 1", "at most 10000"],
        "description": "Most epochs to train.",
    }
    assert settings["network"]["type"] == "choice"
    assert settings["network"]["choices"][0] == settings["network"]["default"] == "shallow"


@pytest.mark.parametrize(
    ("name", "words"),
    [("broken", "cannot be used: ModuleNotFoundError"), ("twin", "claimed by"), ("redess", "did you mean redness?")],
)
def test_a_backend_that_cannot_be_shown_is_an_error(hpscan: Run, odd_ones: None, name: str, words: str) -> None:
    ran = hpscan("backends", "show", name, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("command", "behind"),
    [
        (["backends", "--json", "show", "cnn"], "show"),
        (["models", "--json", "show", "x"], "show"),
        (["models", "--json", "remove", "x"], "remove"),
    ],
)
def test_json_in_front_of_the_command_is_refused_and_not_ignored(hpscan: Run, command: list[str], behind: str) -> None:
    ran = hpscan(*command)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: --json belongs behind {behind}\nHint: hpscan {command[0]} {behind} --help")


def test_a_plugin_that_prints_while_it_is_imported_spoils_no_json(hpscan: Run, install: Install) -> None:
    install("hpscan-loud", "loud", "loud_of_a_test:backend", loud_of_a_test=f"print('hello')\n{WHOLE}")
    ran = hpscan("backends", "--json")
    assert "loud" in {one["name"] for one in json.loads(ran.out)}
    assert ran.err == "hello\n"


def test_a_backend_without_settings_says_so(hpscan: Run, install: Install) -> None:
    install("hpscan-a", "bare", "bare_of_a_test:backend", bare_of_a_test=WHOLE)
    assert "It has no settings." in hpscan("backends", "show", "bare").out


def test_eighty_columns_cut_nothing(odd_ones: None) -> None:
    lines = narrow(view.list_screen(registry.plugins()))
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    for name in ("autoencoder", "redness"):
        backend, plugin = registry.load(name)
        shown = narrow(view.settings_screen(plugin, describe(backend.settings)))
        assert max(map(len, shown)) <= 80
        assert all(setting in "\n".join(shown) for setting in backend.settings.model_fields)


@pytest.mark.parametrize(
    "command", [["backends"], ["backends", "--json"], *(["backends", "show", name] for name in registry.names())]
)
def test_listing_and_showing_load_nothing_heavy(command: list[str]) -> None:
    heavy = ("torch", "torchvision", "timm", "anomalib", "lightning", "sklearn", "pandas", "matplotlib")
    code = (
        f"import sys; sys.argv = ['hpscan', *{command!r}]\n"
        "from hpscan.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as left: assert not left.code\n"
        f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert ("autoencoder" if command[-1] in ("backends", "--json") else command[-1]) in done.stdout


# --- weights


def test_the_help_names_the_backbone_that_comes_with_hpscan(hpscan: Run) -> None:
    assert weights.DEFAULT in hpscan("weights", "check", "--help").out


def test_weights_that_can_be_had_are_told_with_their_place(hpscan: Run) -> None:
    ran = hpscan("weights", "check", weights.DEFAULT)
    assert ran.code == 0
    assert "package: installed with hpscan" in ran.out
    assert "18.8 MB" in ran.out
    document = json.loads(hpscan("weights", "check", weights.DEFAULT, "--json").out)
    assert (document["name"], document["available"], document["source"]) == (weights.DEFAULT, True, "package")
    assert document["bytes"] == 18826032


def test_weights_that_cannot_be_had_are_an_error(hpscan: Run, tmp_path: Path) -> None:
    for file, words in (("a.pth", "hpscan weights convert"), ("a.safetensors", "there is no file")):
        ran = hpscan("weights", "check", weights.DEFAULT, "--weights", tmp_path / file, "--json")
        assert (ran.code, ran.out) == (1, "")
        assert words in ran.err
        assert len(ran.err.splitlines()) == 2


def test_a_checkpoint_is_converted_and_nothing_is_replaced_unasked(hpscan: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "in.pth", tmp_path / "out.safetensors"
    torch.save({"model": {"a": torch.ones(2, dtype=torch.bfloat16), "n": 3}}, source)
    ran = hpscan("weights", "convert", source, target)
    assert ran.code == 0
    words = " ".join(ran.out.split())
    for part in ("1, those under 'model'", "1 were bfloat16 and are float32 now", "left out n", "SHA-256"):
        assert part in words
    assert hpscan("weights", "convert", source, target).code == 4
    assert json.loads(hpscan("weights", "convert", source, target, "--force", "--json").out)["tensors"] == 1


def test_converting_makes_no_folder(hpscan: Run, tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "in.pth")
    ran = hpscan("weights", "convert", tmp_path / "in.pth", tmp_path / "new" / "out.safetensors")
    assert ran.code == 4
    assert ran.err.endswith("Hint: make the folder first\n")
    assert not (tmp_path / "new").exists()


def test_a_checkpoint_with_code_is_refused(hpscan: Run, tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "in.pth")
    ran = hpscan("weights", "convert", tmp_path / "in.pth", tmp_path / "out.safetensors")
    assert ran.code == 1
    assert "is refused: it asks for torch.nn" in ran.err
    assert not (tmp_path / "out.safetensors").exists()


# --- settings of train


@pytest.mark.xdist_group("trained")
def test_train_takes_settings_from_a_file(hpscan: Run, phantom: Path, home: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(
        "hue_high = 30\nvalue = 0.25\n[redness]\nhue_high = 35\nhue_low = -10\n[autoencoder]\nepochs = 3\n"
    )
    arguments = ["train", "--data", phantom, "--backend", "redness", "--config", config, "--set", "hue_low=-15"]
    assert hpscan(*arguments).code == 0
    settings = models.read(home / "models" / "redness").manifest.settings
    assert (settings["hue_high"], settings["hue_low"], settings["value"]) == (35, -15, 0.25)


def test_a_wrong_setting_in_a_file_is_one_line_that_names_it(hpscan: Run, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[autoencoder]\nnetwork = "unett"\n')
    ran = hpscan("train", "--data", tmp_path, "--config", config)
    assert ran.code == 2
    error, hint = ran.err.splitlines()
    assert error.startswith(f"Error: {config}: setting network")
    assert hint == "Hint: did you mean unet?"


def test_weights_are_a_setting_that_some_backends_have(hpscan: Run, tmp_path: Path) -> None:
    ran = hpscan("train", "--data", tmp_path, "--backend", "redness", "--weights", "a.safetensors")
    assert ran.code == 2
    assert "takes no --weights" in ran.err
    ran = hpscan("train", "--weights", "a.safetensors", "--set", "weights=b.safetensors")
    assert ran.code == 2
    assert "name two files" in ran.err
