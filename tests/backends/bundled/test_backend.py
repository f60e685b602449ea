"""`bundled` is the network that ships with hpscan: it learns nothing, and finds bacteria as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import hpscan
from hpscan.backends.bundled import backend as bundled
from hpscan.backends.bundled.backend import backend
from hpscan.backends.bundled.settings import BundledSettings
from hpscan.core.backend import Localizer, Run, Supervision
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from hpscan.core.backend import Images, Patches

SHIPPED = Path(hpscan.__file__).parent / "bundled" / "weights.safetensors"


def test_it_learns_nothing_and_reads_nothing(in_memory: type) -> None:
    patches: Patches = in_memory(np.zeros((1, 64, 64, 3), np.uint8), ["a"])
    assert backend.learns_from(BundledSettings()) is Supervision.NOTHING
    fitted = backend.fit(patches, patches, BundledSettings(), Run())
    assert patches.reads == []  # type: ignore[attr-defined]
    assert fitted.pretrained["sha256"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_it_tells_infected_patches_from_clean_ones_and_says_where(unseen: Images) -> None:
    scorer = backend.fit(None, None, BundledSettings(), Run()).scorer  # type: ignore[arg-type]  # it looks at neither
    infected = np.arange(len(unseen)) >= len(unseen) // 2
    assert roc_auc_score(infected, scorer.score(unseen)) > 0.97
    assert isinstance(scorer, Localizer)


def test_the_wheel_has_room_for_it() -> None:
    assert SHIPPED.stat().st_size < 5e6


def test_an_installation_without_its_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled._shipped.cache_clear()
    monkeypatch.setattr(bundled, "files", lambda _: tmp_path)
    with pytest.raises(WeightsError, match="is not where hpscan was installed") as caught:
        backend.fit(None, None, BundledSettings(), Run())  # type: ignore[arg-type]
    assert "install hpscan again" in caught.value.hint
    bundled._shipped.cache_clear()


def test_a_score_does_not_hang_on_what_stands_beside_it() -> None:
    from hpscan.backends.bundled.backend import backend
    from hpscan.backends.bundled.settings import BundledSettings
    from hpscan.core.backend import Run

    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (19, 96, 96, 3), dtype=np.uint8)
    scorer = backend.fit(None, None, BundledSettings(), Run()).scorer  # type: ignore[arg-type]  nothing is learned
    together = scorer.score(images)
    for size in (1, 2, 7, 16):
        apart = np.concatenate([scorer.score(images[i : i + size]) for i in range(0, len(images), size)])
        assert np.array_equal(apart, together)
    assert np.array_equal(scorer.score(images[::-1])[::-1], together)
