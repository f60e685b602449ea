"""The digest of the code that a backend computes with: who changes it wants a benchmark's cells computed anew."""

from __future__ import annotations

import ast
import hashlib
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_COMPUTING = ("backends", "bundled", "phantom")
"""The folders of hpscan that a backend's own code lies in."""

_DECODING = "data/images"
"""The folder of hpscan that every backend's pixels come from."""


@cache
def code(module: str) -> str:
    """The SHA-256 of a backend's source, and of the weights that ship with it.

    Of hpscan itself it is what its module imports, at the top or where it is used, and what decodes images; of
    anybody else the whole top-level package.
    """
    top = module.partition(".")[0]
    loaded = sys.modules.get(top)
    spec = loaded.__spec__ if loaded is not None else find_spec(top)
    if spec is None or spec.origin is None:
        return ""
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return file_digest(str(origin))
    root = origin.parent
    files = sorted(
        _used(module, root) | set((root / _DECODING).rglob("*.py")) if top == "hpscan" else root.rglob("*.py")
    )
    made = hashlib.sha256()
    for path in files:
        made.update(f"{path.relative_to(root).as_posix()}\t{file_digest(str(path))}\n".encode())
    return made.hexdigest()


@cache
def file_digest(path: str) -> str:
    """The SHA-256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _used(module: str, root: Path) -> set[Path]:
    """The files of hpscan's own computing code that a module imports, and those import, and so on."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = root.joinpath(*name.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if path in found or not path.is_file() or name.split(".")[1] not in _COMPUTING:
            continue
        text = path.read_text(encoding="utf-8")
        found.add(path)
        if "weights.safetensors" in text:
            found.update((root / "bundled").glob("*.safetensors"))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            waiting += [name for name in names if name.startswith("hpscan.")]
    return found
