from __future__ import annotations

import pytest

from hpscan.cli.output.flags import flags


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("use `folds=2`, or add patients", "use --folds 2, or add patients"),
        ("`allow_training_patients=True` calls it no test", "--allow-training-patients calls it no test"),
        ("leave it out with `backends`", "leave it out with --backends"),
        ("give `settings=cnn.epochs=4`", "give --set cnn.epochs=4"),
        ("column `Pat_ID` and `patient` stay", "column `Pat_ID` and `patient` stay"),
    ],
)
def test_arguments_become_options_and_all_else_stays(message: str, shown: str) -> None:
    assert flags(message) == shown
