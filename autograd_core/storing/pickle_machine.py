"""A reader of pickles that runs no code: a machine of its own for the format, with a table of all that it may make.

A pickle is a program for a stack machine.  Python's own reader imports whatever the program names and calls it.  This
one knows the instructions that data needs, looks each name up in a table, and calls only what stands there; no part of
it is Python's reader.  Source: CPython, Lib/pickletools.py.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from autograd_core.errors import FormatError

from .plain_values import Keys
from .source import Source

MARK = object()
DICTS = (dict, OrderedDict, Counter, defaultdict)
AT_ONCE = 2**16  # bytes read ahead


class Bytes:
    """The bytes of a pickle in a file, one after the other."""

    def __init__(self, source: Source, at: int, end: int) -> None:
        """Begin at ``at``."""
        self.source, self.at, self.end = source, at, end
        self.begin, self.ahead = at, b""

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes.  Raises: FormatError where there are not as many."""
        if count < 0 or self.at + count > self.end:
            raise FormatError("its pickle breaks off")
        start = self.at - self.begin
        if start + count > len(self.ahead):
            self.begin, start = self.at, 0
            self.ahead = self.source.read(self.at, min(max(count, AT_ONCE), self.end - self.at))
        self.at += count
        return self.ahead[start : start + count]

    def line(self) -> bytes:
        """Return what stands before the end of the line."""
        found = bytearray()
        while (letter := self.take(1)) != b"\n":
            found += letter
        return bytes(found)

    def number(self, size: int) -> int:
        """Return an unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")


class Maker:
    """What the table offers to be called: ``make(machine, *args)`` checks what it is given."""

    def __init__(self, make: Callable[..., Any], factory: Any = None) -> None:
        """Take the function, and the type, where it may fill the places of a defaultdict."""
        self.make, self.factory = make, factory


class Machine:
    """Runs one pickle.

    Args:
        code: the bytes of it.
        find: what stands for a name in it, ``find(module, name)``.
        persistent: what stands for an id that the writer gave to what it keeps outside the pickle.
        states: what gives a state to an object of a type, ``states[type](machine, object, state)``.
    """

    def __init__(
        self, code: Bytes, find: Callable[[str, str], Any], persistent: Callable[[Any], Any],
        states: Mapping[type, Callable[[Machine, Any, Any], None]],
    ) -> None:  # fmt: skip
        """Begin with nothing on the stack."""
        self.code, self.find, self.persistent, self.states = code, find, persistent, states
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.copied = 0
        self.keys = Keys(code.source.size)

    def run(self) -> Any:
        """Return what the pickle stands for, and leave ``code`` behind it.

        Raises: FormatError for a name that is not in the table, and for an instruction that no data needs; IndexError,
            KeyError, TypeError, ValueError where it makes no sense.
        """
        while (letter := self.code.take(1)) != b".":
            if letter not in INSTRUCTIONS:
                raise FormatError(f"its pickle has the instruction {letter!r}, which no data needs")
            INSTRUCTIONS[letter](self)
        return self.pop()

    def spend(self, count: int) -> None:
        """Count what is copied: a memorised list copied again and again would fill any memory."""
        self.copied += count
        if self.copied > 2 * (self.code.source.size + 1024):
            raise FormatError("its pickle copies the same parts again and again")

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the value at the top."""
        value = self.stack.pop()
        if value is MARK:
            raise FormatError("its pickle takes a mark for a value")
        return value

    def since_mark(self) -> list[Any]:
        """Take the values above the last mark, and the mark."""
        values = []
        while (value := self.stack.pop()) is not MARK:
            values.append(value)
        return values[::-1]

    def top(self, *kinds: type) -> Any:
        """Return the value at the top, which must be of one of these types."""
        value = self.stack[-1]
        if type(value) not in kinds:
            raise FormatError(f"its pickle fills a {type(value).__name__} like a {kinds[0].__name__}")
        return value

    def call(self) -> None:
        """Call what lies under its arguments."""
        args, maker = self.pop(), self.pop()
        if not isinstance(maker, Maker) or type(args) is not tuple:
            raise FormatError(f"its pickle calls a {type(maker).__name__}")
        self.push(maker.make(self, *args))

    def fill(self, values: list[Any]) -> None:
        """Put keys and values into the dict at the top."""
        found = self.top(*DICTS)
        for key, value in zip(values[::2], values[1::2], strict=True):
            found[self.keys.checked(key)] = value

    def add(self, values: list[Any]) -> None:
        """Put values into the set at the top."""
        self.top(set).update(map(self.keys.checked, values))

    def build(self) -> None:
        """Give the state above it to the object below it."""
        state = self.pop()
        found = self.stack[-1]
        if type(found) not in self.states:
            raise FormatError(f"its pickle gives a state to a {type(found).__name__}")
        self.states[type(found)](self, found, state)


