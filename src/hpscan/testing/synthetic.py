"""The synthetic patches that a backend is checked with: made once in a process, and never handed out themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Supervision
from hpscan.phantom.cohort import draw_patch
from hpscan.phantom.scanner.optics import draw_style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images
    from hpscan.phantom.cohort import PhantomPatch

RODS = (15, 40)
"""Fewest and most rods on an infected patch; none is faint, and nothing else on it is brown."""

_REACH = 4
"""Pixels around bacteria that still count as theirs."""


class SyntheticPatches:
    """Patches to learn from, as `hpscan.Patches` asks for; what is read of them is a copy."""

    def __init__(self, images: Images, patient_id: NDArray[np.str_], label: NDArray[np.int8]) -> None:
        self._images = images
        self.patient_id = patient_id.copy()
        self.label = label.copy()

    def __len__(self) -> int:
        return len(self._images)

    def read(self, index: NDArray[np.intp]) -> Images:
        """The pixels of the patches at `index`, (M,), as (M, H, W, 3).

        Raises:
            IndexError: When there is no such patch.
            TypeError: When `index` is one number or a mask.
        """
        wanted = np.asarray(index)
        if wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "iu"):
            raise TypeError(f"Patches.read takes indices, (M,), not {wanted.dtype} of shape {wanted.shape}")
        return self._images[wanted.astype(np.intp)]


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """Patches of patients that nothing was learned from: each tissue twice, without bacteria and with them.

    Attributes:
        images: (N, H, W, 3).
        infected: (N,), which of them hold bacteria.
        bacteria: Where, on those that do, within `_REACH` pixels: (N / 2, H, W).
    """

    images: Images
    infected: NDArray[np.bool_]
    bacteria: NDArray[np.bool_]


def train(supervision: Supervision, size: int) -> SyntheticPatches:
    """Eight patients with four patches each; none where nothing is learned."""
    return SyntheticPatches(*_material(range(8), 4, supervision, size))


def validation(supervision: Supervision, size: int) -> SyntheticPatches:
    """Four other patients with three patches each; none where nothing is learned."""
    return SyntheticPatches(*_material(range(10, 14), 3, supervision, size))


@cache
def unseen(size: int) -> Unseen:
    """Twelve tissues of four further patients."""
    keys = [(patient, number) for patient in range(20, 24) for number in range(3)]
    pairs = [(_draw(*key, rods=0, size=size), _draw(*key, rods=_n_rods(*key), size=size)) for key in keys]
    mask = np.pad(np.stack([sick.mask for _, sick in pairs]), ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    windows = np.lib.stride_tricks.sliding_window_view(mask, (2 * _REACH + 1, 2 * _REACH + 1), axis=(1, 2))
    return Unseen(
        images=_frozen(np.stack([patch.image for pair in pairs for patch in pair])),
        infected=np.arange(2 * len(pairs)) % 2 == 1,
        bacteria=np.asarray(windows.any(axis=(-2, -1))),
    )


@cache
def _material(
    patients: range, patches: int, supervision: Supervision, size: int
) -> tuple[Images, NDArray[np.str_], NDArray[np.int8]]:
    """Images, patients and labels, as the workflow hands them out for this supervision."""
    if supervision is Supervision.NOTHING:
        return np.zeros((0, 0, 0, 3), np.uint8), np.zeros(0, np.str_), np.zeros(0, np.int8)
    labelled = supervision is Supervision.LABELLED_PATCHES
    keys = [(patient, number) for patient in patients for number in range(patches)]
    # Every other patient is infected, and even an infected one has patches without bacteria.
    infected = [labelled and patient % 2 == 1 and number > 0 for patient, number in keys]
    patches_of = [
        _draw(*key, rods=_n_rods(*key) if sick else 0, size=size) for key, sick in zip(keys, infected, strict=True)
    ]
    label = np.where(infected, 1, -1) if labelled else np.zeros(len(keys))
    owner = np.array([f"Patient{patient}" for patient, _ in keys])
    return _frozen(np.stack([patch.image for patch in patches_of])), owner, label.astype(np.int8)


def _draw(patient: int, number: int, *, rods: int, size: int) -> PhantomPatch:
    """The tissue is the same whatever the number of rods; all of it is in focus, so that nobody can miss them."""
    style = replace(draw_style(np.random.default_rng((patient, 0))), uneven=0.0)
    rng = np.random.default_rng((patient, 1 + number))
    return draw_patch(rng, rods=rods, style=style, size=size, defocused=0.0)


def _n_rods(patient: int, number: int) -> int:
    low, high = RODS
    return low + (7 * patient + 5 * number) % (high - low + 1)


def _frozen(images: Images) -> Images:
    images.setflags(write=False)
    return images
