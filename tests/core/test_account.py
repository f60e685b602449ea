"""An account is a sum that closes: whose part is whose, what was not used by name, and when nobody needs to be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hpscan.core.account import Account, Aside, AsideKind, Entry, LabelFate, PatchFate, PatientFate, TableFate, counts

CLEAN = Account(
    asides=(),
    patches=(Entry("A/1.png", PatchFate.USED, "A"), Entry("B/1.png", PatchFate.USED, "B")),
    patients=(Entry("A", PatientFate.USED), Entry("B", PatientFate.USED)),
    labels=(Entry("A.1", LabelFate.USED),),
    tables=(Entry("d.csv", TableFate.USED),),
)
OF_A = Aside("A/2.webp", AsideKind.OTHER_FORMAT, "A", ".webp")
OF_B = Aside("B/b.svs", AsideKind.WHOLE_SLIDE, "B", ".svs")
NOBODYS = Aside("logo.png", AsideKind.LOOSE, "", "cohort/")


def test_files_found_are_those_listed_and_those_set_aside_in_the_order_of_the_kinds() -> None:
    account = replace(CLEAN, asides=(NOBODYS, OF_B, OF_A, OF_A))
    assert account.n_files == 6
    assert list(account.set_aside().items()) == [
        (AsideKind.OTHER_FORMAT, 2),
        (AsideKind.WHOLE_SLIDE, 1),
        (AsideKind.LOOSE, 1),
    ]


def test_the_sums_hold_every_number_and_the_names_of_what_was_not_used() -> None:
    sums = Account(
        asides=(OF_A, replace(OF_A, group=".gif"), replace(OF_A, file="A/3.webp"), OF_B),
        patches=(*CLEAN.patches, Entry("A/4.png", PatchFate.REJECTED, "A", "empty")),
        patients=(*CLEAN.patients, Entry("C", PatientFate.REFUSED), Entry("D", PatientFate.WITHOUT_TRUTH)),
        labels=(*CLEAN.labels, Entry("X.1", LabelFate.WITHOUT_IMAGE)),
        tables=(*CLEAN.tables, Entry("rooms.csv", TableFate.NOT_UNDERSTOOD)),
    ).sums()
    assert sums.set_aside == {"other-format": 3, "whole-slide": 1}
    assert sums.groups == {"other-format": (".webp", ".gif"), "whole-slide": (".svs",)}
    assert sums.patches == {"used": 2, "rejected": 1}
    assert sums.patients == {"used": 2, "refused": 1, "without-truth": 1}
    assert sums.labels == {"used": 1, "without-image": 1}
    assert sums.tables == {"used": 1, "not-understood": 1}
    assert sums.names == {"refused": ("C",), "without-truth": ("D",), "not-understood": ("rooms.csv",)}


def test_one_patient_s_part_is_everything_of_that_patient_and_nothing_else() -> None:
    account = replace(CLEAN, asides=(OF_A, OF_B, NOBODYS))
    assert account.of("A") == Account((OF_A,), CLEAN.patches[:1], CLEAN.patients[:1], (), ())
    assert sum(account.of(name).n_files for name in ("A", "B")) + 1 == account.n_files  # one is nobody's
    assert account.of("nobody").n_files == 0


@pytest.mark.parametrize("kind", AsideKind)
def test_only_other_files_and_those_that_hpscan_wrote_leave_it_clean(kind: AsideKind) -> None:
    account = replace(CLEAN, asides=(Aside("A/x", kind, "A", "x"),))
    assert account.clean is (kind in {AsideKind.OTHER, AsideKind.OWN})


@pytest.mark.parametrize("fate", PatchFate)
def test_a_rejected_patch_is_not_clean_a_copy_and_one_left_out_are(fate: PatchFate) -> None:
    account = replace(CLEAN, patches=(*CLEAN.patches, Entry("A/9.png", fate, "A")))
    assert account.clean is (fate is not PatchFate.REJECTED)


@pytest.mark.parametrize(
    ("part", "fate"),
    [
        *(("patients", fate) for fate in PatientFate),
        *(("labels", fate) for fate in LabelFate),
        *(("tables", fate) for fate in TableFate),
    ],
)
def test_patients_labels_and_tables_must_all_be_used(part: str, fate: str) -> None:
    more: dict[str, Any] = {part: (*getattr(CLEAN, part), Entry("one more", fate))}
    assert replace(CLEAN, **more).clean is (fate == "used")


def test_what_may_hold_patches_is_never_what_nobody_needs_to_be_told_of() -> None:
    assert not any(kind.clean and kind.may_hold_patches for kind in AsideKind)
    assert not AsideKind.WHOLE_SLIDE.may_hold_patches
    assert not AsideKind.ARCHIVE.may_hold_patches


def test_entries_are_counted_by_fate() -> None:
    assert counts(CLEAN.patches) == {PatchFate.USED: 2}
    assert CLEAN.names(CLEAN.patients, PatientFate.USED) == ("A", "B")
