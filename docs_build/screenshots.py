"""Makes the pictures of reports in the documentation, from drawn patients alone: python docs_build/screenshots.py.

It needs what the tests need, a chromium among it. The bundled model diagnoses ten synthetic patients. About two minutes on two
processor cores.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

_IMAGES = Path(__file__).parents[1] / "docs" / "images" / "report"
_PATIENTS, _PATCHES, _SEED = 10, 120, 3
_QUALITY = 82


def main() -> None:
    """Draw, diagnose, open, and save what is seen."""
    _IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        data, archive = Path(scratch) / "dataset", Path(scratch) / "archive"
        _run("data", "synth", data, "--patients", _PATIENTS, "--patches", _PATCHES, "--seed", _SEED)
        _run("diagnose", data, "--model", "bundled", "--report", archive)
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = (archive / "patients" / "Patient6.html").as_uri()
            for name, scheme, width, height in (
                ("page-light-wide", "light", 1100, 1330),
                ("page-dark-narrow", "dark", 390, 1330),
            ):
                tab = _open(chromium, page, scheme, width, height)
                tab.screenshot(path=_IMAGES / f"{name}.jpg", type="jpeg", quality=_QUALITY)
            tab = _open(chromium, page, "dark", 1100, 760)
            tab.click("#patch-1 button")
            tab.keyboard.press("h")
            tab.screenshot(path=_IMAGES / "patch-dark-wide.jpg", type="jpeg", quality=_QUALITY)
            tab = _open(chromium, page, "light", 1100, 900)
            tab.locator("section:has(.maps)").screenshot(
                path=_IMAGES / "map-light-wide.jpg", type="jpeg", quality=_QUALITY
            )
            index = (archive / "index.html").as_uri()
            for name, scheme, width in (("archive-light-wide", "light", 1100), ("archive-dark-narrow", "dark", 390)):
                tab = _open(chromium, index, scheme, width, 900)
                if width > 400:
                    tab.click("button[data-key=value]")
                tab.screenshot(path=_IMAGES / f"{name}.jpg", type="jpeg", quality=_QUALITY)
            chromium.close()


def _run(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "hpscan", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own command


def _open(chromium: Any, address: str, scheme: str, width: int, height: int) -> Any:
    tab = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab.goto(address)
    return tab


if __name__ == "__main__":
    main()
