"""Reasons in words: the only place that words them. Terminal, tables, JSON and pages all show what stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.reasons import ReasonKind
from hpscan.report.text.numbers import counted, counted_of, format_number, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.reasons import Reason

_ABOUT = {
    ReasonKind.NOTHING_SCORED: "no patch could be scored",
    ReasonKind.PATCHES_REJECTED: "patches could not be read",
    ReasonKind.NOT_READ: "files of these patients were not read",
    ReasonKind.WHOLE_SLIDE_BESIDE: "whole slides beside the patches were not read: cut them into patches first",
    ReasonKind.ARCHIVE_BESIDE: "archives beside the patches were not read: unpack them first",
    ReasonKind.COLOUR_PROFILE_UNREADABLE: "colour profiles could not be read: the colours were taken as they are",
    ReasonKind.COMPRESSED: "compressed so that colour lost detail: faint bacteria may be missed",
    ReasonKind.NAME_FROM_ABOVE: "named after the folder above their own",
    ReasonKind.SEVERAL_PATIENTS_IN_NAMES: "the file names look like those of several patients, and were taken for one",
    ReasonKind.SELECTED_PATCHES: "only selected patches, not all patches of the biopsy",
    ReasonKind.FEW_PATCHES: "too few patches to judge a patient",
    ReasonKind.OTHER_SIZE: "patches of another size than the model was fitted on: their scores may not compare",
    ReasonKind.SEEN: "the model was trained or calibrated on this patient",
    ReasonKind.NAMESAKE: "named like a patient that the model has seen, but with other image files",
    ReasonKind.SEEN_PATCH: "the model was trained or calibrated on this patch",
    ReasonKind.BLANK: "the slide looks blank",
    ReasonKind.GREY: "the patches are grey: DAB and hematoxylin cannot be distinguished",
    ReasonKind.OUT_OF_FOCUS: "the patches are out of focus",
    ReasonKind.OTHER_STAIN: "many pixels are pink: this does not look like DAB with hematoxylin",
    ReasonKind.POSITIVE_YET_NOT_DETECTED: "not detected, and yet at least one patch in three is positive: look at them",
    ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED: "most patches are positive, and yet the patient-level score is below the threshold",
    ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED: "not detected, and yet patches are positive: look at them",
    ReasonKind.AUC_BELOW_CHANCE: "the AUC is below chance: the labels may be the other way round",
    ReasonKind.SCORES_WITHOUT_SPREAD: "all scores are the same: no threshold can separate them",
    ReasonKind.THRESHOLD_SEPARATES_NOTHING: (
        "the model's thresholds do not separate the patients on whom they were chosen: no finding can rest on them"
    ),
    ReasonKind.MEAN_OVER_SOME_FOLDS: "a mean over some folds only: the others have no value",
    ReasonKind.FOLD_WITHOUT_CLASS: "a fold without one of the two classes",
    ReasonKind.PATCH_THRESHOLD_GIVEN: (
        "the patch threshold was given by the user: what is positive, and the density, rest on it"
    ),
}


def describe_kind(kind: ReasonKind) -> str:
    """What reasons of a kind have in common, without numbers, as one says it of several patients."""
    return _ABOUT[kind]


def describe_reason(reason: Reason) -> str:
    """A reason as one plain sentence with its numbers; a number that it does not carry is left out."""
    n = dict(reason.numbers)
    count, of = n.get("count", len(reason.items)), n.get("of")
    single = of == 1
    match reason.kind:
        case ReasonKind.NOTHING_SCORED if n.get("rejected"):
            return f"{_ABOUT[reason.kind]}: {format_number(n['rejected'])} could not be read{_first(reason, n['rejected'])}"
        case ReasonKind.PATCHES_REJECTED:
            return f"{counted_of(count, n.get('listed'), 'patch')} could not be read{_first(reason, count)}"
        case ReasonKind.NOT_READ:
            of_all = f" of {format_number(of)}" if of else ""
            files = "file" if (of or count) == 1 else "files"
            return f"{format_number(count)}{of_all} {files} of this patient {_were(count)} not read{_named(reason, ': ', '')}"
        case ReasonKind.WHOLE_SLIDE_BESIDE | ReasonKind.ARCHIVE_BESIDE:
            slides = reason.kind is ReasonKind.WHOLE_SLIDE_BESIDE
            what = counted(count, "whole slide" if slides else "archive")
            them = "it" if count == 1 else "them"
            remedy = f"cut {them} into patches first" if slides else f"unpack {them} first"
            return f"{what} beside the patches {_were(count)} not read{_named(reason)}: {remedy}"
        case ReasonKind.COLOUR_PROFILE_UNREADABLE:
            has, its = ("has", "its") if count == 1 else ("have", "their")
            patches = counted_of(count, n.get("listed"), "patch")
            return f"{patches} {has} a colour profile that could not be read: {its} colours were taken as they are"
        case ReasonKind.COMPRESSED if "halved" in n:
            return _compressed(reason.items, n)
        case ReasonKind.NAME_FROM_ABOVE if len(reason.items) > 1:
            return f"named {reason.items[0]} after the folder above {reason.items[1]}"
        case ReasonKind.SEVERAL_PATIENTS_IN_NAMES:
            patients = counted(count, "patient")
            return f"the file names look like those of {patients}{_named(reason)}, and were taken for one"
        case ReasonKind.FEW_PATCHES if "least" in n:
            scored = f" ({format_number(n['scored'])})" if "scored" in n else ""
            return f"fewer than {format_number(n['least'])} patches{scored}: too few to judge a patient"
        case ReasonKind.OTHER_SIZE if "fitted_width" in n:
            fitted = f"{n['fitted_width']:.0f} x {n['fitted_height']:.0f}"
            if single and reason.items:
                return f"the patch has {reason.items[0]} pixels, and the model was fitted on {fitted}: its score may not compare"
            has, its = ("has", "its score") if count == 1 else ("have", "their scores")
            size = f"{has} another size than the {fitted} pixels that the model was fitted on{_named(reason)}"
            return f"{counted_of(count, of, 'patch')} {size}: {its} may not compare"
        case ReasonKind.BLANK if single:
            return "the patch shows nothing: it is nearly of one shade"
        case ReasonKind.BLANK if of:
            return (
                f"{counted_of(count, of, 'patch')} {'shows' if count == 1 else 'show'} nothing: the slide looks blank"
            )
        case ReasonKind.GREY if single:
            return "the patch is grey: DAB and hematoxylin cannot be distinguished"
        case ReasonKind.OUT_OF_FOCUS if single:
            return "the patch is out of focus"
        case ReasonKind.OTHER_STAIN if "pink" in n:
            return f"{100 * n['pink']:.0f} % of the pixels are pink: this does not look like DAB with hematoxylin"
        case ReasonKind.POSITIVE_YET_NOT_DETECTED if "positive" in n:
            return f"{_positive(n)}, at least one in three: {_look(n)}"
        case ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED if "positive" in n:
            return f"{_positive(n)}: {_look(n)}"
        case ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED if "positive" in n:
            patches = counted_of(n["positive"], n["scored"], "patch")
            return f"{patches} {_are(n['positive'])} positive, most of them, and yet the patient-level score is below the threshold"
        case ReasonKind.AUC_BELOW_CHANCE if "auc" in n:
            return (
                f"AUC of {' '.join(reason.items)} is {n['auc']:.3f}, below 0.5 by more than chance (p = {n['p']:.2g}): "
                "the labels may be the other way round"
            )
        case ReasonKind.SCORES_WITHOUT_SPREAD if "score" in n:
            return f"all {format_number(n['n'])} scores of {' '.join(reason.items)} are {n['score']:.4g}: no threshold can separate them"
        case ReasonKind.MEAN_OVER_SOME_FOLDS if "known" in n:
            return (
                f"{', '.join(reason.items)}: mean of {format_number(n['known'])} of {format_number(n['folds'])} folds "
                f"({counted(n['patients'], 'patient')}); the others hold out only one class"
            )
        case ReasonKind.FOLD_WITHOUT_CLASS if "folds" in n:
            return _fold_without_class(reason.items, n)
        case _:
            return _ABOUT[reason.kind]


def _compressed(items: Sequence[str], n: dict[str, float]) -> str:
    what = []
    if n["halved"]:
        sampling = f" ({items[0]})" if items else ""
        what.append(
            f"{counted_of(n['halved'], n['of'], 'patch')} {_have(n['halved'])} half the colour resolution{sampling}"
        )
    if "quality" in n:
        coarse = (
            f"{counted_of(n['coarse'], n['of'], 'patch')} {_are(n['coarse'])} JPEG below quality {n['least']:.0f}, "
        )
        what.append(
            f"{coarse if n['coarse'] else ''}the lowest JPEG quality {'' if n['coarse'] else 'of the patches '}is {n['quality']:.0f}"
        )
    return f"{'; '.join(what)}: faint bacteria may be missed"


def _have(count: float) -> str:
    return "has" if count == 1 else "have"


def _fold_without_class(folds: Sequence[str], numbers: dict[str, float]) -> str:
    who = "nobody infected" if numbers["infected"] else "nobody negative"
    plural = "s" * (len(folds) != 1)
    most = int(numbers["most_folds"])
    instead = f"with `folds={most}` each would have both" if most >= 2 else "no number of folds gives each of them both"
    return (
        f"fold{plural} {', '.join(folds)} of {numbers['folds']:.0f} hold{'s' * (not plural)} out {who} and "
        f"ha{'ve' if plural else 's'} no AUC: {instead}"
    )


def describe_reasons(reasons: Iterable[Reason]) -> str:
    """Several reasons in one field of a table."""
    return "; ".join(map(describe_reason, reasons))


def reason_codes(reasons: Iterable[Reason]) -> str:
    """The kinds of several reasons in one field of a table, each once."""
    return "; ".join(dict.fromkeys(reason.kind.value for reason in reasons))


def group_by_sentence(reasons: Sequence[tuple[str, Reason]]) -> list[tuple[str, list[str]]]:
    """Reasons of several patients, one line a kind, in the enum's order: a sentence, and the patients it is about.

    Where the patients' sentences differ in their numbers, the line says what they have in common.
    """
    lines = []
    for kind in ReasonKind:
        described = [(patient, describe_reason(reason)) for patient, reason in reasons if reason.kind is kind]
        sentences = {sentence for _, sentence in described}
        if described:
            sentence = sentences.pop() if len(sentences) == 1 else describe_kind(kind)
            lines.append((sentence, [patient for patient, _ in described]))
    return lines


def reason_details(reason: Reason) -> dict[str, object]:
    """A reason for scripts: its code, its sentence, its numbers and all of its names."""
    return {
        "code": reason.kind.value,
        "message": describe_reason(reason),
        "numbers": dict(reason.numbers),
        "items": list(reason.items),
    }


def _were(count: float) -> str:
    return "was" if count == 1 else "were"


def _are(count: float) -> str:
    return "is" if count == 1 else "are"


def _positive(n: dict[str, float]) -> str:
    return f"not detected, and yet {counted_of(n['positive'], n['scored'], 'patch')} {_are(n['positive'])} positive"


def _look(n: dict[str, float]) -> str:
    return f"look at {'it' if n['positive'] == 1 else 'them'}"


def _named(reason: Reason, before: str = " (", after: str = ")") -> str:
    return f"{before}{shortened(reason.items)}{after}" if reason.items else ""


def _first(reason: Reason, count: float) -> str:
    """Why the first of several files could not be read."""
    if not reason.items:
        return ""
    return f" ({'' if count == 1 else 'the first: '}{reason.items[0]})"
