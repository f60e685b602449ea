"""Runs the pickle of a PyTorch checkpoint with nothing but inert stand-ins, so that it describes tensors and does nothing.

A pickle is a program: it can name any function of any module and call it. Here the program is first read through,
instruction by instruction, and refused when it holds one that no checkpoint needs. Then it runs, and every name
that it asks for is answered with a stand-in of ours, or refused. What comes out are descriptions of tensors:
storage, offset, sizes, strides, all as the file says and none of them checked against its length yet.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BFLOAT16 = "bfloat16"
"""The one type of numbers that numpy does not have."""

_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": BFLOAT16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}

_OPCODES = (
    "PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE "
    "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES EMPTY_LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 "
    "TUPLE3 EMPTY_DICT SETITEM SETITEMS BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL NEWOBJ "
    "REDUCE BUILD BINPERSID"
)
"""What torch.save writes, of whole models too: those get as far as the name of their class, and are refused by it."""

_MOST_TUPLES = 50_000
"""In one pickle. A tensor needs about five; one tuple within another, this deep, would exhaust the stack of C."""

_MOST_DIMENSIONS = 32
_HINT = "give a checkpoint that torch.save wrote, holding the state_dict of a model"


class RefusedError(Exception):
    """Why a file is not read: the end of a sentence that begins with its name, and what to do."""

    def __init__(self, reason: str, hint: str = _HINT) -> None:
        super().__init__(reason)
        self.hint = hint


def shown(name: str) -> str:
    """A name out of a file, fit for a terminal."""
    return ascii(name)[1:-1][:80]


class _Inert:
    """Something of ours that a pickle can name or make, and cannot change."""

    __slots__ = ()

    def __setstate__(self, state: object) -> NoReturn:
        raise pickle.UnpicklingError("it sets the state of something that has none")


@dataclass(frozen=True)
class Stored(_Inert):
    """A storage: `count` numbers of one type, somewhere in the file."""

    __slots__ = ("count", "dtype", "key")
    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class Tensor(_Inert):
    """A tensor as the pickle describes it; nothing is negative, and sizes and strides are equally many."""

    __slots__ = ("offset", "size", "storage", "stride")
    storage: Stored
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class _DType(_Inert):
    """Stands for a class such as torch.FloatStorage, of which a pickle only needs to say which."""

    __slots__ = ("code",)
    code: str


@dataclass(frozen=True)
class _Maker(_Inert):
    """Stands for a function or a class that a pickle calls."""

    __slots__ = ("make",)
    make: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.make(*arguments)


class _Ordered(dict[Any, Any]):
    """Stands for OrderedDict; the state that torch hangs on it (`_metadata`) is dropped."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        """Keep nothing."""


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, _grad: Any, _hooks: Any, bits: Any = None) -> Tensor:
    """A tensor, from the arguments of torch._utils._rebuild_tensor_v2."""
    numbers = isinstance(size, tuple) and isinstance(stride, tuple) and all(type(n) is int for n in (*size, *stride))
    if not (isinstance(storage, Stored) and type(offset) is int and numbers):
        raise pickle.UnpicklingError("it describes a tensor in another way than torch does")
    if bits:  # conjugate and negative views, whose numbers are not those in the storage
        raise pickle.UnpicklingError("it holds a tensor that is a view with its own arithmetic")
    if len(size) != len(stride) or len(size) > _MOST_DIMENSIONS or min((offset, *size, *stride)) < 0:
        raise pickle.UnpicklingError("it describes a tensor of impossible size or stride")
    return Tensor(storage, offset, size, stride)


def _size(numbers: Any) -> tuple[Any, ...]:
    """What torch.Size gives."""
    if not isinstance(numbers, tuple) or len(numbers) > _MOST_DIMENSIONS:
        raise pickle.UnpicklingError("it describes a size in another way than torch does")
    return numbers


def _ordered(pairs: Any = None) -> _Ordered:
    """What OrderedDict gives, from nothing or, as Python 2 wrote it, from a list of pairs."""
    made = _Ordered()
    if pairs is not None:
        if not isinstance(pairs, list):
            raise pickle.UnpicklingError("it fills a dictionary in another way than Python does")
        made.update(pairs)
        pairs.clear()  # a short pickle could fill a thousand dictionaries from one long list
    return made


def _parameter(data: Any, _grad: Any, _hooks: Any) -> Any:
    """A parameter is its tensor."""
    return data


_NAMES: Mapping[tuple[str, str], _Inert] = {
    ("collections", "OrderedDict"): _Maker(_ordered),
    ("torch", "Size"): _Maker(_size),
    ("torch._utils", "_rebuild_tensor_v2"): _Maker(_tensor),
    ("torch._utils", "_rebuild_parameter"): _Maker(_parameter),
    **{(module, name): _DType(code) for module in ("torch", "torch.cuda") for name, code in _DTYPES.items()},
}


class _Unpickler(pickle.Unpickler):
    """Runs a pickle in which every name is one of ours."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, encoding="utf-8")
        self.storages: dict[str, Stored] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Our stand-in for a name; imports nothing."""
        found = _NAMES.get((module, name))
        if found is None:
            raise RefusedError(
                f"is refused: it asks for {shown(f'{module}.{name}')}, which no file of tensors needs",
                "save only the model's state_dict() where the file was made, or look for it as safetensors",
            )
        return found

    def persistent_load(self, pid: Any) -> Stored:
        """A storage, from ('storage', type, key, location, count) and, in the older format, a view of another."""
        if not (isinstance(pid, tuple) and len(pid) in (5, 6) and pid[0] == "storage" and not any(pid[5:])):
            raise pickle.UnpicklingError("it keeps its numbers in another way than torch.save does")
        _, kind, key, _, count = pid[:5]
        if not (isinstance(kind, _DType) and isinstance(key, str) and type(count) is int and count >= 0):
            raise pickle.UnpicklingError("it describes a storage in another way than torch.save does")
        made = Stored(key, kind.code, count)
        if self.storages.setdefault(key, made) != made:
            raise pickle.UnpicklingError("it describes one storage in two ways")
        return made


def unpickle(file: io.BytesIO) -> tuple[Any, dict[str, Stored]]:
    """What the next pickle of a file makes, and the storages that it names; the file stands behind it then.

    Raises:
        RefusedError: When it is no pickle, or asks for anything but tensors.
    """
    start = file.tell()
    try:
        _look_through(file)
        unpickler = _Unpickler(io.BytesIO(file.getvalue()[start : file.tell()]))
        return unpickler.load(), unpickler.storages
    except pickle.UnpicklingError as error:
        raise RefusedError(f"is refused: {error}") from None
    except (ArithmeticError, AttributeError, EOFError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise RefusedError("is not a checkpoint of PyTorch, or is damaged") from error


def _look_through(file: io.BytesIO) -> None:
    """Read the next pickle to its end without running it.

    Raises:
        UnpicklingError: When it holds an instruction that no checkpoint needs.
    """
    known, tuples = frozenset(_OPCODES.split()), 0
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if opcode.name not in known:
            raise pickle.UnpicklingError(f"its pickle holds the instruction {opcode.name}, which no checkpoint needs")
        if opcode.name == "LONG_BINPUT" and (argument or 0) > number:  # a table of that length would be made for it
            raise pickle.UnpicklingError("its pickle counts wrongly")
        tuples += opcode.name.startswith("TUPLE")
        if tuples > _MOST_TUPLES:
            raise pickle.UnpicklingError("its pickle holds more than a checkpoint does")
