"""What `hpscan explain` does: one patch in, a picture and a panel out."""

from __future__ import annotations

from pathlib import Path

from hpscan.cli import console, describe_explain, exports, render_explain
from hpscan.cli.failures import DONE, INDETERMINATE


def explain(patch: Path, model: str | None, *, out: Path | None, device: str, force: bool, json: bool) -> int:
    """`hpscan explain`."""
    from hpscan.store import atomic
    from hpscan.workflows.explain import explain as workflow

    exports.check_png("--out", out)
    target = Path(f"{patch.stem}-explained.png") if out is None else out
    # A folder is told as such, before anything about a file named after it.
    if not patch.is_dir():
        exports.check(target, force=force)
    found = workflow(patch, model, device=device)
    atomic.write(target, found.picture, force=force)
    console.wrote(target)
    if json:
        console.print_json(describe_explain.explanation(found, target))
    else:
        console.show(render_explain.explanation(found, target))
    return INDETERMINATE if found.doubts else DONE
