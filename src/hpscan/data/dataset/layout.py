"""Loads a dataset: any of the published folder layouts, with the tables that lie in it, becomes a Cohort.

    Cropped_Patches/Patient1/131.png            Annotated_Patches/B22-101_0/00180.png
    CrossValidation/{Cropped,Annotated}/...     HoldOut/...
    Cross_validation/{Annotated,Separated/{healthy,unhealthy}}/...
    B22-101_0/00180.png                         (a bare folder of patient folders, or one of them)
    Case 7/tiles/00180.png                      Case 7/Slide 1/00180.png

Nothing is decoded here, and nothing is dropped without a word.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.core.cohort import Cohort, Density, Origin, Patch, Patient
from hpscan.data.dataset.inputs import existing_folder, no_patches
from hpscan.data.dataset.matching import Diagnosis, match_boxes, match_labels, merge_diagnoses
from hpscan.data.dataset.notes import observe
from hpscan.data.dataset.placing import place
from hpscan.data.folders.walk import PHANTOM, dataset_root, tables_around, walk
from hpscan.data.names import is_augmented, natural, same_form
from hpscan.data.patients import patient_from, rule
from hpscan.data.patients.folders import patients_in_names
from hpscan.data.tables.labels import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hpscan.core.account import Aside
    from hpscan.core.notes import Note
    from hpscan.data.dataset.matching import BoxMatch, DiagnosisMatch, LabelMatch
    from hpscan.data.dataset.placing import Placed
    from hpscan.data.folders.parts import Part
    from hpscan.data.patients.folders import Folder
    from hpscan.data.tables.rows import Tables


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a dataset was read from, for whoever asks why; not part of its value.

    Attributes:
        top: The folder that was asked for.
        folders: The patients' folders.
        tables: What the tables say.
        labels: Which label found which image.
        boxes: Which place on a slide did.
        diagnoses: The diagnoses by patient or code.
        images: The key of each patch in `labels` and `boxes`.
        whole: Whether a whole dataset was asked for; of a part, other patients are not looked for.
    """

    top: Path
    whole: bool
    folders: tuple[Folder, ...]
    tables: Tables
    labels: LabelMatch
    boxes: BoxMatch
    diagnoses: DiagnosisMatch
    images: Mapping[Path, int]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it was found.

    Attributes:
        cohort: The patients and their patches.
        root: The folder that holds the dataset, absolute; above the one asked for if that is a part of it.
        tables: The tables that were understood and used.
        notes: What a researcher should know about it.
        diagnosed: The diagnosis of each patient in the tables, in their order, whether or not there are patches of it.
        phantom: Whether it, or a dataset in it, is synthetic.
        asides: Every file that was found and is no listed patch.
        without: Patients in whose folder no patch could be listed, without patches.
        from_above: Patients named after a folder above the one that was asked for -> that folder's name, and its own.
        homes: Of the patients in `from_above` the folder that their own lies in.
        mixed: Patients whose file names seem to name several patients -> those.
        evidence: What it was read from.
    """

    cohort: Cohort
    root: Path
    tables: tuple[Path, ...]
    notes: tuple[Note, ...]
    diagnosed: Mapping[str, Diagnosis]
    phantom: bool
    asides: tuple[Aside, ...] = ()
    without: tuple[Patient, ...] = ()
    from_above: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    mixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    homes: Mapping[str, Path] = field(default_factory=dict)
    evidence: Evidence = field(default=None, compare=False, repr=False)  # type: ignore[assignment]

    def home(self, patient: str) -> Path:
        """Where a patient's folder lies: slides of one patient that are given one by one have one home."""
        return self.homes.get(patient, self.root)

    @property
    def everybody(self) -> tuple[Patient, ...]:
        """All patients, those without a listed patch too, in order of their ids."""
        return tuple(sorted((*self.cohort.patients, *self.without), key=lambda p: natural(p.id)))


