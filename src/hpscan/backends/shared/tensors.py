"""Between numpy arrays, which cross the contract's border, and torch tensors on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from torch import nn

from hpscan.core.errors import ModelDamagedError

if TYPE_CHECKING:
    from torch import Tensor

    from hpscan.core.backend import Images, State

M = TypeVar("M", bound=nn.Module)


def to_tensor(images: Images, device: str | torch.device) -> Tensor:
    """(N, H, W, 3) of 0..255 -> (N, 3, H, W) of 0..1 on the device."""
    if any(step < 0 for step in images.strides):  # a single image of a reversed array passes for contiguous
        images = images.copy()
    x = torch.from_numpy(np.require(images, requirements=("C", "W"))).to(device)
    return x.permute(0, 3, 1, 2).float().div(255)


def at_once(device: str, most: int) -> int:
    """How many patches a network is shown at once: one on a CPU, `most` elsewhere.

    Convolutions and matrix products take other kernels for other numbers of patches, and then round otherwise: a score
    would hang on how many patches happen to stand beside it. One by one nothing can. On a CPU it takes no longer.
    """
    return 1 if device == "cpu" else most


def place(module: M, device: str) -> M:
    """The module on the device, ready to be called in plain float32.

    TF32, which CUDA takes for convolutions by default, would change scores by more than a device may.
    """
    if device.startswith("cuda"):
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    return module.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload,no-any-return]


def state_of(module: nn.Module) -> dict[str, np.ndarray]:
    """The module's tensors by name."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def load_state(module: nn.Module, state: State, name: str) -> None:
    """Give a module the tensors of `state`; `name` is what it is called, for the error.

    Raises:
        ModelDamagedError: When the tensors are not those of the module.
    """
    try:
        module.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in state.items()})
    except RuntimeError as error:
        raise ModelDamagedError(
            f"the weights are not those of the network {name!r}", hint="train the model again"
        ) from error
