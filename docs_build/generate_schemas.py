"""Writes the JSON schemas of what `--json` prints into docs/reference/schemas, from the models in hpscan.cli.

They are in its modules `documents`, `documents_benchmark`, `documents_explain` and `documents_zoo`; a benchmark prints its stored metrics.

Run it after a change of the documents: python docs_build/generate_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hpscan.cli import documents_benchmark, documents_explain, documents_zoo
from hpscan.cli.output import documents
from hpscan.store.benchmark import MetricsFile

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "schemas"

DOCUMENTS: dict[str, tuple[str, Any]] = {
    "backends": ("hpscan backends --json, hpscan backends list --json", list[documents_zoo.BackendDocument]),
    "backends-show": ("hpscan backends show --json", documents_zoo.BackendSettingsDocument),
    "benchmark": ("hpscan benchmark --json, hpscan benchmark --show DIR --json", MetricsFile),
    "benchmark-plan": ("hpscan benchmark --dry-run --json", documents_benchmark.PlanDocument),
    "calibrate": ("hpscan calibrate --json", documents.CalibrationDocument),
    "data-check": ("hpscan data check --json", documents.CheckDocument),
    "data-check-explain": ("hpscan data check --explain WHAT --json", documents.WhenceDocument),
    "data-synth": ("hpscan data synth --json", documents.SynthDocument),
    "demo": ("hpscan demo --json", documents.DemoDocument),
    "diagnose": ("hpscan diagnose --json", list[documents.DiagnosisDocument]),
    "doctor": ("hpscan doctor --json", documents.DoctorDocument),
    "evaluate": ("hpscan evaluate --json", documents.EvaluationDocument),
    "explain": ("hpscan explain --json", documents_explain.ExplanationDocument),
    "models": ("hpscan models --json, hpscan models list --json", list[documents.ModelDocument]),
    "models-show": ("hpscan models show --json", documents.ModelDocument),
    "models-rebuild": ("hpscan models rebuild --json", documents_zoo.RebuiltDocument),
    "train": ("hpscan train --json", documents.TrainingDocument),
    "weights-check": ("hpscan weights check --json", documents_zoo.WeightsDocument),
    "weights-convert": ("hpscan weights convert --json", documents_zoo.ConvertedDocument),
}
"""File name without suffix -> the command whose output it describes, and the type of that output."""


def schema(name: str) -> str:
    """One schema as the text of its file."""
    command, kind = DOCUMENTS[name]
    made = TypeAdapter(kind).json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Output of {command}"}
    return json.dumps(head | {k: v for k, v in made.items() if k != "title"}, indent=2) + "\n"


def main() -> None:
    """Write all schemas."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (FOLDER / f"{name}.json").write_text(schema(name), encoding="utf-8")


if __name__ == "__main__":
    main()
