"""Which aggregation of patch scores tells patients apart best, on drawn patients: python benchmarks/aggregation.py.

Patients of LOW density have few positive patches here. Thresholds are chosen on one half of the patients as
`hpscan train` does, the other half is told, and the halves swap; everybody's result is pooled over halves and seeds.
Four tables follow: aggregations as `hpscan train` would fit them, other criteria for the patient threshold, other patch
thresholds below the fraction, and other rules for the threshold between LOW and HIGH. The best of many rows on the same
patients looks better than it is: confirm it with other `--seeds`. Scoring takes nearly all of the time, and `--cache
FILE` keeps its scores.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from drawn_scores import cohorts
from rich.console import Console
from rich.table import Table

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.core.scores import PatchScores
from hpscan.evaluation import thresholds as operating
from hpscan.evaluation.cases import Cases
from hpscan.evaluation.comparison import difference
from hpscan.evaluation.intervals import Estimate, density_estimates, distribution, wilson
from hpscan.evaluation.metrics import Weighting
from hpscan.evaluation.splits import folds
from hpscan.evaluation.thresholds import Criterion
from hpscan.store.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drawn_scores import Cohort
    from numpy.typing import NDArray


AGGREGATIONS: dict[str, tuple[Aggregation, int]] = {
    "fraction positive": (Aggregation.FRACTION_POSITIVE, 1),
    "top 2 %": (Aggregation.TOP_K_MEAN, 2),
    "top 3 %": (Aggregation.TOP_K_MEAN, 3),
    "top 5 %": (Aggregation.TOP_K_MEAN, 5),
    "top 10 %": (Aggregation.TOP_K_MEAN, 10),
    "top 20 %": (Aggregation.TOP_K_MEAN, 20),
    "max": (Aggregation.MAX, 1),
    "mean of all": (Aggregation.TOP_K_MEAN, 100),  # a foil
}
CRITERIA = ("corner", "youden", "max-f1", "specificity=0.9", "specificity=0.95")
PATCH_CRITERIA = ("specificity=0.95", "specificity=0.98", "specificity=0.99", "specificity=0.995", "specificity=0.999")
DENSITY_RULES = ("corner", "accuracy", "log-midpoint")
WIDTH = 132
"""Columns of the tables where they go to a file."""

SPECIFICITY = 0.95
"""What `best LOW` asks of a threshold that is chosen in hindsight, on the patients told."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was said of all patients of all cohorts, each by thresholds from the other half of its cohort."""

    name: NDArray[np.str_]
    fold: NDArray[np.intp]
    truth: NDArray[np.str_]
    value: NDArray[np.float64]
    said: NDArray[np.str_]

    def cases(self, of: Density | None = None) -> Cases:
        """Infected patients against negative ones; those of one density alone where one is given."""
        infected, found = self.reference != Density.NEGATIVE, self.said != Density.NEGATIVE
        made = Cases(infected, self.value, found, self.name, self.fold)
        return made if of is None else made.where((self.reference == of) | ~infected)

    def measure(self, reference: Told | None = None) -> dict[str, Estimate]:
        """Figures with their intervals; `auc_low_difference` is paired with another aggregation's, where given."""
        infected, found = self.reference != Density.NEGATIVE, self.said != Density.NEGATIVE
        three = density_estimates(self.reference.tolist(), self.said.tolist())
        low, high, negative = (self.reference == d for d in (Density.LOW, Density.HIGH, Density.NEGATIVE))
        below = distribution(self.cases(Density.LOW), Weighting.FOLD_MEAN)
        apart = Estimate(None, None, None)
        if reference is not None and reference is not self:
            theirs = distribution(reference.cases(Density.LOW), Weighting.FOLD_MEAN)
            paired = difference(below, theirs, "auc")
            apart = Estimate(paired.value, paired.low, paired.high)
        cut = np.quantile(self.value[negative], SPECIFICITY, method="higher")
        best = self.value > cut
        return {
            "auc": distribution(self.cases(), Weighting.FOLD_MEAN).estimate("auc"),
            "auc_low": below.estimate("auc"),
            "auc_low_difference": apart,
            "accuracy": three["accuracy"],
            "macro_f1": three["macro_f1"],
            "sensitivity_low": _share(found[low]),
            "sensitivity_high": _share(found[high]),
            "specificity": _share(~found[negative]),
            "best_low": _share(best[low]),
            "low_from_high": _share((self.said == self.reference)[infected & found]),
        }


HEADS = {
    "auc": "AUC",
    "auc_low": "AUC\nLOW",
    "auc_low_difference": "less that\nof fraction",
    "accuracy": "3-class\naccuracy",
    "macro_f1": "macro-F1",
    "sensitivity_low": "LOW\nsens.",
    "sensitivity_high": "HIGH\nsens.",
    "specificity": "spec.",
    "best_low": f"best LOW\nat {SPECIFICITY:g}",
    "low_from_high": "LOW/HIGH\nright",
}


