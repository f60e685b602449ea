"""Synthetic patches and patients with a known reference standard, made from a seed: what tests, demo and tutorial run on.

A patch depends on the seed, its patient and its own number only, so patches can be made in any order and in
parallel, and a longer cohort begins with the shorter one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Density, PatchLabel
from hpscan.phantom.anatomy.tissue import draw_tissue
from hpscan.phantom.bacteria.rods import scatter
from hpscan.phantom.confounders.artefacts import FREQUENCY, Confounder, Dirt, draw_confounder
from hpscan.phantom.scanner.optics import Style, draw_style, expose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

SIZE = 256
"""Pixels, height and width: those of the published patches."""

POSITIVE_PROPORTION = {Density.NEGATIVE: (0.0, 0.0), Density.LOW: (0.03, 0.15), Density.HIGH: (0.3, 0.8)}
"""Smallest and largest proportion of a patient's patches that hold bacteria; at least one patch where infected."""

LOW_RODS = (1, 5)
HIGH_RODS = (6, 60)
"""Fewest and most rods on a positive patch of a patient of LOW and of HIGH density."""

FAINT_PROPORTION = {Density.LOW: 0.3, Density.HIGH: 0.05}
"""Proportion of the positive patches whose rods are pale."""

CONFOUNDED_PROPORTION = 0.17
"""Proportion of all patches that hold something brown or dark that is no bacterium; it differs between patients."""

DEFOCUSED_PROPORTION = 0.1
"""Proportion of all patches that are out of focus; it differs between patients."""

_FAVOURITES = 6.0
"""How alike patients are in the kinds of their confounders: the sum of a Dirichlet distribution's parameters."""

_STREAM_PATIENT, _STREAM_PATCH, _STREAM_BLOCK = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class PhantomPatch:
    """One synthetic patch.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        mask: (H, W) bool, true on bacteria.
        n_rods: How many bacteria there are.
        confounder: What else is brown or dark; None if nothing.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    n_rods: int
    confounder: Confounder | None = None

    @property
    def infected(self) -> bool:
        """Whether there are bacteria."""
        return self.n_rods > 0

    @property
    def label(self) -> PatchLabel:
        """What a pathologist who sees everything would say."""
        return PatchLabel.POSITIVE if self.infected else PatchLabel.NEGATIVE


def draw_patch(
    rng: Generator,
    *,
    rods: int = 0,
    faint: bool = False,
    confounder: Confounder | None = None,
    style: Style | None = None,
    defocused: float = DEFOCUSED_PROPORTION,
    size: int = SIZE,
) -> PhantomPatch:
    """One patch. The same generator state gives the same tissue, whatever lies on it.

    Args:
        rng: Where chance comes from.
        rods: How many bacteria; 0 draws a negative patch.
        faint: Whether the bacteria are pale and thin.
        confounder: Something brown or dark that is no bacterium.
        style: Slide and scanner; None draws one.
        defocused: How likely the patch is out of focus, 0..1.
        size: Height and width, in pixels, 64 to 512.

    Raises:
        ValueError: When `rods` is negative or `size` out of range.
    """
    if rods < 0 or not 64 <= size <= 512:
        raise ValueError(f"a patch of {size} pixels with {rods} rods cannot be made")
    # A stream for each part: rods must not change the tissue that they lie on.
    slide, anatomy, infection, dirt, scanner = (np.random.default_rng(s) for s in rng.integers(2**63, size=5).tolist())
    usual = draw_style(slide)
    tissue = draw_tissue(anatomy, size)
    bacteria = scatter(infection, tissue.habitat, rods, faint=faint)
    nothing = np.zeros_like(tissue.body)
    extra = (
        Dirt(nothing, nothing, nothing)
        if confounder is None
        else draw_confounder(dirt, confounder, body=tissue.body, habitat=tissue.habitat)
    )
    image = expose(
        scanner,
        style or usual,
        hematoxylin=tissue.hematoxylin + extra.hematoxylin,
        dab=bacteria.dab + extra.dab,
        pigment=extra.pigment + tissue.refraction,
        defocus=float(slide.uniform(0.8, 2.2)) if slide.random() < defocused else 0.0,
    )
    return PhantomPatch(image, bacteria.mask, rods, confounder)


@dataclass(frozen=True, slots=True)
class Habits:
    """How clean and how sharp one patient's slide is.

    Attributes:
        confounded: Proportion of its patches with a confounder.
        kinds: Of these, the proportion of each kind, in the order of `Confounder`; they add up to 1.
        defocused: Proportion of its patches that are out of focus.
    """

    confounded: float
    kinds: tuple[float, ...]
    defocused: float


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """One synthetic patient; patches are made when they are asked for and are not kept.

    Attributes:
        id: `Patient1`, `Patient2`, ...
        density: The diagnosis.
        labels: The label of each patch, NEGATIVE or POSITIVE.
        style: Slide and scanner of all the patches.
        habits: How clean and how sharp the slide is.
        seed: The cohort's seed.
        number: The patient's place in the cohort, from 0.
    """

    id: str
    density: Density
    labels: tuple[PatchLabel, ...]
    style: Style
    habits: Habits
    seed: int
    number: int

    @property
    def n_patches(self) -> int:
        """How many patches there are."""
        return len(self.labels)

    def patch(self, index: int) -> PhantomPatch:
        """The patch at `index`, 0 <= index < n_patches; always the same pixels.

        Raises:
            IndexError: When there is no such patch.
        """
        if not 0 <= index < self.n_patches:
            raise IndexError(f"{self.id} has {self.n_patches} patches, and none at {index}")
        rng = _stream(self.seed, _STREAM_PATCH, self.number, index)
        confounder = None
        if rng.random() < self.habits.confounded:
            confounder = tuple(Confounder)[int(rng.choice(len(Confounder), p=self.habits.kinds))]
        rods, faint = 0, False
        if self.labels[index] is PatchLabel.POSITIVE:
            rods = _n_rods(rng, self.density)
            faint = bool(rng.random() < FAINT_PROPORTION[self.density])
        return draw_patch(
            rng,
            rods=rods,
            faint=faint,
            confounder=confounder,
            style=self.style,
            defocused=self.habits.defocused,
        )

    def __iter__(self) -> Iterator[PhantomPatch]:
        """The patches, in order, each made when it is reached."""
        return (self.patch(index) for index in range(self.n_patches))


def draw_cohort(
    patients: int,
    patches: int,
    seed: int,
    *,
    low_proportion: tuple[float, float] = POSITIVE_PROPORTION[Density.LOW],
) -> tuple[PhantomPatient, ...]:
    """Patients with `patches` patches each: half negative, a quarter LOW, a quarter HIGH, in random order.

    Patients 1 and 2, 3 and 4, ... are one negative and one infected each, and of the infected two of every four
    one is LOW and one HIGH, so any number of patients comes out balanced, and `draw_cohort(n, ...)` is how
    `draw_cohort(n + 1, ...)` begins.

    Args:
        patients: How many.
        patches: How many each of them has.
        seed: Where chance comes from.
        low_proportion: Smallest and largest proportion of positive patches of a patient of LOW density.

    Raises:
        ValueError: When `patients` or `patches` is below 1, `seed` below 0, or `low_proportion` no range within 0..1.
    """
    if patients < 1 or patches < 1 or seed < 0:
        raise ValueError(f"no cohort of {patients} patients with {patches} patches and the seed {seed}")
    if not 0 <= low_proportion[0] <= low_proportion[1] <= 1:
        raise ValueError(f"no proportion of positive patches lies from {low_proportion[0]} to {low_proportion[1]}")
    return tuple(
        _patient(number, patches, seed, POSITIVE_PROPORTION | {Density.LOW: low_proportion})
        for number in range(patients)
    )


def _stream(seed: int, *key: int) -> Generator:
    """The generator that belongs to one thing of a cohort."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _density(number: int, seed: int) -> Density:
    """The diagnosis of the patient with this number."""
    block, place = divmod(number, 4)
    rng = _stream(seed, _STREAM_BLOCK, block)
    infected = rng.permutation(np.array([Density.LOW, Density.HIGH], dtype=object))
    first_is_infected = rng.random(2) < 0.5
    pair, second = divmod(place, 2)
    is_infected = bool(first_is_infected[pair]) is (second == 0)
    return Density(infected[pair]) if is_infected else Density.NEGATIVE


