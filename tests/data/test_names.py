from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpscan.data.names import is_augmented, natural, split_folder, window_key


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Patient1", ("Patient1", "")),
        ("Patient_1", ("Patient_1", "")),
        ("B22-101", ("B22-101", "")),
        ("B22-101_0", ("B22-101", "0")),
        ("B22-54_1", ("B22-54", "1")),
        ("B22-54_01", ("B22-54", "1")),
        ("B22-94__1", ("B22-94", "1")),
        ("B22-94-1", ("B22-94", "1")),
        ("B22-94-1_0", ("B22-94", "1_0")),
        ("2022-101-1", ("2022-101-1", "")),
        ("control", ("control", "")),
        ("_7", ("_7", "")),
    ],
)
def test_a_folder_names_a_patient_and_a_section(folder: str, expected: tuple[str, str]) -> None:
    assert split_folder(folder) == expected


def test_a_code_of_the_diagnosis_table_is_a_patient_as_a_whole() -> None:
    assert split_folder("B22-94-1", frozenset({"B22-94-1"})) == ("B22-94-1", "")
    assert split_folder("B22-94-1_2", frozenset({"B22-94-1"})) == ("B22-94-1", "2")
    assert split_folder("B22-7_1", frozenset({"B22-7_1"})) == ("B22-7_1", "")


@given(
    st.from_regex(r"[A-Z][0-9]{2}-[0-9]{1,4}", fullmatch=True), st.integers(0, 99), st.sampled_from(["_", "__", "-"])
)
def test_all_sections_of_a_patient_have_one_base(base: str, section: int, joint: str) -> None:
    assert split_folder(f"{base}{joint}{section}") == (base, str(section))


@given(st.text(max_size=12))
def test_no_folder_loses_its_patient(name: str) -> None:
    base, section = split_folder(name)
    assert name.startswith(base)
    assert bool(base) == bool(name)
    assert (base == name) == (section == "")


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_spellings_of_one_window_are_one_key(window: int, zeros: int) -> None:
    padded = "0" * zeros + str(window)
    assert {window_key(t) for t in (str(window), padded, f"{padded}.0", f" {padded} ")} == {str(window)}
    assert window_key(f"{padded}_Aug3") == window_key(f"{window}_aug3") != window_key(str(window))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_different_windows_have_different_keys(a: int, b: int) -> None:
    assert (window_key(f"{a:05d}") == window_key(str(b))) == (a == b)


def test_a_window_that_is_no_number_stays_as_it_is() -> None:
    assert window_key("left_180") == "left_180"
    assert window_key("1.5") == "1.5"


def test_augmented_copies_are_told_by_their_name() -> None:
    assert is_augmented("00900_Aug12")
    assert not is_augmented("00900")
    assert not is_augmented("August")


def test_natural_order_counts() -> None:
    assert sorted(["Patient10", "Patient2", "B22-9", "B22-10"], key=natural) == [
        "B22-9",
        "B22-10",
        "Patient2",
        "Patient10",
    ]