def load(path: Path, *, patient: str | None = None) -> Dataset:
    """The dataset in a folder: a whole one, a part of one, or one patient's folder.

    Of a part, or of one patient, the tables of the whole dataset are used as well.

    Args:
        path: The folder; relative paths and links are followed.
        patient: Who is a patient, where the rule does not fit: `parent`, `grandparent` or a regular expression on the
            images' paths below the root (`patient_from`).

    Raises:
        LayoutError: When there is no such folder, or no patch in it.
        AmbiguousLayoutError: When it cannot be told who is a patient.
        SettingsError: When `patient` is no regular expression.
    """
    top = existing_folder(path)
    root = dataset_root(top)
    tree = walk(top, root)
    tables = read_tables(sorted({*tree.tables, *tables_around(top, root)}))
    one_patient = [listing.path for listing in tree.listings if listing.images] == [top]
    if root == top and one_patient:
        # A patient's folder on its own: the folder above may be the dataset, or anything else.
        tables = tables.joined(read_tables(tables_around(top, top.parent)))
    codes = frozenset(same_form(row.code) for row in tables.diagnoses)
    if patient is None:
        people = rule.sort_out(tree, top, root, codes)
    else:
        people = patient_from.sort_out(tree, top, root, codes, patient)
    if not people.folders:
        raise no_patches(top, tree, people)
    placed = place(people.folders, root)
    bases = {folder.patient for folder in people.folders} | people.without.keys()
    diagnoses = merge_diagnoses(tables.diagnoses, bases)
    match = match_labels(tables.labels, placed, codes)
    places = match_boxes(tables.boxes, placed, codes)
    bare = _bare_origin(people.folders, placed, match)
    patients = _patients(placed, match, places, diagnoses, bare)
    cohort = Cohort(patients)
    mixed = {
        folder.patient: names
        for folder in people.folders
        if patient is None and (names := patients_in_names(folder, codes))
    }
    whole = root == top and not one_patient
    notes = observe(
        cohort,
        tree=tree,
        people=people,
        placed=placed,
        tables=tables,
        match=match,
        places=places,
        diagnoses=diagnoses,
        top=top,
        whole=whole,
        bare=bare,
        mixed=mixed,
    )
    return Dataset(
        cohort=cohort,
        root=root,
        tables=tables.understood,
        notes=notes,
        diagnosed=MappingProxyType(diagnoses.by_code),
        phantom=(root / PHANTOM).is_file() or any(aside.group == PHANTOM for aside in people.asides),
        asides=tuple(people.asides),
        without=tuple(
            _patient(base, (), [part], diagnoses.by_code.get(base))
            for base, part in sorted(people.without.items(), key=lambda item: natural(item[0]))
        ),
        from_above={base: (base, root.name) for base in people.from_above},
        mixed=mixed,
        homes={base: folder.parent for base, folder in people.from_above.items()},
        evidence=Evidence(
            top,
            whole,
            tuple(people.folders),
            tables,
            match,
            places,
            diagnoses,
            {image.folder.path / image.file.name: id(image) for image in placed},
        ),
    )


def _bare_origin(folders: Sequence[Folder], placed: Sequence[Placed], match: LabelMatch) -> Origin | None:
    """The origin of folders in no named part; None where there are no such folders.

    They are ANNOTATED when at least half of their patches are labelled: somebody selected and labelled them.
    Fewer labels among them are labels on some patches of whole biopsies.
    """
    if all(folder.part.origin for folder in folders):
        return None
    bare = [p for p in placed if p.folder.part.origin is None and not is_augmented(p.stem)]
    labelled = sum(id(p) in match.labels for p in bare)
    return Origin.ANNOTATED if 2 * labelled >= len(bare) else Origin.CROPPED


def _patients(
    placed: Sequence[Placed],
    match: LabelMatch,
    places: BoxMatch,
    diagnoses: DiagnosisMatch,
    bare: Origin | None,
) -> tuple[Patient, ...]:
    patches: dict[str, list[Patch]] = defaultdict(list)
    folders: dict[str, dict[Folder, None]] = defaultdict(dict)
    for image in placed:
        patches[image.base].append(
            Patch(
                id=image.id,
                patient_id=image.base,
                section_id=image.section,
                path=image.folder.path / image.file.name,
                origin=image.folder.part.origin or bare or Origin.CROPPED,
                label=match.labels.get(id(image)),
                box=places.boxes.get(id(image)),
                augmented=is_augmented(image.stem),
            )
        )
        folders[image.base][image.folder] = None
    return tuple(
        _patient(base, patches[base], [folder.part for folder in folders[base]], diagnoses.by_code.get(base))
        for base in sorted(patches, key=natural)
    )


def _patient(base: str, patches: Sequence[Patch], parts: Sequence[Part], diagnosis: Diagnosis | None) -> Patient:
    if diagnosis is None:
        # No table speaks of this patient; the folders' names may.
        classes = {(part.density, part.infected) for part in parts if part.infected is not None}
        infected = {claimed for _, claimed in classes}
        densities = {density for density, _ in classes if density is not None}
        agreed = infected.pop() if len(infected) == 1 else None
        density = densities.pop() if len(densities) == 1 and agreed is not None else None
        diagnosis = Diagnosis(Density.NEGATIVE if agreed is False else density, agreed)
    return Patient(
        id=base,
        density=diagnosis.density,
        patches=tuple(sorted(patches, key=lambda patch: (patch.id, patch.origin))),
        infected=diagnosis.infected,
        held_out=any(part.held_out for part in parts),
    )
