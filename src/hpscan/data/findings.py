"""Looks over a loaded dataset and words what a researcher should know about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpscan.core.cohort import Density, Origin, PatchLabel
from hpscan.data.names import natural
from hpscan.data.notes import Note, NoteKind, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Cohort
    from hpscan.data.folders import Found
    from hpscan.data.labels import Remark, Tables
    from hpscan.data.matching import BoxMatch, DiagnosisMatch, LabelMatch, Placed


def observe(
    cohort: Cohort,
    *,
    found: Found,
    placed: Sequence[Placed],
    tables: Tables,
    match: LabelMatch,
    places: BoxMatch,
    diagnoses: DiagnosisMatch,
    top: Path,
    whole: bool,
    bare: Origin | None,
) -> tuple[Note, ...]:
    """The notes on a dataset.

    Args:
        cohort: What was made of it.
        found: What lies in its folders.
        placed: The same, image by image, with the patient that each belongs to.
        tables: What its tables say.
        match: Which labels found their images.
        places: Which places on a slide did.
        diagnoses: The diagnoses by code.
        top: The folder that was asked for.
        whole: Whether that is a whole dataset; of a part, other patients are not missed.
        bare: What folders in no named part were taken for; None where there are none.
    """
    desk = _Desk(top)
    desk.tables(tables)
    desk.labels(cohort, match, whole=whole)
    desk.places(places, tables, whole=whole)
    desk.diagnoses(cohort, tables, diagnoses, whole=whole)
    desk.folders_against_diagnoses(placed, diagnoses)
    desk.labels_against_diagnoses(cohort)
    desk.folders(cohort, found, bare)
    return tuple(desk.notes)


class _Desk:
    """Where notes are written."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self.notes: list[Note] = []

    def _add(self, kind: NoteKind, items: Iterable[str], message: str) -> None:
        """Adds a note if there are items; `{}` in `noun|text` stands for their number and the noun."""
        items = tuple(items)
        if not items:
            return
        nouns, _, rest = message.partition("|")
        singular, _, plural = nouns.partition("/")
        self.notes.append(Note(kind, rest.format(counted(len(items), singular, plural or None)), items))

    def _name(self, path: Path) -> str:
        """A path as seen from the folder that was asked for."""
        if path.is_relative_to(self._top):
            return path.relative_to(self._top).as_posix()
        return path.as_posix()

    def _remarks(self, remarks: Iterable[Remark]) -> Iterable[str]:
        return (f"{self._name(remark.source)}: {remark.reason}" for remark in remarks)

    def tables(self, tables: Tables) -> None:
        """What could not be read in the tables."""
        self._add(
            NoteKind.TABLE_NOT_UNDERSTOOD,
            self._remarks(tables.not_understood),
            "table|{} not understood and not used",
        )
        self._add(
            NoteKind.ROW_NOT_UNDERSTOOD,
            self._remarks(tables.bad_rows),
            "row|{} not used, or only in part: no usable code, window, value or place",
        )
        self._add(
            NoteKind.ROW_WITHDRAWN,
            self._remarks(tables.withdrawn),
            "label|{} marked as cropped or deleted by the table itself, not used",
        )
        self._add(
            NoteKind.BINARY_LABELS,
            map(self._name, tables.binary),
            "table|{} with labels 0 and 1 only: 0 was read as negative, not as uncertain",
        )

    def labels(self, cohort: Cohort, match: LabelMatch, *, whole: bool) -> None:
        """Labels and images that did not find each other, and labels that contradict each other."""
        annotated = {p.patient_id for p in cohort.patches() if p.origin is Origin.ANNOTATED}
        known = {patient.id for patient in cohort.patients}
        missing = [row for base, row in match.missing if whole or base in annotated]
        strangers = sum(whole and base not in known and not row.augmented for base, row in match.missing)
        whose = f", {strangers:,} of them of patients without a folder" if strangers else ""
        self._add(
            NoteKind.LABEL_WITHOUT_IMAGE,
            (f"{row.folder}.{row.window}" for row in missing if not row.augmented),
            f"label|{{}} without an image{whose}",
        )
        self._add(
            NoteKind.AUGMENTED_LABEL_WITHOUT_IMAGE,
            (f"{row.folder}.{row.window}" for row in missing if row.augmented),
            "label|{} of augmented copies without an image; the copies are usually not published",
        )
        self._add(
            NoteKind.LABEL_AMBIGUOUS,
            match.ambiguous,
            "label|{} that could mean several images, given to none",
        )
        self._add(NoteKind.LABEL_TWICE, match.twice, "label|{} given twice in one table, with the same value")
        self._add(
            NoteKind.LABEL_CONTRADICTORY,
            match.contradictory,
            "patch/patches|{} labelled with different values in one table, taken as uncertain",
        )
        self._add(
            NoteKind.TABLES_DISAGREE,
            match.disagreeing,
            "patch/patches|{} labelled with different values in different tables, taken as uncertain",
        )
        self._add(
            NoteKind.IMAGE_WITHOUT_LABEL,
            (p.id for p in cohort.patches() if p.origin is Origin.ANNOTATED and p.label is None),
            "annotated patch/annotated patches|{} without a label",
        )

    def places(self, places: BoxMatch, tables: Tables, *, whole: bool) -> None:
        """Coordinates that contradict each other, or that no image answers to and no label's note tells of."""
        self._add(
            NoteKind.COORDINATES_DISAGREE,
            places.disagreeing,
            "patch/patches|{} with different coordinates in the tables, taken as having none",
        )
        told = {f"{row.folder}.{row.window}" for row in tables.labels}
        self._add(
            NoteKind.COORDINATES_WITHOUT_IMAGE,
            (name for name in places.missing if whole and name not in told),
            "window|{} with coordinates and without an image, or with several that could be meant",
        )

    def diagnoses(self, cohort: Cohort, tables: Tables, diagnoses: DiagnosisMatch, *, whole: bool) -> None:
        """Patients without a diagnosis, diagnoses without a patient, and those that contradict each other."""
        known = {patient.id for patient in cohort.patients}
        mine = (code for code in diagnoses.by_code if whole)
        self._add(
            NoteKind.DIAGNOSIS_WITHOUT_FOLDER,
            sorted((code for code in mine if code not in known), key=natural),
            "diagnosis/diagnoses|{} of patients without a folder",
        )
        named = [p for p in cohort.patients if p.infected is not None and p.id not in diagnoses.by_code]
        unknown = [p.id for p in cohort.patients if p.infected is None and p.id not in diagnoses.by_code]
        why = "" if tables.diagnoses else "; no table of diagnoses was found"
        self._add(NoteKind.FOLDER_WITHOUT_DIAGNOSIS, unknown, f"patient|{{}} without a diagnosis{why}")
        self._add(
            NoteKind.FOLDER_NAMES_ONLY,
            (patient.id for patient in named),
            "patient|{} whose diagnosis is known only from a folder called healthy or unhealthy",
        )

        def ours(said: str) -> bool:
            return whole or said.partition(":")[0] in known

        self._add(
            NoteKind.DIAGNOSIS_TWICE,
            filter(ours, diagnoses.twice),
            "diagnosis/diagnoses|{} given twice in one table, with the same value",
        )
        self._add(
            NoteKind.DIAGNOSIS_CONTRADICTORY,
            filter(ours, diagnoses.contradictory),
            "patient|{} with contradictory diagnoses: the density counts as unknown",
        )

    def folders_against_diagnoses(self, placed: Sequence[Placed], diagnoses: DiagnosisMatch) -> None:
        """Patients in a folder called healthy or unhealthy that the diagnosis, or another folder, denies."""
        folders: dict[str, dict[str, bool]] = defaultdict(dict)
        for image in placed:
            if image.folder.part.infected is not None:
                folders[image.base][image.folder.path.parent.name] = image.folder.part.infected
        against = []
        for base, names in folders.items():
            said = diagnoses.by_code.get(base)
            infected = next(iter(names.values())) if said is None else said.infected
            if any(claimed is not infected for claimed in names.values()):
                against.append(f"{base}: in {' and '.join(sorted(names))}")
        self._add(
            NoteKind.FOLDER_AGAINST_DIAGNOSIS,
            against,
            "patient|{} in a folder (healthy, unhealthy) that the diagnosis or another folder contradicts",
        )

    def labels_against_diagnoses(self, cohort: Cohort) -> None:
        """Where labels of patches and diagnoses of patients do not fit."""
        positive: dict[str, list[str]] = defaultdict(list)
        silent = []
        infected = 0
        for patient in cohort.patients:
            labels = [p.label for p in patient.patches if p.label is not None and not p.augmented]
            hits = [p.id for p in patient.patches if p.label is PatchLabel.POSITIVE and not p.augmented]
            if patient.density is Density.NEGATIVE or patient.infected is False:
                if hits:
                    positive[patient.id] = hits
            elif patient.infected and labels:
                infected += 1
                if not hits:
                    silent.append(patient.id)
        self._add(
            NoteKind.POSITIVE_PATCH_IN_NEGATIVE_PATIENT,
            (f"{patient}: {', '.join(ids)}" for patient, ids in positive.items()),
            "patient|{} diagnosed negative with a patch labelled positive",
        )
        self._add(
            NoteKind.INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH,
            silent,
            f"patient|{{}} of {infected:,} infected ones with labelled patches, none of them positive",
        )

    def folders(self, cohort: Cohort, found: Found, bare: Origin | None) -> None:
        """What is particular about the folders and files."""
        if bare is not None:
            names = [self._name(f.path) for f in found.folders if f.part.origin is None]
            why = (
                "annotated patches, since most of them are labelled"
                if bare is Origin.ANNOTATED
                else "all patches of a biopsy (cropped), since few or none are labelled"
            )
            self._add(NoteKind.BARE_FOLDER, names, f"folder|{{}} in no part such as Cropped_Patches: taken for {why}")
        self._add(
            NoteKind.FOLDER_OUTSIDE,
            (self._name(folder.path) for folder in found.outside),
            "folder|{} of images beside the dataset's parts, not read",
        )
        self._add(
            NoteKind.HELD_OUT,
            (patient.id for patient in cohort.patients if patient.held_out),
            "patient|{} set aside for testing by the dataset itself (HoldOut)",
        )
        shared = []
        for folder in found.folders:
            stems = Counter(image.name[: image.name.rindex(".")] for image in folder.images)
            if len(stems) < len(folder.images):
                shared += [f"{self._name(folder.path)}/{stem}" for stem, n in stems.items() if n > 1]
        self._add(
            NoteKind.SAME_STEM_TWICE,
            shared,
            "name|{} that several files of one folder share up to the suffix; no label is given to them",
        )
        places: dict[tuple[Origin | None, str], list[str]] = defaultdict(list)
        for folder in found.folders:
            places[folder.part.origin, folder.path.name].append(self._name(folder.path))
        self._add(
            NoteKind.FOLDER_TWICE,
            (" and ".join(where) for where in places.values() if len(where) > 1),
            "folder|{} found in several places of one part; their patches count for one patient",
        )
        for kind, paths, message in (
            (NoteKind.FOLDER_SEEN_TWICE, found.seen_twice, "folder|{} reached twice through links, read once"),
            (NoteKind.FOLDER_WITHOUT_IMAGE, found.empty, "folder|{} without an image"),
            (
                NoteKind.FOLDER_UNREADABLE,
                found.unreadable,
                "folder|{} that could not be read, or lies too deep",
            ),
            (NoteKind.LOOSE_IMAGE, found.loose, "image|{} in no patient's folder, not used"),
            (NoteKind.OTHER_FILES, found.others, "file|{} of other kinds, not used"),
        ):
            self._add(kind, map(self._name, paths), message)
