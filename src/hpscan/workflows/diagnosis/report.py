"""Reports of diagnoses: one page for one patient, or an archive of an index and a page per patient."""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import SettingsError
from hpscan.report.html.content import About, IndexRow, Others
from hpscan.report.html.page import archive_page, patient_page
from hpscan.report.text import reasons as text
from hpscan.report.text.captions import NO_PATIENT_SCORES
from hpscan.store import atomic, models
from hpscan.store.account import record as stored_account
from hpscan.store.filenames import unique_names
from hpscan.store.manifest import now
from hpscan.store.versions import versions
from hpscan.workflows.diagnosis import pages
from hpscan.workflows.training.records import card

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.store.manifest import Manifest
    from hpscan.workflows.diagnosis.diagnose import Diagnoses

MARKER = "hpscan-report.json"
"""The file by which an archive is known to be ours; it holds the results and what made them."""


@dataclass(frozen=True, slots=True)
class Report:
    """Where the report of a diagnosis goes, and how it is made.

    Attributes:
        path: A file that ends in .html, or a folder.
        command: The command line, for the record.
        force: Replace what stands there.
    """

    path: Path
    command: str
    force: bool = False

    @property
    def single(self) -> bool:
        """Whether it is one page, in a file or a stream."""
        return self.path.suffix.lower() in {".html", ".htm"} or atomic.is_stream(self.path)

    @property
    def in_full(self) -> int:
        """How many of a patient's highest scoring patches it shows in full: what `diagnose` should keep of them."""
        return pages.LARGE

    @property
    def marker(self) -> str:
        """The file by which a folder is known to be ours; empty for one page."""
        return "" if self.single else MARKER

    def accept(self, patients: Sequence[Patient]) -> None:
        """Fail before scoring when the name is that of another kind of file, or one page cannot hold all patients.

        Raises:
            SettingsError: Then.
        """
        if not self.single and mimetypes.guess_type(self.path.name)[0] is not None:
            raise SettingsError(
                f"{self.path} is named like a file that is no page",
                hint="end the name in .html for one page; a folder's name needs no ending",
                path=self.path,
            )
        if self.single and len(patients) > 1:
            raise SettingsError(
                f"{self.path} is one page, and there are {len(patients)} patients",
                hint="name a folder, as in `report=archive/`, for an index and a page per patient",
                path=self.path,
            )

    def write(self, diagnoses: Diagnoses, progress: Callable[[Progress], None] = silent) -> Path:
        """Write it; what a person opens first.

        Raises:
            OutputError: When it cannot be written.
        """
        about = _about(diagnoses, self.command)
        others = _others(diagnoses.model.manifest)
        if self.single:
            (diagnosis,) = diagnoses.patients
            page = pages.patient_page(diagnosis, diagnoses, others, about, progress=progress).page
            atomic.write(self.path, _bytes(patient_page(page)), force=self.force)
            return self.path
        stems = unique_names([diagnosis.result.patient_id for diagnosis in diagnoses.patients])
        with atomic.folder(self.path, MARKER, force=self.force) as temporary:
            (temporary / "patients").mkdir()
            rows = []
            for number, (diagnosis, stem) in enumerate(zip(diagnoses.patients, stems, strict=True), start=1):
                built = pages.patient_page(diagnosis, diagnoses, others, about, back="../index.html")
                (temporary / "patients" / f"{stem}.html").write_bytes(_bytes(patient_page(built.page)))
                rows.append(IndexRow(diagnosis.result, f"patients/{stem}.html", built.thumbnail))
                progress(Progress("report", number, len(stems), unit="patients"))
            index = archive_page(
                rows, diagnoses.patients[0].point, others, about, pages.account_lines(diagnoses.account)
            )
            (temporary / "index.html").write_bytes(_bytes(index))
            (temporary / MARKER).write_bytes(_bytes(_record(diagnoses, about, stems)))
        return self.path / "index.html"


def _bytes(text: str) -> bytes:
    """UTF-8; what a file's name holds that is no character becomes a question mark."""
    return text.encode("utf-8", "replace")


def _about(diagnoses: Diagnoses, command: str) -> About:
    manifest = diagnoses.model.manifest
    backend = manifest.backend
    point = manifest.operating_point
    synthetic = ", made of synthetic patches alone" if manifest.phantom else ""
    facts = [
        ("Model", f"{manifest.name} ({backend.name}, {backend.distribution} {backend.version}){synthetic}"),
        ("Model made", f"{manifest.created.isoformat()} with hpscan {manifest.hpscan}, seed {manifest.training.seed}"),
        ("Model's folder", str(diagnoses.model.path)),
        *((f"File {name}", f"SHA-256 {record.sha256}") for name, record in manifest.files.items()),
        ("Training cohort", f"SHA-256 {manifest.cohort_fingerprint}"),
        (
            "Thresholds chosen",
            f"{point.created.isoformat()} on the cohort SHA-256 {point.patch.fingerprint or 'unknown'}",
        ),
        ("Command", command),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
    ]
    return About(facts, models.readme(diagnoses.model) or card(manifest), now().isoformat())


def _others(manifest: Manifest) -> Others:
    record = manifest.operating_point
    values: dict[str, list[float]] = {}
    fractions: dict[str, list[float]] = {}
    known = {patient.diagnosis for patient in record.patients}
    for diagnosis in ("negative", "low", "high", "infected"):
        if diagnosis in known:
            patients = [patient for patient in record.patients if patient.diagnosis == diagnosis]
            values[diagnosis] = [patient.value for patient in patients]
            fractions[diagnosis] = [patient.fraction for patient in patients]
    counts = {"negative": record.histogram.negative, "infected": record.histogram.infected}
    # Calibrated on a dataset of the user's, a model trained on synthetic patches has thresholds of real patients.
    synthetic = manifest.phantom and record.patch.fingerprint == manifest.cohort_fingerprint
    return Others(values, fractions, record.histogram.edges, counts, synthetic, NO_PATIENT_SCORES)


def _record(diagnoses: Diagnoses, about: About, stems: Sequence[str]) -> str:
    patients: list[dict[str, Any]] = [
        {
            "patient": diagnosis.result.patient_id,
            "page": f"patients/{stem}.html",
            "finding": diagnosis.result.finding.value,
            "density": diagnosis.result.density.value if diagnosis.result.density else None,
            "value": diagnosis.result.value,
            "positive": diagnosis.result.n_positive,
            "listed": diagnosis.result.n_listed,
            "scored": diagnosis.result.n_scored,
            "rejected": diagnosis.result.n_rejected,
            "duplicate": diagnosis.result.n_duplicate,
            "reasons": [text.describe_reason(reason) for reason in diagnosis.result.reasons],
            "reason_details": [text.reason_details(reason) for reason in diagnosis.result.reasons],
            "fingerprint": pages.fingerprint(diagnosis),
        }
        for diagnosis, stem in zip(diagnoses.patients, stems, strict=True)
    ]
    record = {
        "format": 1,
        "tool": "hpscan diagnose",
        "hpscan": version("hpscan"),
        "created": about.created,
        "facts": dict(about.facts),
        "account": stored_account(diagnoses.account, names=True).model_dump(mode="json"),
        "patients": patients,
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
