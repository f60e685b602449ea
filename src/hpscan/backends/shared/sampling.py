"""Which patches are learned from, so that no patient outweighs the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Patches


def capped(
    patches: Patches, most: int, rng: np.random.Generator, among: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """At most so many patches of each patient, drawn at random from all or from those `among` them: (M,), by patient."""
    order = rng.permutation(len(patches) if among is None else among)
    owner = patches.patient_id[order]
    kept = [order[owner == patient][:most] for patient in np.unique(owner)]
    return np.concatenate(kept) if kept else order
