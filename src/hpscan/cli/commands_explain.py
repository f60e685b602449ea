"""What `hpscan explain` does: one patch in, a picture and a panel out."""

from __future__ import annotations

from pathlib import Path

from hpscan.cli import choice, describe_explain, render_explain
from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.output import console
from hpscan.cli.output import files as exports

NO_PATIENT = "One patch tells no patient's result: this is what hpscan explain shows of it."


def explain(
    patch: Path, model: str | None, *, out: Path | None, device: str, force: bool, json: bool, alone: bool = False
) -> int:
    """`hpscan explain`; with `alone`, of a patch that somebody meant to diagnose."""
    from hpscan.store import atomic
    from hpscan.workflows.diagnosis.explain import ExplainRequest, check_file
    from hpscan.workflows.diagnosis.explain import explain as workflow

    target = Path(f"{patch.stem}-explained.png") if out is None else out
    check_file(patch)  # a folder is told as such, before anything about a file named after it
    aside = exports.check_apart({"--out": target}, json=json)
    exports.check(target, force=force)
    found = workflow(ExplainRequest(patch, choice.announced(model), device))
    atomic.write(target, found.picture, force=force)
    console.wrote(target)
    if json:
        console.print_json(describe_explain.explanation(found, target))
    else:
        if alone:
            console.show([NO_PATIENT], aside=aside)
        console.show(render_explain.explanation(found, target), aside=aside)
    return INDETERMINATE if found.doubts else DONE
