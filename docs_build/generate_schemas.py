"""Writes the JSON schemas of what `--json` prints into docs/reference/schemas, from the models in hpscan.cli.

Each command's document is in its `view`; a benchmark prints its stored metrics.

Run it after a change of the documents: python docs_build/generate_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from hpscan.cli.benchmark.plan_view import PlanDocument
from hpscan.cli.calibrate.view import CalibrationDocument
from hpscan.cli.data.view import CheckDocument, SynthDocument, WhenceDocument
from hpscan.cli.diagnose.view import DiagnosisDocument
from hpscan.cli.evaluate.view import EvaluationDocument
from hpscan.cli.explain.view import ExplanationDocument
from hpscan.cli.output.documents import ModelDocument
from hpscan.cli.output.old_names import old_names
from hpscan.cli.train.view import TrainingDocument
from hpscan.cli.upkeep.view import DemoDocument, DoctorDocument
from hpscan.cli.zoo.backends.view import BackendDocument, BackendSettingsDocument
from hpscan.cli.zoo.models.view import RebuiltDocument
from hpscan.cli.zoo.weights.view import ConvertedDocument, WeightsDocument
from hpscan.store.benchmark import MetricsFile

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "schemas"

DOCUMENTS: dict[str, tuple[str, Any]] = {
    "backends": ("hpscan backends --json, hpscan backends list --json", list[BackendDocument]),
    "backends-show": ("hpscan backends show --json", BackendSettingsDocument),
    "benchmark": ("hpscan benchmark --json, hpscan benchmark --show DIR --json", MetricsFile),
    "benchmark-plan": ("hpscan benchmark --dry-run --json", PlanDocument),
    "calibrate": ("hpscan calibrate --json", CalibrationDocument),
    "data-check": ("hpscan data check --json", CheckDocument),
    "data-check-explain": ("hpscan data check --explain WHAT --json", WhenceDocument),
    "data-synth": ("hpscan data synth --json", SynthDocument),
    "demo": ("hpscan demo --json", DemoDocument),
    "diagnose": ("hpscan diagnose --json", list[DiagnosisDocument]),
    "doctor": ("hpscan doctor --json", DoctorDocument),
    "evaluate": ("hpscan evaluate --json", EvaluationDocument),
    "explain": ("hpscan explain --json", ExplanationDocument),
    "models": ("hpscan models --json, hpscan models list --json", list[ModelDocument]),
    "models-show": ("hpscan models show --json", ModelDocument),
    "models-rebuild": ("hpscan models rebuild --json", RebuiltDocument),
    "train": ("hpscan train --json", TrainingDocument),
    "weights-check": ("hpscan weights check --json", WeightsDocument),
    "weights-convert": ("hpscan weights convert --json", ConvertedDocument),
}
"""File name without suffix -> the command whose output it describes, and the type of that output."""


class _WithOldNames(GenerateJsonSchema):
    """Describes the old names of keys, too, as the command line prints them."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        for name, old in old_names(schema["cls"]):
            described["properties"][old] = {
                **described["properties"][name],
                "description": f"The old name of `{name}`.",
            }
            described["required"].append(old)
        return described


def schema(name: str) -> str:
    """One schema as the text of its file."""
    command, kind = DOCUMENTS[name]
    made = TypeAdapter(kind).json_schema(mode="serialization", schema_generator=_WithOldNames)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Output of {command}"}
    return json.dumps(head | {k: v for k, v in made.items() if k != "title"}, indent=2) + "\n"


def main() -> None:
    """Write all schemas."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (FOLDER / f"{name}.json").write_text(schema(name), encoding="utf-8")


if __name__ == "__main__":
    main()
