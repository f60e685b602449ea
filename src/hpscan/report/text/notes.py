"""Notes on a dataset in words: the only place that words them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.notes import NoteKind, Rule
from hpscan.report.text.numbers import counted

if TYPE_CHECKING:
    from hpscan.core.notes import Note

WORDS = "negativa, negative, healthy, uninfected; baixa, baja, low; alta, alto, high; positiva, positive, infected"
"""The words of diagnoses, in short; docs/reference/data-layouts.md has them all."""

_TEXT = {
    NoteKind.TABLE_NOT_UNDERSTOOD: "table|{} not understood and not used",
    NoteKind.ROW_NOT_UNDERSTOOD: (
        f"row|{{}} not used, or only in part: no usable patient, patch, label or place (diagnoses are {WORDS})"
    ),
    NoteKind.ROW_WITHDRAWN: "label|{} marked as cropped or deleted by the table itself, not used",
    NoteKind.ROW_CONTRADICTS_ITSELF: "row|{} whose columns name different patches or patients, not used",
    NoteKind.BINARY_LABELS: "table|{} with labels 0 and 1 only: 0 was read as negative, not as uncertain",
    NoteKind.AUGMENTED_LABEL_WITHOUT_IMAGE: (
        "label|{} of augmented copies without an image; the copies are usually not published"
    ),
    NoteKind.LABEL_AMBIGUOUS: "label|{} that could mean several images, used for none",
    NoteKind.LABEL_TWICE: "label|{} given twice in one table, with the same value",
    NoteKind.LABEL_CONTRADICTORY: ("patch/patches|{} labelled with different values in one table, taken as uncertain"),
    NoteKind.TABLES_DISAGREE: (
        "patch/patches|{} labelled with different values in different tables, taken as uncertain"
    ),
    NoteKind.IMAGE_WITHOUT_LABEL: "annotated patch/annotated patches|{} without a label",
    NoteKind.COORDINATES_DISAGREE: ("patch/patches|{} with different coordinates in the tables, taken as having none"),
    NoteKind.COORDINATES_WITHOUT_IMAGE: (
        "patch/patches|{} with coordinates and without an image, or with several that could be meant"
    ),
    NoteKind.DIAGNOSIS_WITHOUT_FOLDER: "diagnosis/diagnoses|{} of patients without a folder",
    NoteKind.NAME_NEARLY: (
        "diagnosis/diagnoses|{} whose patient differs from a folder's name only in zeros, spaces or hyphens, not used"
    ),
    NoteKind.DIAGNOSIS_TWICE: "diagnosis/diagnoses|{} given twice in one table, with the same value",
    NoteKind.DIAGNOSIS_CONTRADICTORY: "patient|{} with contradictory diagnoses: the density counts as unknown",
    NoteKind.POSITIVE_PATCH_IN_NEGATIVE_PATIENT: "patient|{} diagnosed negative with a patch labelled positive",
    NoteKind.FOLDER_OUTSIDE: "image|{} beside the dataset's parts, not read",
    NoteKind.FOLDER_AGAINST_DIAGNOSIS: (
        "patient|{} in a class folder (healthy, infected or the like) that the diagnosis or another folder contradicts"
    ),
    NoteKind.FOLDER_NAMES_ONLY: (
        "patient|{} whose diagnosis is known only from a folder called healthy, infected or the like"
    ),
    NoteKind.SEVERAL_PATIENTS_IN_NAMES: (
        "patient|{} whose file names look like those of several patients: say which with `patient_from`"
    ),
    NoteKind.NAME_FROM_ABOVE: "patient|{} named after the folder above the one that was asked for",
    NoteKind.PATIENT_WITHOUT_PATCH: "patient|{} in whose folder no patch could be listed",
    NoteKind.HELD_OUT: "patient|{} set aside for testing by the dataset itself (HoldOut)",
    NoteKind.SAME_STEM_TWICE: (
        "name|{} that several files of one folder share up to the suffix; no label is given to them"
    ),
    NoteKind.FOLDER_TWICE: "folder|{} found in several places of one part; their patches count for one patient",
    NoteKind.FOLDER_SEEN_TWICE: "folder|{} reached twice through links, read once",
    NoteKind.FOLDER_WITHOUT_IMAGE: "folder|{} without an image",
    NoteKind.FOLDER_UNREADABLE: "folder or file/folders and files|{} that could not be opened",
    NoteKind.LOOSE_IMAGE: "image|{} in no patient's folder, or deeper in one, not used",
    NoteKind.OTHER_FORMAT: "file|{} that may be patches in a format that is not read, or not whole",
    NoteKind.WHOLE_SLIDE: "whole slide|{}, not read: cut them into patches first",
    NoteKind.ARCHIVE: "archive|{}, not read: unpack them first",
    NoteKind.TOO_DEEP: "image|{} in folders that lie too deep, not used",
    NoteKind.HIDDEN_IMAGE: "hidden image|{}, not used",
    NoteKind.COLOUR_PROFILE_UNREADABLE: (
        "patch/patches|{} with a colour profile that could not be read; colours were taken as they are"
    ),
    NoteKind.OTHER_FILES: "file|{} of other kinds, not used",
}
"""`nouns|text`: `{}` stands for the number of items with its noun."""


def describe_note(note: Note) -> str:
    """A note as one line, with the count in it and what follows from it."""
    match note.kind:
        case NoteKind.NO_LABEL_USED:
            label, patch = note.items
            return (
                f"none of {counted(note.number('labels'), 'label')} was used: the tables say {label}, "
                f"the patches are called {patch}"
            )
        case NoteKind.NO_DIAGNOSIS_USED:
            code, name = note.items
            return (
                f"none of {counted(note.number('diagnoses'), 'diagnosis', 'diagnoses')} was used: the tables say {code}, "
                f"the patients are called {name}"
            )
        case NoteKind.LABEL_WITHOUT_IMAGE:
            strangers = note.number("strangers")
            whose = f", {strangers:,} of them of patients without a folder" if strangers else ""
            text = f"label|{{}} without an image{whose}"
        case NoteKind.IDENTICAL_LABELLED_DIFFERENTLY:
            patches = note.number("patches")
            whole = f", {patches:,} patches in all" if patches else ""
            text = f"set|{{}} of identical patches with different labels{whole}"
        case NoteKind.FOLDER_WITHOUT_DIAGNOSIS:
            why = "" if note.number("tables") else "; no table of diagnoses was found"
            text = f"patient|{{}} without a diagnosis{why}"
        case NoteKind.INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH:
            infected = note.number("infected")
            text = f"patient|{{}} of {infected:,} infected ones with labelled patches, none of them positive"
        case NoteKind.BARE_FOLDER:
            why = (
                "annotated patches, since most of them are labelled"
                if note.number("annotated")
                else "all patches of a biopsy (cropped), since few or none are labelled"
            )
            text = f"folder|{{}} in no part such as Cropped_Patches: taken for {why}"
        case _:
            text = _TEXT[note.kind]
    nouns, _, rest = text.partition("|")
    singular, _, plural = nouns.partition("/")
    return rest.format(counted(len(note.items), singular, plural or None))


def describe_rule(rule: Rule, folder: str, label: str) -> str:
    """By which rule a folder's images were given to its patient, in words."""
    return {
        Rule.NAME: "the outermost folder with a name of its own that holds images is the patient's",
        Rule.TILES: f"{folder} is a folder of tiles: its images are those of the folder above",
        Rule.SLIDE: f"{folder} is a slide of the patient whose folder is above: tables call it {label}",
        Rule.ASKED: "the folder that was asked for holds the images itself: it is the patient's",
        Rule.ABOVE: f"{folder} is a folder of tiles or a slide: the folder above it names the patient",
        Rule.OPTION: "`patient_from` says so",
    }[rule]
