"""The code of the page Use it from Python runs as it stands, one block after another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpscan.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-from-python.md"


def test_the_blocks_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPSCAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    data, model = "hpscan-demo/data", "hpscan-demo/model"
    Path("hpscan-demo").mkdir()
    app(args=["data", "synth", data, "--patients", "10", "--patches", "5"], standalone_mode=False)
    app(args=["train", "--data", data, "--backend", "redness", "--out", model], standalone_mode=False)

    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)  # noqa: S102  our own page
    assert len(blocks) == 3
    images, scores, heatmaps = (np.asarray(names[name]) for name in ("images", "scores", "heatmaps"))
    assert images.shape == (5, 256, 256, 3)
    assert scores.shape == (5,)
    assert heatmaps.shape == (5, 256, 256)
    assert np.asarray(names["positive"]).shape == (5,)

    done = subprocess.run(
        ["hpscan", "diagnose", f"{data}/Cropped_Patches/Patient5", "--model", model, "--patches-csv", "patches.csv"],
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    rows = [line.split(",") for line in Path("patches.csv").read_text(encoding="utf-8").splitlines()]
    printed = sorted((row[rows[0].index("patch")], float(row[rows[0].index("score")])) for row in rows[1:])
    assert [score for _, score in printed] == pytest.approx(scores.tolist())
    patients = names["patients"]
    assert isinstance(patients, list)
    (result,) = [patient for patient in patients if patient["patient"] == "Patient5"]
    assert result["score"] == pytest.approx(names["patient_level_score"])
