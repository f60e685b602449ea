"""Reports of diagnoses: one page for one patient, or an archive of an index and a page per patient."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import HpscanError, SettingsError
from hpscan.core.reasons import ReasonKind
from hpscan.data.images.decoding import read_image
from hpscan.report.html import pixels
from hpscan.report.html.content import About, IndexRow, Others, Page, ShownPatch
from hpscan.report.html.page import archive_page, patient_page
from hpscan.report.text import account as account_text
from hpscan.report.text import reasons as text
from hpscan.store import atomic, models
from hpscan.store.account import record as stored_account
from hpscan.store.filenames import unique_names
from hpscan.store.manifest import now
from hpscan.store.versions import versions
from hpscan.workflows.scoring.models import load_scorer
from hpscan.workflows.scoring.views import view
from hpscan.workflows.training.records import card

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.backend import Images, Scorer
    from hpscan.core.cohort import Patch, Patient
    from hpscan.store.manifest import Manifest
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis

MARKER = "hpscan-report.json"
"""The file by which an archive is known to be ours; it holds the results and what made them."""

LARGE, SMALL = 60, 940
"""Patches of a page that are shown in full with their heatmap, and thumbnails after them."""

_FORMS = ((512, 85), (384, 80), (256, 80), (256, 60), (192, 60))
"""Longest side in pixels and quality of full pictures, tried in this order until a page's fit `_MOST`."""

_MOST = 2_500_000
"""Bytes of full pictures and heatmaps in a page: with thumbnails it stays below 5 MB."""

_THUMB = (64, 50)
_HEAT_SIDE = 256


@dataclass(frozen=True, slots=True)
class Report:
    """Where the report of a diagnosis goes, and how it is made.

    Attributes:
        path: A file that ends in .html, or a folder.
        command: The command line, for the record.
        device: Where heatmaps are computed.
        force: Replace what stands there.
    """

    path: Path
    command: str
    device: str = "auto"
    force: bool = False

    @property
    def single(self) -> bool:
        """Whether it is one page, in a file or a stream."""
        return self.path.suffix.lower() in {".html", ".htm"} or atomic.is_stream(self.path)

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
                hint="name a folder, e.g. --report archive/, for an index and a page per patient",
                path=self.path,
            )

    def write(self, found: Diagnoses, progress: Callable[[Progress], None] = silent) -> Path:
        """Write it; what a person opens first.

        Raises:
            OutputError: When it cannot be written.
        """
        scorer = load_scorer(found.model, self.device)
        about = _about(found, self.command)
        others = _others(found.model.manifest)
        if self.single:
            (one,) = found.patients
            page = _page(one, found, scorer, others, about, progress=progress)
            atomic.write(self.path, _bytes(patient_page(page)), force=self.force)
            return self.path
        stems = unique_names([one.result.patient_id for one in found.patients])
        with atomic.folder(self.path, MARKER, force=self.force) as temporary:
            (temporary / "patients").mkdir()
            rows = []
            for number, (one, stem) in enumerate(zip(found.patients, stems, strict=True), start=1):
                page = _page(one, found, scorer, others, about, back="../index.html")
                (temporary / "patients" / f"{stem}.html").write_bytes(_bytes(patient_page(page)))
                photo = _photo(one.patches[0], *_THUMB) if one.patches else ""
                rows.append(IndexRow(one.result, f"patients/{stem}.html", photo))
                progress(Progress("report", number, len(stems), unit="patients"))
            index = archive_page(rows, found.patients[0].point, others, about, _lines(found.account))
            (temporary / "index.html").write_bytes(_bytes(index))
            (temporary / MARKER).write_bytes(_bytes(_record(found, about, stems)))
        return self.path / "index.html"


def _bytes(text: str) -> bytes:
    """UTF-8; what a file's name holds that is no character becomes a question mark."""
    return text.encode("utf-8", "replace")


