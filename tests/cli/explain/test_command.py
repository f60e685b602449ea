from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.store.models import StoredModel

    Run = Callable[..., Ran]

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def patch(phantom: Path) -> Path:
    return phantom / "Cropped_Patches" / "Patient1" / "00001.png"


def test_a_picture_goes_to_this_folder_and_replaces_nothing_unasked(
    hpscan: Run, trained: StoredModel, patch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = hpscan("explain", patch, "--model", trained.path, "--device", "cpu")
    assert ran.code == 0
    assert (tmp_path / "00001-explained.png").read_bytes().startswith(b"\x89PNG")
    assert "Wrote 00001-explained.png" in ran.err
    for words in ("Patient1/00001.png", "patch threshold", "score as high or higher", "For research use only"):
        assert words in ran.out
    assert hpscan("explain", patch, "--model", "there-is-no-such-model").code == 4  # before anything else is read
    assert hpscan("explain", patch, "--model", trained.path, "--device", "cpu", "--force").code == 0


def test_json_holds_the_score_and_the_picture(hpscan: Run, trained: StoredModel, patch: Path, tmp_path: Path) -> None:
    ran = hpscan("explain", patch, "--model", trained.path, "--device", "cpu", "--out", tmp_path / "one.png", "--json")
    document = json.loads(ran.out)
    assert document["positive"] is (document["score"] >= document["threshold"]["value"])
    assert document["picture"] == str(tmp_path / "one.png")
    assert 0 <= document["negative"]["least"] <= document["negative"]["most"] <= 1


def test_what_cannot_be_explained_is_one_line_and_a_doubtful_patch_exit_code_3(
    hpscan: Run, trained: StoredModel, patch: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(patch.read_bytes()[:100])
    Image.fromarray(np.full((64, 64, 3), 250, np.uint8)).save(tmp_path / "blank.png")
    codes = {
        name: hpscan("explain", path, "--model", trained.path, "--device", "cpu", "--out", tmp_path / f"{name}-out.png")
        for name, path in (("folder", patch.parent), ("broken", broken), ("blank", tmp_path / "blank.png"))
    }
    assert {name: ran.code for name, ran in codes.items()} == {"folder": 1, "broken": 1, "blank": 3}
    for name in ("folder", "broken"):
        assert [line.split(":")[0] for line in codes[name].err.splitlines()][-2:] == ["Error", "Hint"]
        assert not (tmp_path / f"{name}-out.png").exists()
