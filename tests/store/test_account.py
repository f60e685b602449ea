"""An account's numbers survive their way through JSON, without names where nobody may be named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hpscan.core.account import Account, Aside, AsideKind, Entry, LabelFate, PatchFate, PatientFate, TableFate
from hpscan.store.account import AccountRecord, record
from hpscan.store.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Manifest]

ACCOUNT = Account(
    asides=(Aside("Patient3/1.webp", AsideKind.OTHER_FORMAT, "Patient3", ".webp"),),
    patches=(
        Entry("Patient1/1.png", PatchFate.USED, "Patient1"),
        Entry("Patient1/2.png", PatchFate.REJECTED, "Patient1", "empty"),
    ),
    patients=(
        Entry("Patient1", PatientFate.USED),
        Entry("Patient2", PatientFate.WITHOUT_TRUTH),
        Entry("Patient3", PatientFate.UNREADABLE),
    ),
    labels=(Entry("Patient1.1", LabelFate.USED), Entry("Patient9.1", LabelFate.WITHOUT_IMAGE)),
    tables=(Entry("d.csv", TableFate.USED), Entry("rooms.csv", TableFate.NOT_UNDERSTOOD)),
)


@pytest.mark.parametrize("names", [True, False])
def test_a_record_comes_back_from_json_as_it_was(names: bool) -> None:
    stored = record(ACCOUNT, names=names)
    assert AccountRecord.model_validate_json(stored.model_dump_json()) == stored


def test_with_names_the_sums_come_back_whole() -> None:
    back = AccountRecord.model_validate_json(record(ACCOUNT, names=True).model_dump_json()).sums()
    assert back == ACCOUNT.sums()
    assert back.names == {"without-truth": ("Patient2",), "unreadable": ("Patient3",), "not-understood": ("rooms.csv",)}
    assert back.groups == {"other-format": (".webp",)}


def test_without_names_nobody_is_named_and_no_number_is_lost() -> None:
    stored = record(ACCOUNT, names=False)
    assert not any(name in stored.model_dump_json() for name in ("Patient", "rooms", ".webp"))
    for part in ("set_aside", "patches", "patients", "labels", "tables"):
        assert getattr(stored.sums(), part) == getattr(ACCOUNT.sums(), part)


def test_a_field_that_no_account_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        AccountRecord.model_validate(record(ACCOUNT, names=True).model_dump() | {"rooms": {}})


def test_a_manifest_keeps_its_account(make_manifest: Make) -> None:
    operating = make_manifest().operating_point.model_copy(update={"account": record(ACCOUNT, names=False)})
    back = Manifest.model_validate_json(make_manifest(operating_point=operating).model_dump_json())
    assert back.operating_point.account == record(ACCOUNT, names=False)


def test_a_manifest_of_before_there_was_an_account_is_read(make_manifest: Make) -> None:
    manifest = make_manifest()
    old = json.loads(manifest.model_dump_json())
    del old["operating_point"]["account"]
    back = Manifest.model_validate_json(json.dumps(old))
    assert back == manifest
    assert back.operating_point.account is None
