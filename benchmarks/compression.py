"""What compression costs a model: python -m benchmarks.compression --data DIR --plot compression.svg --markdown.

Labelled patches are saved as JPEG again in memory, at each quality and sampling, the grid of blocks anywhere by the seed,
and scored. The thresholds are the model's own. Infected patients are detected by the patient threshold, from all of their
listed patches; with --negatives, from the positive patches and the sampled negative ones alone.
Nothing is written but what was asked for; no patch ever is.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.recompressed import Setting, settings

from hpscan.core.cohort import Density
from hpscan.data.images.decoding import read_image
from hpscan.evaluation.metrics import binary
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.scoring.models import restore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.cohort import Patch
    from hpscan.workflows.scoring.loaded import LoadedModel

BATCH = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One model on patches saved in one way; metrics of labelled patches at the model's patch threshold."""

    model: str
    saved: str
    sampling: str
    quality: int | None
    n: int
    positive: int
    auc: float
    average_precision: float
    recall: float
    specificity: float
    f1: float
    detected: int
    infected: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The patches that are scored, and the patients who are infected."""

    patches: tuple[Patch, ...]
    infected: frozenset[str]
    says: str


def sample(data: Path, negatives: int | None, seed: int) -> Sample:
    """All patches, or all positive ones and some of the negative ones."""
    patients = gather([data]).patients
    patches = tuple(patch for patient in patients for patch in patient.patches)
    says = f"all {len(patches)} patches"
    if negatives is not None:
        negative = [patch for patch in patches if patch.label == -1]
        chosen = np.random.default_rng(seed).permutation(len(negative))[:negatives]
        kept = {negative[i] for i in chosen.tolist()}
        patches = tuple(patch for patch in patches if patch.label == 1 or patch in kept)
        positive = sum(patch.label == 1 for patch in patches)
        says = (
            f"a sample: all {positive} positive patches and {len(kept)} of {len(negative)} negative ones, seed {seed}"
        )
    shown = {patch.patient_id for patch in patches}
    infected = {p.id for p in patients if p.diagnosis not in {Density.NEGATIVE, "unknown"} and p.id in shown}
    return Sample(patches, frozenset(infected), says)


def measure(model: LoadedModel, taken: Sample, way: Setting, seed: int) -> Row:
    """One row: all patches saved in one way, scored by one model."""
    rng = np.random.default_rng(seed)
    scores: list[float] = []
    for start in range(0, len(taken.patches), BATCH):
        batch = [way.apply(read_image(patch.path), rng) for patch in taken.patches[start : start + BATCH]]
        scores += model.scorer.score(np.stack(batch)).tolist()
    score = np.array(scores)
    label = np.array([int(patch.label or 0) for patch in taken.patches])
    owner = np.array([patch.patient_id for patch in taken.patches])
    known = label != 0
    point = model.operating_point
    found = binary(label[known] == 1, score[known], point.patch.decides_all(score[known]))
    detected = sum(point.patient.decides(point.value(score[owner == who])) for who in taken.infected)
    return Row(
        model=model.name,
        saved=way.name,
        sampling=way.sampling,
        quality=way.quality,
        n=found.n,
        positive=found.n_positive,
        auc=_number(found.auc),
        average_precision=_number(found.average_precision),
        recall=_number(found.positive.recall),
        specificity=_number(found.negative.recall),
        f1=_number(found.positive.f1),
        detected=detected,
        infected=len(taken.infected),
    )


def _number(value: float | None) -> float:
    """A metric; not a number where it is undefined."""
    return np.nan if value is None else value


HEADS = ("Model", "Saved as", "AUC", "AP", "Recall", "Specificity", "F1 +", "Infected patients detected")


def cells(row: Row) -> list[str]:
    """A row as it is shown."""
    numbers = (row.auc, row.average_precision, row.recall, row.specificity, row.f1)
    return [
        row.model,
        row.saved,
        *("undefined" if np.isnan(value) else f"{value:.3f}" for value in numbers),
        f"{row.detected} of {row.infected}",
    ]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = [HEADS, ["---"] * 2 + ["--:"] * (len(HEADS) - 2), *map(cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(rows: Sequence[Row]) -> str:
    """The rows in columns."""
    lines = [list(HEADS), *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main() -> None:
    """Score, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a dataset with labelled patches")
    parser.add_argument("--model", nargs="+", default=["bundled"], help="names or folders of models")
    parser.add_argument("--qualities", default="30,50,70,90", help="JPEG qualities as IJG counts")
    parser.add_argument("--subsampling", default="444,422,420", help="of 444, 422 and 420")
    parser.add_argument("--slide", type=Path, help="a slide whose own tables are tried, too")
    parser.add_argument("--negatives", type=int, help="score the positive patches and so many negative ones")
    parser.add_argument("--seed", type=int, default=0, help="of the places of the blocks and of the sample")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--csv", type=Path, help="write the rows")
    parser.add_argument("--plot", type=Path, help="draw them by quality and sampling")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    asked = parser.parse_args()
    taken = sample(asked.data, asked.negatives, asked.seed)
    samplings = asked.subsampling.split(",")
    if unknown := set(samplings) - {"444", "422", "420"}:
        parser.error(f"--subsampling knows 444, 422 and 420, not {', '.join(sorted(unknown))}")
    ways = settings([int(one) for one in asked.qualities.split(",")], samplings, asked.slide)
    rows = []
    for name in asked.model:
        model = restore(name, asked.device)
        for way in ways:
            rows.append(measure(model, taken, way, asked.seed))
            print("  ".join(cells(rows[-1])), file=sys.stderr, flush=True)
    print(f"{taken.says}; {len(taken.infected)} infected patients\n")
    print(markdown(rows) if asked.markdown else text(rows))
    if asked.csv:
        with asked.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(asdict(rows[0])))
            writer.writeheader()
            writer.writerows(asdict(row) for row in rows)
    if asked.plot:
        from benchmarks.compression_plot import draw

        draw(rows, asked.plot, taken.says)


if __name__ == "__main__":
    main()
