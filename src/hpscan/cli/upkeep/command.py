"""`hpscan demo` and `hpscan doctor`: their options, and what they do with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpscan.cli.failures import DONE
from hpscan.cli.options import (
    Device,
    Force,
    Json,
    Seed,
)
from hpscan.core.choices import DeviceName

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hpscan.workflows.demo import Demo


def demo(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the demo puts everything.")] = Path(
        "hpscan-demo"
    ),
    seed: Seed = 0,
    device: Device = DeviceName.AUTO,
    force: Force = False,
    json: Json = False,
) -> int:
    """See hpscan work, with no data at all.

    Makes a synthetic cohort, trains on it, and diagnoses and evaluates patients held out, in about two minutes.
    """
    from hpscan.cli import interrupts
    from hpscan.cli.output import console
    from hpscan.cli.upkeep import view
    from hpscan.workflows.demo import demo as workflow

    with interrupts.gentle() as should_stop, console.progress() as progress:
        results = workflow(
            folder, seed=seed, device=device.value, force=force, progress=progress, should_stop=should_stop
        )
    if json:
        console.print_json(view.demo_document(results))
    else:
        console.show(view.demo_screen(results))
        console.out().print(_where(results), soft_wrap=True)
    return DONE


def _where(demo: Demo) -> RenderableType:
    """Where everything lies, and what to try next."""
    from rich.text import Text

    from hpscan.cli.output import panels
    from hpscan.store.synthetic_dataset import CROPPED

    data, model = demo.folder / "data", demo.folder / "model"
    patient = demo.diagnoses.patients[0].result.patient_id
    rows: list[tuple[str, RenderableType]] = [("patches", str(data)), ("model", str(model))]
    rows += panels.plot_rows([demo.gallery, demo.curves])
    rows.append(("report", Text(str(demo.report), f"link {demo.report.absolute().as_uri()}")))
    rows.append(("try next", f"hpscan diagnose {data} --model {model}"))
    rows.append(("", f"hpscan diagnose {data / CROPPED / patient} --model {model}"))
    rows.append(("", "hpscan train --data YOUR_DATASET"))
    return panels.facts(rows)


def doctor(json: Json = False) -> int:
    """Show what a bug report needs.

    Versions, devices, folders and plugins.
    """
    from hpscan.cli.output import console
    from hpscan.cli.upkeep import view
    from hpscan.workflows.doctor import doctor as workflow

    document = view.doctor_document(workflow())
    if json:
        console.print_json(document)
    else:
        console.show(view.doctor_screen(document))
    return DONE
