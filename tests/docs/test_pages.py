"""The pages say what the code says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import hooks
import numpy as np
import pytest

import hpscan
from hpscan.backends.autoencoder.measure import measure
from hpscan.backends.autoencoder.network import NETWORKS
from hpscan.backends.autoencoder.settings import Measure, Network
from hpscan.backends.redness.settings import RednessSettings
from hpscan.backends.shared.gate import RedGate
from hpscan.cli import failures
from hpscan.core.account import AsideKind, LabelFate, PatchFate, PatientFate, TableFate
from hpscan.core.notes import NoteKind
from hpscan.core.reasons import ReasonKind
from hpscan.data.images import quality
from hpscan.data.tables import labels
from hpscan.data.vocabulary import DIAGNOSES
from hpscan.evaluation.splits import halves
from hpscan.phantom import cohort as phantom
from hpscan.phantom.confounders.artefacts import FREQUENCY
from hpscan.report.text import reasons as text
from hpscan.store.manifest import Manifest, OperatingRecord, PatientRecord

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def table_cells(text: str, column: int = 0) -> list[str]:
    """The cells of one column in all tables, without headers."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")
    ]
    return [row[column] for row in rows if len(row) > column]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.xdist_group("docs-site")
def test_the_site_builds_without_a_warning(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert (site / "reference" / "schemas" / "diagnose.json").is_file()


@pytest.mark.xdist_group("docs-site")
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]*", re.IGNORECASE)
    found = {match for page in site.rglob("*.html") for match in loads.findall(page.read_text(encoding="utf-8"))}
    assert not found


@pytest.mark.xdist_group("docs-site")
def test_the_generated_parts_are_in_the_site(site: Path) -> None:
    page = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    for name, _, _ in hooks.walk():
        assert f'id="{name.replace(" ", "-")}"' in page
    assert 'id="settings-of-redness"' in page
    assert "NAME|PATH" in page
    assert "<!-- " not in page.partition("<article")[2].partition("</article")[0]


def test_every_command_and_option_of_the_app_is_documented() -> None:
    text = hooks.commands()
    for name, command, _ in hooks.walk():
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        assert section, name
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.opts[0] in section, (name, parameter.name)
            else:
                assert (parameter.metavar or parameter.name) in section, (name, parameter.name)


def command_lines() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in re.findall(
            r"^```(?:console|bash)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            for line in block.splitlines():
                bare = line.removeprefix("$ ").strip()
                if bare.startswith("hpscan "):
                    found.append((page.name, bare))
    return found


def test_commands_on_the_pages_exist_with_their_options() -> None:
    commands = {name: command for name, command, _ in hooks.walk()}
    lines = command_lines()
    assert len(lines) > 20
    for page, line in lines:
        words = shlex.split(line.partition(" > ")[0])
        name = words.pop(0)
        while words and f"{name} {words[0]}" in commands:
            name = f"{name} {words.pop(0)}"
        known = {o for p in commands[name].params for o in (*p.opts, *p.secondary_opts)} if name in commands else set()
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known | {"--help"}, (page, line)
        assert name != "hpscan" or options, (page, line)


def test_pages_hold_no_path_of_a_machine() -> None:
    private = re.compile(r"(?<![\w.])/(?:work|tmp|home|root|Users)/")
    for page in [*PAGES, ROOT / "CHANGELOG.md"]:
        assert not private.search(page.read_text(encoding="utf-8")), page


def test_pages_are_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.relative_to(DOCS).as_posix() in navigation


def test_the_exit_codes_are_those_of_the_code() -> None:
    section = read("reference/cli.md").partition("## Exit codes")[2].partition("\n## ")[0]
    written = [int(cell) for cell in table_cells(section) if cell.isdigit()]
    assert written == [
        failures.DONE,
        failures.FORESEEN,
        failures.USAGE,
        failures.INDETERMINATE,
        failures.NOT_WRITTEN,
        failures.BUG,
        failures.INTERRUPTED,
    ]


def codes_in(title: str) -> list[str]:
    """The codes at the beginning of the rows below one heading of the page of codes."""
    section = read("reference/codes.md").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)


def test_every_kind_of_note_is_explained() -> None:
    assert sorted(codes_in("Notes on a dataset")) == sorted(NoteKind)


def test_every_kind_of_file_set_aside_is_explained_as_it_counts() -> None:
    assert codes_in("Files that were set aside") == list(AsideKind)
    section = read("reference/codes.md").partition("\n## Files that were set aside\n")[2].partition("\n## ")[0]
    for kind in AsideKind:
        *_, patches, unclean = re.findall(rf"^\| `{kind}` \|(.*) \|$", section, re.MULTILINE)[0].split(" | ")
        assert (patches == "yes", unclean == "yes") == (kind.may_hold_patches, not kind.clean), kind


def test_every_fate_of_the_account_is_listed() -> None:
    section = read("reference/codes.md").partition("\n## What became of a thing\n")[2]
    rows = [re.findall(r"`([a-z-]+)`", cell) for cell in table_cells(section, 1)[1:]]
    assert rows == [list(fates) for fates in (PatchFate, PatientFate, LabelFate, TableFate)]


