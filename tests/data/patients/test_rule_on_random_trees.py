"""On random trees of folders every file that is found has one place, and every patient one name.

A longer run: HPSCAN_TREES=3000 pytest tests/data/patients/test_rule_on_random_trees.py
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpscan.core.errors import LayoutError
from hpscan.data.dataset.layout import Dataset, load
from hpscan.data.folders.walk import MAX_DEPTH

EXAMPLES = int(os.environ.get("HPSCAN_TREES", "100"))
FOLDERS = (
    "Patient1", "Patient2", "Case 7", "B22-1_0", "B22-1_1", "tiles", "20x", "Slide 1", "Slide 2", "healthy", "infected",
    "Cropped_Patches", "Annotated", "A", "Masks", ".hidden",
)  # fmt: skip
FILES = (
    "1.png",
    "2.jpg",
    "3.tif",
    "4.webp",
    "5.png.part",
    "6.svs",
    "7.zip",
    "8.txt",
    "9.csv",
    ".10.png",
    "11",
    "12.gif",
)

paths = st.lists(st.sampled_from(FOLDERS), min_size=0, max_size=4)
trees = st.lists(st.tuples(paths, st.sampled_from(FILES)), min_size=1, max_size=14, unique_by=str)


def _lay(root: Path, tree: list[tuple[list[str], str]]) -> set[Path]:
    files = set()
    for folders, name in tree:
        path = root.joinpath(*folders, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        files.add(path)
    return files


def _places(dataset: Dataset) -> Counter[Path]:
    """How often each file stands in the dataset: as a patch, set aside, or as a table."""
    top = dataset.evidence.top
    patches = [patch.path for patch in dataset.cohort.patches(augmented=True)]
    asides = [top / aside.file for aside in dataset.asides]
    tables = [remark.source for remark in dataset.evidence.tables.not_understood]
    return Counter([*patches, *asides, *tables, *dataset.tables])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_every_file_has_one_place_and_every_patch_one_patient(tree: list[tuple[list[str], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "data"
        files = _lay(root, tree)
        try:
            dataset = load(root)
        except LayoutError:
            return
        places = _places(dataset)
        hidden = {path for path in files if any(part.startswith(".") for part in path.relative_to(root).parts)}
        own = {path for path in files if "Masks" in path.parts}
        assert not [path for path in files - hidden - own if places[path] != 1]
        assert max(places.values()) == 1
        owners = Counter(patch.id for patient in dataset.everybody for patch in patient.patches)
        assert sum(owners.values()) == len(dataset.cohort.patches(augmented=True))
        ids = {patient.id for patient in dataset.everybody}
        assert {aside.patient for aside in dataset.asides} <= ids | {""}
        assert len(ids) == len(dataset.everybody)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_a_patients_own_folder_names_the_same_patient_or_stops(tree: list[tuple[list[str], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "data"
        _lay(root, tree)
        try:
            dataset = load(root)
        except LayoutError:
            return
        for one in dataset.evidence.folders:
            try:
                alone = load(one.path)
            except LayoutError:
                continue
            mine = {patch.path: patch.patient_id for patch in alone.cohort.patches(augmented=True)}
            assert {mine[one.path / image.name] for image in one.images if one.path / image.name in mine} <= {
                one.patient
            }


def test_the_depth_that_is_looked_at_is_below_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*[f"g{n}" for n in range(MAX_DEPTH)], "P1")
    deep.mkdir(parents=True)
    (deep / "1.png").write_bytes(b"x")
    (tmp_path / "P2").mkdir()
    (tmp_path / "P2/1.png").write_bytes(b"x")
    dataset = load(tmp_path)
    assert [patient.id for patient in dataset.cohort.patients] == ["P2"]
    assert [aside.kind.value for aside in dataset.asides] == ["too-deep"]
    assert [patient.id for patient in load(deep.parent).cohort.patients] == ["P1"]
