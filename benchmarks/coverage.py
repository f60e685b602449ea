"""Whether 95 % intervals hold the truth in 95 % of studies, by simulation: python benchmarks/coverage.py.

Draws whole studies from a made-up population of patients that resembles the published annotated set (98 patients,
about 930 labelled patches spread very unequally, about 150 of them positive), and counts how often the interval holds
the figure of the population. One fixed model and threshold: only patients and patches vary. BCa (Efron 1987) stands
beside the percentile interval, from the same draws. A second backend, equally good by construction, tells how often two such
backends are called different, which should be 5 %.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom, norm

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.comparison import Verdict, difference
from hpscan.evaluation.intervals import LEVEL, Distribution, distribution, wilson
from hpscan.evaluation.metrics import METRICS, Weighting, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = ("auc", "average_precision", "f1_positive", "precision_positive", "recall_positive")
THRESHOLD = 2.1
POPULATION = 100_000
"""Patients whose figures are the truth: about a thousand studies."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of study."""

    name: str
    patients: int
    infected: float  # share of patients that may have positive patches
    positive: float  # mean share of positive patches in those
    hard: float  # share of infected patients whose positive patches are hard
    spread: float  # of the logarithm of patches a patient
    folds: int
    weightings: tuple[Weighting, ...]


SCENARIOS = (
    Scenario("all folds", 98, 0.46, 0.36, 1 / 8, 1.25, 5, tuple(Weighting)),
    Scenario("control, patients alike", 98, 0.46, 0.36, 0, 0, 5, (Weighting.POOLED,)),
    Scenario("one fold", 20, 0.46, 0.24, 1 / 8, 1.25, 1, (Weighting.POOLED, Weighting.BY_PATIENT)),
)


def study(scenario: Scenario, patients: int, rng: np.random.Generator) -> tuple[Cases, Cases]:
    """The same patches as two equally good backends score them.

    Scores are normal: a shift for the patient that both backends share, one for the backend on that patient, and noise for the
    patch. Positive patches lie 4 higher; those of a hard patient lie only 1.5 to 3 higher.
    """
    size = np.clip(rng.lognormal(np.log(10.3) - scenario.spread**2 / 2, scenario.spread, patients), 1, 300).astype(
        np.intp
    )
    infected = rng.random(patients) < scenario.infected
    share = np.where(infected, rng.beta(2 * scenario.positive, 2 - 2 * scenario.positive, patients), 0)
    height = np.where(rng.random(patients) < scenario.hard, rng.uniform(1.5, 3, patients), 4)
    shift = 0.4 * rng.normal(size=patients)
    # Folds are stratified by diagnosis, as those of a benchmark are.
    fold = np.empty(patients, np.intp)
    fold[np.lexsort((rng.random(patients), infected))] = np.arange(patients) % scenario.folds
    patient = np.repeat(np.arange(patients), size)
    truth = rng.random(len(patient)) < share[patient]
    name = np.char.mod("p%06d", patient)

    def backend() -> Cases:
        own = shift + 0.3 * rng.normal(size=patients)
        score = own[patient] + truth * height[patient] + rng.normal(size=len(patient))
        return Cases(truth, score, score >= THRESHOLD, name, fold[patient])

    return backend(), backend()


def bca(cases: Cases, weighting: Weighting, made: Distribution) -> NDArray[np.float64]:
    """Bias-corrected and accelerated intervals from draws already made: (2, 8), NaN where there is none."""
    if weighting is Weighting.FOLD_MEAN:
        names = np.unique(cases.patient)
        without = np.stack(
            [distribution(cases.where(cases.patient != p), weighting, resamples=2).point for p in names], 1
        )
    else:
        names, patient, size = np.unique(cases.patient, return_inverse=True, return_counts=True)
        count = 1 - np.eye(len(names))
        without = measure(cases, (count / size if weighting is Weighting.BY_PATIENT else count)[:, patient])
    interval = np.full((2, len(METRICS)), np.nan)
    for row in range(len(METRICS)):
        draws = made.draws[row][~np.isnan(made.draws[row])]
        left = without[row][~np.isnan(without[row])]
        if np.isnan(made.point[row]) or len(draws) < made.draws.shape[1] / 2:
            continue
        below = np.mean(draws < made.point[row]) + np.mean(draws == made.point[row]) / 2
        pull = left.mean() - left
        spread = (pull**2).sum() ** 1.5
        if not 0 < below < 1 or not spread:  # no case is wrong
            interval[:, row] = made.point[row]
            continue
        bias, acceleration = norm.ppf(below), (pull**3).sum() / (6 * spread)
        z = bias + norm.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        interval[:, row] = np.quantile(draws, norm.cdf(bias + z / (1 - acceleration * z)))
    return interval


