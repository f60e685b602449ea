"""From backends and pretrained weights to the documents that `--json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from hpscan.cli import describe
from hpscan.cli.documents_zoo import (
    BackendDocument,
    BackendSettingsDocument,
    ConvertedDocument,
    RebuiltDocument,
    WeightsDocument,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.backends.pretrained.weights import Found
    from hpscan.backends.registry import Plugin
    from hpscan.backends.settings import Setting
    from hpscan.workflows.zoo.bundled import Rebuilt
    from hpscan.workflows.zoo.checkpoints import Converted


def backend(value: Plugin) -> BackendDocument:
    """A backend in the listing."""
    learns = value.learns_from
    return BackendDocument(
        name=value.name,
        learns_from=None if learns is None else learns.value,
        distribution=value.distribution,
        status=value.status,
    )


def backend_settings(value: Plugin, settings: Sequence[Setting]) -> BackendSettingsDocument:
    """A backend that can be used, with its settings."""
    return BackendSettingsDocument.model_validate(
        {
            **{name: getattr(value, name) for name in ("name", "distribution", "version", "learns_from")},
            "settings": [asdict(setting) for setting in settings],
        }
    )


def rebuilt(made: Rebuilt) -> RebuiltDocument:
    """The bundled model, made again."""
    return RebuiltDocument(
        model=describe.model(made.model, describe.default_model()), sha256=made.sha256, same=made.same
    )


def weights(found: Found) -> WeightsDocument:
    """Weights that can be had."""
    return WeightsDocument(
        name=found.name, available=True, source=found.source.value, where=found.where, bytes=found.size
    )


def converted(made: Converted) -> ConvertedDocument:
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
