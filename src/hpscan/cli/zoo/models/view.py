"""What the commands about models show: the JSON documents and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import documents
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    Document,
    ModelDocument,
)
from hpscan.cli.output.panels import (
    facts,
    research_use,
    threshold_rows,
)
from hpscan.report.text.card import describe_pretrained, format_setting
from hpscan.report.text.numbers import format_score

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.store.manifest import Manifest
    from hpscan.store.models import StoredModel
    from hpscan.workflows.zoo.bundled import Rebuilt


_ROLES = {name: name for name in ("training", "validation", "calibration", "test")}


class RebuiltDocument(Document):
    """What `models rebuild --json` prints."""

    model: ModelDocument
    sha256: str = Field(description="Of its weights.")
    same: bool | None = Field(description="Whether they are those that ship with this hpscan, bit for bit.")


def rebuilt_document(rebuilt: Rebuilt) -> RebuiltDocument:
    """The bundled model, made again."""
    return RebuiltDocument(
        model=documents.model(rebuilt.model, documents.default_model()), sha256=rebuilt.sha256, same=rebuilt.same
    )


def list_screen(documents: Sequence[ModelDocument], broken: Sequence[tuple[Path, str]]) -> Iterable[RenderableType]:
    """The stored models, the newest first."""
    rows = [
        [
            f"{m.name} *" if m.default else m.name,
            f"{m.backend} (ships with hpscan)" if m.bundled else m.backend,
            m.created[:16].replace("T", " "),
            f"{m.bytes / 1e6:.1f} MB",
            format_score(m.thresholds.patch.value),
        ]
        for m in documents
    ]
    yield table(
        "Models, the newest first", ["name", "backend", "made (UTC)", "weights", "patch threshold"], rows, left=3
    )
    for path, reason in broken:
        yield Text(f"{path}: {reason}", style="yellow")
    for m in documents:
        if m.default:
            why = {"pinned": "pinned", "newest": "the one trained last", "bundled": "the one that ships with hpscan"}
            yield Text(f"* taken where no --model is given: {why[m.default]}", style="dim")


def model_screen(stored: StoredModel) -> Iterable[RenderableType]:
    """One model: its card's facts."""
    manifest = stored.manifest
    yield Panel(
        facts(
            [
                ("backend", f"{manifest.backend.name} ({manifest.backend.distribution} {manifest.backend.version})"),
                (
                    "made",
                    f"{manifest.created:%Y-%m-%d %H:%M} UTC by hpscan {manifest.hpscan}, seed {manifest.training.seed}",
                ),
                *([("training", "interrupted: the best weights until then")] if manifest.training.interrupted else []),
                *(
                    [("started from", describe_pretrained(pretrained))]
                    if (pretrained := manifest.training.pretrained)
                    else []
                ),
                ("trained for", f"{manifest.input.stain}; {manifest.input.tissue}"),
                ("patients", _patients(manifest)),
                ("cohort", manifest.cohort_fingerprint),
                *threshold_rows(manifest.operating_point.point()),
                ("settings", ", ".join(f"{key}={format_setting(value)}" for key, value in manifest.settings.items())),
                ("folder", str(stored.path)),
                ("card", str(stored.path / "README.md")),
            ]
        ),
        title=manifest.name,
        title_align="left",
        expand=False,
    )
    yield research_use()


def rebuilt_screen(rebuilt: Rebuilt) -> Iterable[RenderableType]:
    """The bundled model, made again, and whether it came out the same."""
    yield from model_screen(rebuilt.model)
    yield facts([("weights", f"SHA-256 {rebuilt.sha256}")])
    match rebuilt.same:
        case True:
            yield Text("The weights are those that ship with this hpscan, bit for bit.", style="green")
        case False:
            yield Text(
                "The weights are not those that ship with this hpscan: another machine, or other versions than "
                f"`hpscan models show {rebuilt.model.manifest.name}` lists, compute a little differently.",
                style="yellow",
            )


def _patients(manifest: Manifest) -> str:
    """Patients of the training cohort: by role, and where they are not recorded one by one, by diagnosis."""
    if manifest.patients:
        return ", ".join(f"{sum(r.role.value == k for r in manifest.patients)} {v}" for k, v in _ROLES.items())
    return ", ".join(f"{n} {density}" for density, n in manifest.densities.items()) + (
        ", all synthetic" if manifest.phantom else ""
    )
