"""What `hpscan explain --json` prints."""

from __future__ import annotations

from pydantic import Field

from hpscan.cli.output.documents import ModelChosen, ReasonDocument, ThresholdDocument, _Document


class ShareDocument(_Document):
    """How many of some patches score at least as high; their scores are kept by bin, so it lies between two shares."""

    patches: int = Field(description="All of them.")
    least: float = Field(description="0..1.")
    most: float = Field(description="0..1.")


class ExplanationDocument(_Document):
    """One patch explained."""

    patch: str = Field(description="The file.")
    model: str = Field(description="The model's folder.")
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    score: float
    positive: bool
    threshold: ThresholdDocument
    negative: ShareDocument | None = Field(
        description="Patches of negative patients of the model's operating point that score at least as high; null "
        "where it was chosen without any."
    )
    infected: ShareDocument | None = Field(description="Likewise, of infected patients.")
    doubts: list[str] = Field(description="Why the patch can hardly show anything.")
    remarks: list[str] = Field(description="What else to know.")
    heatmap_peak: float | None = Field(
        description="The heatmap's highest value, 0..1; null where the model makes none."
    )
    picture: str = Field(description="The picture that was written.")
    reason_details: list[ReasonDocument] = Field(description="The doubts and then the remarks, with codes and numbers.")
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")
