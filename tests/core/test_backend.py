"""The contract: what a scorer can do is seen from its methods, and a run does nothing unasked."""

from __future__ import annotations

from hpscan.core.backend import Localizer, Progress, Reconstructor, Run


class _Plain:
    def score(self, images: object) -> object:
        return images


class _Pointing(_Plain):
    def heatmap(self, images: object) -> object:
        return images


def test_a_scorer_localizes_or_reconstructs_only_if_it_has_the_method() -> None:
    assert not isinstance(_Plain(), Localizer)
    assert isinstance(_Pointing(), Localizer)
    assert not isinstance(_Pointing(), Reconstructor)


def test_a_run_is_silent_and_goes_on_unless_told_otherwise() -> None:
    run = Run()
    assert run.should_stop() is False
    run.progress(Progress("epoch 1/2", 1, None))
    assert run.device == "cpu"
