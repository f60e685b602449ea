"""What there is to compute on, and what a user may call it."""

from __future__ import annotations

import pytest

from hpscan.backends import device
from hpscan.backends.device import Device, available, choose, peak_memory
from hpscan.core.errors import DeviceError

CPU = Device("cpu", "a processor")


def _machine(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(device, "available", lambda: (*[Device(name, "a GPU") for name in names], CPU))


def test_the_processor_is_always_there_and_comes_last() -> None:
    names = [d.name for d in available()]
    assert names[-1] == "cpu"
    assert names.count("cpu") == 1
    assert all(d.description for d in available())


def test_auto_takes_a_device_that_is_there() -> None:
    assert choose("auto") in [d.name for d in available()]
    assert choose("cpu") == "cpu"


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(monkeypatch, "cuda", "cuda:1")
    assert choose("auto") == "cuda"
    _machine(monkeypatch)
    assert choose("auto") == "cpu"


def test_a_gpu_is_called_by_its_number_or_by_none_if_it_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(monkeypatch, "cuda", "cuda:1")
    assert choose("cuda:1") == "cuda:1"
    assert choose("cuda:0") == choose("cuda") == "cuda"


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "gpu", "CPU", ""])
def test_a_device_that_is_not_there_is_answered_with_those_that_are(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _machine(monkeypatch, "mps")
    with pytest.raises(DeviceError, match="is not available on this machine") as caught:
        choose(name)
    assert caught.value.hint == "use `device=auto`, or one of: mps, cpu"


def test_peak_memory_is_told_in_bytes() -> None:
    assert 20 * 2**20 < peak_memory("cpu") < 2**40  # a process that has loaded numpy holds tens of MiB
