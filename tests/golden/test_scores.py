"""Scores, and the thresholds they are held against: each backend trained on a phantom, and the model that ships."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from golden import builder
from golden.conftest import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden.builder import Place

pytestmark = pytest.mark.xdist_group("golden")

TRAINED = set(BACKENDS) - {"redness"}


def scored(place: Place, model: str) -> dict[str, Any]:
    """Scores by patch, and the operating point, of a model on a few patients."""
    patients = (1, 5) if model in TRAINED else (1, 2, 5, 8)
    folders = [place / "phantom" / "Cropped_Patches" / f"Patient{i}" for i in patients]
    table = place / f"scores-{model}.csv"
    place.run("diagnose", *folders, "--model", model, "--device", "cpu", "--patches-csv", table, "--force")
    with table.open(encoding="utf-8", newline="") as file:
        scores = {row["patch"]: float(row["score"]) for row in csv.DictReader(file)}
    shown = place.run("models", "show", model, "--json").json
    return {"scores": dict(sorted(scores.items())), "thresholds": shown["thresholds"]}


@pytest.mark.parametrize("model", [*BACKENDS, "bundled"])
def test_scores_and_thresholds_are_the_golden_ones(
    place: Place, trained: Callable[[str], dict[str, Any]], model: str
) -> None:
    if model in BACKENDS:
        trained(model)
    value = scored(place, model)
    assert len(value["scores"]) >= 6
    golden = builder.HERE / f"scores-{model}.json"
    if builder.MODE != "write" and model in TRAINED:
        kept = json.loads(golden.read_text(encoding="utf-8"))
        if kept["machine"] != builder.machine():  # float32 training takes other ways there
            from scipy.stats import spearmanr

            assert list(kept["value"]["scores"]) == list(value["scores"])
            order = spearmanr(list(kept["value"]["scores"].values()), list(value["scores"].values())).statistic
            assert order > 0.9
            return
    builder.check(f"scores-{model}", value)
