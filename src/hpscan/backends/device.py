"""What there is to compute on."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from hpscan.core.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Device:
    """One device.

    Attributes:
        name: As users give it.
        description: What it is, for people.
    """

    name: str
    description: str


def available() -> tuple[Device, ...]:
    """All devices, the one that `auto` takes first."""
    import torch

    found = [
        Device(f"cuda:{i}" if i else "cuda", torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU"))
    cpu = platform.processor() or platform.machine()
    return (*found, Device("cpu", f"{cpu}, {torch.get_num_threads()} threads"))


def choose(name: str) -> str:
    """The device that `name` stands for; `auto` takes a GPU where there is one.

    Raises:
        DeviceError: When that device is not there.
    """
    devices = available()
    if name == "auto":
        return devices[0].name
    if name == "cuda:0":
        name = "cuda"
    if name not in [d.name for d in devices]:
        there = ", ".join(d.name for d in devices)
        raise DeviceError(
            f"device {name!r} is not available on this machine", hint=f"use `device=auto`, or one of: {there}"
        )
    return name


def peak_memory(device: str) -> int:
    """Most bytes held at once so far: on a CUDA device its own memory, else the process's resident memory."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    try:  # Linux: ru_maxrss of a process includes what its parent held when it was started
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024
    except (OSError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