def test_every_column_and_word_of_the_tables_is_listed() -> None:
    page = read("reference/data-layouts.md")
    columns = page.partition("| Meaning | Names |")[2].partition("\n\n")[0]
    for meaning, names in labels._COLUMNS.items():
        row = re.findall(rf"^\| {meaning} \|(.*)\|$", columns, re.MULTILINE)
        assert re.findall(r"`([^`]+)`", row[0]) == list(names), meaning
    words = page.partition("### Words\n")[2].partition("\n\nCase,")[0]
    assert re.findall(r"`([a-z]+)`", words) == list(DIAGNOSES)


def test_the_dependencies_are_those_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = read("reference/dependencies.md")
    optional = project["optional-dependencies"]
    for title, declared in (
        ("To run", project["dependencies"]),
        ("To test", optional["test"]),
        ("To build this site", optional["docs"]),
    ):
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        written = [cell.strip("`") for cell in table_cells(section) if cell.startswith("`")]
        names = [re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in declared]
        assert written == sorted(names), title


def test_the_public_names_are_those_of_the_package() -> None:
    section = read("reference/python-api.md").partition("## Score arrays")[0]
    written = [name for cell in table_cells(section) for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(written) == sorted(hpscan.__all__)


def test_the_example_of_the_python_interface_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = read("reference/python-api.md").partition("```python\n")[2].partition("```")[0]
    exec(compile(example, "python-api.md", "exec"), {})  # noqa: S102  our own page
    assert capsys.readouterr().out.strip() == re.findall(r"# ([\d.]+):", example)[0]


def test_the_example_that_scores_arrays_runs() -> None:
    section = read("reference/python-api.md").partition("## Score arrays")[2]
    names: dict[str, object] = {}
    exec(section.partition("```python\n")[2].partition("```")[0], names)  # noqa: S102  our own page
    assert [getattr(names[name], "shape") for name in ("positive", "where")] == [(2,), (2, 256, 256)]  # noqa: B009


def test_the_fields_of_the_manifest_are_all_described() -> None:
    page = read("reference/model-folder.md")
    for title, model in (
        ("## manifest.json", Manifest),
        ("### patients", PatientRecord),
        ("### operating_point", OperatingRecord),
    ):
        section = page.partition(f"{title}\n")[2].partition("\n##")[0]
        written = [name for cell in table_cells(section) for name in re.findall(r"`(\w+)`", cell)]
        assert sorted(written) == sorted(model.model_fields), title


def test_the_pixels_of_the_score_page_pass_the_gate_as_it_says() -> None:
    section = read("explanation/score.md").partition("| Pixel |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()[2:]]
    assert len(rows) == 5
    for name, rgb, largest, difference, hue, saturation, value, red in rows:
        r, g, b = map(int, rgb.split(","))
        top, spread = max(r, g, b), max(r, g, b) - min(r, g, b)
        assert (int(largest), int(difference)) == (top, spread), name
        assert float(saturation) == pytest.approx(spread / top, abs=0.0051)
        assert float(value) == pytest.approx(top / 255, abs=0.0051)
        if hue:
            assert float(hue) == pytest.approx(60 * (g - b) / spread, abs=0.05)
        image = np.array([[[[r, g, b]]]], np.uint8)
        assert RednessSettings().red(image).item() is red.startswith("yes"), name


def test_the_example_of_the_score_page_is_what_the_code_gives() -> None:
    page = read("explanation/score.md").partition("### An example by hand")[2].partition("\n### ")[0]
    brown, glass = ([int(n) for n in found.split(",")] for found in re.findall(r"\((\d+, \d+, \d+)\)", page)[:2])
    drawn = page.partition("before      after\n")[2].partition("```")[0].splitlines()
    pixels = np.array([[brown if mark == "#" else glass for mark in line.split()] for line in drawn], np.uint8)
    before, after = pixels[np.newaxis, :, :4], pixels[np.newaxis, :, 4:]
    assert before.shape == after.shape == (1, 4, 4, 3)
    written = [(name, float(value)) for name, value in re.findall(r"^([\w-]+) +=.*= ([\d.]+)$", page, re.MULTILINE)]
    kinds = [kind for kind in Measure if kind is not Measure.BROWN_RESIDUAL]  # which has an example of its own
    assert [name for name, _ in written] == [*kinds, *kinds]
    computed = [
        measure(before, painted, kind, RedGate()).item()
        for painted in (after, np.full_like(after, glass))
        for kind in kinds
    ]
    assert [value for _, value in written] == pytest.approx(computed, abs=5e-5)


def test_the_example_of_brown_residual_is_what_the_code_gives() -> None:
    page = read("explanation/score.md").partition("`brown-residual` takes more pixels")[2].partition("\n### ")[0]
    written = [float(value) for value in re.findall(r"^reconstructed .*= ([\d.]+)$", page, re.MULTILINE)]
    glass, brown, half = (204, 204, 204), (204, 102, 102), (204, 153, 153)
    before = np.full((1, 128, 128, 3), glass, np.uint8)
    before[0, 48:80, 48:80] = brown
    computed = []
    for colour in (glass, brown, half):
        painted = before.copy()
        painted[0, 48:80, 48:80] = colour
        computed.append(measure(before, painted, Measure.BROWN_RESIDUAL, RedGate()).item())
    assert written == pytest.approx(computed, abs=1e-6)
    assert len(written) == 3


def test_the_redness_of_the_score_page_is_what_the_code_computes() -> None:
    page = " ".join(read("explanation/score.md").split())
    grey, brown = np.array([[[(204, 204, 204)]], [[(204, 102, 102)]]], np.uint8)
    assert "the grey (204, 204, 204) would have the redness 128 and the brown (204, 102, 102) only 102" in page
    assert "they have 0 and 102" in page
    with np.errstate(over="ignore"):
        wrapped = [int(r) - int(g + b) // 2 for r, g, b in (grey[0, 0], brown[0, 0])]
    assert wrapped == [128, 102]
    assert measure(brown[None], grey[None], Measure.RED_MSE, RedGate()) == pytest.approx((102 / 255) ** 2)


def test_the_measures_and_networks_of_the_score_page_are_those_of_the_code() -> None:
    page = read("explanation/score.md")
    measures = page.partition("## The `autoencoder` backend\n")[2].partition("\n### ")[0]
    networks = page.partition("### The networks\n")[2].partition("\n### ")[0]
    for section, kinds in ((measures, Measure), (networks, Network)):
        assert [cell.split("`")[1] for cell in table_cells(section)[1:]] == list(kinds)
    counts = [sum(p.numel() for p in NETWORKS[kind]().parameters()) for kind in Network]
    assert table_cells(networks, 2)[1:] == [f"{count:,}" for count in counts]


def test_the_limits_of_slides_are_those_of_the_code() -> None:
    section = read("explanation/operating-point.md").partition("| Doubt | Limit |")[2].partition("\n\n")[0]
    limits = dict(zip(table_cells(section), table_cells(section, 1), strict=True))
    assert f"at least {100 * quality.MOSTLY:g} %" in limits["blank"]
    assert f"below {quality.EMPTY:g} grey levels" in limits["blank"]
    assert f"below {quality.BLURRED:g}:" in limits["out of focus"]
    assert f"more than {100 * quality.PINK:g} %" in limits["another stain"]


def test_the_reasons_on_the_page_are_those_of_the_code() -> None:
    page = read("how-to/diagnose-patients.md")
    blank = quality.Look(contrast=0, sharpness=0, pink=0, blue=0)
    pink = quality.Look(contrast=20, sharpness=0.01, pink=0.62, blue=0.2)
    reasons = (*quality.doubts([blank] * 40), *quality.doubts([pink] * 2))
    assert len(reasons) == 3
    assert all(f"`{text.describe_reason(reason)}`" in page for reason in reasons)


def test_every_code_of_a_reason_is_listed_once_with_what_to_do() -> None:
    reasons = read("reference/codes.md").partition("\n## Notes on a dataset\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", reasons, re.MULTILINE)
    assert sorted(code for code, _ in rows) == sorted(kind.value for kind in ReasonKind)
    assert all(len(cells.split("|")) == 3 and cells.split("|")[2].strip() for _, cells in rows)


def test_the_codes_of_troubleshooting_are_those_of_the_code() -> None:
    known = {*ReasonKind, *NoteKind, *AsideKind}
    written = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", read("how-to/troubleshooting.md")))
    assert len(written) > 20
    assert written <= known


def test_the_shares_held_out_are_those_of_the_code() -> None:
    section = " ".join(read("explanation/operating-point.md").split())
    assert "0.2 is one of five, 0.25 one of four, 0.3 three of ten, 0.15 one of seven." in section
    ids = [str(i) for i in range(420)]
    for share, k, n in ((0.2, 1, 5), (0.25, 1, 4), (0.3, 3, 10), (0.15, 1, 7)):
        assert len(halves(["same"] * 420, ids, share, seed=0)[1]) == 420 * k / n


def test_the_numbers_of_the_phantom_are_those_of_the_code() -> None:
    page = read("explanation/phantom.md")
    assert f"on {100 * phantom.CONFOUNDED_PROPORTION:g} % of all patches" in page
    assert f"{100 * phantom.DEFOCUSED_PROPORTION:g} % of the patches are out of focus" in page
    for density, (fewest, most) in (("low", phantom.LOW_RODS), ("high", phantom.HIGH_RODS)):
        low, high = (100 * share for share in phantom.POSITIVE_PROPORTION[phantom.Density(density)])
        faint = 100 * phantom.FAINT_PROPORTION[phantom.Density(density)]
        row = f"| {density} | {low:g} to {high:g} %, at least one patch | {fewest} to {most} | {faint:g} % |"
        assert row in page


def test_the_shares_of_the_phantom_s_confounders_are_those_of_the_code() -> None:
    page = read("explanation/phantom.md")
    whole = sum(FREQUENCY.values())
    for kind, share in FREQUENCY.items():
        if share / whole > 0.035:
            assert re.search(rf"^\| {kind} \|.*\| {100 * share / whole:.0f} % \|$", page, re.MULTILINE), kind
