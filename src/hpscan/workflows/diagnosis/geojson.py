"""Scored patches as GeoJSON for QuPath: one file a slide, or a folder of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from hpscan.core.errors import OutputError, SettingsError
from hpscan.report.geojson import Tile, feature_collection
from hpscan.report.text import reasons as text
from hpscan.report.text.results import RESEARCH_USE
from hpscan.store import atomic
from hpscan.store.filenames import unique_names
from hpscan.store.manifest import now
from hpscan.workflows.diagnosis.diagnose import result_patches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.core.decision import PatientResult
    from hpscan.workflows.diagnosis.diagnose import Diagnoses

MARKER = "hpscan-geojson.json"
"""The run record in a folder of slides, and what tells that hpscan made it."""

_FILE_SUFFIXES = {".geojson", ".json"}

_Slide = tuple[str, str]
"""A patient's id and a section."""


@dataclass(frozen=True, slots=True)
class GeoJson:
    """Where the slides of a diagnosis go.

    Attributes:
        path: A file, where its name ends in `.geojson` or `.json`, or a folder.
        command: The command line, for the record.
        force: Whether what stands there is replaced.
    """

    path: Path
    command: str
    force: bool = False

    @property
    def one_file(self) -> bool:
        """Whether it is one file, for one slide, or a stream."""
        return self.path.suffix.lower() in _FILE_SUFFIXES or atomic.is_stream(self.path)

    @property
    def marker(self) -> str:
        """The file by which a folder is known to be ours; empty for one file."""
        return "" if self.one_file else MARKER

    def accept(self, patients: Sequence[Patient]) -> None:
        """Fail before the work when no patch has coordinates, or several slides would go into one file."""
        placed = [(patient.id, patch) for patient in patients for patch in result_patches(patient)]
        slides = list(dict.fromkeys((who, patch.section_id) for who, patch in placed if patch.box is not None))
        if not slides:
            raise OutputError(
                "no patch has coordinates: there is nothing to write",
                hint="put a table with the columns Pat_ID, Section_ID, Window_ID, i, j, h, w among the dataset's folders",
                path=self.path,
            )
        if self.one_file and len(slides) > 1:
            raise SettingsError(
                f"the patches lie on {len(slides):,} slides, and a GeoJSON file is imported into one",
                hint=f"name a folder: `geojson={'slides' if atomic.is_stream(self.path) else self.path.with_suffix('')}`",
            )

    def write(self, diagnoses: Diagnoses) -> tuple[int, int]:
        """Write the scored patches that have coordinates; how many have none, and of how many.

        Raises:
            OutputError: When it cannot be written.
        """
        slides, without = _sorted(diagnoses)
        if self.one_file:
            _write_file(diagnoses, self, slides)
        else:
            _write_folder(diagnoses, self, slides, without)
        missing = sum(without.values())
        return missing, sum(map(len, slides.values())) + missing


def _sorted(diagnoses: Diagnoses) -> tuple[dict[_Slide, list[Tile]], dict[_Slide, int]]:
    """The tiles of each slide, and how many scored patches of each have no place on it."""
    slides: dict[_Slide, list[Tile]] = defaultdict(list)
    without: dict[_Slide, int] = defaultdict(int)
    for diagnosis in diagnoses.patients:
        for row, patch in diagnosis.placed():
            slide, score = (diagnosis.result.patient_id, patch.section_id), diagnosis.scores[row]
            if patch.box is None:
                without[slide] += 1
            else:
                positive = diagnosis.point.patch.decides(score)
                slides[slide].append(Tile(patch.id, diagnosis.sha256[row], patch.box, score, positive, patch.label))
    return slides, without


def _write_file(diagnoses: Diagnoses, output: GeoJson, slides: Mapping[_Slide, list[Tile]]) -> None:
    # Every patch with a place may have been rejected: the file then holds no tile, and names no slide.
    slide, tiles = next(iter(slides.items()), (None, []))
    atomic.write(output.path, _content(diagnoses, slide, tiles), force=output.force)


def _write_folder(
    diagnoses: Diagnoses, output: GeoJson, slides: Mapping[_Slide, list[Tile]], without: Mapping[_Slide, int]
) -> None:
    names = unique_names([f"{who}_{section}" if section else who for who, section in slides])
    files = {slide: f"{name}.geojson" for slide, name in zip(slides, names, strict=True)}
    with atomic.folder(output.path, MARKER, force=output.force) as temporary:
        for slide, tiles in slides.items():
            (temporary / files[slide]).write_bytes(_content(diagnoses, slide, tiles))
        record = _record(diagnoses, output, files, slides, without)
        written = json.dumps(record, indent=2, allow_nan=False)
        (temporary / MARKER).write_text(written + "\n", encoding="utf-8")


def _content(diagnoses: Diagnoses, slide: _Slide | None, tiles: Sequence[Tile]) -> bytes:
    threshold = diagnoses.patients[0].point.patch.value
    result = _results(diagnoses)[slide[0]] if slide else None
    about: dict[str, str | float | None] = {
        "version": version("hpscan"),
        "model": diagnoses.model.manifest.name,
        "patch_threshold": threshold,
        "patient": slide[0] if slide else None,
        "section": slide[1] if slide else None,
        "finding": None if result is None else result.finding.value,
        "reasons": None if result is None else text.describe_reasons(result.reasons),
        "notice": RESEARCH_USE,
    }
    return feature_collection(tiles, threshold, about)


def _record(
    diagnoses: Diagnoses,
    output: GeoJson,
    files: Mapping[_Slide, str],
    slides: Mapping[_Slide, list[Tile]],
    without: Mapping[_Slide, int],
) -> dict[str, object]:
    """What made the folder, and which file is which slide; a slide whose patches have no coordinates has no file."""
    manifest = diagnoses.model.manifest
    results = _results(diagnoses)
    return {
        "hpscan": version("hpscan"),
        "created": now().isoformat(),
        "command": output.command,
        "model": {
            "name": manifest.name,
            "files": {name: record.sha256 for name, record in manifest.files.items()},
            "cohort_fingerprint": manifest.cohort_fingerprint,
        },
        "patch_threshold": diagnoses.patients[0].point.patch.value,
        "slides": [
            {
                "file": files.get(slide),
                "patient": slide[0],
                "section": slide[1],
                "windows": len(slides.get(slide, ())),
                "without_coordinates": without.get(slide, 0),
                "finding": results[slide[0]].finding.value,
                "reasons": [text.describe_reason(reason) for reason in results[slide[0]].reasons],
                "reason_details": [text.reason_details(reason) for reason in results[slide[0]].reasons],
            }
            for slide in dict.fromkeys((*slides, *without))
        ],
        "without_coordinates": sum(without.values()),
        "notice": RESEARCH_USE,
    }


def _results(diagnoses: Diagnoses) -> dict[str, PatientResult]:
    return {diagnosis.result.patient_id: diagnosis.result for diagnosis in diagnoses.patients}
