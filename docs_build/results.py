"""The parts of the page Results, from the committed files of a benchmark: reference/results/metrics.json and benchmark.json (run.json of earlier versions).

`part` makes each; the names are those of PARTS and PICTURES, and `published`, the tables of others in
reference/published/seed.csv. committed_parts.py puts them on the page; the tables are in results_tables.py.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import results_tables as tables
from results_tables import HEADS, plain, table

from hpscan.cli.benchmark import comparison_tables
from hpscan.store.benchmark import METRICS, read_benchmark, read_metrics, record_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hpscan.store.benchmark import BenchmarkFile, MetricsFile

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
FOLDER = REFERENCE / "results"
PUBLISHED = REFERENCE / "published" / "seed.csv"
NONE = "*No results are committed.*"


def part(name: str, folder: Path = FOLDER) -> str:
    """One part as Markdown; NONE where the folder holds no finished benchmark.

    Raises:
        KeyError: When there is no such part.
        ResultsError: When the files are none of a benchmark.
    """
    if name == "published":
        return published()
    make = PARTS[name]
    if not all((folder / file).is_file() for file in (METRICS, record_file(folder))):
        return NONE
    return make(_as_named_now(read_metrics(folder)), read_benchmark(folder))


def _as_named_now(metrics: MetricsFile) -> MetricsFile:
    """The metrics under the names that backends have now; the committed plots keep the old one."""
    return type(metrics).model_validate_json(metrics.model_dump_json().replace('"boxed"', '"bundled"'))


def run(metrics: MetricsFile, record: BenchmarkFile) -> str:
    """The command, and what it ran with."""
    version = record.versions.get
    ended = f" to {record.ended:%Y-%m-%d %H:%M}" if record.ended else ""
    rows = [
        ["hpscan", plain(record.hpscan)],
        ["Run", f"{record.started:%Y-%m-%d %H:%M}{ended} UTC"],
        ["Machine", plain(f"{record.machine}; computed on {record.device}")],
        ["Python, torch, scikit-learn", plain(", ".join(version(p, "-") for p in ("python", "torch", "scikit-learn")))],
        ["Split", plain(f"{metrics.split}, {len(metrics.cohort.folds)} in all, seed {metrics.seed}")],
        ["Patch threshold", plain(metrics.criterion)],
        ["Settings", "`--quick`" if metrics.quick else "the backends' defaults, but for what the command says"],
        ["Intervals", f"95 %, patients resampled {metrics.resamples:,} times"],
        ["Data fingerprint", f"`{record.fingerprint}`"],
    ]
    files = f"Files: [{METRICS}](results/{METRICS}), [{record_file(FOLDER)}](results/{record_file(FOLDER)})."
    return "\n\n".join([f"```console\n$ {record.command}\n```", table(["", ""], rows).replace("--:", "---"), files])


def data(metrics: MetricsFile, record: BenchmarkFile) -> str:
    """Patients and labels, in all and by fold."""
    cohort = metrics.cohort
    labels = f"{cohort.labelled_negative} negative, {cohort.labelled_positive} positive"
    said = [
        f"{cohort.patients} patients: {_diagnoses(cohort.densities)}.",
        f"Labelled patches: {labels}; {cohort.uncertain} uncertain ones are in no metric.",
    ]
    if cohort.phantom:
        said.insert(0, "**All patients are synthetic: these metrics say nothing about real biopsies.**")
    if record.linked_patients:
        groups = "; ".join(plain(" = ".join(group)) for group in record.linked_patients)
        said.append(f"Kept in one fold because they share an identical image: {groups}.")
    if cohort.patches_per_patient is not None:
        said.append(f"At most {cohort.patches_per_patient} cropped patches of each patient were scored.")
    why: dict[str, list[str]] = defaultdict(list)
    for patient, reason in record.left_out.items():
        why[reason].append(patient)
    said += [f"In no fold, because {plain(reason)}: {plain(', '.join(who))}." for reason, who in why.items()]
    rows = [
        [str(n) for n in (f.fold, f.patients, _diagnoses(f.densities), f.labelled_negative, f.labelled_positive)]
        for f in cohort.folds
    ]
    heads = ["Fold", "Patients held out", "Diagnoses", "Labelled -", "Labelled +"]
    return f"{' '.join(said)}\n\n{table(heads, rows)}"


def _diagnoses(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def backends(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """What was compared, with all settings."""
    rows = [
        [
            plain(one.name),
            plain(one.learns_from),
            plain(f"{one.distribution} {one.version}"),
            plain(", ".join(f"{key}={value}" for key, value in one.settings.items())),
        ]
        for one in metrics.backends
    ]
    return table(["Backend", "Learns from", "Package", "Settings"], rows).replace("--:", "---")


def failures(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """What went wrong, and what else there is to know."""
    lines = [
        f"- {plain(one.backend)}{f', fold {one.fold}' if one.fold is not None else ''}: {plain(one.reason)}"
        for one in metrics.failures
    ]
    lines = lines or ["- No run failed and no backend was left out."]
    unread = [f"{plain(one.name)} {one.rejected}" for one in metrics.backends if one.rejected]
    lines.append(f"- Held-out patches that could not be read: {', '.join(unread) or 'none'}.")
    return "\n".join(lines + [f"- {plain(remark)}" for remark in metrics.remarks])


def published() -> str:
    """The metrics that others printed, a table for each source and level."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        found[row["source"], row["level"]][row["method"]][row["figure"]] = row["value"]
    blocks = []
    for (source, level), methods in found.items():
        figures = list(dict.fromkeys(figure for values in methods.values() for figure in values))
        heads = [
            HEADS.get(figure, figure.replace("_", " ").replace("f1", "F1").replace("auc", "AUC")) for figure in figures
        ]
        cells = [[plain(name), *[values.get(figure, "") for figure in figures]] for name, values in methods.items()]
        blocks += [f"**{plain(source[:1].upper() + source[1:])}: {level}**", table(["", *heads], cells)]
    return "\n\n".join(blocks)


