"""Every foreseen error says what to do, and the tree in the docstring is the tree of the classes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from hpscan.core import errors
from hpscan.core.errors import HpscanError, OutputError, OutputExistsError


def _drawn() -> dict[str, str]:
    """Each class of the drawn tree, and the one that it hangs from."""
    parents: dict[str, str] = {}
    stem: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│├└─ ]*)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            stem[depth:] = [found[2]]
            if depth:
                parents[found[2]] = stem[depth - 1]
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    there = {
        name: kind.__bases__[0].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, HpscanError) and kind is not HpscanError
    }
    assert there
    assert _drawn() == there


def test_an_error_carries_its_message_its_hint_and_its_path() -> None:
    error = OutputExistsError("out.csv exists already", hint="add --force", path=Path("out.csv"))
    assert str(error) == error.message == "out.csv exists already"
    assert error.hint == "add --force"
    assert error.path == Path("out.csv")
    assert isinstance(error, OutputError)


def test_an_error_without_a_hint_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="hint"):
        HpscanError("something is wrong")  # type: ignore[call-arg]
