"""Reasons in words: the only place that words them. Terminal, tables, JSON and pages all show what stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.reasons import ReasonKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.reasons import Reason

_ITEMS = 5
"""Names of a reason that its sentence holds; JSON holds all."""

_ABOUT = {
    ReasonKind.NOTHING_SCORED: "no patch could be scored",
    ReasonKind.PATCHES_REJECTED: "patches could not be read",
    ReasonKind.NOT_READ: "files of these patients were not read",
    ReasonKind.WHOLE_SLIDE_BESIDE: "whole slides beside the patches were not read: cut them into patches first",
    ReasonKind.ARCHIVE_BESIDE: "archives beside the patches were not read: unpack them first",
    ReasonKind.COLOUR_PROFILE_UNREADABLE: "colour profiles could not be read: the colours were taken as they are",
    ReasonKind.NAME_FROM_ABOVE: "named after the folder above their own",
    ReasonKind.SEVERAL_PATIENTS_IN_NAMES: "the file names look like those of several patients, and were taken for one",
    ReasonKind.SELECTED_PATCHES: "only selected patches, not all windows of the biopsy",
    ReasonKind.FEW_PATCHES: "too few patches: hardly enough to tell a patient from",
    ReasonKind.OTHER_SIZE: "patches of another size than the model was fitted on: their scores may not compare",
    ReasonKind.SEEN: "the model was trained or calibrated on this patient",
    ReasonKind.NAMESAKE: "named like a patient that the model has seen, but with other image files",
    ReasonKind.SEEN_PATCH: "the model was trained or calibrated on this patch",
    ReasonKind.BLANK: "the slide looks blank",
    ReasonKind.GREY: "the patches are grey: brown cannot be told from blue",
    ReasonKind.OUT_OF_FOCUS: "the patches are out of focus",
    ReasonKind.OTHER_STAIN: "many pixels are pink: this does not look like DAB with hematoxylin",
    ReasonKind.POSITIVE_YET_NOT_DETECTED: "not detected, and yet at least one patch in three is positive: look at them",
    ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED: "most patches are positive, and yet the patient's value is below the threshold",
    ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED: "not detected, and yet patches are positive: look at them",
    ReasonKind.AUC_BELOW_CHANCE: "the AUC is below chance: the labels may be the other way round",
    ReasonKind.SCORES_WITHOUT_SPREAD: "all scores are the same: they tell nothing apart",
    ReasonKind.THRESHOLD_SEPARATES_NOTHING: (
        "the model's thresholds tell nobody apart on what they were chosen on: no finding can rest on them"
    ),
    ReasonKind.MEAN_OVER_SOME_FOLDS: "a mean over some folds only: the others have no value",
    ReasonKind.FOLD_WITHOUT_CLASS: "a fold without one of the two classes",
    ReasonKind.PATCH_THRESHOLD_GIVEN: (
        "the patch threshold was given by the user: what is positive, and the density, rest on it"
    ),
}


def about(kind: ReasonKind) -> str:
    """What reasons of a kind have in common, without numbers, as one says it of several patients."""
    return _ABOUT[kind]


def reason(one: Reason) -> str:
    """A reason as one plain sentence with its numbers; a number that it does not carry is left out."""
    n = dict(one.numbers)
    count, of = n.get("count", len(one.items)), n.get("of")
    single = of == 1
    match one.kind:
        case ReasonKind.NOTHING_SCORED if n.get("rejected"):
            return f"{_ABOUT[one.kind]}: {_number(n['rejected'])} could not be read{_first(one, n['rejected'])}"
        case ReasonKind.PATCHES_REJECTED:
            return f"{_share(count, n.get('listed'), 'patch')} could not be read{_first(one, count)}"
        case ReasonKind.NOT_READ:
            of_all = f" of {_number(of)}" if of else ""
            files = _plural(of or count, "file")
            return f"{_number(count)}{of_all} {files} of this patient {_were(count)} not read{_named(one, ': ', '')}"
        case ReasonKind.WHOLE_SLIDE_BESIDE | ReasonKind.ARCHIVE_BESIDE:
            slides = one.kind is ReasonKind.WHOLE_SLIDE_BESIDE
            what = _counted(count, "whole slide" if slides else "archive")
            them = "it" if count == 1 else "them"
            remedy = f"cut {them} into patches first" if slides else f"unpack {them} first"
            return f"{what} beside the patches {_were(count)} not read{_named(one)}: {remedy}"
        case ReasonKind.COLOUR_PROFILE_UNREADABLE:
            has, its = ("has", "its") if count == 1 else ("have", "their")
            share = _share(count, n.get("listed"), "patch")
            return f"{share} {has} a colour profile that could not be read: {its} colours were taken as they are"
        case ReasonKind.NAME_FROM_ABOVE if len(one.items) > 1:
            return f"named {one.items[0]} after the folder above {one.items[1]}"
        case ReasonKind.SEVERAL_PATIENTS_IN_NAMES:
            patients = _counted(count, "patient")
            return f"the file names look like those of {patients}{_named(one)}, and were taken for one"
        case ReasonKind.FEW_PATCHES if "least" in n:
            scored = f" ({_number(n['scored'])})" if "scored" in n else ""
            return f"fewer than {_number(n['least'])} patches{scored}: hardly enough to tell a patient from"
        case ReasonKind.OTHER_SIZE if "fitted_width" in n:
            fitted = f"{n['fitted_width']:.0f} x {n['fitted_height']:.0f}"
            if single and one.items:
                return f"the patch has {one.items[0]} pixels, and the model was fitted on {fitted}: its score may not compare"
            has, its = ("has", "its score") if count == 1 else ("have", "their scores")
            size = f"{has} another size than the {fitted} pixels that the model was fitted on{_named(one)}"
            return f"{_share(count, of, 'patch')} {size}: {its} may not compare"
        case ReasonKind.BLANK if single:
            return "the patch shows nothing: it is nearly of one shade"
        case ReasonKind.BLANK if of:
            return f"{_share(count, of, 'patch')} {'shows' if count == 1 else 'show'} nothing: the slide looks blank"
        case ReasonKind.GREY if single:
            return "the patch is grey: brown cannot be told from blue"
        case ReasonKind.OUT_OF_FOCUS if single:
            return "the patch is out of focus"
        case ReasonKind.OTHER_STAIN if "pink" in n:
            return f"{100 * n['pink']:.0f} % of the pixels are pink: this does not look like DAB with hematoxylin"
        case ReasonKind.POSITIVE_YET_NOT_DETECTED if "positive" in n:
            return f"{_positive(n)}, at least one in three: {_look(n)}"
        case ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED if "positive" in n:
            return f"{_positive(n)}: {_look(n)}"
        case ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED if "positive" in n:
            share = _share(n["positive"], n["scored"], "patch")
            return f"{share} {_are(n['positive'])} positive, most of them, and yet the patient's value is below the threshold"
        case ReasonKind.AUC_BELOW_CHANCE if "auc" in n:
            return (
                f"AUC of {' '.join(one.items)} is {n['auc']:.3f}, below 0.5 by more than chance (p = {n['p']:.2g}): "
                "the labels may be the other way round"
            )
        case ReasonKind.SCORES_WITHOUT_SPREAD if "score" in n:
            return (
                f"all {_number(n['n'])} scores of {' '.join(one.items)} are {n['score']:.4g}: they tell nothing apart"
            )
        case ReasonKind.MEAN_OVER_SOME_FOLDS if "known" in n:
            return (
                f"{', '.join(one.items)}: mean of {_number(n['known'])} of {_number(n['folds'])} folds "
                f"({_counted(n['patients'], 'patient')}); the others hold out only one class"
            )
        case ReasonKind.FOLD_WITHOUT_CLASS if "folds" in n:
            return _fold_without_class(one.items, n)
        case _:
            return _ABOUT[one.kind]


def _fold_without_class(folds: Sequence[str], numbers: dict[str, float]) -> str:
    who = "nobody infected" if numbers["infected"] else "nobody negative"
    plural = "s" * (len(folds) != 1)
    most = int(numbers["most_folds"])
    instead = f"with --folds {most} each would have both" if most >= 2 else "no number of folds gives each of them both"
    return (
        f"fold{plural} {', '.join(folds)} of {numbers['folds']:.0f} hold{'s' * (not plural)} out {who} and "
        f"ha{'ve' if plural else 's'} no AUC: {instead}"
    )


def reasons(of: Iterable[Reason]) -> str:
    """Several reasons in one cell of a table."""
    return "; ".join(map(reason, of))


def codes(of: Iterable[Reason]) -> str:
    """The kinds of several reasons in one cell of a table, each once."""
    return "; ".join(dict.fromkeys(one.kind.value for one in of))


def of_several(told: Sequence[tuple[str, Reason]]) -> list[tuple[str, list[str]]]:
    """Reasons of several patients, one line a kind, in the enum's order: what it says, and of whom.

    Where the patients' sentences differ in their numbers, the line says what they have in common.
    """
    lines = []
    for kind in ReasonKind:
        own = [(who, reason(one)) for who, one in told if one.kind is kind]
        sentences = {sentence for _, sentence in own}
        if own:
            lines.append((sentences.pop() if len(sentences) == 1 else about(kind), [who for who, _ in own]))
    return lines


def details(one: Reason) -> dict[str, object]:
    """A reason for scripts: its code, its sentence, its numbers and all of its names."""
    return {"code": one.kind.value, "message": reason(one), "numbers": dict(one.numbers), "items": list(one.items)}


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"


def _plural(count: float, what: str) -> str:
    return what if count == 1 else f"{what}{'es' if what.endswith('ch') else 's'}"


def _counted(count: float, what: str) -> str:
    return f"{_number(count)} {_plural(count, what)}"


def _share(count: float, of: float | None, what: str) -> str:
    return _counted(count, what) if of is None else f"{_number(count)} of {_counted(of, what)}"


def _were(count: float) -> str:
    return "was" if count == 1 else "were"


def _are(count: float) -> str:
    return "is" if count == 1 else "are"


def _positive(n: dict[str, float]) -> str:
    return f"not detected, and yet {_share(n['positive'], n['scored'], 'patch')} {_are(n['positive'])} positive"


def _look(n: dict[str, float]) -> str:
    return f"look at {'it' if n['positive'] == 1 else 'them'}"


def _names(items: Sequence[str]) -> str:
    return ", ".join(items[:_ITEMS]) + (f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS else "")


def _named(one: Reason, before: str = " (", after: str = ")") -> str:
    return f"{before}{_names(one.items)}{after}" if one.items else ""


def _first(one: Reason, count: float) -> str:
    """Why the first of several files could not be read."""
    if not one.items:
        return ""
    return f" ({'' if count == 1 else 'the first: '}{one.items[0]})"
