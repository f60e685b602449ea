"""Every note on a dataset has its words, in one place, with the numbers right and in singular and plural."""

from __future__ import annotations

import pytest

from hpscan.core.notes import Note, NoteKind, Rule
from hpscan.report.text.notes import describe_note, describe_rule

PAIR = ("slide-A.00000", "A.00000")


@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_has_words_in_singular_and_plural(kind: NoteKind) -> None:
    for items in (("x",), ("x", "y", "z")):
        n = len(items)
        # That a whole table was of no use is told with one name of each side, whatever the number.
        words = describe_note(Note(kind, PAIR if kind.useless else items, (("labels", n), ("diagnoses", n))))
        assert str(n) in words
        assert "\n" not in words
        assert not {"{", "}", "|"} & set(words)
        assert words[-1] not in ".:"
        assert "--" not in words  # flags belong to the command line


@pytest.mark.parametrize("kind", [kind for kind in NoteKind if not kind.useless])
def test_the_number_is_that_of_the_items(kind: NoteKind) -> None:
    assert "1,234 " in describe_note(Note(kind, ("x",) * 1234))


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (
            Note(NoteKind.NO_LABEL_USED, PAIR, (("labels", 24),)),
            "none of 24 labels was used: the tables say slide-A.00000, the patches are called A.00000",
        ),
        (
            Note(NoteKind.NO_DIAGNOSIS_USED, ("PatA", "A"), (("diagnoses", 2),)),
            "none of 2 diagnoses was used: the tables say PatA, the patients are called A",
        ),
        (
            Note(NoteKind.LABEL_WITHOUT_IMAGE, ("a", "b"), (("strangers", 1),)),
            "2 labels without an image, 1 of them of patients without a folder",
        ),
        (Note(NoteKind.LABEL_WITHOUT_IMAGE, ("a",)), "1 label without an image"),
        (
            Note(NoteKind.FOLDER_WITHOUT_DIAGNOSIS, ("A",)),
            "1 patient without a diagnosis; no table of diagnoses was found",
        ),
        (Note(NoteKind.FOLDER_WITHOUT_DIAGNOSIS, ("A",), (("tables", 1),)), "1 patient without a diagnosis"),
        (Note(NoteKind.DIAGNOSIS_WITHOUT_FOLDER, ("a", "b")), "2 diagnoses of patients without a folder"),
        (Note(NoteKind.FOLDER_UNREADABLE, ("a",)), "1 folder or file that could not be opened"),
    ],
)
def test_words_and_numbers(observed: Note, words: str) -> None:
    assert describe_note(observed) == words


@pytest.mark.parametrize("annotated", [0, 1])
def test_of_folders_in_no_part_it_is_told_what_they_were_taken_for(annotated: int) -> None:
    words = describe_note(Note(NoteKind.BARE_FOLDER, ("A",), (("annotated", annotated),)))
    assert ("taken for annotated patches" in words) is bool(annotated)


@pytest.mark.parametrize("which", Rule)
def test_every_rule_by_which_a_folder_is_a_patient_s_has_words(which: Rule) -> None:
    words = describe_rule(which, "Slide 1", "Case 7_Slide 1")
    assert words
    assert "\n" not in words
