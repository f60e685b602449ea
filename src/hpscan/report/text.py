"""Reasons in words: one line each, the same on the terminal, in files and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.reasons import ReasonKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.reasons import Reason


def reason(one: Reason) -> str:
    """A reason in one line."""
    numbers = dict(one.numbers)
    match one.kind:
        case ReasonKind.AUC_BELOW_CHANCE:
            return (
                f"AUC of {' '.join(one.items)} is {numbers['auc']:.3f}, below 0.5 by more than chance (p = {numbers['p']:.2g}): "
                "the labels may be the other way round"
            )
        case ReasonKind.SCORES_WITHOUT_SPREAD:
            return f"all {numbers['n']:.0f} scores of {' '.join(one.items)} are {numbers['score']:.4g}: they tell nothing apart"
        case ReasonKind.THRESHOLD_SEPARATES_NOTHING:
            return "the model's thresholds tell nobody apart on what they were chosen on: no finding can rest on them"
        case ReasonKind.FOLD_WITHOUT_CLASS:
            return _fold_without_class(one.items, numbers)
        case ReasonKind.MEAN_OVER_SOME_FOLDS:
            return (
                f"{', '.join(one.items)}: mean of {numbers['known']:.0f} of {numbers['folds']:.0f} folds "
                f"({numbers['patients']:.0f} patients); the others hold out only one class"
            )
        case _:
            return str(one.kind)


def _fold_without_class(folds: Sequence[str], numbers: dict[str, float]) -> str:
    who = "nobody infected" if numbers["infected"] else "nobody negative"
    plural = "s" * (len(folds) != 1)
    most = int(numbers["most_folds"])
    instead = f"with --folds {most} each would have both" if most >= 2 else "no number of folds gives each of them both"
    return (
        f"fold{plural} {', '.join(folds)} of {numbers['folds']:.0f} hold{'s' * (not plural)} out {who} and "
        f"ha{'ve' if plural else 's'} no AUC: {instead}"
    )
