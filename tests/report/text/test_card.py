from __future__ import annotations

import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.text import card


def test_a_threshold_says_where_it_comes_from() -> None:
    assert card.patch_threshold(Threshold(0.25, "corner", 9, 4)) == "0.25 (corner on 9 negative and 4 positive patches)"
    assert card.patient_threshold(Threshold(0.01, "fallback", note="why")) == "1.0 % (fallback; why)"
    assert card.density_threshold(None) == "no threshold: density is not told"
    assert (
        card.patch_threshold(Threshold(0.25, "specificity=0.99", 9)) == "0.25 (specificity=0.99 on 9 negative patches)"
    )
    assert card.patch_threshold(Threshold(0.5, "user")) == "0.5 (given by the user)"


@pytest.mark.parametrize(("value", "shown"), [(5e-324, "just above 0"), (0.0, "0"), (1.25e-05, "1.25e-05")])
def test_scores_are_shown_so_that_people_can_read_them(value: float, shown: str) -> None:
    assert card.score(value) == shown


def test_the_model_card_holds_purpose_patients_thresholds_and_settings() -> None:
    text = card.model_card(
        name="mine",
        backend="redness (hpscan 1)",
        made_by="hpscan 1, seed 0",
        settings={"hue_low": -20, "weights": ""},
        patients={"training": 3, "test": 1},
        cohort="abc",
        point=OperatingPoint(Threshold(0.5, "corner", 1, 2), Threshold(0.1, "corner", 3, 4), None),
        pretrained={
            "backbone": "resnet18",
            "source": "file",
            "where": "a.safetensors",
            "sha256": "0123456789abcdef" * 4,
        },
    )
    for words in ("# mine", card.RESEARCH_USE, "3 fit, 1 held-out", "corner on 1 negative", "hue_low: -20", "abc"):
        assert words in text
    assert "figures" not in text
    assert "- Started from: resnet18, file, a.safetensors, SHA-256 0123456789ab...\n" in text
    assert '- weights: ""\n' in text


def test_a_fraction_is_shown_in_per_cent_and_a_score_as_a_score() -> None:
    threshold = Threshold(0.05, "corner", 3, 4)
    assert (
        card.distance(0.8, threshold, Aggregation.FRACTION_POSITIVE)
        == "80.0 %, 75.0 points above the threshold of 5.0 %"
    )
    for aggregation in (Aggregation.TOP_K_MEAN, Aggregation.MAX):
        assert card.distance(0.02, threshold, aggregation) == "0.02, 0.03 below the threshold of 0.05"
        assert card.patient_threshold(threshold, aggregation).startswith("0.05 (corner")
    assert card.density_threshold(threshold).startswith("5.0 % (corner")


def test_the_model_card_says_what_a_patients_value_is() -> None:
    shared = {"name": "m", "backend": "b", "made_by": "me", "settings": {}, "patients": {}, "cohort": ""}
    patch, patient = Threshold(0.5, "user"), Threshold(0.25, "user")
    point = OperatingPoint(patch, patient, Threshold(0.75, "user"), Aggregation.TOP_K_MEAN, 7)
    text = card.model_card(**shared, point=point)  # type: ignore[arg-type]
    assert "- Patient (mean of the highest 7 % of the scores): 0.25 (" in text
    assert "- Low / high density: 75.0 % (" in text


def test_the_model_card_warns_of_pictures_that_show_patients() -> None:
    point = OperatingPoint(Threshold(0.5, "user"), Threshold(0.25, "user"), None)
    text = card.model_card(
        name="m",
        backend="b",
        made_by="me",
        settings={},
        patients={},
        cohort="",
        point=point,
        galleries=["figures/heatmaps.png"],
    )
    assert "figures/heatmaps.png shows patches of patients. Remove the folder" in text
