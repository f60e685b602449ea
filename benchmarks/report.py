"""What a report costs beside the scoring that it shows: python benchmarks/report.py.

One drawn patient of a thousand windows is told by the bundled model. Printed are seconds for scoring and for the page, their
ratio, and the page's size; then the same for the default `autoencoder` settings, barely trained, which paints, too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from hpscan.store.synthetic_dataset import CROPPED
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.diagnosis.report import Report
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train


def main() -> None:
    """Draw, score, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patches", type=int, default=1000, help="windows of the patient")
    patches: int = parser.parse_args().patches
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        synth(folder / "one", patients=1, patches=patches, seed=1)
        synth(folder / "cohort", patients=16, patches=8, seed=2)
        train(
            TrainRequest(
                folder / "cohort", configured("autoencoder", {"epochs": 1}), out=folder / "autoencoder", device="cpu"
            )
        )
        print(f"{'model':12} {'scoring':>9} {'report':>9} {'ratio':>6} {'page':>9}")
        for model in ("bundled", str(folder / "autoencoder")):
            start = time.perf_counter()
            found = diagnose(gather([folder / "one" / CROPPED / "Patient1"]), DiagnoseRequest(model, device="cpu"))
            scored = time.perf_counter()
            page = Report(folder / f"{Path(model).name}.html", "").write(found)
            written = time.perf_counter()
            scoring, report, size = scored - start, written - scored, page.stat().st_size / 1e6
            print(f"{Path(model).name:12} {scoring:7.1f} s {report:7.1f} s {report / scoring:6.2f} {size:6.2f} MB")


if __name__ == "__main__":
    main()
