"""One patient's page of a report: every patch in its place, each file decoded once at most."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import HpscanError
from hpscan.core.reasons import ReasonKind
from hpscan.data.images.decoding import read_image
from hpscan.report.html import pixels
from hpscan.report.html.content import Page, ShownPatch
from hpscan.report.text import account as account_text
from hpscan.report.text.compression import list_compression
from hpscan.workflows.scoring.outputs import view

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from hpscan.core.account import Account
    from hpscan.core.backend import Scorer
    from hpscan.core.cohort import Patch
    from hpscan.report.html.content import About, Others
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis

    Image = NDArray[np.uint8]

LARGE, SMALL = 60, 940
"""Patches of a page that are shown in full with their heatmap, and thumbnails after them."""

_FORMS = ((512, 85), (384, 80), (256, 80), (256, 60), (192, 60))
"""Longest side in pixels and quality of full pictures, tried in this order until a page's fit `_MOST`."""

_MOST = 2_500_000
"""Bytes of full pictures and heatmaps in a page: with thumbnails it stays below 5 MB."""

_THUMB = (64, 50)
_HEAT_SIDE = 256


@dataclass(frozen=True, slots=True)
class PatientPage:
    """A page, and the thumbnail that stands for it in an index; empty without one."""

    page: Page
    thumbnail: str


def patient_page(
    diagnosis: Diagnosis,
    diagnoses: Diagnoses,
    others: Others,
    about: About,
    *,
    back: str = "",
    progress: Callable[[Progress], None] = silent,
) -> PatientPage:
    """The page of one of the patients of some diagnoses."""
    below = [row for row, score in enumerate(diagnosis.scores) if not diagnosis.point.patch.decides(score)]
    # The middle one of the patches below the threshold: most of them lie near it in score.
    typical_row = below[len(below) // 2] if below else None
    pictures = _pictures(diagnosis, diagnoses, typical_row, progress)
    large = _large(diagnosis, pictures.large)
    shown = len(diagnosis.patches[: LARGE + SMALL])
    typical = None
    if typical_row is not None and pictures.typical and not any(patch.reconstruction for patch in large):
        typical = _shown(diagnosis, typical_row, pictures.typical)
    page = Page(
        result=diagnosis.result,
        point=diagnosis.point,
        others=others,
        large=large,
        small=[_shown(diagnosis, row, photo) for row, photo in pictures.small.items()],
        counted=[_shown(diagnosis, row) for row in range(shown, len(diagnosis.patches))],
        typical=typical,
        rejected=[(str(r.patch.path), r.reason) for r in diagnosis.rejected],
        duplicates=[str(patch.path) for patch in diagnosis.duplicates],
        facts=[
            ("Patient's files", f"SHA-256 {fingerprint(diagnosis)}"),
            ("Compression", list_compression(diagnosis.compression)),
        ],
        about=about,
        seen=any(reason.kind is ReasonKind.SEEN for reason in diagnosis.result.reasons),
        back=back,
        copies=[
            replace(_shown(diagnosis, row), name=copy.id, file=str(copy.path), box=copy.box, slide=_slide(copy))
            for row, copy in zip(diagnosis.originals, diagnosis.duplicates, strict=False)
        ],
        account=account_lines(diagnoses.account.of(diagnosis.result.patient_id)),
    )
    return PatientPage(page, pictures.thumbnail)


@dataclass(frozen=True, slots=True)
class _Large:
    """A patch that is shown in full.

    Attributes:
        image: (H, W, 3), RGB, no larger than it may be shown.
        heat: Data URI of its heatmap; empty where there is none.
        reconstruction: (H, W, 3), RGB; None where there is none.
    """

    image: Image
    heat: str
    reconstruction: Image | None


@dataclass(slots=True)
class _Pictures:
    """The pixels of a page, by the row of their patch; who could not be read again has none."""

    large: dict[int, _Large | None]
    small: dict[int, str]
    typical: str = ""
    thumbnail: str = ""


def _pictures(
    diagnosis: Diagnosis, diagnoses: Diagnoses, typical: int | None, progress: Callable[[Progress], None]
) -> _Pictures:
    """All pictures of a page, in one pass over its patches."""
    n_large = len(diagnosis.patches[:LARGE])
    rows = range(len(diagnosis.patches[: LARGE + SMALL]))
    pictures = _Pictures({}, {})
    for row in [*rows, *([typical] if typical is not None and typical not in rows else [])]:
        patch = diagnosis.patches[row]
        image = diagnoses.pixels.get(patch)
        image = _read(patch) if image is None else image
        if row < LARGE:
            pictures.large[row] = None if image is None else _enlarged(image, diagnoses.loaded.scorer)
            progress(Progress("report", row + 1, n_large))
        elif row in rows:
            pictures.small[row] = "" if image is None else pixels.photo(image, *_THUMB)
        if row == 0 and image is not None:
            pictures.thumbnail = pixels.photo(image, *_THUMB)
        if row == typical and image is not None:
            pictures.typical = pixels.photo(image, *_FORMS[0])
    return pictures


def _enlarged(image: Image, scorer: Scorer) -> _Large:
    seen = view(scorer, image)
    return _Large(
        pixels.shrunk(image, _FORMS[0][0]),
        "" if seen.heatmap is None else pixels.heat(seen.heatmap, _HEAT_SIDE),
        None if seen.reconstruction is None else pixels.shrunk(seen.reconstruction, _FORMS[0][0]),
    )


def _large(diagnosis: Diagnosis, pictures: dict[int, _Large | None]) -> list[ShownPatch]:
    """The first patches in full: as large as they may be for the page to stay within its size."""
    shown: list[ShownPatch] = []
    for side, quality in _FORMS:
        shown = [_encoded(diagnosis, row, picture, side, quality) for row, picture in pictures.items()]
        if sum(len(patch.photo) + len(patch.heat) + len(patch.reconstruction) for patch in shown) <= _MOST:
            break
    return shown


def _encoded(diagnosis: Diagnosis, row: int, picture: _Large | None, side: int, quality: int) -> ShownPatch:
    if picture is None:
        return _shown(diagnosis, row)
    photo = pixels.photo(picture.image, side, quality)
    painted = "" if picture.reconstruction is None else pixels.photo(picture.reconstruction, side, quality)
    return _shown(diagnosis, row, photo, picture.heat, painted)


def _shown(diagnosis: Diagnosis, row: int, photo: str = "", heat: str = "", painted: str = "") -> ShownPatch:
    patch, score = diagnosis.patches[row], diagnosis.scores[row]
    positive = diagnosis.point.patch.decides(score)
    return ShownPatch(patch.id, str(patch.path), score, positive, _slide(patch), patch.box, photo, heat, painted)


def _slide(patch: Patch) -> str:
    return f"{patch.patient_id}, section {patch.section_id}" if patch.section_id else patch.patient_id


def _read(patch: Patch) -> Image | None:
    """The pixels, (H, W, 3); None where the file went away since it was scored."""
    try:
        return read_image(patch.path)
    except HpscanError:
        return None


def account_lines(account: Account) -> list[tuple[str, str]]:
    """The account, where anything in it is worth a look."""
    return [] if account.clean else account_text.describe_sums(account.sums(), "scored", "diagnosed")


def fingerprint(diagnosis: Diagnosis) -> str:
    """SHA-256 over ids and file contents of the scored patches; their order does not matter."""
    files = zip(diagnosis.patches, diagnosis.sha256, strict=True)
    lines = sorted(f"{p.origin}\t{p.id}\t{sha256}\n" for p, sha256 in files)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
