"""The file of settings on the page is one that `hpscan train --config` takes."""

from __future__ import annotations

from pathlib import Path

from hpscan.workflows.training.settings import configured

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "train-on-your-data.md"


def test_the_file_on_the_page_sets_what_the_page_says(tmp_path: Path) -> None:
    example = PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    config = tmp_path / "settings.toml"
    config.write_text(example, encoding="utf-8")
    assert configured("autoencoder", config=config).chosen == {"hue_high": 30, "epochs": 40, "score": "f-red"}
    assert configured("redness", config=config).chosen == {"hue_high": 30, "saturation": 0.25}
    assert configured("autoencoder", {"score": "red-residual"}, config=config, short={"epochs": 5}).chosen == {
        "hue_high": 30,
        "epochs": 5,
        "score": "red-residual",
    }
