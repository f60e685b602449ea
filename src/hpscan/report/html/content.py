"""What the pages of a report say: plain values, which page.py turns into HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.cohort import Box
    from hpscan.core.decision import OperatingPoint, PatientResult


@dataclass(frozen=True, slots=True)
class ShownPatch:
    """One scored patch of a page.

    Attributes:
        name: The patch.
        file: Its file.
        score: Its score.
        positive: Whether it is at or above the patch threshold.
        slide: The slide that it lies on, for the map.
        box: Where; None where unknown.
        photo: Data URI of the patch; empty where it is only counted.
        heat: Data URI of its heatmap; empty where there is none.
        reconstruction: Data URI of what the model gives back for the patch; empty where it reconstructs nothing.
    """

    name: str
    file: str
    score: float
    positive: bool
    slide: str = ""
    box: Box | None = None
    photo: str = ""
    heat: str = ""
    reconstruction: str = ""


@dataclass(frozen=True, slots=True)
class Others:
    """The patients on whom the model's operating point was chosen.

    Attributes:
        scores: Their patient-level scores by diagnosis.
        proportions: Their proportions of positive patches by diagnosis.
        edges: Bin edges of their patch scores.
        counts: Patches by bin, of `negative` and of `infected` patients.
        synthetic: Whether they are synthetic.
        missing: Why there are no scores, where there are none.
    """

    scores: Mapping[str, Sequence[float]]
    proportions: Mapping[str, Sequence[float]]
    edges: Sequence[float]
    counts: Mapping[str, Sequence[int]]
    synthetic: bool = False
    missing: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What goes with every page.

    Attributes:
        facts: Names and values: model, versions, command, fingerprints.
        card: The model card, as Markdown.
        created: When the page was made.
    """

    facts: Sequence[tuple[str, str]]
    card: str
    created: str


@dataclass(frozen=True, slots=True)
class Page:
    """One patient's page.

    Attributes:
        result: The patient's result.
        point: The thresholds.
        others: The patients on whom the thresholds were chosen.
        large: The patches with the highest scores, from the highest.
        small: The next ones, as thumbnails.
        counted: The rest, without pixels.
        typical: A negative patch for comparison; None without one.
        rejected: File and reason of each patch that could not be read.
        duplicates: Files of patches that are copies of another one.
        copies: The same with the scores of their originals, for the map.
        account: What became of everything in the patient's folder, where not all of it was used: a name and a line each.
        facts: Facts of this patient alone, e.g. the fingerprint of its files.
        about: What goes with every page.
        seen: Whether this patient may be among the others.
        back: Relative link to the archive's index; empty without one.
    """

    result: PatientResult
    point: OperatingPoint
    others: Others
    large: Sequence[ShownPatch]
    small: Sequence[ShownPatch]
    counted: Sequence[ShownPatch]
    typical: ShownPatch | None
    rejected: Sequence[tuple[str, str]]
    duplicates: Sequence[str]
    facts: Sequence[tuple[str, str]]
    about: About
    seen: bool = False
    back: str = ""
    copies: Sequence[ShownPatch] = ()
    account: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One patient of an archive.

    Attributes:
        result: The patient's result.
        link: To the patient's page.
        photo: Data URI of the patch with the highest score; empty without one.
    """

    result: PatientResult
    link: str
    photo: str