def _about(found: Diagnoses, command: str) -> About:
    manifest = found.model.manifest
    backend = manifest.backend
    point = manifest.operating_point
    drawn = ", made of drawn patches alone" if manifest.phantom else ""
    facts = [
        ("Model", f"{manifest.name} ({backend.name}, {backend.distribution} {backend.version}){drawn}"),
        ("Model made", f"{manifest.created.isoformat()} with hpscan {manifest.hpscan}, seed {manifest.training.seed}"),
        ("Model's folder", str(found.model.path)),
        *((f"File {name}", f"SHA-256 {record.sha256}") for name, record in manifest.files.items()),
        ("Training cohort", f"SHA-256 {manifest.cohort_fingerprint}"),
        (
            "Thresholds chosen",
            f"{point.created.isoformat()} on the cohort SHA-256 {point.patch.fingerprint or 'unknown'}",
        ),
        ("Command", command),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
    ]
    return About(facts, models.readme(found.model) or card(manifest), now().isoformat())


def _others(manifest: Manifest) -> Others:
    record = manifest.operating_point
    values: dict[str, list[float]] = {}
    fractions: dict[str, list[float]] = {}
    known = {patient.diagnosis for patient in record.patients}
    for diagnosis in ("negative", "low", "high", "infected"):
        if diagnosis in known:
            own = [patient for patient in record.patients if patient.diagnosis == diagnosis]
            values[diagnosis] = [patient.value for patient in own]
            fractions[diagnosis] = [patient.fraction for patient in own]
    counts = {"negative": record.histogram.negative, "infected": record.histogram.infected}
    missing = (
        "No values of other patients are known: the thresholds were chosen on selected patches, or by an hpscan that did not "
        "keep the values (then hpscan calibrate makes them anew)."
    )
    # Calibrated on a dataset of the user's, a model that drawn patches trained has thresholds of real patients.
    drawn = manifest.phantom and record.patch.fingerprint == manifest.cohort_fingerprint
    return Others(values, fractions, record.histogram.edges, counts, drawn, missing)


def _page(
    one: Diagnosis,
    found: Diagnoses,
    scorer: Scorer,
    others: Others,
    about: About,
    *,
    back: str = "",
    progress: Callable[[Progress], None] = silent,
) -> Page:
    large = _large(one, scorer, progress)
    small = [_shown(one, row, _photo(patch, *_THUMB)) for row, patch in _rows(one, LARGE, LARGE + SMALL)]
    counted = [_shown(one, row) for row, _ in _rows(one, LARGE + SMALL, len(one.patches))]
    return Page(
        result=one.result,
        point=one.point,
        others=others,
        large=large,
        small=small,
        counted=counted,
        typical=None if any(patch.reconstruction for patch in large) else _typical(one),
        rejected=[(str(r.patch.path), r.reason) for r in one.rejected],
        duplicates=[str(patch.path) for patch in one.duplicates],
        facts=[("Patient's files", f"SHA-256 {_fingerprint(one)}")],
        about=about,
        seen=any(reason.kind is ReasonKind.SEEN for reason in one.result.reasons),
        back=back,
        copies=[
            replace(_shown(one, row), name=copy.id, file=str(copy.path), box=copy.box, slide=_slide(copy))
            for row, copy in zip(one.originals, one.duplicates, strict=False)
        ],
        account=_lines(found.account.of(one.result.patient_id)),
    )


def _rows(one: Diagnosis, first: int, last: int) -> list[tuple[int, Patch]]:
    return [(row, one.patches[row]) for row in range(first, min(last, len(one.patches)))]


def _shown(one: Diagnosis, row: int, photo: str = "", heat: str = "", painted: str = "") -> ShownPatch:
    patch, score = one.patches[row], one.scores[row]
    called = one.point.patch.decides(score)
    return ShownPatch(patch.id, str(patch.path), score, called, _slide(patch), patch.box, photo, heat, painted)