def summary(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """What the terminal says last."""
    return "\n".join(f"- {plain(line[:1].upper() + line[1:])}." for line in comparison_tables.summary(metrics))


PARTS: dict[str, Callable[[MetricsFile, BenchmarkFile], str]] = {
    "overview": tables.overview,
    "summary": summary,
    "run": run,
    "data": data,
    "backends": backends,
    "patches": tables.patches,
    "ranking": tables.ranking,
    "weighted": tables.weighted,
    "fold-means": tables.fold_means,
    "folds": tables.folds,
    "confusion": tables.confusion,
    "patients": tables.patients,
    "density": tables.density,
    "comparisons": tables.comparisons,
    "criteria": tables.criteria,
    "thresholds": tables.thresholds,
    "cost": tables.cost,
    "failures": failures,
}

PICTURES = {
    "roc.png": "ROC curves of the labelled patches held out, a panel for each backend, with a band. {auc}.",
    "precision-recall.png": "Precision against recall of the labelled patches, a panel for each backend. {ap}.",
    "histograms.png": "Scores of negative and positive patches around the threshold, a panel for each backend.",
    "confusion-patches.png": "Confusion matrices of the labelled patches, one for each backend. {counts}.",
    "folds.png": "Box plots of the figures of each fold, a row for each backend.",
    "speed.png": "Average precision against patches scored a second, a point for each backend. {speed}.",
}
"""The committed pictures, in docs/images/results, and what is in them, in words, for who cannot see them."""


def _pictured(name: str) -> Callable[[MetricsFile, BenchmarkFile], str]:
    def picture(metrics: MetricsFile, _: BenchmarkFile) -> str:
        measured = tables.measured(metrics)

        def mean(figure: str) -> str:
            values = [(n, found.mean_over_folds[figure].value) for n, found in measured]
            return ", ".join(f"{n} {value:.3f}" for n, value in values if value is not None)

        counts = [f"{n}: {', '.join(tables.counts(found))}" for n, found in measured]
        text = PICTURES[name].format(
            auc=f"Mean AUC over folds: {mean('auc')}",
            ap=f"Mean average precision over folds: {mean('average_precision')}",
            counts=f"True negative, false positive, false negative, true positive: {'; '.join(counts)}",
            speed=", ".join(f"{one.name} {one.cost.scored_per_second:,.0f}" for one in metrics.backends),
        )
        return f"![{plain(text)}](../images/results/{name})"

    return picture


PARTS |= {name: _pictured(name) for name in PICTURES}
