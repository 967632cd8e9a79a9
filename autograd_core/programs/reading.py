"""Values in a program's text: variables, numbers, texts, tuples, lists, dicts, slices, words of the language."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd_core.backend.device import device
from autograd_core.errors import DeviceError, ProgramError
from autograd_core.programs.ir import DTYPES, Variable
from autograd_core.programs.lexing import END, LONGEST_NUMBER, NAME, NUMBER, TEXT, Token, tokens
from autograd_core.programs.options import primitive_named

DEEPEST = 32  # brackets within brackets
MOST_DIGITS = 20  # of an integer: those of 2**64
CONSTANTS = {"True": True, "False": False, "None": None}


@contextmanager
def at(token: Token) -> Iterator[None]:
    """Give a ProgramError the place of ``token``."""
    try:
        yield
    except ProgramError as error:
        raise ProgramError(str(error), token.line, token.column) from error.__cause__


class Reader:
    """A place in the text, and the variables that are set before it."""

    def __init__(self, text: str) -> None:
        self.rest = tokens(text)
        self.now = next(self.rest)
        self.known: dict[str, Variable] = {}
        self.depth = 0

    # ---- tokens ----

    def take(self) -> Token:
        """Return this token and go on to the next."""
        token = self.now
        if token.kind != END:
            self.now = next(self.rest)
        return token

    def skip(self, text: str) -> bool:
        """Go on where this token is the sign or word ``text``; return whether it was."""
        if self.now.text != text:
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        """Go on over ``text``, which must come here."""
        if not self.skip(text):
            self.now.refuse(f"got {self.now}; wanted {text!r}")

    def name(self, what: str) -> Token:
        """Take a name, of ``what``."""
        if self.now.kind != NAME:
            self.now.refuse(f"got {self.now}; wanted {what}")
        return self.take()

    def several(self, close: str, part: Callable[[], Any]) -> list[Any]:
        """Read parts with commas between them, the last of which may have one too, up to ``close``."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.now.refuse(f"wanted at most {DEEPEST} brackets within each other")
        found: list[Any] = []
        while not self.skip(close):
            found.append(part())
            if not self.skip(","):
                self.expect(close)
                break
        self.depth -= 1
        return found

    # ---- values ----

    def value(self) -> Any:
        """Read an argument, an option, or a result."""
        token = self.now
        if token.kind == NUMBER:
            return self.number()
        if token.kind == TEXT:
            return self.text()
        if token.kind == NAME:
            return self.word(self.take())
        if self.skip("("):
            return self.group()
        if self.skip("["):
            return self.several("]", self.value)
        if self.skip("{"):
            return self.entries()
        token.refuse(f"got {token}; wanted a value")

    def word(self, token: Token) -> Any:
        """Return what a name means: a constant, a dtype, a device, a primitive, a complex number, a variable."""
        if token.text in CONSTANTS:
            return CONSTANTS[token.text]
        if token.text in DTYPES:
            return DTYPES[token.text]
        if self.now.text == "(":
            return self.made(token)
        if token.text not in self.known:
            token.refuse(f"there is no variable {token} before this place")
        return self.known[token.text]

    def made(self, token: Token) -> Any:
        """Read ``complex(re, im)``, ``device("cpu")`` or ``primitive("add")``, of which the name is taken."""
        start = self.now
        self.expect("(")
        parts = self.several(")", self.value)
        if token.text == "complex" and list(map(type, parts)) == [float, float]:
            return complex(*parts)
        if token.text == "primitive" and list(map(type, parts)) == [str]:
            with at(start):
                return primitive_named(parts[0])
        if token.text == "device" and list(map(type, parts)) == [str] and len(parts[0]) < LONGEST_NUMBER:
            try:
                return device(parts[0])
            except DeviceError as error:
                start.refuse(str(error))
        token.refuse(f'got {token}(...); wanted complex(1.0, 2.0), device("cpu"), primitive("add") or a value')

    def number(self) -> float:
        """Read an integer or a float."""
        token = self.take()
        word = token.text
        if len(word) > LONGEST_NUMBER or (word.lstrip("-").isdigit() and len(word.lstrip("-")) > MOST_DIGITS):
            token.refuse(f"the number {token} is too long")
        if word.lstrip("-").isdigit():
            return int(word)
        found = float(word)
        if math.isinf(found) and not word.endswith("inf"):
            token.refuse(f"the number {token} is beyond what a float64 holds; infinity is 'inf'")
        return found

    def text(self) -> str:
        """Read a text in double quotes, with JSON's escapes."""
        token = self.take()
        try:
            return str(json.loads(token.text))
        except ValueError:
            token.refuse(f"the text {token} has an escape that JSON does not know")

    def group(self) -> Any:
        """Read a tuple, of which the bracket is taken; one value takes a comma: ``(1,)``."""
        comma = False

        def part() -> Any:
            nonlocal comma
            found = self.value()
            comma = self.now.text == ","
            return found

        start = self.now
        found = self.several(")", part)
        if len(found) == 1 and not comma:
            start.refuse("a tuple of one value takes a comma: (1,)")
        return tuple(found)

    def entries(self) -> dict[str, Any]:
        """Read a dict, of which the bracket is taken."""
        found: dict[str, Any] = {}

        def entry() -> None:
            token = self.now
            if token.kind != TEXT:
                token.refuse(f"got {token}; wanted a text in quotes")
            key = self.text()
            if key in found:
                token.refuse(f"{token} stands twice")
            self.expect(":")
            found[key] = self.option(key)

        self.several("}", entry)
        return found

    def option(self, key: str) -> Any:
        """Read the value of ``key``; that called ``key`` is an index."""
        if key == "key" and self.skip("["):
            return tuple(self.several("]", self.index))
        return self.value()

    def index(self) -> Any:
        """Read one part of an index: a slice, ``...``, or a value."""
        if self.skip("..."):
            return Ellipsis
        ends: list[Any] = [None]
        while self.now.text not in (",", "]"):
            if self.skip(":"):
                ends.append(None)
            elif ends[-1] is not None or len(ends) > 3:
                break
            else:
                ends[-1] = self.value()
                if len(ends) == 1 and self.now.text != ":":
                    return ends[0]
        if len(ends) not in (2, 3) or any(n is not None and type(n) is not int for n in ends):
            self.now.refuse(f"got {self.now}; wanted an index: an int, start:stop:step, None, ..., or a variable")
        return slice(*ends)
