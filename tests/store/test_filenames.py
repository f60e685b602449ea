"""Names of files made from names of patients."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hpscan.store.filenames import LONGEST, unique_names

_PORTABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?<!\.)")
_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|index)(\..*)?", re.IGNORECASE)

_HARD = st.sampled_from(
    ["", ".", "..", "index", "INDEX", "con", "Nul.tar", "COM1", "a", "A", "a/b", "a\\b", "a_b", "..\u202egnp", "\ud800"]
)


@given(st.lists(st.one_of(_HARD, st.text(max_size=130), st.text("aA._-/", max_size=3)), max_size=12))
def test_every_name_gets_a_portable_stem_of_its_own(names: list[str]) -> None:
    stems = unique_names(names)
    assert len(stems) == len(names)
    assert len({stem.lower() for stem in stems}) == len(names)
    for stem in stems:
        assert len(stem) <= LONGEST
        assert _PORTABLE.fullmatch(stem)
        assert not _WINDOWS.fullmatch(stem)


def test_a_portable_name_stays_as_it_is() -> None:
    assert unique_names(["B22-101_0", "Patient1", "a.b"]) == ["B22-101_0", "Patient1", "a.b"]


def test_a_changed_name_is_readable_and_does_not_depend_on_its_neighbours() -> None:
    (alone,) = unique_names(["Jane/Doe <1>"])
    assert alone.startswith("Jane_Doe_1-")
    assert unique_names(["x", "Jane/Doe <1>", "Jane_Doe_1"])[1] == alone


def test_a_made_up_stem_never_takes_the_name_of_another_patient() -> None:
    (made,) = unique_names(["a/b"])
    stems = unique_names(["a/b", made])
    assert stems[1] == made
    assert stems[0] != made


def test_long_names_with_one_beginning_stay_apart() -> None:
    first, second = unique_names(["x" * 200, "x" * 201])
    assert first != second


def test_of_a_long_name_the_end_is_kept_where_patient_and_section_stand() -> None:
    (stem,) = unique_names(["/archive/" + "folder/" * 40 + "B22-7_0"])
    assert "B22-7_0-" in stem
