"""What the commands about pretrained weights show: the JSON documents and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from hpscan.cli.output.documents import (
    Document,
)
from hpscan.cli.output.panels import (
    facts,
)
from hpscan.report.text.numbers import shortened

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


def weights_document(weights: Found) -> WeightsDocument:
    """Weights that can be had."""
    return WeightsDocument(
        name=weights.name, available=True, source=weights.source.value, where=weights.where, bytes=weights.size
    )


def converted_document(converted: Converted) -> ConvertedDocument:
    """What converting a checkpoint gave."""
    return ConvertedDocument(
        path=str(converted.path),
        tensors=converted.tensors,
        bytes=converted.size,
        sha256=converted.sha256,
        part=converted.part,
        widened=converted.widened,
        left_out=list(converted.left_out),
    )


def weights_screen(weights: Found) -> Iterable[RenderableType]:
    """Where the weights of a backbone are."""
    yield facts(
        [
            ("backbone", weights.name),
            ("available", "yes"),
            ("source", f"{weights.source.value}: {_SOURCES[weights.source.value]}"),
            ("where", weights.where),
            ("size", "unknown" if weights.size is None else f"{weights.size / 1e6:.1f} MB"),
        ]
    )


def converted_screen(converted: Converted) -> Iterable[RenderableType]:
    """What the new file holds."""
    rows: list[tuple[str, RenderableType]] = [
        ("file", str(converted.path)),
        ("tensors", f"{converted.tensors}{f', those under {converted.part!r}' if converted.part else ''}"),
    ]
    if converted.widened:
        rows.append(("", f"{converted.widened} were bfloat16 and are float32 now, of exactly the same values"))
    if converted.left_out:
        rows.append(("left out", f"{shortened(converted.left_out)}: no tensors"))
    rows += [("size", f"{converted.size / 1e6:.1f} MB"), ("SHA-256", converted.sha256)]
    yield facts(rows)
