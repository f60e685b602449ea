"""Where a patient or a file comes from, in words: a topic, and what is known with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind
from hpscan.core.notes import Rule
from hpscan.core.provenance import FactKind
from hpscan.report.text.account import SET_ASIDE
from hpscan.report.text.notes import describe_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.core.provenance import Fact, Provenance, Source

_TOPICS = {
    FactKind.FOLDER: "folder",
    FactKind.DIAGNOSIS_FROM_TABLES: "diagnosis",
    FactKind.DIAGNOSIS_FROM_FOLDER: "diagnosis",
    FactKind.NO_DIAGNOSIS: "diagnosis",
    FactKind.LABEL_COUNTS: "labels",
    FactKind.PATCHES: "patches",
    FactKind.FILES_SET_ASIDE: "set aside",
    FactKind.PATCH: "patch",
    FactKind.PATIENT: "patient",
    FactKind.LABEL: "label",
    FactKind.NO_LABEL: "label",
    FactKind.PLACE: "place",
    FactKind.SET_ASIDE: "set aside",
    FactKind.OWNER: "patient",
    FactKind.MAY_HOLD_PATCHES: "matters",
    FactKind.NOT_UNDERSTOOD: "not understood",
    FactKind.ROW_NOT_USED: "not used",
}


def describe_facts(provenance: Provenance) -> list[tuple[str, str]]:
    """The facts as pairs: a topic, and what is known of it with its sources."""
    return [(_topic(fact), _sentence(fact)) for fact in provenance.facts]


def _topic(fact: Fact) -> str:
    return str(dict(fact.values)["topic"]) if fact.kind is FactKind.ROWS_READ else _TOPICS[fact.kind]


def _sentence(fact: Fact) -> str:
    values = dict(fact.values)
    sources = "; ".join(map(_source, fact.sources))
    match fact.kind:
        case FactKind.FOLDER:
            return _folder(values)
        case FactKind.DIAGNOSIS_FROM_TABLES:
            return f"{values['diagnosis']}: {sources}"
        case FactKind.DIAGNOSIS_FROM_FOLDER:
            return f"{values['diagnosis']}: the name of a class folder says so, no table does"
        case FactKind.NO_DIAGNOSIS:
            return "none: no table names this patient, and no class folder"
        case FactKind.LABEL_COUNTS:
            counts = ", ".join(f"{count} {label}" for label, count in fact.values)
            return f"{counts}: {', '.join(source.table for source in fact.sources)}"
        case FactKind.PATCHES:
            return f"{values['count']} listed"
        case FactKind.FILES_SET_ASIDE:
            return f"{values['count']} {SET_ASIDE[AsideKind(str(values['aside']))]}: {values['group']}"
        case FactKind.PATCH:
            return f"{values['id']} ({values['origin']}{', an augmented copy' if values['augmented'] else ''})"
        case FactKind.PATIENT:
            section = f", section {values['section']}" if values["section"] else ""
            return f"{values['patient']}{section}"
        case FactKind.LABEL:
            return f"{values['label']}: {sources}"
        case FactKind.NO_LABEL:
            return "none: no row of a table means this patch"
        case FactKind.PLACE:
            return f"{values['x']}, {values['y']}: {sources}"
        case FactKind.SET_ASIDE:
            return f"as one of those {SET_ASIDE[AsideKind(str(values['aside']))]} ({values['group']})"
        case FactKind.OWNER:
            return str(values["patient"] or "nobody's")
        case FactKind.MAY_HOLD_PATCHES:
            return "it may hold patches of this patient" if values["may"] else "no"
        case FactKind.NOT_UNDERSTOOD | FactKind.ROW_NOT_USED:
            return str(values["reason"])
        case FactKind.ROWS_READ:
            return str(values["count"])


def _folder(values: Mapping[str, str | int]) -> str:
    part = f", {values['origin']}" if values["origin"] else ""
    path = str(values["folder"])
    why = describe_rule(Rule(str(values["rule"])), str(values["name"]), str(values["label"]))
    return f"{path}/ ({values['images']} images{part}): {why}"


def _source(source: Source) -> str:
    value = f" is {source.value}" if source.value else ""
    return f"{source.table}, row {source.row}: {source.about}{value}"
