"""A stored model comes back as it was, or says what is wrong with it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hpscan.core.errors import (
    BackendBrokenError,
    ModelDamagedError,
    ModelError,
    ModelNotFoundError,
    OutputError,
    OutputExistsError,
)
from hpscan.store import default_model as chosen
from hpscan.store import models
from hpscan.store import paths as folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.store.manifest import Manifest
    from hpscan.store.models import StoredModel

    Save = Callable[..., StoredModel]

STATE = {
    "kernel": np.arange(12, dtype=np.float32).reshape(3, 4).T,  # not contiguous
    "count": np.array(7, dtype=np.int64),  # no dimension
    "empty": np.zeros((0, 2), dtype=np.float64),
}


@pytest.fixture
def save(make_manifest: Callable[..., Manifest], tmp_path: Path) -> Save:
    """Saves a model at a path, or in the user's folder where a name is given."""

    def run(
        where: str | Path = tmp_path / "model",
        *,
        force: bool = False,
        days: int = 0,
        plots: dict[str, bytes] | None = None,
        **parts: Any,
    ) -> StoredModel:
        path = folders.models() / where if isinstance(where, str) else where
        created = make_manifest().created + timedelta(days=days)
        return models.save(
            path,
            parts.pop("state", STATE),
            lambda files: make_manifest(**({"files": files, "name": path.name, "created": created} | parts)),
            lambda manifest: f"# {manifest.name}\n",
            plots=plots or {},
            force=force,
        )

    return run


# --- there and back


def test_a_saved_model_is_read_as_it_was(save: Save) -> None:
    saved = save()
    assert models.read(saved.path) == saved
    assert sorted(p.name for p in saved.path.iterdir()) == ["README.md", "manifest.json", "weights.safetensors"]
    assert (saved.path / "README.md").read_text() == "# model\n"


def test_pictures_lie_beside_the_model_and_only_those_given_are_replaced(save: Save) -> None:
    assert save("plain").plots == ()
    saved = save("mine", plots={"a.png": b"a", "b.png": b"b"})
    assert [path.name for path in saved.plots] == ["a.png", "b.png"]
    changed = models.update(saved, saved.manifest, lambda _: "# changed\n", plots={"b.png": b"other"})
    assert [path.read_bytes() for path in changed.plots] == [b"a", b"other"]
    assert models.read(saved.path) == saved
    assert set(saved.manifest.files) == {"weights.safetensors"}
    assert save("mine", force=True).plots == ()
    models.remove("mine")
    assert not saved.path.exists()


def test_a_model_of_an_earlier_version_keeps_its_folder_of_plots(save: Save) -> None:
    saved = save("old", plots={"a.png": b"a", "b.png": b"b"})
    models.plots_folder(saved.path).rename(saved.path / "figures")
    assert [path.parent.name for path in saved.plots] == ["figures", "figures"]
    models.update(saved, saved.manifest, lambda _: "", plots={"b.png": b"new"})
    assert [path.read_bytes() for path in saved.plots] == [b"a", b"new"]
    assert not (saved.path / "plots").exists()


def test_weights_come_back_with_their_values_shapes_and_types(save: Save) -> None:
    back = models.weights(models.read(save().path))
    assert back.keys() == STATE.keys()
    for name, array in STATE.items():
        np.testing.assert_array_equal(back[name], array, strict=True)


def test_a_model_that_learned_nothing_can_be_stored(save: Save) -> None:
    assert models.weights(models.read(save(state={}).path)) == {}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"mean": [1.0, 2.0]}, "holds 'mean' of type list"),
        ({3: np.zeros(2)}, "holds 3 of type ndarray"),
        ({"names": np.array(["a"])}, "an array that safetensors cannot"),
        (None, "is of type NoneType"),
    ],
)
def test_a_state_of_something_else_than_arrays_is_told_and_nothing_stored(
    save: Save, tmp_path: Path, state: object, words: str
) -> None:
    with pytest.raises(BackendBrokenError) as caught:
        save(state=state)
    assert words in caught.value.message
    assert "check_backend" in caught.value.hint
    assert not (tmp_path / "model").exists()


