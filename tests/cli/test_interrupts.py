from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hpscan.store import models

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("trained")


def test_one_interrupt_keeps_the_best_weights_so_far_and_exits_130(phantom: Path, home: Path) -> None:
    command = [sys.executable, "-m", "hpscan", "train", "--data", str(phantom), "--name", "cut", "--device", "cpu"]
    settings = ["--epochs", "5000", "--set", "crop=32", "--set", "patience=5000"]
    with subprocess.Popen(
        [*command, *settings], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "best weights so far are kept" in err
    manifest = models.read(home / "models" / "cut").manifest
    assert manifest.training.interrupted
    assert 2 <= len(manifest.training.history) < 5000
