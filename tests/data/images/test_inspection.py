from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dataset_builder import patch
from hpscan.core.cohort import Origin, Patch, PatchLabel
from hpscan.data.dataset.layout import load
from hpscan.data.images.inspection import alike, inspect, likeness
from hpscan.phantom.cohort import draw_patch

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Progress


def listed(root: Path, name: str, seed: int, origin: Origin = Origin.CROPPED, label: PatchLabel | None = None) -> Patch:
    """A patch `<patient>/<stem>` whose bytes are told by the seed."""
    patient = name.split("/", maxsplit=1)[0]
    path = patch(root / origin / f"{name}.png", seed)
    return Patch(name.replace("/", "."), patient, "", path, origin, label)


def test_duplicates_are_counted_within_a_patient_and_an_origin(tmp_path: Path) -> None:
    a, b, c = (listed(tmp_path, f"P1/{n}", 1) for n in "abc")
    elsewhere = listed(tmp_path, "P1/a", 1, Origin.ANNOTATED)
    other = listed(tmp_path, "P1/d", 2)
    found = inspect([a, b, c, elsewhere, other])
    assert found.duplicates == {b: a, c: a}
    assert found.shared == ()


def test_patients_that_share_images_are_linked_through_others(tmp_path: Path) -> None:
    content = {"P1/a": 1, "P2/a": 1, "P2/b": 2, "P10/a": 2, "P4/a": 3, "P5/a": 4, "P6/a": 4}
    found = inspect([listed(tmp_path, name, seed) for name, seed in content.items()])
    assert {tuple(p.id for p in group) for group in found.shared} == {
        ("P1.a", "P2.a"),
        ("P2.b", "P10.a"),
        ("P5.a", "P6.a"),
    }
    assert found.linked_patients == (("P1", "P2", "P10"), ("P5", "P6"))
    assert found.duplicates == {}


def test_same_bytes_with_different_labels_contradict_each_other(tmp_path: Path) -> None:
    a = listed(tmp_path, "P1/a", 1, label=PatchLabel.POSITIVE)
    b = listed(tmp_path, "P2/b", 1, label=PatchLabel.NEGATIVE)
    c, d = listed(tmp_path, "P1/c", 2, label=PatchLabel.POSITIVE), listed(tmp_path, "P1/d", 2)
    assert inspect([a, b, c, d]).contradictory == ((a, b),)


@pytest.mark.parametrize("decode", [True, False])
def test_unreadable_files_are_rejected_with_a_reason(tmp_path: Path, decode: bool) -> None:
    good, empty, damaged, gone = (listed(tmp_path, f"P1/{n}", i) for i, n in enumerate(["a", "b", "c", "d"]))
    empty.path.write_bytes(b"")
    damaged.path.write_bytes(b"no image")
    gone.path.unlink()
    found = inspect([good, empty, damaged, gone], decode=decode)
    assert set(found.rejected) == ({empty, damaged, gone} if decode else {empty, gone})
    assert set(found.digest) == {good, damaged}
    assert found.sizes == ({(32, 32): 1} if decode else {})


def test_the_fingerprint_follows_bytes_and_ids_and_not_their_order(tmp_path: Path) -> None:
    a, b = listed(tmp_path, "P1/a", 1), listed(tmp_path, "P1/b", 2)
    first = inspect([a, b], decode=False).fingerprint
    assert inspect([b, a]).fingerprint == first
    assert inspect([replace(a, id="P1.x"), b]).fingerprint != first
    patch(a.path, 3)
    assert inspect([a, b]).fingerprint != first


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    calls: list[Progress] = []
    inspect([listed(tmp_path, f"P1/{n}", n) for n in range(40)], progress=calls.append)
    assert [call.done for call in calls] == [32, 40]
    assert {call.total for call in calls} == {40}


def test_an_interrupt_in_the_progress_gets_through(tmp_path: Path) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspect([listed(tmp_path, f"P1/{n}", n) for n in range(40)], progress=interrupt)


def test_broken_files_and_empty_glass_link_no_patients(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / f"Patient{number}"
        folder.mkdir()
        (folder / "broken.png").write_bytes(b"no image")
        Image.fromarray(np.full((64, 64, 3), 240, np.uint8)).save(folder / "glass.png")
    assert inspect(load(tmp_path).cohort.patches(), decode=False).linked_patients == ()


def test_a_likeness_survives_saving_again_and_tells_images_apart(tmp_path: Path) -> None:
    path = tmp_path / "1.png"
    one, other = (draw_patch(np.random.default_rng(seed)).image for seed in (1, 2))
    Image.fromarray(one).save(path)
    saved = likeness(Patch("a", "P", "", path, Origin.CROPPED))
    Image.fromarray(one).save(tmp_path / "1.jpg", quality=70)
    again = likeness(Patch("a", "P", "", tmp_path / "1.jpg", Origin.CROPPED))
    Image.fromarray(other).save(path)
    assert alike(saved, again)
    assert not alike(saved, likeness(Patch("a", "P", "", path, Origin.CROPPED)))


def test_images_without_content_are_like_nothing(tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64, 3), 240, np.uint8)).save(tmp_path / "1.png")
    blank = likeness(Patch("a", "P", "", tmp_path / "1.png", Origin.CROPPED))
    gone = likeness(Patch("a", "P", "", tmp_path / "gone.png", Origin.CROPPED))
    assert (blank, gone) == ("", "")
    assert not alike(blank, gone)


def test_a_name_that_is_no_utf_8_has_a_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    patch(folder / "1.png")
    dataset = load(tmp_path)
    assert inspect(dataset.cohort.patches()).fingerprint
