from __future__ import annotations

from pydantic import AliasChoices, BaseModel, Field

from hpscan.cli.output.old_names import dumped


class Inner(BaseModel):
    metric: str = Field(validation_alias=AliasChoices("metric", "figure"))


class Outer(BaseModel):
    runs: tuple[Inner, ...] = Field(validation_alias=AliasChoices("runs", "cells"))
    named: dict[str, Inner]
    plain: int = 1


def test_renamed_keys_are_there_under_both_names_at_every_depth() -> None:
    auc = {"metric": "auc", "figure": "auc"}
    content = dumped(Outer(runs=(Inner(metric="auc"),), named={"a": Inner(metric="auc")}))
    assert content == {"runs": [auc], "named": {"a": auc}, "plain": 1, "cells": [auc]}
    assert list(content) == ["runs", "named", "plain", "cells"]


def test_what_was_written_under_the_old_names_is_read() -> None:
    assert Outer.model_validate({"cells": [{"figure": "auc"}], "named": {}}).runs[0].metric == "auc"
