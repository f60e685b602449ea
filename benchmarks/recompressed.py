"""Patches saved as JPEG again in memory, as `compression.py` scores them: qualities, samplings, and a slide's own tables."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image

from hpscan.data.images.formats import jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

BLOCK = 16
"""Pixels a block of JPEG has at most, where colour is halved both ways."""

_PILLOW = {"444": 0, "422": 1, "420": 2}


@dataclass(frozen=True, slots=True)
class Setting:
    """One way of saving a patch.

    Attributes:
        name: For people.
        sampling: `444`, `422`, `420`; empty for none, where pixels stay as they are.
        quality: As IJG counts; None with tables of its own.
        tables: Those of a slide, in rows.
        rgb: Whether red, green and blue are stored as they are.
    """

    name: str
    sampling: str = ""
    quality: int | None = None
    tables: tuple[tuple[int, ...], ...] = ()
    rgb: bool = False

    def apply(self, image: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
        """The image, (H, W, 3), as it comes back, its grid of blocks anywhere."""
        if not self.sampling:
            return image
        top, left = rng.integers(BLOCK, size=2).tolist()
        height, width = image.shape[:2]
        # As a cut of a slide: what lies beyond the edge resembles what lies before it.
        wide = np.pad(image, ((top, -(top + height) % BLOCK), (left, -(left + width) % BLOCK), (0, 0)), "reflect")
        how: dict[str, Any] = {"quality": self.quality} if self.quality else {"qtables": [list(t) for t in self.tables]}
        if self.rgb:
            how["keep_rgb"] = True
        else:
            how["subsampling"] = _PILLOW[self.sampling]
        buffer = io.BytesIO()
        Image.fromarray(wide).save(buffer, "JPEG", **how)
        stored = np.asarray(Image.open(io.BytesIO(buffer.getvalue()), formats=("JPEG",)).convert("RGB"))
        return np.ascontiguousarray(stored[top : top + height, left : left + width])


def settings(qualities: Sequence[int], samplings: Sequence[str], slide: Path | None) -> list[Setting]:
    """All ways asked for, as published first."""
    dotted = {one: ":".join(one) for one in samplings}
    made = [Setting("as published")]
    made += [Setting(f"JPEG {q}, {dotted[s]}", s, q) for s in samplings for q in sorted(qualities, reverse=True)]
    return [*made, *(of_slide(slide) if slide else ())]


def of_slide(slide: Path) -> list[Setting]:
    """A slide's own tables: stored as the slide's colours are, and as YCbCr with colour halved both ways.

    Raises:
        SystemExit: When its first page is not stored as JPEG.
    """
    with tifffile.TiffFile(slide) as file:
        page: Any = file.pages[0]
        shared = None if page.jpegtables is None else jpeg.read(page.jpegtables)
        file.filehandle.seek(page.dataoffsets[0])
        try:
            stream = jpeg.read(file.filehandle.read(page.databytecounts[0]))
        except ValueError as error:
            raise SystemExit(f"{slide.name} is not stored as JPEG: {error}") from error
    how = jpeg.compression(shared, stream)
    steps = jpeg.steps(shared, stream)
    if how is None or not steps:
        raise SystemExit(f"{slide.name} holds no quantisation tables in its first page")
    tables = tuple(tuple(int(step) for step in table) for table in dict.fromkeys(tuple(t.tolist()) for t in steps))
    rgb = page.photometric == 2 and not how.halved
    name = f"tables of {slide.name} (quality {how.quality})"
    sampling = (how.subsampling or "").replace(":", "")
    ways = [Setting(f"{name}, {'RGB ' if rgb else ''}{how.subsampling}", sampling, None, tables, rgb)]
    if sampling != "420":
        ways.append(Setting(f"{name}, 4:2:0", "420", None, tables))
    return ways
