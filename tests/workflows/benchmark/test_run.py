from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.data.dataset import layout
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark import run as running
from hpscan.workflows.benchmark.run import Job, RunFailedError, patch_name, recorded, restored, run, run_apart
from hpscan.workflows.scoring.patches import score
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Progress
    from hpscan.core.cohort import Patient

pytestmark = pytest.mark.xdist_group("trained")

BREAKS = WHOLE.replace("Supervision.LABELLED_PATCHES", "Supervision.NOTHING")


def _job(phantom: Path, backend: str = "redness") -> Job:
    patients: tuple[Patient, ...] = layout.load(phantom).cohort.patients
    roles = dict.fromkeys(Role, ()) | {Role.CALIBRATION: patients[4:], Role.TEST: patients[:4]}
    return Job("k" * 64, backend, {}, {}, 1, roles, "cpu", 0)


def _raising(what: str) -> str:
    return BREAKS.replace("raise NotImplementedError", what, 1).replace(
        "from pydantic", "import os, signal\nfrom pydantic"
    )


def test_a_process_of_its_own_gives_the_same_run(phantom: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    job = _job(phantom)
    here, apart = run(job), run_apart(job, tmp_path / "log.txt", steps.append)
    varies = {"created", "seconds", "peak_memory", "fit", "operating_point", "held_out"}
    assert here.model_dump(exclude=varies) == apart.model_dump(exclude=varies)
    assert here.held_out.score == apart.held_out.score
    assert {p.patient_id for p in layout.load(phantom).cohort.patches()} == {
        *apart.held_out.patient,
        *apart.operating_point.patient,
    }
    assert (steps[-1].stage, steps[-1].done) == ("patients held out", steps[-1].total)
    assert 0 < apart.peak_memory < 2**31


def test_a_record_gives_back_what_was_scored(phantom: Path) -> None:
    from hpscan.backends import registry

    kind, _ = registry.load("redness")
    scorer = kind.restore({}, kind.settings(), device="cpu")
    cohort = layout.load(phantom).cohort
    before = score(cohort.patches()[:30], scorer)
    after = restored(recorded(before), {patch_name(p): p for p in cohort.patches()})
    assert (after.patches, after.sha256, after.looks) == (before.patches, before.sha256, before.looks)
    assert np.array_equal(after.scores.score, before.scores.score)
    assert np.array_equal(after.scores.label, before.scores.label)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("raise ValueError('no such luck')", "ValueError: no such luck"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL, as happens when memory runs out"),
        ("os._exit(5)", "ended with exit code 5"),
    ],
)
def test_what_took_the_process_down_is_told(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    installer(tmp_path, monkeypatch)("hpscan-breaks", "breaks", "breaks_plugin:backend", breaks_plugin=_raising(what))
    with pytest.raises(RunFailedError, match=said):
        run_apart(_job(phantom, "breaks"), tmp_path / "log.txt")
    assert not multiprocessing.active_children()


def test_a_traceback_and_all_else_that_a_backend_prints_goes_to_the_log(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text = _raising("print('I was here'); raise ValueError('no such luck')")
    installer(tmp_path, monkeypatch)("hpscan-talks", "talks", "talks_plugin:backend", talks_plugin=text)
    with pytest.raises(RunFailedError):
        run_apart(_job(phantom, "talks"), tmp_path / "log.txt")
    log = (tmp_path / "log.txt").read_text()
    assert "I was here" in log
    assert "Traceback" in log
    assert capfd.readouterr() == ("", "")


def test_a_foreseen_error_is_told_with_what_to_do(phantom: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match=r"no backend called 'rednes'.*did you mean redness"):
        run_apart(_job(phantom, "rednes"), tmp_path / "log.txt")


def test_an_interrupt_leaves_no_process_behind(phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _raising("import time; run.progress(Progress('x', 1, 9)); time.sleep(600)").replace(
        "import Supervision", "import Progress, Supervision"
    )
    installer(tmp_path, monkeypatch)("hpscan-sleeps", "sleeps", "sleeps_plugin:backend", sleeps_plugin=text)

    def interrupt(step: Progress) -> None:
        raise KeyboardInterrupt

    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        run_apart(_job(phantom, "sleeps"), tmp_path / "log.txt", interrupt)
    assert time.perf_counter() - start < 60
    assert not multiprocessing.active_children()


def test_a_child_whose_parent_is_gone_gives_up(phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = multiprocessing.get_context("spawn").Pipe(duplex=False)
    here.close()
    monkeypatch.setattr(running.os, "dup2", lambda *_: None)
    monkeypatch.setattr(running.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit):
        running._work(_job(phantom), str(tmp_path / "log.txt"), there)