def test_a_model_s_size_is_that_of_its_weights_on_disk(save: Save) -> None:
    saved = save()
    assert saved.size == (saved.path / "weights.safetensors").stat().st_size


def test_a_model_that_exists_is_kept_unless_forced(save: Save) -> None:
    first = save(cohort_fingerprint="first")
    with pytest.raises(OutputExistsError):
        save(cohort_fingerprint="second")
    assert models.read(first.path).manifest.cohort_fingerprint == "first"
    save(cohort_fingerprint="second", force=True)
    assert models.read(first.path).manifest.cohort_fingerprint == "second"


def test_a_new_operating_point_leaves_the_weights_untouched(save: Save) -> None:
    saved = save()
    before = (saved.path / "weights.safetensors").read_bytes()
    changed = saved.manifest.model_copy(update={"previous_operating_points": (saved.manifest.operating_point,)})
    updated = models.update(saved, changed, lambda manifest: f"# {len(manifest.previous_operating_points)} before\n")
    assert models.read(saved.path) == updated
    assert len(updated.manifest.previous_operating_points) == 1
    assert (saved.path / "README.md").read_text() == "# 1 before\n"
    assert (saved.path / "weights.safetensors").read_bytes() == before


# --- what can be wrong


def test_a_flipped_bit_in_the_weights_is_noticed(save: Save) -> None:
    model = save()
    file = model.path / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelDamagedError, match="not the file that its manifest names") as caught:
        models.weights(model)
    assert caught.value.path == file


def test_missing_weights_are_a_damaged_model(save: Save) -> None:
    model = save()
    (model.path / "weights.safetensors").unlink()
    with pytest.raises(ModelDamagedError, match="No such file"):
        models.weights(model)


def test_weights_that_the_manifest_does_not_know_are_not_loaded(save: Save) -> None:
    with pytest.raises(ModelDamagedError):
        models.weights(save(files={}))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"format": 1', id="cut off"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b'{"format": 1, "name": "x"}', id="fields missing"),
    ],
)
def test_a_broken_manifest_is_a_damaged_model(save: Save, text: bytes) -> None:
    model = save()
    (model.path / "manifest.json").write_bytes(text)
    with pytest.raises(ModelDamagedError) as caught:
        models.read(model.path)
    assert caught.value.path == model.path / "manifest.json"
    assert "train it again" in caught.value.hint


def test_a_damaged_manifest_names_the_field(save: Save) -> None:
    model = save()
    file = model.path / "manifest.json"
    content = json.loads(file.read_text())
    content["operating_point"]["patch"]["value"] = "high"
    file.write_text(json.dumps(content))
    with pytest.raises(ModelDamagedError, match=r"operating_point\.patch\.value"):
        models.read(model.path)


def test_a_model_of_a_newer_hpscan_is_not_called_damaged(save: Save) -> None:
    model = save()
    file = model.path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2, "invented_later": True}))
    with pytest.raises(ModelError, match="another format") as caught:
        models.read(model.path)
    assert not isinstance(caught.value, ModelDamagedError)
    assert "install" in caught.value.hint


@pytest.mark.parametrize("where", ["", "nothing", "file"])
def test_where_no_model_lies_none_is_found(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelNotFoundError, match="holds no model"):
        models.read(tmp_path / where)


# --- finding


def test_the_newest_model_is_found_when_none_is_named(save: Save) -> None:
    save("older", days=0)
    save("newest", days=2)
    save("old", days=1)
    assert chosen.default().model.manifest.name == "newest"
    assert [m.manifest.name for m in models.stored()[0]] == ["newest", "old", "older"]


def test_a_model_is_found_by_its_name_or_by_its_path(save: Save, tmp_path: Path) -> None:
    save("mine")
    save(tmp_path / "elsewhere")
    assert models.find("mine").path == folders.models() / "mine"
    assert models.find(str(tmp_path / "elsewhere")).path == tmp_path / "elsewhere"