def simulate(scenario: Scenario, repetitions: int, resamples: int, seed: int) -> None:
    """Print the table of one scenario."""
    rng = np.random.default_rng(seed)
    population, _ = study(scenario, POPULATION, rng)
    _, patient, size = np.unique(population.patient, return_inverse=True, return_counts=True)
    pooled = measure(population, np.ones((1, len(population))))[:, 0]
    by_patient = measure(population, (1 / size)[None, patient])[:, 0]
    cells = [(w, f) for w in scenario.weightings for f in SHOWN]
    shape = (len(cells), repetitions)
    percentile, corrected = np.full((2, *shape), np.nan), np.full((2, *shape), np.nan)
    value, apart, sizes = np.full(shape, np.nan), np.full(shape, np.nan), []
    for r in range(repetitions):
        ours, theirs = study(scenario, scenario.patients, rng)
        sizes.append((len(ours), int(ours.reference.sum()), len(np.unique(ours.patient[ours.reference]))))
        for w in scenario.weightings:
            made, other = (distribution(c, w, resamples=resamples, seed=r) for c in (ours, theirs))
            adjusted = bca(ours, w, made)
            for figure in SHOWN:
                cell = cells.index((w, figure))
                estimate, compared = made.estimate(figure), difference(made, other, figure)
                if estimate.value is not None and estimate.low is not None and estimate.high is not None:
                    value[cell, r] = estimate.value
                    percentile[:, cell, r] = estimate.low, estimate.high
                    corrected[:, cell, r] = adjusted[:, METRICS.index(figure)]
                if compared.verdict is not None:
                    apart[cell, r] = compared.verdict is not Verdict.NOT_DISTINGUISHABLE
    middle = np.median(sizes, axis=0).astype(int)
    print(f"\n### {scenario.name}: {scenario.patients} patients, {repetitions} studies, {resamples} draws each\n")
    print(f"Median study: {middle[0]} patches, {middle[1]} of them positive, in {middle[2]} patients.\n")
    print("| weighting | figure | truth | mean estimate | coverage ± s.e. | truth above / below | mean width ", end="")
    print("| BCa coverage ± s.e. | BCa width | equals called different | no interval |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for cell, (w, figure) in enumerate(cells):
        true = (by_patient if w is Weighting.BY_PATIENT else pooled)[METRICS.index(figure)]
        known = ~np.isnan(value[cell])
        low, high = percentile[:, cell, known]
        other_low, other_high = corrected[:, cell, known]
        print(
            f"| {w} | {figure} | {true:.3f} | {value[cell, known].mean():.3f} | {_share((low <= true) & (true <= high))} "
            f"| {np.mean(true > high):.3f} / {np.mean(true < low):.3f} | {np.mean(high - low):.3f} "
            f"| {_share((other_low <= true) & (true <= other_high))} | {np.mean(other_high - other_low):.3f} "
            f"| {_share(apart[cell, ~np.isnan(apart[cell])])} | {int((~known).sum())} |"
        )


def _share(hit: NDArray[np.bool_] | NDArray[np.float64]) -> str:
    """A share with its Monte Carlo standard error."""
    share = hit.mean()
    return f"{share:.3f} ± {np.sqrt(share * (1 - share) / len(hit)):.3f}"


def exact_wilson() -> None:
    """Print the coverage of Wilson intervals of patients' figures, summed over all outcomes: no Monte Carlo error."""
    print(
        "\n### Wilson, patients (exact)\n\n| figure | patients | truth | coverage | mean width |\n|---|--:|--:|--:|--:|"
    )
    for figure, n in (("sensitivity", 40), ("specificity", 30)):
        made = [wilson(k, n) for k in range(n + 1)]
        low, high = (np.array([getattr(m, end) for m in made]) for end in ("low", "high"))
        for true in (0.8, 0.9, 0.95, 0.98):
            chance = binom.pmf(np.arange(n + 1), n, true)
            held = (low <= true) & (true <= high)
            print(f"| {figure} | {n} | {true:.2f} | {chance[held].sum():.3f} | {(chance * (high - low)).sum():.3f} |")


def main() -> None:
    """Print the tables, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000, help="studies a scenario")
    parser.add_argument("--resamples", type=int, default=1000, help="draws a study; hpscan benchmark makes 2000")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for scenario in SCENARIOS:
        simulate(scenario, asked.repetitions, asked.resamples, asked.seed)
    exact_wilson()


if __name__ == "__main__":
    main()
