"""Arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DeviceName(StrEnum):
    """What `--device` takes."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class SplitName(StrEnum):
    """What `--split` takes: the names of `hpscan.workflows.benchmark.folds.Split`, which would load numpy."""

    FOLDS = "folds"
    SEED42 = "seed42"
    HOLD_OUT = "hold-out"


class AggregationName(StrEnum):
    """What `--aggregation` takes: the values of `hpscan.core.decision.Aggregation`, which would load numpy."""

    FRACTION_POSITIVE = "fraction-positive"
    TOP_K_MEAN = "top-k-mean"
    MAX = "max"


DEFAULT_AGGREGATION = AggregationName.TOP_K_MEAN

Dataset = Annotated[Path, typer.Argument(metavar="DIR", help="The dataset's folder.", show_default=False)]
Data = Annotated[Path, typer.Option(metavar="DIR", help="The dataset's folder; by default this one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what stands there.")]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="The same seed on the same machine gives the same result.")]
Device = Annotated[DeviceName, typer.Option(help="What to compute on; auto takes a GPU where there is one.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|PATH",
        help="The model; by default the one pinned, else the one trained last, else the bundled one.",
        show_default=False,
    ),
]
HoldOut = Annotated[
    float,
    typer.Option(
        min=0, max=0.5, metavar="SHARE", help="Share of patients kept from the model, so that evaluate can test it."
    ),
]
Criterion = Annotated[
    str,
    typer.Option(
        metavar="CRITERION",
        help="How the patch threshold is chosen: specificity=0.99 or sensitivity=0.95 (or another share), corner, "
        "youden or max-f1.",
    ),
]
Aggregation = Annotated[
    AggregationName,
    typer.Option(
        help="How patch scores become a patient's value: the share of positive patches, the mean of the highest "
        "scores, or the highest score."
    ),
]
TopK = Annotated[
    int | None,
    typer.Option(
        "--top-k",
        min=1,
        max=100,
        metavar="K",
        help="How many of every 100 scores, the highest, top-k-mean averages; at least one. By default 3.",
        show_default=False,
    ),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="A safetensors file with the backbone's pretrained weights.",
        show_default=False,
    ),
]
PatientFrom = Annotated[
    str | None,
    typer.Option(
        "--patient-from",
        metavar="parent|grandparent|REGEX",
        help="Who is a patient, where the folders do not tell: an image's folder, the one above, or a regular expression "
        "on its path below the dataset's folder, with the patient in parentheses.",
        show_default=False,
    ),
]
AccountFile = Annotated[
    Path | None,
    typer.Option(
        "--account",
        metavar="FILE",
        help="Write what became of every file, patch, patient, label and table, as CSV or JSON.",
        show_default=False,
    ),
]
