"""`hpscan diagnose --geojson`: the whole path from a drawn dataset to what QuPath imports."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.report.geojson import MARGIN, POSITIVE, SCORE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.store.models import StoredModel

    Run = Callable[..., Ran]

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def sections(phantom: Path, tmp_path: Path) -> Path:
    """Two slides of one patient, one of another, and for one window of four no coordinates."""
    root = tmp_path / "data"
    rows = ["Pat_ID,Section_ID,Window_ID,i,j,h,w"]
    for patient, section, source in (("B22-1", 0, 1), ("B22-1", 1, 2), ("B22-2", 0, 3)):
        folder = root / "Cropped_Patches" / f"{patient}_{section}"
        folder.mkdir(parents=True)
        for window in range(4):
            shutil.copy(phantom / "Cropped_Patches" / f"Patient{source}" / f"0000{window}.png", folder)
            if window:
                rows.append(f"{patient},{section},{window},{300 * window},1000,256,256")
    (root / "places.csv").write_text("\n".join(rows) + "\n")
    return root


def _features(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text("utf-8"))
    assert document["type"] == "FeatureCollection"
    return list(document["features"])


def test_a_drawn_dataset_becomes_a_file_a_slide(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    out, table = tmp_path / "slides", tmp_path / "w.csv"
    ran = hpscan("diagnose", phantom, "--model", trained.path, "--geojson", out, "--patches-csv", table)
    assert ran.code == 0
    assert f"Wrote {out}" in ran.err
    assert "no coordinates" not in ran.err
    assert {path.name for path in out.iterdir()} == {f"Patient{n}.geojson" for n in range(1, 17)} | {
        "hpscan-geojson.json"
    }
    rows = {row["patch"]: row for row in csv.DictReader(table.open())}
    places = {
        f"{row['Pat_ID']}.{int(row['Window_ID']):05d}": row
        for row in csv.DictReader((phantom / "WindowCoordinates.csv").open())
    }
    seen = set()
    for path in out.glob("*.geojson"):
        features = _features(path)
        assert len(features) == 10
        for feature in features:
            name, measured = feature["properties"]["name"], feature["properties"]["measurements"]
            seen.add(name)
            assert name.startswith(f"{path.stem}.")
            assert measured[SCORE] == float(rows[name]["score"])
            assert (measured[MARGIN] >= 0) is (rows[name]["positive"] == "True")
            assert (feature["properties"]["classification"]["name"] == POSITIVE) is (measured[MARGIN] >= 0)
            (ring,) = feature["geometry"]["coordinates"]
            x, y = int(places[name]["j"]), int(places[name]["i"])
            assert ring == [[x, y], [x + 256, y], [x + 256, y + 256], [x, y + 256], [x, y]]
    assert seen == set(rows)


def test_sections_are_slides_and_windows_without_a_place_are_counted(
    hpscan: Run, sections: Path, trained: StoredModel, tmp_path: Path
) -> None:
    out = tmp_path / "slides"
    ran = hpscan("diagnose", sections, "--model", trained.path, "--geojson", out)
    assert ran.code == 0
    assert "3 of 12 scored patches have no coordinates" in ran.err
    slides = ("B22-1_0", "B22-1_1", "B22-2_0")
    assert [len(_features(out / f"{slide}.geojson")) for slide in slides] == [3, 3, 3]
    record = json.loads((out / "hpscan-geojson.json").read_text())
    assert [(s["file"], s["patient"], s["section"], s["windows"], s["without_coordinates"]) for s in record["slides"]] == [
        ("B22-1_0.geojson", "B22-1", "0", 3, 1),
        ("B22-1_1.geojson", "B22-1", "1", 3, 1),
        ("B22-2_0.geojson", "B22-2", "0", 3, 1),
    ]  # fmt: skip
    assert record["without_coordinates"] == 3
    assert record["model"]["name"] == trained.manifest.name


def test_one_slide_is_one_file_and_several_are_refused_before_the_work(
    hpscan: Run, sections: Path, trained: StoredModel, tmp_path: Path
) -> None:
    one = tmp_path / "one.geojson"
    part = sections / "Cropped_Patches" / "B22-1_0"
    assert hpscan("diagnose", part, "--model", trained.path, "--geojson", one).code == 0
    assert len(_features(one)) == 3
    both = tmp_path / "both.json"
    ran = hpscan("diagnose", sections, "--model", trained.path, "--geojson", both)
    assert (ran.code, both.exists(), "scoring" in ran.err) == (2, False, False)
    assert str(both.with_suffix("")) in ran.err


def test_without_coordinates_nothing_is_scored_and_the_table_is_named(
    hpscan: Run, sections: Path, trained: StoredModel, tmp_path: Path
) -> None:
    (sections / "places.csv").unlink()
    ran = hpscan("diagnose", sections, "--model", trained.path, "--geojson", tmp_path / "slides")
    assert (ran.code, "scoring" in ran.err) == (4, False)
    assert "Window_ID, i, j, h, w" in ran.err
    assert not (tmp_path / "slides").exists()


def test_hostile_patient_names_stay_in_the_folder_and_apart(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    names = ['<img src=x onerror="a">', "<img src=x onerror='a'>", "\u202egnp.exe", "index", "-rf"]
    root = tmp_path / "data"
    rows = ["Pat_ID,Section_ID,Window_ID,i,j,h,w"]
    for source, name in enumerate(names, 1):
        shutil.copytree(phantom / "Cropped_Patches" / f"Patient{source}", root / "Cropped_Patches" / name)
        quoted = name.replace('"', '""')
        rows += [f'"{quoted}",,{window},{300 * window},0,256,256' for window in range(10)]
    (root / "places.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "slides"
    assert hpscan("diagnose", root, "--model", trained.path, "--geojson", out).code == 0
    files = {
        slide["patient"]: slide["file"] for slide in json.loads((out / "hpscan-geojson.json").read_text())["slides"]
    }
    assert set(files) == set(names)
    assert len(set(files.values())) == len(names)
    for name, file in files.items():
        assert file.isascii()
        assert all(f["properties"]["name"].startswith(f"{name}.") for f in _features(out / file))


def test_only_a_folder_of_hpscans_is_replaced_and_only_when_forced(
    hpscan: Run, sections: Path, trained: StoredModel, tmp_path: Path
) -> None:
    ask = ("diagnose", sections, "--model", trained.path, "--geojson")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("precious")
    assert hpscan(*ask, mine, "--force").code == 4
    assert (mine / "thesis.txt").read_text() == "precious"
    assert hpscan(*ask, tmp_path / "nowhere" / "slides").code == 4
    assert not (tmp_path / "nowhere").exists()
    out = tmp_path / "slides"
    assert [hpscan(*ask, out, *more).code for more in ((), (), ("--force",))] == [0, 4, 0]


def test_outputs_that_would_overwrite_each_other_are_refused(
    hpscan: Run, sections: Path, trained: StoredModel, tmp_path: Path
) -> None:
    ask = ("diagnose", sections, "--model", trained.path)
    same = hpscan(*ask, "--geojson", tmp_path / "x.json", "--csv", tmp_path / "x.json")
    within = hpscan(*ask, "--geojson", tmp_path / "slides", "--csv", tmp_path / "slides" / "p.csv")
    assert (same.code, within.code) == (2, 2)


def test_copies_have_places_of_their_own_with_the_score_of_their_original(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    folder = tmp_path / "Cropped_Patches" / "P1"
    folder.mkdir(parents=True)
    rows = ["Pat_ID,Window_ID,i,j,h,w"]
    for window in range(4):
        source = "00000.png" if window < 3 else "00001.png"
        shutil.copy(phantom / "Cropped_Patches" / "Patient1" / source, folder / f"{window}.png")
        rows.append(f"P1,{window},{300 * window},0,256,256")
    (tmp_path / "places.csv").write_text("\n".join(rows) + "\n")
    hpscan("diagnose", tmp_path, "--model", trained.path, "--geojson", tmp_path / "one.geojson")
    features = _features(tmp_path / "one.geojson")
    scores = {feature["properties"]["name"]: feature["properties"]["measurements"][SCORE] for feature in features}
    assert sorted(scores) == ["P1.0", "P1.1", "P1.2", "P1.3"]
    assert scores["P1.0"] == scores["P1.1"] == scores["P1.2"] != scores["P1.3"]
    assert len({feature["id"] for feature in features}) == 4