def _patient(
    number: int, patches: int, seed: int, proportions: Mapping[Density, tuple[float, float]]
) -> PhantomPatient:
    rng = _stream(seed, _STREAM_PATIENT, number)
    style = draw_style(rng)
    density = _density(number, seed)
    habits = _habits(rng)
    positive = _n_positive(rng, proportions[density], patches)
    where = frozenset(rng.permutation(patches)[:positive].tolist())
    labels = tuple(PatchLabel.POSITIVE if i in where else PatchLabel.NEGATIVE for i in range(patches))
    return PhantomPatient(f"Patient{number + 1}", density, labels, style, habits, seed, number)


def _habits(rng: Generator) -> Habits:
    """Most slides are clean, a few are dirty all over, and a dirty one has its favourites."""
    usual = np.array([FREQUENCY[kind] for kind in Confounder])
    kinds = rng.dirichlet(usual / usual.sum() * _FAVOURITES)
    return Habits(
        confounded=float(min(CONFOUNDED_PROPORTION * rng.gamma(1.5, 1 / 1.5), 0.9)),
        kinds=tuple((kinds / kinds.sum()).tolist()),
        defocused=float(min(DEFOCUSED_PROPORTION * rng.gamma(1.5, 1 / 1.5), 0.9)),
    )


def _n_positive(rng: Generator, proportion: tuple[float, float], patches: int) -> int:
    """How many patches hold bacteria: within the proportions where whole numbers allow, at least one unless both are 0."""
    low, high = proportion
    wanted = round(rng.uniform(low, high) * patches)
    if high == 0:
        return 0
    return max(1, min(max(wanted, math.ceil(low * patches)), math.floor(high * patches)))


def _n_rods(rng: Generator, density: Density) -> int:
    """How many rods a positive patch holds; among many rods, fewer are likelier than more."""
    if density is Density.LOW:
        return int(rng.integers(LOW_RODS[0], LOW_RODS[1] + 1))
    low, high = np.log(HIGH_RODS)
    return int(np.exp(rng.uniform(low, high)).round())
