"""The JSON of every command that has --json: its keys, their order, its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from golden import builder

if TYPE_CHECKING:
    from golden.builder import Place

pytestmark = pytest.mark.xdist_group("golden")

Trained = Any
STRUCTURE = float("inf")
"""The tolerance, on another kind of CPU, of documents whose numbers come from training."""


def own_home(place: Place, name: str, *backends: str) -> Place:
    """A place on the same phantom whose home holds copies of some models: what is listed depends on no other test."""
    import shutil

    folder = place / f"place-{name}"
    (folder / "home" / "models").mkdir(parents=True)
    for backend in backends:
        shutil.copytree(place / "home" / "models" / backend, folder / "home" / "models" / backend)
    return builder.Place(folder, place.folder)


def test_data_synth(place: Place) -> None:
    builder.check("document-data-synth", place.steady(builder.Ran(0, (place / "synth.json").read_text()).json))


def test_data_check(place: Place) -> None:
    builder.check("document-data-check", place.document("data", "check", place / "phantom"))


@pytest.mark.parametrize("asked", ["Patient2", "Cropped_Patches/Patient2/00001.png"])
def test_data_check_explains(place: Place, asked: str) -> None:
    name = "file" if asked.endswith("png") else "patient"
    document = place.document("data", "check", place / "phantom", "--explain", asked)
    builder.check(f"document-data-check-explain-{name}", document)


@pytest.mark.parametrize("backend", ["redness", "autoencoder"])
def test_train(trained: Trained, backend: str) -> None:
    tolerance = 1e-3 if backend == "redness" else STRUCTURE
    builder.check(f"document-train-{backend}", trained(backend), elsewhere=tolerance)


@pytest.mark.parametrize("model", ["redness", "bundled"])
def test_diagnose(place: Place, trained: Trained, model: str) -> None:
    trained("redness")
    folders = [place / "phantom" / "Cropped_Patches" / f"Patient{i}" for i in (1, 2, 5, 8)]
    builder.check(f"document-diagnose-{model}", place.document("diagnose", *folders, "--model", model))


def test_diagnose_at_another_threshold_with_a_file_that_is_no_image(place: Place, trained: Trained) -> None:
    import shutil

    trained("redness")
    folder = place / "odd" / "Patient1"
    shutil.copytree(place / "phantom" / "Cropped_Patches" / "Patient1", folder)
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "twin.png").write_bytes((folder / "00001.png").read_bytes())
    document = place.document("diagnose", folder, "--model", "redness", "--threshold", 0.001)
    builder.check("document-diagnose-odd", document)


@pytest.mark.parametrize("model", ["redness", "bundled"])
def test_evaluate(place: Place, trained: Trained, model: str) -> None:
    trained("redness")
    builder.check(f"document-evaluate-{model}", place.document("evaluate", place / "phantom", "--model", model))


def test_benchmark(benchmark: dict[str, Any]) -> None:
    builder.check("document-benchmark", benchmark, elsewhere=STRUCTURE)


def test_benchmark_shown(place: Place, benchmark: dict[str, Any]) -> None:
    shown = place.document("benchmark", "--show", place / "benchmark")
    builder.check("document-benchmark-show", shown, elsewhere=STRUCTURE)


def test_benchmark_planned(place: Place) -> None:
    document = place.document(
        "benchmark", "--data", place / "phantom", "--out", place / "planned", "--folds", 2, "--dry-run"
    )
    builder.check("document-benchmark-dry-run", document)
    assert not (place / "planned").exists()


@pytest.mark.parametrize("model", ["redness", "bundled"])
def test_explain(place: Place, trained: Trained, model: str) -> None:
    trained("redness")
    patch = place / "phantom" / "Cropped_Patches" / "Patient1" / "00001.png"
    document = place.document("explain", patch, "--model", model, "--out", place / f"explained-{model}.png")
    builder.check(f"document-explain-{model}", document)
    assert (place / f"explained-{model}.png").read_bytes().startswith(b"\x89PNG")


def test_calibrate(place: Place, trained: Trained) -> None:
    trained("redness")
    own = own_home(place, "calibrate", "redness")
    other = place / "other"
    place.run("data", "synth", other, "--patients", 6, "--patches", 2, "--seed", 3)
    builder.check("document-calibrate", own.document("calibrate", other, "--model", "redness"))
    builder.check("document-models-show-calibrated", own.document("models", "show", "redness"))


def test_models(place: Place, trained: Trained) -> None:
    trained("redness")
    own = own_home(place, "models", "redness")
    used = own.run("models", "use", "bundled").code
    value = {
        "use": used,
        "models": own.document("models"),
        "list": own.document("models", "list"),
        "show": own.document("models", "show", "redness"),
        "show bundled": own.document("models", "show", "bundled"),
        "remove": own.run("models", "remove", "redness", "--force").code,
        "list without": own.document("models", "list"),
        "use none": own.run("models", "use", "--none").code,
    }
    builder.check("document-models", value)


def test_backends(place: Place) -> None:
    listed = place.document("backends", "list")
    assert place.document("backends") == listed
    names = [one["name"] for one in listed["json"]]
    shown = {name: place.document("backends", "show", name) for name in names}
    builder.check("document-backends", {"list": listed, "show": shown})


def test_weights(place: Place) -> None:
    torch.save({"state_dict": {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(5)}}, place / "in.pth")
    value = {
        "convert": place.document("weights", "convert", place / "in.pth", place / "out.safetensors"),
        "check": place.document("weights", "check", "tf_efficientnet_lite0"),
    }
    builder.check("document-weights", value)


def test_doctor(place: Place) -> None:
    own = own_home(place, "doctor")
    builder.check("document-doctor", builder.kinds(own.document("doctor")["json"]))


def test_demo(place: Place) -> None:
    if builder.MODE not in {"write", "all"}:
        pytest.skip("takes two minutes; HPSCAN_GOLDEN=all checks it")
    document = place.document("demo", "--out", place / "demo", "--device", "cpu")
    value = {"document": document, "files": [name for name in builder.files(place / "demo") if "atches" not in name]}
    builder.check("document-demo", value, elsewhere=STRUCTURE)