def _text(count: bytes) -> str:
    return count.decode("utf-8", "surrogatepass")


def _old_text(content: bytes) -> Any:
    """Return what Python 2 called a string."""
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        return content


def _whole(m: Machine, size: int) -> int:
    return int.from_bytes(m.code.take(size), "little", signed=True)


def _remember(m: Machine, key: int) -> None:
    m.memo[key] = m.stack[-1]


def _global(m: Machine, module: str, name: str) -> None:
    m.push(m.find(module, name))


def _named_on_stack(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    _global(m, str(module), str(name))


def _line_number(m: Machine) -> None:
    text = m.code.line()
    m.push(text == b"01" if text in (b"00", b"01") else int(text))


def _tuple(m: Machine, count: int) -> None:
    m.push(tuple([m.pop() for _ in range(count)][::-1]))


def _dict(m: Machine) -> None:
    values = m.since_mark()
    m.push({})
    m.fill(values)


def _two(m: Machine) -> list[Any]:
    value, key = m.pop(), m.pop()
    return [key, value]


def _append(m: Machine, values: list[Any]) -> None:
    m.top(list).extend(values)


def _float(m: Machine) -> float:
    return float(struct.unpack(">d", m.code.take(8))[0])


# fmt: off
INSTRUCTIONS: dict[bytes, Callable[[Machine], Any]] = {
    # what stands for itself
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _line_number,
    b"L": lambda m: m.push(int(m.code.line().rstrip(b"L"))),
    b"F": lambda m: m.push(float(m.code.line())),
    b"G": lambda m: m.push(_float(m)),
    b"J": lambda m: m.push(_whole(m, 4)),
    b"K": lambda m: m.push(m.code.number(1)),
    b"M": lambda m: m.push(m.code.number(2)),
    b"\x8a": lambda m: m.push(_whole(m, m.code.number(1))),
    b"\x8b": lambda m: m.push(_whole(m, m.code.number(4))),
    b"V": lambda m: m.push(m.code.line().decode("raw_unicode_escape")),
    b"X": lambda m: m.push(_text(m.code.take(m.code.number(4)))),
    b"\x8c": lambda m: m.push(_text(m.code.take(m.code.number(1)))),
    b"\x8d": lambda m: m.push(_text(m.code.take(m.code.number(8)))),
    b"T": lambda m: m.push(_old_text(m.code.take(m.code.number(4)))),
    b"U": lambda m: m.push(_old_text(m.code.take(m.code.number(1)))),
    b"B": lambda m: m.push(m.code.take(m.code.number(4))),
    b"C": lambda m: m.push(m.code.take(m.code.number(1))),
    b"\x8e": lambda m: m.push(m.code.take(m.code.number(8))),
    b"\x96": lambda m: m.push(bytearray(m.code.take(m.code.number(8)))),
    # containers
    b"(": lambda m: m.push(MARK),
    b")": lambda m: m.push(()),
    b"]": lambda m: m.push([]),
    b"}": lambda m: m.push({}),
    b"\x8f": lambda m: m.push(set()),
    b"\x85": lambda m: _tuple(m, 1),
    b"\x86": lambda m: _tuple(m, 2),
    b"\x87": lambda m: _tuple(m, 3),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"l": lambda m: m.push(m.since_mark()),
    b"\x91": lambda m: m.push(frozenset(map(m.keys.checked, m.since_mark()))),
    b"a": lambda m: _append(m, [m.pop()]),
    b"e": lambda m: _append(m, m.since_mark()),
    b"d": _dict,
    b"s": lambda m: m.fill(_two(m)),
    b"u": lambda m: m.fill(m.since_mark()),
    b"\x90": lambda m: m.add(m.since_mark()),
    # the stack and the memory
    b"0": lambda m: m.stack.pop(),
    b"1": lambda m: m.since_mark(),
    b"2": lambda m: m.push(m.stack[-1]),
    b"h": lambda m: m.push(m.memo[m.code.number(1)]),
    b"j": lambda m: m.push(m.memo[m.code.number(4)]),
    b"g": lambda m: m.push(m.memo[int(m.code.line())]),
    b"q": lambda m: _remember(m, m.code.number(1)),
    b"r": lambda m: _remember(m, m.code.number(4)),
    b"p": lambda m: _remember(m, int(m.code.line())),
    b"\x94": lambda m: _remember(m, len(m.memo)),
    # names and calls
    b"c": lambda m: _global(m, m.code.line().decode(), m.code.line().decode()),
    b"\x93": _named_on_stack,
    b"R": lambda m: m.call(),
    b"\x81": lambda m: m.call(),
    b"b": lambda m: m.build(),
    b"Q": lambda m: m.push(m.persistent(m.pop())),
    # how the pickle was written
    b"\x80": lambda m: m.code.take(1),
    b"\x95": lambda m: m.code.take(8),
}
# fmt: on
