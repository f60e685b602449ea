"""What the commands about pretrained weights show: the JSON documents and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from hpscan.cli.output.documents import (
    Document,
)
from hpscan.cli.output.panels import (
    facts,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.backends.pretrained.weights import Found
    from hpscan.workflows.zoo.checkpoints import Converted


_SOURCES = {
    "file": "the one given",
    "package": "installed with hpscan",
    "cache": "downloaded before",
    "hub": "to be downloaded when first used",
}


class WeightsDocument(Document):
    """What `weights check --json` prints."""

    name: str
    available: Literal[True] = Field(description="Weights that cannot be had are an error, without a document.")
    source: Literal["file", "package", "cache", "hub"]
    where: str = Field(description="The file, or its name on the hub.")
    bytes: int | None = Field(description="Null where the hub does not say.")


class ConvertedDocument(Document):
    """What `weights convert --json` prints."""

    path: str
    tensors: int
    bytes: int
    sha256: str
    part: str = Field(description="Key of the checkpoint under which the tensors stood; empty for none.")
    widened: int = Field(description="Tensors of bfloat16, which are float32 of the same values now.")
    left_out: list[str] = Field(description="What stood among the tensors and is none.")


def weights_document(found: Found) -> WeightsDocument:
    """Weights that can be had."""
    return WeightsDocument(
        name=found.name, available=True, source=found.source.value, where=found.where, bytes=found.size
    )


def converted_document(made: Converted) -> ConvertedDocument:
    """What converting a checkpoint gave."""
    return ConvertedDocument(
        path=str(made.path),
        tensors=made.tensors,
        bytes=made.size,
        sha256=made.sha256,
        part=made.part,
        widened=made.widened,
        left_out=list(made.left_out),
    )


def weights_screen(found: Found) -> Iterable[RenderableType]:
    """Where the weights of a backbone are."""
    yield facts(
        [
            ("backbone", found.name),
            ("can be had", "yes"),
            ("source", f"{found.source.value}: {_SOURCES[found.source.value]}"),
            ("where", found.where),
            ("size", "not told" if found.size is None else f"{found.size / 1e6:.1f} MB"),
        ]
    )


def converted_screen(made: Converted) -> Iterable[RenderableType]:
    """What the new file holds."""
    rows: list[tuple[str, RenderableType]] = [
        ("file", str(made.path)),
        ("tensors", f"{made.tensors}{f', those under {made.part!r}' if made.part else ''}"),
    ]
    if made.widened:
        rows.append(("", f"{made.widened} were bfloat16 and are float32 now, of exactly the same values"))
    if made.left_out:
        rows.append(("left out", f"{shortened(made.left_out)}: no tensors"))
    rows += [("size", f"{made.size / 1e6:.1f} MB"), ("SHA-256", made.sha256)]
    yield facts(rows)
