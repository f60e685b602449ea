"""The table of commands says what the commands say, and one that is broken costs the others nothing."""

from __future__ import annotations

import subprocess
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from hpscan.cli import commands
from hpscan.cli.commands import COMMANDS, Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    assert COMMANDS[name].summary == commands.load(name).help.partition("\n")[0]


def test_help_loads_no_command() -> None:
    code = "import sys; sys.argv = ['hpscan', '--help']\nfrom hpscan.cli.app import main\ntry: main()\n"
    code += "except SystemExit: print([m for m in sys.modules if m.endswith(('.command', '.view'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_a_broken_command_breaks_itself_alone(hpscan: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = MappingProxyType({**COMMANDS, "train": Entry("nowhere:train", "Train a model on a dataset.")})
    monkeypatch.setattr(commands, "COMMANDS", broken)
    assert "train" in hpscan("--help").out
    assert hpscan("backends", "--json").code == 0
    assert hpscan("train").code == 70


def test_a_misspelt_command_is_answered_with_the_right_one(hpscan: Callable[..., Ran]) -> None:
    assert "Did you mean 'train'?" in hpscan("trian").err
