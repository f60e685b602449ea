"""The model card says what a model is, and warns of what it must not give away."""

from __future__ import annotations

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.text.card import model_card
from hpscan.report.text.results import RESEARCH_USE


def test_the_model_card_holds_purpose_patients_thresholds_and_settings() -> None:
    text = model_card(
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
    for words in ("# mine", RESEARCH_USE, "3 training, 1 test", "corner on 1 negative", "hue_low: -20", "abc"):
        assert words in text
    assert "figures" not in text
    assert "- Started from: resnet18, file, a.safetensors, SHA-256 0123456789ab...\n" in text
    assert '- weights: ""\n' in text


def test_the_model_card_says_what_the_patient_level_score_is() -> None:
    shared = {"name": "m", "backend": "b", "made_by": "me", "settings": {}, "patients": {}, "cohort": ""}
    patch, patient = Threshold(0.5, "user"), Threshold(0.25, "user")
    point = OperatingPoint(patch, patient, Threshold(0.75, "user"), Aggregation.TOP_K_MEAN, 7)
    text = model_card(**shared, point=point)  # type: ignore[arg-type]
    assert "- Patient (mean of the highest 7 % of the scores): 0.25 (" in text
    assert "- Low / high density: 75.0 % (" in text


def test_the_model_card_warns_of_pictures_that_show_patients() -> None:
    point = OperatingPoint(Threshold(0.5, "user"), Threshold(0.25, "user"), None)
    text = model_card(
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
