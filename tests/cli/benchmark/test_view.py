"""A benchmark's tables say every figure once, fit a narrow terminal, and cut neither names nor figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from benchmark_builder import FAILURES, backend, binary, cohort, density, finished, metrics, patients
from hpscan.cli.benchmark import metric_tables, plan_view, view
from hpscan.cli.benchmark.metric_tables import ends
from hpscan.core.account import Account
from hpscan.core.choices import Aggregation
from hpscan.workflows.benchmark.outlook import RunPlan
from hpscan.workflows.benchmark.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.store.benchmark import MetricsFile

NAMES = ("cnn", "patchcore", "padim", "autoencoder", "redness")
LONG = ("cnn-efficientnet-b0x", "redness", "[red]", "hp-uni-linear-probe1", "模型")


def lines(parts: Iterable[RenderableType], width: int = 80) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get().splitlines()


def screen(made: MetricsFile, width: int = 80) -> list[str]:
    return lines(view.screen(finished(made)), width)


def words(shown: Sequence[str]) -> str:
    return " ".join(" ".join(shown).split())


def below(shown: Sequence[str], title: str) -> list[str]:
    """The lines of one table, from its title to the empty line behind it."""
    start = next(i for i, line in enumerate(shown) if line.startswith(title))
    end = next((i for i in range(start, len(shown)) if not shown[i].strip()), len(shown))
    return [line.rstrip() for line in shown[start:end]]


def many(names: Sequence[str]) -> MetricsFile:
    """Backends with everything that there can be."""
    made = [
        backend(
            name,
            0.995 - 0.02 * i,
            patients=(patients(0.9, indeterminate=i), patients(0.85, indeterminate=i, counted="detected")),
            density=density(0.9),
            rejected=i,
        )
        for i, name in enumerate(names)
    ]
    return metrics(*made, failures=FAILURES, remarks=("few epochs",), quick=True)


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("names", [NAMES, LONG])
def test_no_line_is_wider_than_the_terminal_and_no_name_or_figure_is_cut(names: Sequence[str], width: int) -> None:
    shown = screen(many(names), width)
    assert max(map(cell_len, shown)) <= width
    assert "…" not in "".join(shown)
    table = below(shown, "Labelled patches, pooled")
    for name in names:
        (row,) = [i for i, line in enumerate(table) if line.startswith(name)]
        figures = table[row] if len(table[row].split()) > 1 else table[row + 1]
        assert len(re.findall(r"\d\.\d{3}", figures)) == 8


def test_each_weighting_is_shown_and_says_which_one_it_is() -> None:
    shown = screen(metrics(backend("cnn", 0.95)))
    pooled, by_patient, folds = (
        below(shown, f"Labelled patches, {title}")[4].split()
        for title in ("pooled over folds", "patients weighted", "mean over folds")
    )
    assert [pooled[1], pooled[7]] == ["0.950", "0.684"]  # pooled precision, but the AUC of the mean over folds
    assert [by_patient[1], by_patient[7]] == ["0.850", "0.784"]
    assert [folds[1], folds[7]] == ["0.750", "0.884"]
    assert "quote AUC and AP of the mean over folds" in words(shown)


def test_of_one_fold_there_is_no_mean() -> None:
    shown = words(screen(metrics(backend("cnn"), folds=1, split="seed42")))
    assert "mean over folds" not in shown.replace("Cost, mean over folds", "")
    assert "1 backend, seed42" in shown


@pytest.mark.parametrize(
    ("low", "high", "digits", "text"),
    [(0.887, 0.981, 2, ".89-.98"), (0.94, 0.999, 2, ".94-1"), (0.0, 0.04, 2, "0-.04"), (-0.0034, 0.021, 3, "-.003-.021"),
     (-0.0001, 0.1, 3, "-.000-.100"), (None, None, 2, "")],
)  # fmt: skip
def test_intervals_are_short(low: float | None, high: float | None, digits: int, text: str) -> None:
    assert metric_tables.ends(low, high, digits) == text


def test_the_whole_screen(snapshot: Any) -> None:
    one = backend("redness", patients=(patients(0.9), patients(0.8, "any positive patch")), density=density(0.8))
    two = backend("cnn", patients=(patients(0.9, indeterminate=2), patients(0.7, indeterminate=2, counted="detected")))
    assert "\n".join(line.rstrip() for line in screen(metrics(one, two), width=100)) == snapshot


def test_what_cannot_be_computed_is_a_dash() -> None:
    shown = screen(metrics(backend("cnn", density=density(0.9))))
    assert below(shown, "Density")[4].split()[-1] == "-"  # no patient of high density


def test_patients_say_by_which_reference_standard_and_how_the_indeterminate_count() -> None:
    one = backend("redness", patients=(patients(0.9), patients(0.8, "any positive patch")))
    two = backend("cnn", patients=(patients(0.9, indeterminate=2), patients(0.7, indeterminate=2, counted="detected")))
    shown = screen(metrics(one, two), width=100)
    both = below(shown, "Patients, reference standard: diagnosis, by selected patches, indeterminate as not detected")
    assert [line.split()[0] for line in both[4:8:2]] == ["redness", "cnn"]
    assert "Indeterminate: cnn 2" in both
    assert "a recall of 0.878 (+) and 0.939 (-)" in words(both)
    as_detected = below(
        shown, "Patients, reference standard: diagnosis, by selected patches, indeterminate as detected"
    )
    assert "0.700" in as_detected[4]
    assert "redness" not in words(as_detected)
    assert below(shown, "Patients, reference standard: any positive patch, by selected patches")
    (counted,) = [line for line in below(shown, "Counts") if line.startswith("redness")]
    assert "-" in counted.split()  # it has no indeterminate patients to count as detected


def test_counts_stand_below_their_heads() -> None:
    shown = below(screen(metrics(backend("cnn"))), "Counts")
    assert shown[2].split() == ["tn", "fp", "fn", "tp"]
    assert shown[4].split() == ["cnn", "772", "7", "9", "141"]
    assert shown[2].index("tp") + 2 == len(shown[4])


def test_differences_name_the_best_and_the_verdict() -> None:
    shown = screen(metrics(*[backend(name) for name in NAMES]))
    best = below(shown, "Difference to the best backend")
    assert best[1].split() == ["AUC", "AP", "F1", "+"]
    assert best[2].split() == ["patches", "patches", "patches"]
    assert best[5].split() == ["cnn", "best", "best", "best"]
    assert best[6].split()[:2] == ["patchcore", "-0.008"]
    assert best[7].split()[:3] == ["-.018", "to", ".004"]
    assert best[8].split()[:2] == ["not", "distinguishable"]
    assert best[9].split()[:2] == ["padim", "-0.020"]
    assert best[11].split()[0] == "worse"
    assert "better" in below(shown, "Difference to redness")[7]
    assert sum(line.startswith("Difference to the best backend") for line in shown) == 2  # the fourth is of patients
    assert not [line for line in screen(metrics(backend("cnn"))) if line.startswith("Difference")]


def test_the_criterion_in_use_is_marked_and_a_criterion_without_figures_says_why() -> None:
    shown = below(screen(metrics(backend("cnn"), backend("redness"))), "Labelled patches, pooled: other criteria")
    assert [line.split("*")[0].split() for line in shown if "*" in line][:2] == [["specificity=0.99"]] * 2
    assert "max-f1: fold 2 holds no positive patch (cnn, redness)" in shown


def test_what_failed_or_was_left_out_is_told_with_why() -> None:
    shown = words(screen(many(NAMES)))
    assert "failed padim, fold 3: the process was killed (signal 9) (logs/padim-03.txt)" in shown
    assert "skipped clip: ModuleNotFoundError: No module named 'open_clip'" in shown
    assert "could not be read: patchcore 1, padim 2, autoencoder 3, redness 4" in shown
    assert "identical image: B22-01 = B22-02, B22-11 = B22-12 = B22-13" in shown
    assert "left out B22-90, B22-91: no diagnosis and no labelled patch" in shown
    assert "remark few epochs" in shown
    assert "(cnn, folds 1, 3; patchcore, folds 1, 3;" in shown
    assert "plots/precision-recall.png" in shown
    assert "research use only" in shown


def test_backends_measured_on_different_patches_are_told_apart() -> None:
    made = metrics(backend("cnn"), backend("redness", patches=binary(0.9, n=928)))
    shown = words(screen(made))
    assert "929 labelled patches, 150 + and 779 -, of 98 patients (cnn)" in shown
    assert "928 labelled patches, 150 + and 778 -, of 98 patients (redness)" in shown


def test_a_benchmark_without_labelled_patches_has_its_patients_only() -> None:
    shown = screen(metrics(backend("redness", patches=None, criteria=(), patients=(patients(0.9),)), comparisons=()))
    assert not [line for line in shown if line.startswith("Labelled patches")]
    assert below(shown, "Patients, reference standard: diagnosis")


def planned(*seconds: float | None, stored: int = 0) -> Plan:
    """A plan of as many runs, the first of them done."""
    use = {"training": 40, "validation": 10, "calibration": 28, "test": 20}
    runs = tuple(
        RunPlan(LONG[i % 2], i + 1, use, 6204, 95 if i % 2 else None, 2186, stored=i < stored, seconds=s)
        for i, s in enumerate(seconds)
    )
    return Plan(
        dataset=None,  # type: ignore[arg-type]
        folder=finished(metrics()).folder,
        cohort=cohort(2, patches_per_patient=50),
        runs=runs,
        skipped=FAILURES[1:],
        remarks=("few epochs",),
        device="cpu",
        linked=(("B22-01", "B22-02"),),
        account=Account((), (), (), (), ()),
    )


def test_a_plan_shows_folds_runs_and_what_to_know() -> None:
    shown = lines(plan_view.screen(planned(60, 7200, stored=1)))
    assert max(map(cell_len, shown)) <= 80
    assert "fold 2 20 10 5 5 2186 156 30" in words(shown)
    assert "cnn-efficientnet-b0x 1 40 10 28 20 6204 - 2186 done" in words(shown)
    assert "redness 2 40 10 28 20 6204 95 2186 2 h 0 min" in words(shown)
    for told in (
        "about 2 h 0 min for 1 run; 1 done already",
        "skipped clip: ModuleNotFoundError",
        "B22-01 = B22-02",
        "at most 50 cropped patches",
        "left out 2 patients in no fold",
        "remark few epochs",
    ):
        assert told in words(shown)


@pytest.mark.parametrize(
    ("plan", "time"),
    [
        (planned(60, None, 40), "about 100 s for 2 runs; unknown for 1, as"),
        (planned(None), "time unknown for 1, as none"),
        (planned(60, 60, stored=2), "time none: all 2 runs are done already"),
    ],
)
def test_the_time_of_a_plan_says_what_it_leaves_out(plan: Plan, time: str) -> None:
    assert time.replace("100 s", "2 min") in words(lines(plan_view.screen(plan)))


def test_an_interval_that_just_misses_0_does_not_seem_to_hold_it() -> None:
    assert ends(0.0002, 0.038, 3, " to ") == ".000 to .038"
    assert ends(-0.038, -0.0002, 3, " to ") == "-.038 to -.000"
    assert ends(0.0, 1.0, 2) == "0-1"


def test_the_last_lines_say_who_is_highest_and_who_differs_from_redness() -> None:
    shown = words(screen(metrics(*[backend(name, 0.99 - 0.02 * i) for i, name in enumerate(NAMES)])))
    assert f"highest average precision of patches: {NAMES[0]} (" in shown
    assert "better than redness: " in shown
    alone = words(screen(metrics(backend("redness"), comparisons=())))
    assert "in short" not in alone


def test_what_a_patients_value_is_is_told_where_it_is_no_fraction() -> None:
    made = metrics(backend("redness"))
    assert "patient's value" not in words(screen(made))
    other = made.model_copy(update={"aggregation": Aggregation.TOP_K_MEAN, "top_k": 3})
    assert "patient-level score mean of the highest 3 % of the scores" in words(screen(other))
