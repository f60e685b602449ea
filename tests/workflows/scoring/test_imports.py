"""Who only scores loads neither what draws phantoms nor what builds pages."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("trained")

NOT_FOR_SCORING = ("hpscan.phantom", "hpscan.report.html", "hpscan.report.plots", "jinja2", "matplotlib")

CODE = """
import sys
from hpscan.cli import app
sys.argv = ["hpscan", "diagnose", *sys.argv[1:]]
try:
    app.main()
except SystemExit:
    pass
print(*sorted(m for m in sys.modules if m.startswith({unwanted!r})), file=sys.stderr)
print("end of modules", file=sys.stderr)
"""


def test_diagnose_without_a_report_loads_no_phantom_and_no_pages(phantom: Path, tmp_path: Path) -> None:
    model = train(TrainRequest(phantom, configured("redness"), out=tmp_path / "red", device="cpu")).model.path
    patient = phantom / "Cropped_Patches" / "Patient1"
    code = CODE.format(unwanted=NOT_FOR_SCORING)
    done = subprocess.run(
        [sys.executable, "-c", code, patient, "--model", model, "--csv", tmp_path / "patients.csv"],
        capture_output=True,
        text=True,
        env={**os.environ, "HPSCAN_HOME": str(tmp_path / "home")},
        check=True,
    )
    *_, modules, end = done.stderr.rstrip("\n").split("\n")
    assert (modules, end) == ("", "end of modules")
    assert (tmp_path / "patients.csv").is_file()
