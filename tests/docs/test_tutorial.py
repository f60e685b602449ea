"""The tutorial's commands run as they stand on the page, one after another, and print what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-result.md"

SHOWN = {
    "hpscan data synth": ["Made 20 patients (10 negative, 5 low, 5 high) with 10 patches each in dataset"],
    "hpscan data check": [
        "20 patients: 5 high, 5 low, 10 negative",
        "20 found = 20 used",
        "Annotated_Patches/window_metadata.csv",
        "240 of 256x256",
    ],
    "hpscan train": [
        "3 training, 1 validation, 12 calibration, 4 test",
        "30 fitted on",
        "(specificity=0.99 on 48 negative patches;",
        "too few to resolve specificity=0.99",
        "mean of the highest 3 % of the scores",
        "(corner on 4 negative and 8 infected patients)",
        "Next: hpscan evaluate dataset",
    ],
    "hpscan diagnose": [
        "Patient7  H. pylori detected",
        "10 listed = 10 scored + 0 rejected + 0 duplicate",
        "5 of 10 scored patches",
        "Most suspicious patches",
        "For research use only. Not for use in diagnostic procedures.",
    ],
    "hpscan evaluate": [
        "Patients (reference standard: diagnosis)",
        "4 evaluated: Patient4, Patient6, Patient7, Patient8",
        "16 patients that the model has seen",
    ],
}
"""Phrases that stand on the page and do not hang on how a processor rounds."""


def steps() -> list[tuple[str, str]]:
    """The commands of the page with the output that it shows, in order."""
    found: list[tuple[str, str]] = []
    blocks = re.findall(r"^```(?:console|bash)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for block in blocks:
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), ""))
            else:
                command, shown = found.pop()
                found.append((command, f"{shown}{line}\n"))
    return found


def outline(text: str) -> str:
    """A text without frames, line breaks and figures: `Patient18  3 of 8` becomes `Patient# # of #`."""
    words = re.sub("[\u2500-\u257f]", " ", text).split()
    return re.sub(r"\d[\d.,e:-]*", "#", " ".join(words))


def test_phrases_stand_on_the_page() -> None:
    page = dict(steps())
    for start, phrases in SHOWN.items():
        shown = next(output for command, output in page.items() if command.startswith(start))
        assert all(phrase in shown for phrase in phrases), start


def test_the_tutorial_runs(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("HPSCAN_HOME", None)
    ran = set()
    for command, shown in steps():
        if exported := re.fullmatch(r"export (\w+)=(\S+)", command):
            environment[exported[1]] = exported[2]
            continue
        assert environment.get("HPSCAN_HOME") == "hpscan-home"
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        start = next(start for start in SHOWN if command.startswith(start))
        ran.add(start)
        for phrase in SHOWN[start]:
            assert phrase in done.stdout, f"{command}\n{done.stdout}"
        printed = outline(done.stdout)
        for line in shown.splitlines():
            assert outline(line) in printed, f"{command}\n{line}\n{done.stdout}"
    assert ran == set(SHOWN)
    assert (tmp_path / "hpscan-home" / "models" / "autoencoder" / "manifest.json").is_file()
