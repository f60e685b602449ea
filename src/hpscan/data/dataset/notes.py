"""Looks over a loaded dataset and notes what a researcher should know about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind
from hpscan.core.cohort import Density, Origin, PatchLabel
from hpscan.core.notes import Note, NoteKind
from hpscan.data.names import Lookup, natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Cohort
    from hpscan.data.dataset.matching import BoxMatch, DiagnosisMatch, LabelMatch
    from hpscan.data.dataset.placing import Placed
    from hpscan.data.folders.walk import Tree
    from hpscan.data.patients.folders import Folder, People
    from hpscan.data.tables.rows import Remark, Tables

_ASIDES = {
    AsideKind.OUTSIDE: NoteKind.FOLDER_OUTSIDE,
    AsideKind.UNREADABLE: NoteKind.FOLDER_UNREADABLE,
    AsideKind.TOO_DEEP: NoteKind.TOO_DEEP,
    AsideKind.LOOSE: NoteKind.LOOSE_IMAGE,
    AsideKind.OTHER_FORMAT: NoteKind.OTHER_FORMAT,
    AsideKind.WHOLE_SLIDE: NoteKind.WHOLE_SLIDE,
    AsideKind.ARCHIVE: NoteKind.ARCHIVE,
    AsideKind.HIDDEN: NoteKind.HIDDEN_IMAGE,
    AsideKind.OTHER: NoteKind.OTHER_FILES,
}


def observe(
    cohort: Cohort,
    *,
    tree: Tree,
    people: People,
    placed: Sequence[Placed],
    tables: Tables,
    match: LabelMatch,
    places: BoxMatch,
    diagnoses: DiagnosisMatch,
    top: Path,
    whole: bool,
    bare: Origin | None,
    mixed: Mapping[str, tuple[str, ...]],
) -> tuple[Note, ...]:
    """The notes on a dataset, what made a table useless first.

    Args:
        cohort: What was made of it.
        tree: What lies in its folders.
        people: Whose it is.
        placed: The same, image by image, with the patient that each belongs to.
        tables: What its tables say.
        match: Which labels found their images.
        places: Which places on a slide did.
        diagnoses: The diagnoses by patient or code.
        top: The folder that was asked for.
        whole: Whether that is a whole dataset; of a part, other patients are not looked for.
        bare: What folders in no named part were taken for; None where there are none.
        mixed: Patients whose file names seem to name several.
    """
    desk = _Desk(top, cohort, people, whole=whole)
    desk.useless(placed, match, tables, diagnoses)
    desk.tables(tables, match)
    desk.labels(match)
    desk.places(places, tables)
    desk.diagnoses(tables, diagnoses)
    desk.folders_against_diagnoses(placed, diagnoses)
    desk.labels_against_diagnoses()
    desk.folders(tree, bare, mixed)
    return tuple(desk.notes)


class _Desk:
    """Where notes are written."""

    def __init__(self, top: Path, cohort: Cohort, people: People, *, whole: bool) -> None:
        self._top, self._cohort, self._people, self._whole = top, cohort, people, whole
        self._known = {patient.id for patient in cohort.patients} | people.without.keys()
        self.notes: list[Note] = []

    def _add(self, kind: NoteKind, items: Iterable[str], **numbers: int) -> None:
        """Adds a note if there are items."""
        items = tuple(items)
        if items:
            self.notes.append(Note(kind, items, tuple(numbers.items())))

    def _name(self, path: Path) -> str:
        """A path as seen from the folder that was asked for."""
        if path.is_relative_to(self._top):
            return path.relative_to(self._top).as_posix()
        return path.as_posix()

    def _remarks(self, remarks: Iterable[Remark]) -> Iterable[str]:
        return (f"{self._name(remark.source)}: {remark.reason}" for remark in remarks)

    def useless(self, placed: Sequence[Placed], match: LabelMatch, tables: Tables, diagnoses: DiagnosisMatch) -> None:
        """Where no label, or no diagnosis, means anything that is there: an example of both spellings side by side."""
        rows = [row for _, row in match.missing if not row.augmented]
        if self._whole and tables.labels and not match.labels and rows and placed:
            n = len({str(row.about) for row in tables.labels})
            self._add(NoteKind.NO_LABEL_USED, (str(rows[0].about), placed[0].id), labels=n)
        strangers = [code for code in diagnoses.by_code if code not in self._known]
        if self._whole and diagnoses.by_code and len(strangers) == len(diagnoses.by_code):
            name = next(iter(sorted(self._known, key=natural)))
            self._add(NoteKind.NO_DIAGNOSIS_USED, (strangers[0], name), diagnoses=len(strangers))

    def tables(self, tables: Tables, match: LabelMatch) -> None:
        """What could not be read in the tables."""
        self._add(NoteKind.TABLE_NOT_UNDERSTOOD, self._remarks(tables.not_understood))
        self._add(NoteKind.ROW_NOT_UNDERSTOOD, self._remarks(tables.bad_rows))
        self._add(NoteKind.ROW_WITHDRAWN, self._remarks(tables.withdrawn))
        self._add(NoteKind.ROW_CONTRADICTS_ITSELF, match.contradicted)
        self._add(NoteKind.BINARY_LABELS, map(self._name, tables.binary))

    def labels(self, match: LabelMatch) -> None:
        """Labels and images that did not find each other, and labels that contradict each other."""
        patches = self._cohort.patches()
        annotated = {p.patient_id for p in patches if p.origin is Origin.ANNOTATED}
        missing = [(base, row) for base, row in match.missing if self._whole or base in annotated]
        plain = [(base, str(row.about)) for base, row in missing if not row.augmented]
        strangers = sum(self._whole and base not in self._known for base, _ in plain)
        self._add(NoteKind.LABEL_WITHOUT_IMAGE, (name for _, name in plain), strangers=strangers)
        self._add(NoteKind.AUGMENTED_LABEL_WITHOUT_IMAGE, (str(row.about) for _, row in missing if row.augmented))
        self._add(NoteKind.LABEL_AMBIGUOUS, match.ambiguous)
        self._add(NoteKind.LABEL_TWICE, match.twice)
        self._add(NoteKind.LABEL_CONTRADICTORY, match.contradictory)
        self._add(NoteKind.TABLES_DISAGREE, match.disagreeing)
        self._add(
            NoteKind.IMAGE_WITHOUT_LABEL,
            (p.id for p in patches if p.origin is Origin.ANNOTATED and p.label is None),
        )

    def places(self, places: BoxMatch, tables: Tables) -> None:
        """Coordinates that contradict each other, or that no image answers to and no label's note tells of."""
        self._add(NoteKind.COORDINATES_DISAGREE, places.disagreeing)
        labelled = {str(row.about) for row in tables.labels}
        self._add(
            NoteKind.COORDINATES_WITHOUT_IMAGE,
            (name for name in places.missing if self._whole and name not in labelled),
        )

    def diagnoses(self, tables: Tables, diagnoses: DiagnosisMatch) -> None:
        """Patients without a diagnosis, diagnoses without a patient, and those that contradict each other."""
        strangers = sorted((code for code in diagnoses.by_code if code not in self._known), key=natural)
        self._add(NoteKind.DIAGNOSIS_WITHOUT_FOLDER, strangers if self._whole else ())
        patients = self._cohort.patients
        named = [p for p in patients if p.infected is not None and p.id not in diagnoses.by_code]
        unknown = [p.id for p in patients if p.infected is None and p.id not in diagnoses.by_code]
        self._add(NoteKind.FOLDER_WITHOUT_DIAGNOSIS, unknown, tables=int(bool(tables.diagnoses)))
        undecided = Lookup(unknown)
        pairs = ((code, undecided.nearly(code)) for code in strangers)
        self._add(NoteKind.NAME_NEARLY, (f"{code} / {name}" for code, name in pairs if name))
        self._add(NoteKind.FOLDER_NAMES_ONLY, (patient.id for patient in named))

        def ours(line: str) -> bool:
            return self._whole or line.partition(":")[0] in self._known

        self._add(NoteKind.DIAGNOSIS_TWICE, filter(ours, diagnoses.twice))
        self._add(NoteKind.DIAGNOSIS_CONTRADICTORY, filter(ours, diagnoses.contradictory))

    def folders_against_diagnoses(self, placed: Sequence[Placed], diagnoses: DiagnosisMatch) -> None:
        """Patients in a class folder (`healthy`) that the diagnosis, or another folder, denies."""
        folders: dict[str, dict[str, bool]] = defaultdict(dict)
        for image in placed:
            if image.folder.part.infected is not None:
                folders[image.base][image.folder.path.parent.name] = image.folder.part.infected
        against = []
        for base, names in folders.items():
            diagnosis = diagnoses.by_code.get(base)
            infected = next(iter(names.values())) if diagnosis is None else diagnosis.infected
            if any(claimed is not infected for claimed in names.values()):
                against.append(f"{base}: in {' and '.join(sorted(names))}")
        self._add(NoteKind.FOLDER_AGAINST_DIAGNOSIS, against)

    def labels_against_diagnoses(self) -> None:
        """Where labels of patches and diagnoses of patients do not fit."""
        positive: dict[str, list[str]] = defaultdict(list)
        silent = []
        infected = 0
        for patient in self._cohort.patients:
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
        )
        self._add(NoteKind.INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH, silent, infected=infected)

    def folders(self, tree: Tree, bare: Origin | None, mixed: Mapping[str, tuple[str, ...]]) -> None:
        """What is particular about the folders and files."""
        folders = self._people.folders
        if bare is not None:
            names = [self._name(f.path) for f in folders if f.part.origin is None]
            self._add(NoteKind.BARE_FOLDER, names, annotated=int(bare is Origin.ANNOTATED))
        self._add(NoteKind.SEVERAL_PATIENTS_IN_NAMES, (f"{base}: {', '.join(names)}" for base, names in mixed.items()))
        self._add(
            NoteKind.NAME_FROM_ABOVE, (f"{base}: {folder.name}/" for base, folder in self._people.from_above.items())
        )
        self._add(NoteKind.PATIENT_WITHOUT_PATCH, sorted(self._people.without, key=natural))
        self._add(NoteKind.HELD_OUT, (patient.id for patient in self._cohort.patients if patient.held_out))
        shared = []
        for folder in folders:
            stems = Counter(image.name[: image.name.rindex(".")] for image in folder.images)
            if len(stems) < len(folder.images):
                shared += [f"{self._name(folder.path)}/{stem}" for stem, n in stems.items() if n > 1]
        self._add(NoteKind.SAME_STEM_TWICE, shared)
        self._add(NoteKind.FOLDER_TWICE, _in_two_places(folders, self._name))
        self._add(NoteKind.FOLDER_SEEN_TWICE, map(self._name, tree.seen_twice))
        self._add(NoteKind.FOLDER_WITHOUT_IMAGE, map(self._name, tree.empty))
        for kind, note in _ASIDES.items():
            self._add(note, (aside.file for aside in self._people.asides if aside.kind is kind))


def _in_two_places(folders: Sequence[Folder], named: Callable[[Path], str]) -> Iterable[str]:
    """Folders of one name in several places of one part, each as one line."""
    places: dict[tuple[Origin | None, str, str], list[Folder]] = defaultdict(list)
    for folder in folders:
        places[folder.part.origin, folder.patient, folder.label].append(folder)
    for same in places.values():
        if len({folder.node for folder in same}) > 1:
            yield " and ".join(named(folder.path) for folder in same)
