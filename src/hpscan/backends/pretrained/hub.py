"""The hub that timm's pretrained weights lie on: its cache on this machine, and whether it answers at all."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from email.message import Message

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
    from huggingface_hub import constants, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        raise _out_of_reach(name, "the hub is switched off by HF_HUB_OFFLINE")
    answer: list[Message | OSError | HTTPException | ValueError] = []
    request = urllib.request.Request(hf_hub_url(hub_id, _FILE), method="HEAD")  # noqa: S310  the hub's own address

    def look() -> None:
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
                answer.append(response.headers)
        except (OSError, HTTPException, ValueError) as error:
            answer.append(error)

    # A resolver that does not answer blocks beyond any timeout of the socket; a thread can be left behind.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if not answer:
        raise _out_of_reach(name, f"no hub answered within {_PATIENCE:.0f} s")
    if isinstance(answer[0], urllib.error.HTTPError):
        raise _out_of_reach(name, f"the hub has no {hub_id}/{_FILE} for us (HTTP {answer[0].code})")
    if isinstance(answer[0], Exception):
        raise _out_of_reach(name, "no hub can be reached")
    length = answer[0].get("X-Linked-Size") or answer[0].get("Content-Length") or ""
    return int(length) if length.isdigit() else None


def download(name: str, hub_id: str) -> Path:
    """The file of weights, fetched into the hub's cache.

    Raises:
        WeightsError: When the download breaks off.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    # Which HTTP library the hub's client uses changes with its version; its errors all derive from one HTTPError.
    broken: tuple[type[Exception], ...] = tuple(
        kind for kind in HfHubHTTPError.__mro__ if kind.__name__ in ("HTTPError", "OSError")
    )
    try:
        return Path(hf_hub_download(hub_id, _FILE))
    except broken as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise _out_of_reach(name, f"the download broke off: {reason}") from error


def _out_of_reach(name: str, reason: str) -> WeightsError:
    return WeightsError(
        f"the weights of {name} are not on this machine, and {reason}",
        hint="give --weights FILE, or use the backbone that needs no hub: --set backbone=tf_efficientnet_lite0",
    )
