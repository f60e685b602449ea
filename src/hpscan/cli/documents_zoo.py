"""Machine-readable output about backends and pretrained weights, beside the documents in `documents.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from hpscan.cli.output.documents import ModelDocument, _Document

LearnsFrom = Literal["nothing", "negative-patients", "labelled-patches"]


class BackendDocument(_Document):
    """One line of what `backends --json` prints."""

    name: str
    learns_from: LearnsFrom | None = Field(description="With its default settings; null if it cannot be asked.")
    distribution: str
    status: str = Field(description="'ok', 'broken: REASON', or 'clash: claimed by A and B'.")


class SettingDocument(_Document):
    """A setting of a backend."""

    name: str
    type: str = Field(description="choice, bool, int, float, text, list, table, none or any; alternatives with 'or'.")
    default: JsonValue
    choices: list[str] = Field(description="All values of a choice; empty for another type.")
    bounds: list[str] = Field(description="In words: at least, above, at most, below.")
    description: str


class BackendSettingsDocument(_Document):
    """What `backends show --json` prints."""

    name: str
    distribution: str
    version: str
    learns_from: LearnsFrom = Field(description="With its default settings.")
    settings: list[SettingDocument]


class RebuiltDocument(_Document):
    """What `models rebuild --json` prints."""

    model: ModelDocument
    sha256: str = Field(description="Of its weights.")
    same: bool | None = Field(description="Whether they are those that ship with this hpscan, bit for bit.")


class WeightsDocument(_Document):
    """What `weights check --json` prints."""

    name: str
    available: Literal[True] = Field(description="Weights that cannot be had are an error, without a document.")
    source: Literal["file", "package", "cache", "hub"]
    where: str = Field(description="The file, or its name on the hub.")
    bytes: int | None = Field(description="Null where the hub does not say.")


class ConvertedDocument(_Document):
    """What `weights convert --json` prints."""

    path: str
    tensors: int
    bytes: int
    sha256: str
    part: str = Field(description="Key of the checkpoint under which the tensors stood; empty for none.")
    widened: int = Field(description="Tensors of bfloat16, which are float32 of the same values now.")
    left_out: list[str] = Field(description="What stood among the tensors and is none.")
