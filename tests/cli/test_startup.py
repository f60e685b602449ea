from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "pandas", "sklearn", "anomalib", "timm", "matplotlib", "pydantic", "PIL", "scipy")


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(argument: str) -> None:
    code = (
        "import sys; sys.argv = ['hpscan', sys.argv[1]]\n"
        "from hpscan.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as left: assert not left.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "hpscan" in done.stdout


def test_python_m_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "hpscan", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("hpscan ")
