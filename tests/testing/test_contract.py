"""`check_backend` lets honest backends pass, and tells which promise a broken one breaks."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

from hpscan.backends.autoencoder import backend as autoencoder
from hpscan.backends.bundled import backend as bundled
from hpscan.backends.cnn import backend as cnn
from hpscan.backends.padim import backend as padim
from hpscan.backends.patchcore import backend as patchcore
from hpscan.backends.redness import backend as redness
from hpscan.backends.synthetic import backend as synthetic
from hpscan.core.backend import Fitted, Progress, Run, Supervision
from hpscan.core.errors import InterruptedTrainingError
from hpscan.testing import check_backend

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpscan.core.backend import Backend, Images, Patches


# --- the built-in backends

BUILT_IN = [
    pytest.param(redness.backend, None, id="redness"),
    pytest.param(
        autoencoder.backend, autoencoder.AutoencoderSettings(epochs=3, crop=64, batch_size=4), id="autoencoder"
    ),
    pytest.param(cnn.backend, cnn.CnnSettings(epochs=6, batch_size=8, members=1), id="cnn"),
    pytest.param(patchcore.backend, patchcore.PatchcoreSettings(bank=300, memory=2), id="patchcore"),
    pytest.param(padim.backend, padim.PadimSettings(features=8), id="padim"),
    pytest.param(bundled.backend, None, id="bundled"),
    pytest.param(
        synthetic.backend, synthetic.SyntheticSettings(steps=20, batch_size=8, learning_rate=3e-3), id="synthetic"
    ),
]
"""Every built-in backend, with settings that fit within seconds."""


@pytest.mark.parametrize(("backend", "settings"), BUILT_IN)
def test_a_built_in_backend_keeps_the_contract(backend: Backend[Any], settings: BaseModel | None) -> None:
    check_backend(backend, settings)


# --- one honest backend, to be broken in one place at a time


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    darkest: float = Field(30, description="Least difference of red and blue in a brown pixel.")


class BrownScorer:
    """Share of pixels that are brown, over what uninfected tissue has."""

    def __init__(self, usual: float) -> None:
        self.usual = usual

    def score(self, images: Images) -> np.ndarray:
        return brown(images).mean(axis=(1, 2)) - self.usual

    def heatmap(self, images: Images) -> np.ndarray:
        return brown(images).astype(np.float32)

    def reconstruct(self, images: Images) -> np.ndarray:
        return np.where(brown(images)[..., np.newaxis], 200, images).astype(np.uint8)

    def state(self) -> dict[str, np.ndarray]:
        return {"usual": np.array(self.usual)}


def brown(images: Images) -> np.ndarray:
    return images[..., 0].astype(int) - images[..., 2] > 30


class Brown:
    settings: ClassVar[Any] = Settings
    scorer: ClassVar[type[BrownScorer]] = BrownScorer

    def learns_from(self, settings: Settings) -> Any:  # noqa: ARG002
        return Supervision.NEGATIVE_PATIENTS

    def fit(self, train: Patches, validation: Patches, settings: Settings, run: Run) -> Any:  # noqa: ARG002
        usual = brown(train.read(np.arange(len(train)))).mean() + 1 / 3
        run.progress(Progress("counting", len(train), len(train)))
        return Fitted(self.scorer(float(usual)), interrupted=run.should_stop())

    def restore(self, state: dict[str, np.ndarray], settings: Settings, *, device: str) -> Any:  # noqa: ARG002
        return self.scorer(float(state["usual"]))


def broken_scorer(**methods: Any) -> type[Brown]:
    return type("Broken", (Brown,), {"scorer": type("BrokenScorer", (BrownScorer,), methods)})


def broken_fit(fault: Callable[..., Any]) -> type[Brown]:
    """A backend whose fit does something else first; `fault` gets train, validation and run."""

    def fit(self: Brown, train: Patches, validation: Patches, settings: Settings, run: Run) -> Any:
        return fault(train, validation, run) or Brown.fit(self, train, validation, settings, run)

    return type("Broken", (Brown,), {"fit": fit})


def with_settings(**fields: Any) -> type[Brown]:
    annotations = {name: float for name in fields if name != "model_config"}
    body = {"model_config": ConfigDict(frozen=True), **fields, "__annotations__": annotations, "__module__": __name__}
    return type("Broken", (Brown,), {"settings": type("Settings", (BaseModel,), body)})


def test_the_honest_backend_passes() -> None:
    check_backend(Brown())
    check_backend(Brown(), Settings(darkest=20), size=96)


# --- every promise, broken

SETTINGS = {
    "no pydantic model": (type("Broken", (Brown,), {"settings": dict}), "settings: must be a pydantic model"),
    "not frozen": (with_settings(model_config=ConfigDict()), "settings: Settings must be frozen"),
    "no settings for a hurry": (type("Broken", (Brown,), {"quick": ["darkest"]}), "quick: must map settings"),
    "a hurry with a stranger": (type("Broken", (Brown,), {"quick": {"epochs": 1}}), "quick: 'epochs' is no setting"),
    "a hurry out of bounds": (type("Broken", (Brown,), {"quick": {"darkest": "x"}}), "quick: {'darkest': 'x'} cannot"),
    "no description": (with_settings(darkest=30.0), "settings: darkest has no description"),
    "no default": (with_settings(darkest=Field(description="Least.")), "settings: darkest has no default"),
    "not to be stored": (
        with_settings(darkest=Field(float("inf"), description="Least.")),
        "settings: a model keeps them as .*, and that cannot be read",
    ),
    "supervision by name": (
        type("Broken", (Brown,), {"learns_from": lambda *_: "nothing"}),
        "learns_from: must give a Supervision, not 'nothing'",
    ),
}


def _relabel(train: Patches, _: Patches, __: Run) -> None:
    train.label[0] = 1


def _read_beyond(train: Patches, _: Patches, __: Run) -> None:
    train.read(np.array([len(train)]))


def _read_by_mask(train: Patches, _: Patches, __: Run) -> None:
    train.read(train.label == 0)


def _leave_a_file_in_the_home(*_: Any) -> None:
    (Path(os.environ["HPSCAN_HOME"]).parent / "cache.bin").write_bytes(b"features")


def _make_a_folder_in_the_home(*_: Any) -> None:
    Path(os.environ["HPSCAN_HOME"]).mkdir(exist_ok=True)


def _leave_a_file_here(*_: Any) -> None:
    Path("checkpoint.bin").write_bytes(b"weights")


def _leave_a_temporary_file(*_: Any) -> None:
    tempfile.mkstemp(suffix=".features", dir=os.environ["HPSCAN_HOME"] + "/..")


def _ask_for_a_page(*_: Any) -> None:
    with contextlib.suppress(Exception):  # as a backend does that falls back to random weights
        urllib.request.urlopen("http://weights.invalid/backbone.bin", timeout=1)


def _connect(*_: Any) -> None:
    with socket.socket() as connection:
        connection.connect(("192.0.2.1", 80))


def _stop_unsaid(_: Patches, __: Patches, run: Run) -> Fitted | None:
    return Fitted(BrownScorer(0.0)) if run.should_stop() else None


def _stop_with_another_error(_: Patches, __: Patches, run: Run) -> None:
    if run.should_stop():
        raise RuntimeError("asked to stop")


FIT = {
    "another type": (broken_fit(lambda *_: BrownScorer(0.0)), "fit: must give a Fitted, not BrownScorer"),
    "an error": (broken_fit(_read_beyond), "fit: raised IndexError: .*out of bounds"),
    "a mask for an index": (broken_fit(_read_by_mask), "fit: raised TypeError: Patches.read takes indices"),
    "labels altered": (broken_fit(_relabel), "fit: must not alter the patients or labels"),
    "history of words": (
        broken_fit(lambda *_: Fitted(BrownScorer(0.0), ({"loss": "low"},))),  # type: ignore[dict-item]
        "fit: history must hold numbers only",
    ),
    "pretrained by a number": (
        broken_fit(lambda *_: Fitted(BrownScorer(0.0), pretrained={"layers": 3})),  # type: ignore[dict-item]
        "fit: pretrained must hold text only",
    ),
    "interrupted by nobody": (
        broken_fit(lambda *_: Fitted(BrownScorer(0.0), interrupted=True)),
        "fit: nobody asked it to stop",
    ),
    "more done than there is": (
        broken_fit(lambda _, __, run: run.progress(Progress("counting", 3, 2))),
        "progress: must be called with a Progress whose done is at most its total",
    ),
    "progress as text": (
        broken_fit(lambda _, __, run: run.progress("half")),
        "progress: must be called with a Progress .* not with 'half'",
    ),
    "a seed of its own": (
        broken_fit(lambda *_: Fitted(BrownScorer(float(np.random.default_rng().normal())))),
        "fit: a second fit with the same seed must score exactly the same, and a score moves by",
    ),
    "the global generator": (
        broken_fit(lambda *_: Fitted(BrownScorer(float(np.random.random())))),  # noqa: NPY002
        "fit: a second fit with the same seed must score exactly the same",
    ),
    "a stop unsaid": (broken_fit(_stop_unsaid), "should_stop: fit asked and was told to stop"),
    "a stop by another error": (broken_fit(_stop_with_another_error), "fit: raised RuntimeError: asked to stop"),
    "a file in the home": (broken_fit(_leave_a_file_in_the_home), "fit: must write no file, and wrote .*cache.bin"),
    "a folder in the home": (broken_fit(_make_a_folder_in_the_home), "fit: must write no file, and wrote .*home"),
    "a file in the working directory": (
        broken_fit(_leave_a_file_here),
        "fit: must write no file, and wrote .*checkpoint.bin",
    ),
    "a temporary file that stays": (broken_fit(_leave_a_temporary_file), "fit: must write no file.*features"),
    "a download, hushed up": (
        broken_fit(_ask_for_a_page),
        "fit: must not use the network, and asked for weights.invalid",
    ),
    "a connection": (broken_fit(_connect), "fit: must not use the network, and asked for 192.0.2.1"),
}


class _Guess:
    generator = np.random.default_rng(0)

    def score(self, images: Images) -> np.ndarray:
        return self.generator.normal(size=len(images))


def _score(change: Callable[[np.ndarray], Any]) -> type[Brown]:
    """Scores of the honest backend, changed."""
    return broken_scorer(score=lambda self, images: change(BrownScorer.score(self, images)))


def _alter_and_score(self: BrownScorer, images: Images) -> np.ndarray:
    images[:, 0] = 255
    return BrownScorer.score(self, images)


def _score_and_write(self: BrownScorer, images: Images) -> np.ndarray:
    np.save("last-scores.npy", np.zeros(1))
    return BrownScorer.score(self, images)


def _refuse_none(scores: np.ndarray) -> np.ndarray:
    return scores + 0 * scores.max()


def _first_first(scores: np.ndarray) -> np.ndarray:
    return scores + 0.001 * np.arange(len(scores))


def _by_turns(scores: np.ndarray) -> np.ndarray:
    return scores + (len(scores) == 3) * 0.01


def _hash_of_pixels(_: BrownScorer, images: Images) -> np.ndarray:
    return np.array([np.random.default_rng(int(image.sum())).normal() for image in images], dtype=np.float64)


SCORE = {
    "a list": (_score(list), "score: must give a numpy array, not list"),
    "float32": (_score(lambda s: s.astype(np.float32)), "score: must give float64, not float32"),
    "a column": (_score(lambda s: s[:, np.newaxis]), r"score: 0 images must give the shape \(0,\), not \(0, 1\)"),
    "no number": (
        _score(lambda s: np.where(s > (np.median(s) if len(s) else 0), np.nan, s)),
        "score: must be finite, and 12 of 24",
    ),
    "no batch without images": (_score(_refuse_none), "score: raised ValueError: zero-size array"),
    "no single image": (_score(np.squeeze), r"score: 1 images must give the shape \(1,\), not \(\)"),
    "images altered": (broken_scorer(score=_alter_and_score), "score: must not alter the images .* values changed"),
    "guessed": (broken_scorer(score=_Guess.score, generator=_Guess.generator), "score: the same images a second time"),
    "by place": (_score(_first_first), "score: the images in reversed order must score the same"),
    "by size of the batch": (_score(_by_turns), "score: the images in batches of 3 must score the same"),
    "by company": (_score(lambda s: s - s.mean() if len(s) else s), "score: the images in batches of 1 must score"),
    "constant": (_score(lambda s: 0 * s), r"score: higher must mean more likely.* AUC of 0.50; 0.8 is the least"),
    "upside down": (_score(lambda s: -s), r"score: higher must mean more likely.* AUC of 0.0\d"),
    "by chance": (broken_scorer(score=_hash_of_pixels), r"score: higher must mean more likely"),
    "a file": (broken_scorer(score=_score_and_write), "score: must write no file, and wrote .*last-scores.npy"),
}

STATE = {
    "a list": (
        broken_scorer(state=lambda self: {"usual": [self.usual]}),
        "state: must hold names and numpy arrays only, and 'usual' is of type list",
    ),
    "words": (
        broken_scorer(state=lambda self: {"usual": np.array(str(self.usual))}),
        "state, as safetensors: raised",
    ),
    "lost": (
        type("Broken", (Brown,), {"restore": lambda *_, device: BrownScorer(1.0)}),  # noqa: ARG005
        "restore: the restored scorer must score exactly the same, and a score moves by",
    ),
    "rounded": (
        broken_scorer(state=lambda self: {"usual": np.array(self.usual, np.float16)}),
        "restore: the restored scorer must score exactly the same",
    ),
    "less able": (
        type("Broken", (Brown,), {"restore": lambda _, state, __, device: Scores(state["usual"])}),  # noqa: ARG005
        "restore: the fitted scorer and the restored one must both be a Localizer, or neither",
    ),
    "downloaded again": (
        type("Broken", (Brown,), {"restore": lambda *_, device: _ask_for_a_page(device)}),
        "restore: must not use the network",
    ),
}


class Scores:
    """The honest scorer without its pictures."""

    def __init__(self, usual: np.ndarray) -> None:
        self._scorer = BrownScorer(float(usual))
        self.score, self.state = self._scorer.score, self._scorer.state


def _heatmap(change: Callable[[np.ndarray], Any]) -> type[Brown]:
    return broken_scorer(heatmap=lambda self, images: change(BrownScorer.heatmap(self, images)))


PICTURES = {
    "float64": (_heatmap(lambda h: h.astype(np.float64)), "heatmap: must give float32, not float64"),
    "coarse": (_heatmap(lambda h: h[:, ::8, ::8]), "heatmap: 0 images must give the shape .*128.*, not .*16"),
    "too bright": (_heatmap(lambda h: 255 * h), "heatmap: must lie within 0..1, and reaches from 0 to 255"),
    "no number": (_heatmap(lambda h: h / np.float32(np.nan)), "heatmap: must lie within 0..1, .* nan"),
    "upside down": (_heatmap(lambda h: 1 - h), "heatmap: must be brighter on bacteria than off them"),
    "uniform": (_heatmap(np.ones_like), "heatmap: must be brighter on bacteria than off them, and is 1 on and 1 off"),
    "painted in floats": (
        broken_scorer(reconstruct=lambda _, images: images / 255),
        "reconstruct: must give uint8, not float64",
    ),
    "painted smaller": (
        broken_scorer(reconstruct=lambda _, images: images[:, ::2, ::2]),
        "reconstruct: 0 images must give the shape .*128.*, not .*64",
    ),
}


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        pytest.param(*case, id=f"{name}-{fault}")
        for name, group in (
            ("settings", SETTINGS),
            ("fit", FIT),
            ("score", SCORE),
            ("state", STATE),
            ("pictures", PICTURES),
        )
        for fault, case in group.items()
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_broken_promise_is_named(backend: type[Brown], message: str) -> None:
    here = Path.cwd()
    with pytest.raises(AssertionError, match=message) as caught:
        check_backend(backend())
    assert "\n" not in str(caught.value) or "cannot be read" in message
    assert Path.cwd() == here


# --- what is allowed


def _stop_at_once(_: Patches, __: Patches, run: Run) -> None:
    if run.should_stop():
        raise InterruptedTrainingError("stopped", hint="run it again")


def _use_a_temporary_folder(*_: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "below").mkdir()
        (Path(folder) / "below" / "features.bin").write_bytes(b"features")
    with tempfile.TemporaryFile() as file:
        file.write(b"features")


def _write_compiled_code(*_: Any) -> None:
    folder = Path(os.environ["HPSCAN_HOME"]) / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "kernel.nbc").write_bytes(b"compiled")


def _write_to_nowhere(*_: Any) -> None:
    Path(os.devnull).write_bytes(b"noise")
    io.BytesIO().write(b"noise")


def _import_what_writes(*_: Any) -> None:
    sys.modules.pop("fonts_of_a_test", None)
    import fonts_of_a_test  # type: ignore[import-not-found]  # noqa: F401


def _look_for_a_free_port(*_: Any) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


@pytest.mark.parametrize(
    "fault",
    [
        _stop_at_once,
        _use_a_temporary_folder,
        _write_compiled_code,
        _write_to_nowhere,
        _import_what_writes,
        _look_for_a_free_port,
    ],
)
def test_what_does_no_harm_is_allowed(
    fault: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "fonts_of_a_test.py").write_text(f"open({str(tmp_path / 'fonts.cache')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    check_backend(broken_fit(fault)())


def test_only_away_from_the_cpu_may_the_last_digits_differ() -> None:
    backend, message = STATE["rounded"]
    check_backend(backend(), device="cuda")  # the honest backend computes with numpy wherever it is sent
    with pytest.raises(AssertionError, match=message):
        check_backend(backend(), device="cpu")
    lost, _ = STATE["lost"]
    with pytest.raises(AssertionError, match="restore: the restored scorer must score the same, and a score moves by"):
        check_backend(lost(), device="cuda")


def test_after_a_check_files_and_sockets_are_free_again(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check_backend(broken_fit(_connect)())
    (tmp_path / "mine.txt").write_text("written")
    socket.getaddrinfo("127.0.0.1", 80)


# --- what a backend is given


@pytest.mark.parametrize("supervision", list(Supervision))
def test_a_backend_is_given_just_what_it_learns_from(supervision: Supervision) -> None:
    given: list[Patches] = []

    def fit(train: Patches, validation: Patches, run: Run) -> Fitted:
        given[:] = [train, validation]
        return Fitted(BrownScorer(0.0), interrupted=run.should_stop())

    kind = broken_fit(fit)
    kind.learns_from = lambda *_: supervision  # type: ignore[method-assign]
    check_backend(kind())
    train, validation = given
    if supervision is Supervision.NOTHING:
        assert len(train) == len(validation) == 0
        assert train.read(np.arange(0)).shape == (0, 0, 0, 3)
        return
    assert len(set(train.patient_id)) >= 8
    assert not set(train.patient_id) & set(validation.patient_id)
    images = train.read(np.arange(len(train)))
    assert images.shape == (len(train), 128, 128, 3)
    np.testing.assert_array_equal(images, train.read(np.arange(len(train))))
    for part in (train, validation):
        labels, darkest = part.label, brown(part.read(np.arange(len(part)))).mean(axis=(1, 2))
        if supervision is Supervision.NEGATIVE_PATIENTS:
            assert set(labels) == {0}
            assert darkest.max() < 0.005
        else:
            assert set(labels) == {-1, 1}
            assert darkest[labels == 1].min() > darkest[labels == -1].max()
            both = [set(labels[part.patient_id == patient]) for patient in set(part.patient_id)]
            assert {-1, 1} in both
            assert {-1} in both


def test_what_a_backend_does_to_its_patches_reaches_no_other() -> None:
    def fit(train: Patches, *_: Any) -> None:
        images = train.read(np.arange(len(train)))
        assert images.any()
        images[:] = 0

    check_backend(broken_fit(fit)())


# --- where it can be called


def test_broken_promises_are_found_under_python_without_assertions() -> None:
    code = """
import numpy as np
from hpscan.backends.redness.backend import Redness, RednessScorer
from hpscan.core.backend import Fitted
from hpscan.testing import check_backend

class Constant(RednessScorer):
    def score(self, images): return np.zeros(len(images))

class Broken(Redness):
    def fit(self, train, validation, settings, run): return Fitted(Constant(settings))

check_backend(Broken())
"""
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert "AssertionError: score: higher must mean more likely" in done.stderr


def test_the_suite_needs_neither_pytest_nor_torch() -> None:
    code = """
import sys
from hpscan.backends.redness.backend import backend
from hpscan.testing import check_backend
check_backend(backend)
print(sorted({"pytest", "torch", "sklearn", "pandas", "matplotlib", "lightning"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