def _share(hit: NDArray[np.bool_]) -> Estimate:
    return wilson(int(hit.sum()), len(hit))


# --- thresholds, and what they say


@dataclass(frozen=True, slots=True)
class How:
    """How thresholds are chosen; the defaults are hpscan's.

    Attributes:
        aggregation: One of AGGREGATIONS.
        patient: The criterion for the patient threshold.
        patch: That for the patch threshold.
        density: One of DENSITY_RULES.
    """

    aggregation: str
    patient: str = str(operating.ON_PATIENTS)
    patch: str = str(operating.DEFAULT)
    density: str = "corner"


def told(made: Sequence[Cohort], how: How) -> Told:
    """Both halves of all cohorts, each told by thresholds of the other."""
    columns: list[tuple[NDArray[Any], ...]] = []
    for at, cohort in enumerate(made):
        names = [f"{cohort.seed}/{i:04d}" for i in range(len(cohort.density))]
        half = folds(cohort.density.tolist(), names, 2, cohort.seed)
        for k in range(2):
            point = choose(cohort, half != k, how)
            inside = half == k
            value, extent = _values(cohort, inside, point)
            said = np.full(len(value), str(Density.NEGATIVE), dtype="U8")
            found = point.patient.decides_all(value)
            if point.density is not None:
                said[found] = np.where(point.density.decides_all(extent[found]), Density.HIGH.value, Density.LOW.value)
            else:
                said[found] = "untold"
            fold = np.full(len(value), 2 * at + k, np.intp)
            columns.append((np.array(names)[inside], fold, cohort.density[inside], value, said))
    return Told(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def choose(cohort: Cohort, on: NDArray[np.bool_], how: How) -> OperatingPoint:
    """The operating point from the patients `on`, (patients,), as `hpscan.workflows.training.operating_point.choose` has it."""
    kind, k = AGGREGATIONS[how.aggregation]
    n_patients, n = cohort.score.shape
    names = np.repeat([f"p{i:04d}" for i in range(n_patients)], n)
    table = PatchScores(
        names, np.char.add(names, np.tile([f".{i}" for i in range(n)], n_patients)), cohort.score.ravel()
    )
    negative = {f"p{i:04d}" for i in np.flatnonzero(on & (cohort.density == Density.NEGATIVE))}
    patch = operating.choose_patch(table, negative, Criterion.parse(how.patch), "")
    partial = OperatingPoint(patch, Threshold(0, "none"), None, kind, k)
    (value, extent), density = _values(cohort, on, partial), cohort.density[on]
    infected, high = density != Density.NEGATIVE, density == Density.HIGH
    criterion = Criterion.parse(how.patient)
    patient = operating.choose_patient(
        value, infected, "", cohort.seed, patch=patch if kind.of_scores else None, criterion=criterion
    )
    found = infected & patient.decides_all(value)
    parted = parting(extent[found], high[found], how.density, cohort.seed)
    if parted is None:
        parted = parting(extent[infected], high[infected], how.density, cohort.seed)
    return replace(partial, patient=patient, density=parted)


def _values(cohort: Cohort, inside: NDArray[np.bool_], point: OperatingPoint) -> list[NDArray[np.float64]]:
    """Patients' values and extents."""
    rows = cohort.score[inside]
    return [np.array([of(row) for row in rows], np.float64) for of in (point.value, point.extent)]


def parting(value: NDArray[np.float64], high: NDArray[np.bool_], rule: str, seed: int) -> Threshold | None:
    """A threshold between LOW and HIGH.

    `corner` is that of hpscan. `accuracy` makes the fewest errors, and lies in the middle of all that do.
    `log-midpoint` is the geometric mean of the two classes' medians, and needs values above 0.
    """
    if rule == "corner":
        return operating.choose_density(value, high, "", seed)
    if min(int(high.sum()), int((~high).sum())) < 2:
        return None
    if rule == "log-midpoint":
        below, above = np.median(value[~high]), np.median(value[high])
        return Threshold(float(np.sqrt(below * above)), rule) if below > 0 and above > 0 else None
    at = np.unique(value)
    middles = (at[1:] + at[:-1]) / 2
    errors = [int((high != (value >= m)).sum()) for m in middles]
    return Threshold(float(np.mean(middles[np.array(errors) == min(errors)])), rule) if errors else None


# --- tables


def tables(made: Sequence[Cohort]) -> list[tuple[str, list[str], list[dict[str, Any]]]]:
    """Title, columns, and rows of what was varied and of figures, of every table."""
    decided = ["accuracy", "macro_f1", "sensitivity_low", "sensitivity_high", "specificity"]
    ranked = ["auc", "auc_low", "auc_low_difference"]
    fraction = next(iter(AGGREGATIONS))
    reference = told(made, How(fraction))

    def rows(ways: Iterable[How]) -> list[dict[str, Any]]:
        return [asdict(how) | {"figures": told(made, how).figures(reference)} for how in ways]

    return [
        ("Aggregations, thresholds as hpscan train chooses them", [*ranked, *decided, "best_low"],
         rows(How(a) for a in AGGREGATIONS)),
        ("Other criteria for the patient threshold", decided,
         rows(How(a, patient=c) for a in AGGREGATIONS for c in CRITERIA)),
        ("Other patch thresholds for the fraction", ["auc_low", *decided, "best_low"],
         rows(How(fraction, patch=c) for c in PATCH_CRITERIA)),
        ("Other rules for the threshold between LOW and HIGH", ["accuracy", "macro_f1", "low_from_high"],
         rows(How(a, density=r) for a in AGGREGATIONS for r in DENSITY_RULES)),
    ]  # fmt: skip


def limits(made: Sequence[Cohort]) -> list[str]:
    """How far patch scores and numbers of patients go: sentences for below the tables."""
    lines = []
    positive = np.concatenate([c.score[(c.density == Density.LOW)[:, None] & c.positive] for c in made])
    highest = np.concatenate([c.score[c.density == Density.LOW].max(axis=1) for c in made])
    clean = np.concatenate([c.score[c.density == Density.NEGATIVE] for c in made])
    cut = np.quantile(clean, operating.DEFAULT.target or 0)
    top = np.quantile(clean.max(axis=1), SPECIFICITY)
    lines.append(f"{(positive >= cut).mean():.0%} of LOW patients' positive patches lie above 99 % of clean patches")
    lines.append(f"{(positive > top).mean():.0%} lie above the highest patch of 95 % of negative patients")
    lines.append(f"{(highest > top).mean():.0%} of LOW patients have a patch that does")
    false = np.concatenate([(c.score[c.density == Density.NEGATIVE] >= cut).mean(axis=1) for c in made])
    middle, many, most = np.quantile(false, [0.5, 0.95, 1])
    lines.append(
        f"of a negative patient's patches {middle:.1%} lie above 99 % (median), {many:.1%} (95th percentile), {most:.1%} (most)"
    )
    result = told(made, How(next(iter(AGGREGATIONS)), patient=f"specificity={SPECIFICITY:g}"))
    n_positive = {
        f"{c.seed}/{i:04d}": int(n) for c in made for i, n in enumerate(c.positive.sum(axis=1)) if c.density[i] == "low"
    }
    found = {name: bool(said != Density.NEGATIVE) for name, said in zip(result.name.tolist(), result.said, strict=True)}
    for n in sorted(set(n_positive.values())):
        own = [found[name] for name, has in n_positive.items() if has == n]
        lines.append(
            f"LOW patients with {n} positive patches: {sum(own)} of {len(own)} detected by the fraction at {SPECIFICITY:g}"
        )
    return lines


def show(console: Console, title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    names = [c for c in ("aggregation", "patient", "patch", "density") if len({row[c] for row in rows}) > 1]
    for head in names:
        table.add_column(head if head == "aggregation" else f"{head} threshold", no_wrap=True)
    for head in columns:
        table.add_column(HEADS[head], justify="right")
    for row in rows:
        table.add_row(*[row[n] for n in names], *[_cell(row["figures"][c]) for c in columns])
    console.print(table)


def _cell(made: Estimate) -> str:
    if made.value is None:
        return "-"
    interval = "" if made.low is None or made.high is None else f"\n{made.low:.2f}-{made.high:.2f}"
    return f"{made.value:.3f}{interval}"


def main() -> None:
    """Print the tables, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="redness", help="name or folder of a trained model, or redness")
    parser.add_argument("--patients", type=int, default=60, help="of each cohort: half negative, a quarter LOW")
    parser.add_argument("--patches", type=int, default=100, help="of each patient")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1001, 1002, 1003], help="one cohort for each")
    parser.add_argument("--low-share", type=float, nargs=2, default=[0.01, 0.05], help="LOW patients' positive patches")
    parser.add_argument("--jobs", type=int, default=1, help="processes that score")
    parser.add_argument("--cache", type=Path, help="an npz file that keeps the scores")
    parser.add_argument("--csv", type=Path, help="write every figure of every table")
    parser.add_argument("--json", type=Path, help="the same as JSON")
    asked = parser.parse_args()
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=WIDTH)
    made = cohorts(asked, console)
    found = tables(made)
    for title, columns, rows in found:
        show(console, title, columns, rows)
    for line in limits(made):
        console.print(f"- {line}")
    flat = [
        {"table": title, **{k: v for k, v in row.items() if k != "figures"}, "figure": name, **asdict(estimate)}
        for title, _, rows in found
        for row in rows
        for name, estimate in row["figures"].items()
    ]
    if asked.csv:
        write_csv(asked.csv, flat, list(flat[0]), force=True)
    if asked.json:
        asked.json.write_text(json.dumps(flat, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