def test_a_stored_name_comes_before_a_folder_of_that_name(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("mine")
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert models.find("mine").path == folders.models() / "mine"


def test_without_a_model_of_one_s_own_the_boxed_one_is_taken(save: Save) -> None:
    assert chosen.default().model.bundled
    save("mine")
    assert chosen.default().model.path.name == "mine"


def test_the_boxed_model_is_found_by_its_name_whatever_else_there_is(save: Save) -> None:
    save("mine")
    assert models.find("bundled").bundled
    assert "bundled" not in [m.path.name for m in models.stored()[0]]


def test_no_model_of_the_user_s_is_called_as_the_boxed_one() -> None:
    with pytest.raises(ModelError, match="ships with hpscan"):
        models.place("bundled", "cnn", None)
    assert models.place(None, "bundled", None).name == "bundled-2"


def test_the_boxed_model_is_not_removed() -> None:
    with pytest.raises(ModelError, match="is not removed"):
        models.remove("bundled")
    assert models.bundled().path.is_dir()


@pytest.mark.parametrize("name", ["nobody", "x" * 300, "~nosuchuser", "../mine", "a\0b"])
def test_a_model_that_is_not_there_is_not_found_and_the_hint_names_those_that_are(save: Save, name: str) -> None:
    save("mine")
    with pytest.raises(ModelNotFoundError) as caught:
        models.find(name)
    assert caught.value.hint == "stored models: mine, bundled"


def test_a_name_that_is_nearly_a_model_s_is_answered_with_it(save: Save) -> None:
    save("clinic-a")
    save("other")
    with pytest.raises(ModelNotFoundError) as caught:
        models.find("clinica")
    assert caught.value.hint == "did you mean clinic-a?"


def test_a_broken_model_hides_no_other(save: Save) -> None:
    save("good")
    (save("bad").path / "manifest.json").write_text("{")
    (folders.models() / "empty").mkdir()
    (folders.models() / ".half-written").mkdir()
    good, bad = models.stored()
    assert [m.manifest.name for m in good] == ["good"]
    assert [path.name for path, _ in bad] == ["bad", "empty"]
    assert all(reason for _, reason in bad)


# --- where a new one goes


def test_a_new_model_goes_where_it_is_told(tmp_path: Path) -> None:
    assert models.place("mine", "redness", None) == folders.models() / "mine"
    assert models.place("mine", "redness", tmp_path / "out") == tmp_path / "out"


def test_a_new_model_without_a_name_takes_its_backend_s_first_free_one(save: Save) -> None:
    assert models.place(None, "redness", None) == folders.models() / "redness"
    save("redness")
    save("redness-2")
    assert models.place(None, "redness", None) == folders.models() / "redness-3"


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", "/x", ".hidden", "-rf", "a b", "a\n", "x" * 300])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="no name for a model"):
        models.place(name, "redness", None)
    with pytest.raises(ModelNotFoundError):
        models.removable(name)


@pytest.mark.parametrize("name", ["mine", "v1.2_b-3", "Größe"])
def test_a_usual_name_is_taken(name: str) -> None:
    assert models.place(name, "redness", None).name == name


def test_a_place_that_is_taken_is_told_before_training(save: Save, tmp_path: Path) -> None:
    save("mine")
    with pytest.raises(OutputExistsError):
        models.place("mine", "redness", None)
    assert models.place("mine", "redness", None, force=True) == folders.models() / "mine"
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("")
    with pytest.raises(OutputError, match="did not make"):
        models.place(None, "redness", tmp_path / "foreign", force=True)


# --- removing


def test_a_removed_model_is_gone_and_the_others_stay(save: Save) -> None:
    save("mine")
    save("yours")
    models.remove("mine")
    assert [m.manifest.name for m in models.stored()[0]] == ["yours"]


def test_a_broken_model_can_be_removed(save: Save) -> None:
    (save("bad").path / "manifest.json").write_text("{")
    models.remove("bad")
    assert models.stored() == ([], [])


def test_only_models_of_the_user_s_folder_can_be_removed(save: Save, tmp_path: Path) -> None:
    save("mine")
    elsewhere = save(tmp_path / "elsewhere").path
    for name in (str(elsewhere), "../../elsewhere", "elsewhere"):
        with pytest.raises(ModelNotFoundError) as caught:
            models.remove(name)
        assert caught.value.hint == "stored models: mine"
    assert elsewhere.is_dir()
