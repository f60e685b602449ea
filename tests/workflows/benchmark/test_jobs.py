"""When a cell counts as computed before, and when it is computed anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.backend import Supervision
from hpscan.core.cohort import Density, Origin, Patch, PatchLabel, Patient
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.images.inspection import Inspection
from hpscan.workflows.benchmark import sources
from hpscan.workflows.benchmark.jobs import Configured, make
from hpscan.workflows.benchmark.protocol import Fold
from plugin_builder import WHOLE, installer

NEGATIVE, POSITIVE = PatchLabel.NEGATIVE, PatchLabel.POSITIVE


def _patient(number: int, label: PatchLabel) -> Patient:
    name = f"P{number:02d}"
    made = tuple(Patch(f"{name}.{i}", name, "", Path(name, str(i)), Origin.ANNOTATED, label) for i in range(2))
    return Patient(name, Density.NEGATIVE if number % 2 else Density.HIGH, made)


PATIENTS = tuple(_patient(i, NEGATIVE if i % 2 else POSITIVE) for i in range(20))
FOLD = Fold(2, PATIENTS[:4], PATIENTS[4:])


def _listing(fold: Fold = FOLD, **changed: str) -> Inspection:
    everything = tuple(p for patient in (*fold.held_out, *fold.training) for p in patient.patches)
    return Inspection(everything, {p: changed.get(p.id, f"digest of {p.id}") for p in everything}, {}, {})


def _key(
    backend: str,
    fold: Fold = FOLD,
    listing: Inspection | None = None,
    *,
    device: str = "cpu",
    seed: int = 0,
    **settings: Any,
) -> str:
    kind, plugin = registry.load(backend)
    made = configure(kind.settings, backend, settings)
    one = Configured(backend, plugin, settings, made, kind.learns_from(made))
    groups = {p.id: p.id for p in PATIENTS}
    return make(one, fold, groups, listing or _listing(fold), device, seed).key


def test_the_same_job_has_the_same_key() -> None:
    assert _key("cnn") == _key("cnn")


def test_a_changed_setting_changes_the_keys_of_its_backend() -> None:
    assert _key("cnn") != _key("cnn", epochs=3)


@pytest.mark.parametrize("other", [{"device": "cuda"}, {"seed": 1}])
def test_another_device_or_seed_is_another_cell(other: dict[str, Any]) -> None:
    assert _key("redness") != _key("redness", **other)


@pytest.mark.parametrize("patch", ["P00.0", "P19.1"])
def test_a_changed_file_is_another_cell(patch: str) -> None:
    assert _key("redness") != _key("redness", listing=_listing(**{patch: "another"}))


def _relabelled(patients: tuple[Patient, ...], which: str) -> tuple[Patient, ...]:
    from dataclasses import replace

    return tuple(
        replace(p, patches=tuple(replace(q, label=NEGATIVE) for q in p.patches)) if p.id == which else p
        for p in patients
    )


def test_labels_held_out_are_in_no_key() -> None:
    changed = Fold(2, _relabelled(FOLD.held_out, "P02"), FOLD.training)
    assert all(_key(name) == _key(name, changed) for name in ("cnn", "redness"))


def test_a_label_that_is_learned_from_is_in_the_key() -> None:
    kind, plugin = registry.load("cnn")
    made = kind.settings()
    one = Configured("cnn", plugin, {}, made, Supervision.LABELLED_PATCHES)
    groups = {p.id: p.id for p in PATIENTS}
    fitted = make(one, FOLD, groups, _listing(), "cpu", 0).roles["training"]
    some = next(p.id for p in fitted if p.patches[0].label is POSITIVE)
    assert _key("cnn") != _key("cnn", Fold(2, FOLD.held_out, _relabelled(FOLD.training, some)))


def test_a_weights_file_counts_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"one")
    before = _key("cnn", weights=str(file))
    sources.file_digest.cache_clear()
    file.write_bytes(b"two")
    assert _key("cnn", weights=str(file)) != before


def test_a_plugin_whose_code_changed_is_computed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installer(tmp_path, monkeypatch)("hpscan-whole", "whole", "whole_plugin:backend", whole_plugin=WHOLE)
    before = _key("whole")
    for remembered in (sources.code, sources.file_digest):
        remembered.cache_clear()
    (tmp_path / "whole_plugin.py").write_text(WHOLE + "\nX = 1\n")
    assert _key("whole") != before


def test_a_fold_without_positive_patches_to_learn_from_is_refused() -> None:
    training = tuple(_patient(i, NEGATIVE) for i in range(4, 20))
    with pytest.raises(NotEnoughDataError, match="cnn would have no patch labelled positive to learn from in fold 2"):
        _key("cnn", Fold(2, FOLD.held_out, training))
