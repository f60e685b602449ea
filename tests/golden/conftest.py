"""The one phantom that all goldens are about, its models and its benchmark, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden.builder import Place

if TYPE_CHECKING:
    from collections.abc import Callable

BACKENDS = {
    "redness": [],
    "autoencoder": ["--epochs", 2, "--set", "crop=64", "--set", "batch_size=8"],
    "cnn": ["--epochs", 1, "--set", "members=1", "--set", "views=1", "--set", "patches_per_patient=3"],
    "synthetic": ["--set", "steps=10", "--set", "batch_size=4"],
    "padim": ["--set", "features=24", "--set", "patches_per_patient=3"],
    "patchcore": ["--set", "bank=60", "--set", "memory=2", "--set", "patches_per_patient=3"],
}


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with a phantom in `phantom`, whose document lies in `synth.json`."""
    place = Place(tmp_path_factory.mktemp("golden"))
    ran = place.run("data", "synth", place / "phantom", "--patients", 12, "--patches", 3, "--seed", 1, "--json")
    (place / "synth.json").write_text(ran.out, encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def trained(place: Place) -> Callable[[str], dict[str, Any]]:
    """Trains a backend under its own name, once, and tells the document of `train`."""
    documents: dict[str, dict[str, Any]] = {}

    def train(backend: str) -> dict[str, Any]:
        if backend not in documents:
            documents[backend] = place.document(
                "train", "--data", place / "phantom", "--backend", backend, "--device", "cpu", "--hold-out", 0.25,
                "--account", place / f"train-{backend}.csv", *BACKENDS[backend],
            )  # fmt: skip
        return documents[backend]

    return train


@pytest.fixture(scope="session")
def benchmark(place: Place) -> dict[str, Any]:
    """The document of a benchmark that lies in `benchmark`."""
    return place.document(
        "benchmark", "--data", place / "phantom", "--out", place / "benchmark", "--backends", "redness,autoencoder",
        "--folds", 2, "--set", "autoencoder.epochs=1", "--set", "autoencoder.crop=64", "--device", "cpu",
        "--account", place / "benchmark-account.csv",
    )  # fmt: skip
