"""The hub that timm's pretrained weights lie on: its cache on this machine, and whether it answers at all."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_FILE = "model.safetensors"
_PATIENCE = 4.0
"""Seconds that the hub has to answer. Its own client tries for most of a minute."""


def cached(hub_id: str) -> Path | None:
    """The file of weights in the hub's cache on this machine, if it is there."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(hub_id, _FILE)
    return Path(path) if isinstance(path, str) else None


def ask(name: str, hub_id: str) -> int | None:
    """Bytes of the weights on the hub, None where it does not say.

    Raises:
        WeightsError: Within seconds, where the hub is switched off, does not answer, or has none.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        raise _out_of_reach(name, "the hub is switched off by HF_HUB_OFFLINE")
    answer: list[HfFileMetadata | Exception] = []
    foreseen: tuple[type[Exception], ...] = (*_client_errors(), ValueError)

    def look() -> None:
        try:
            answer.append(get_hf_file_metadata(hf_hub_url(hub_id, _FILE), timeout=_PATIENCE))
        except foreseen as error:
            answer.append(error)

    # A resolver that does not answer blocks beyond any timeout of the socket; a thread can be left behind.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if not answer:
        raise _out_of_reach(name, f"no hub answered within {_PATIENCE:.0f} s")
    (found,) = answer
    if isinstance(found, HfHubHTTPError) and found.response is not None:
        raise _out_of_reach(name, f"the hub has no {hub_id}/{_FILE} for us (HTTP {found.response.status_code})")
    if isinstance(found, Exception):
        raise _out_of_reach(name, "no hub can be reached")
    return found.size


def download(name: str, hub_id: str) -> Path:
    """The file of weights, fetched into the hub's cache.

    Raises:
        WeightsError: When the download breaks off.
    """
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(hub_id, _FILE))
    except _client_errors() as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise _out_of_reach(name, f"the download broke off: {reason}") from error


def _client_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises: its HTTP library changes with its version, and its errors all derive from one HTTPError."""
    from huggingface_hub.errors import HfHubHTTPError

    return tuple(kind for kind in HfHubHTTPError.__mro__ if kind.__name__ in ("HTTPError", "OSError"))


def _out_of_reach(name: str, reason: str) -> WeightsError:
    return WeightsError(
        f"the weights of {name} are not on this machine, and {reason}",
        hint="give a file as `weights`, or use the backbone that needs no hub: `backbone=tf_efficientnet_lite0`",
    )