def _slide(patch: Patch) -> str:
    return f"{patch.patient_id}, section {patch.section_id}" if patch.section_id else patch.patient_id


def _lines(account: Account) -> list[tuple[str, str]]:
    """The account, where anything in it is worth a look."""
    return [] if account.clean else account_text.describe_sums(account.sums(), "scored", "diagnosed")


def _large(one: Diagnosis, scorer: Scorer, progress: Callable[[Progress], None]) -> list[ShownPatch]:
    """The first patches in full: as large as they may be for the page to stay within its size."""
    rows = _rows(one, 0, LARGE)
    seen: dict[int, tuple[Images, str, Images | None]] = {}
    for number, (row, patch) in enumerate(rows, start=1):
        image = _read(patch)
        if image is not None:
            what = view(scorer, image)
            heat = "" if what.heatmap is None else pixels.heat(what.heatmap, _HEAT_SIDE)
            painted = None if what.reconstruction is None else pixels.shrunk(what.reconstruction, _FORMS[0][0])
            seen[row] = (pixels.shrunk(image, _FORMS[0][0]), heat, painted)
        progress(Progress("report", number, len(rows)))
    made: list[ShownPatch] = []
    for side, quality in _FORMS:
        made = [_encoded(one, row, seen.get(row), side, quality) for row, _ in rows]
        if sum(len(patch.photo) + len(patch.heat) + len(patch.reconstruction) for patch in made) <= _MOST:
            break
    return made


def _encoded(
    one: Diagnosis, row: int, seen: tuple[Images, str, Images | None] | None, side: int, quality: int
) -> ShownPatch:
    if seen is None:
        return _shown(one, row)
    image, heat, painted = seen
    return _shown(
        one,
        row,
        pixels.photo(image, side, quality),
        heat,
        "" if painted is None else pixels.photo(painted, side, quality),
    )


def _typical(one: Diagnosis) -> ShownPatch | None:
    """The middle one of the patches below the threshold: most of them lie near it in score."""
    below = [row for row, score in enumerate(one.scores) if not one.point.patch.decides(score)]
    if not below:
        return None
    row = below[len(below) // 2]
    photo = _photo(one.patches[row], *_FORMS[0])
    return _shown(one, row, photo) if photo else None


def _photo(patch: Patch, side: int, quality: int) -> str:
    image = _read(patch)
    return "" if image is None else pixels.photo(image, side, quality)


def _read(patch: Patch) -> Images | None:
    """The pixels, (H, W, 3); None where the file went away since it was scored."""
    try:
        return read_image(patch.path)
    except HpscanError:
        return None


def _fingerprint(one: Diagnosis) -> str:
    """SHA-256 over ids and file contents of the scored patches; their order does not matter."""
    lines = sorted(f"{p.origin}\t{p.id}\t{sha256}\n" for p, sha256 in zip(one.patches, one.sha256, strict=True))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _record(found: Diagnoses, about: About, stems: Sequence[str]) -> str:
    patients: list[dict[str, Any]] = [
        {
            "patient": one.result.patient_id,
            "page": f"patients/{stem}.html",
            "finding": one.result.finding.value,
            "density": one.result.density.value if one.result.density else None,
            "value": one.result.value,
            "positive": one.result.n_positive,
            "listed": one.result.n_listed,
            "scored": one.result.n_scored,
            "rejected": one.result.n_rejected,
            "duplicate": one.result.n_duplicate,
            "reasons": [text.describe_reason(reason) for reason in one.result.reasons],
            "reason_details": [text.reason_details(reason) for reason in one.result.reasons],
            "fingerprint": _fingerprint(one),
        }
        for one, stem in zip(found.patients, stems, strict=True)
    ]
    record = {
        "format": 1,
        "tool": "hpscan diagnose",
        "hpscan": version("hpscan"),
        "created": about.created,
        "facts": dict(about.facts),
        "account": stored_account(found.account, names=True).model_dump(mode="json"),
        "patients": patients,
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
