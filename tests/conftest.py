"""What all tests share: one torch thread a worker, a home of their own, and one phantom cohort with one model.

Tests that use `phantom` or `trained` carry the mark xdist_group("trained"), so that one worker makes them once.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: two workers share two cores

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from browser_tab import browser, opened
from hpscan.cli import app
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import Training, TrainRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.store import models

__all__ = ["browser", "opened"]  # fixtures from elsewhere

FAST = {"epochs": 2, "crop": 64, "batch_size": 8}


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of one test."""
    path = tmp_path / "home"
    monkeypatch.setenv("HPSCAN_HOME", str(path))
    return path


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 16 drawn patients with 10 windows each."""
    path = tmp_path_factory.mktemp("phantom") / "data"
    synth(path, patients=16, patches=10, seed=0)
    return path


@pytest.fixture(scope="session")
def training(phantom: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """A small autoencoder trained on the phantom."""
    return train(
        TrainRequest(
            phantom,
            configured("autoencoder", FAST),
            out=tmp_path_factory.mktemp("model") / "small",
            device="cpu",
            hold_out=0.25,
        )
    )


@pytest.fixture
def trained(training: Training) -> models.StoredModel:
    """The stored model; tests must not change it."""
    return training.model


@pytest.fixture
def hpscan(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line in this process."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["hpscan", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            app.main()
        out, err = capfd.readouterr()
        return Ran(int(left.value.code or 0), out, err)

    return run
