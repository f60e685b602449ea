"""How much quicker intervals are with one set of resampled patients: python benchmarks/bootstrap.py.

Backends on one set of patches like the published annotated one (98 patients, 5 folds). The plain way resamples the patients
and sorts the patches anew for every weighting, criterion and comparison; `hpscan.evaluation.intervals.Resampled` does
so once. Printed are the seconds of both, in one run, their ratio, and the largest difference of any metric.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.intervals import RESAMPLES, Distribution, Resampled, draw
from hpscan.evaluation.metrics import Weighting, measure

_AT_ONCE = 2_000_000
COMPARED = (Weighting.FOLD_MEAN, Weighting.FOLD_MEAN, Weighting.POOLED)
CRITERIA = (0.5, 0.8, 1.1, 1.4, 1.7, 2.0)
"""Thresholds, for as many criteria."""


def backend(seed: int, patients: int = 98, folds: int = 5) -> Cases:
    """The same patches with the scores of one backend: about 930, spread unequally, some 120 of them positive."""
    common, own = np.random.default_rng(0), np.random.default_rng(seed)
    size = np.clip(common.lognormal(np.log(10.3) - 0.78, 1.25, patients), 1, 300).astype(np.intp)
    patient = np.repeat(np.arange(patients), size)
    reference = (patient < 45) & (common.random(len(patient)) < 0.3)
    score = 2 * reference + own.normal(size=len(patient))
    return Cases(reference, score, score > 1.5, np.char.mod("p%03d", patient), patient % folds)


def plain(cases: Cases, weighting: Weighting) -> Distribution:
    """Every draw as a weighting of every patch, in batches."""
    _, patient, size = np.unique(cases.patient, return_inverse=True, return_counts=True)
    times = np.vstack([np.ones((1, len(size))), draw(len(size))])
    if weighting is Weighting.BY_PATIENT:
        times = times / size
    parts = [cases.fold == k for k in np.unique(cases.fold)] if weighting is Weighting.FOLD_MEAN else [cases.fold >= 0]
    folds = [(cases.where(part), part) for part in parts]
    rows = max(1, _AT_ONCE // len(cases))
    found = []
    for start in range(0, len(times), rows):
        weight = times[start : start + rows, patient]
        found.append(np.nanmean([measure(fold, weight[:, part]) for fold, part in folds], axis=0))
    every = np.concatenate(found, axis=1)
    return Distribution(every[:, 0], every[:, 1:])


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backends", type=int, default=7, help="how many backends (7)")
    backends = [backend(seed) for seed in range(1, 1 + parser.parse_args().backends)]
    print(f"{len(backends)} backends, {len(backends[0])} patches of 98 patients, {RESAMPLES} resamples")

    start = time.perf_counter()
    before = []
    for cases in backends:
        decisions = [cases.score > threshold for threshold in CRITERIA]
        before += [plain(cases, weighting) for weighting in Weighting]
        before += [
            plain(Cases(cases.reference, cases.score, d, cases.patient, cases.fold), Weighting.POOLED)
            for d in decisions
        ]
        before += [plain(cases, weighting) for weighting in COMPARED]
    middle = time.perf_counter()
    after = []
    for cases in backends:
        resampled = Resampled(cases)
        after += [resampled.distribution(weighting) for weighting in Weighting]
        after += [resampled.distribution(Weighting.POOLED, cases.score > threshold) for threshold in CRITERIA]
        after += [resampled.distribution(weighting) for weighting in COMPARED]
    end = time.perf_counter()

    apart = max(float(np.nanmax(np.abs(b.draws - a.draws))) for b, a in zip(before, after, strict=True))
    print(f"plain {middle - start:.2f} s, once {end - middle:.2f} s, ratio {(middle - start) / (end - middle):.1f}")
    print(f"largest difference of a metric: {apart:.1e}")


if __name__ == "__main__":
    main()
