"""A program's text as tokens, each with its line and column.  Nothing in it is ever run as Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from autograd_core.errors import ProgramError

LONGEST = 1 << 24  # characters of a text
LONGEST_NUMBER = 64  # characters of a number: float64 takes 24
NAME, NUMBER, TEXT, SIGN, NEWLINE, END = "name", "number", "text", "sign", "line end", "end of the text"
# groups repeat a limited number of times: `re` keeps a place for each time
TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|\#[^\n]*)
      | (?P<newline>\n)
      | (?P<number>-?(?:inf|nan)(?![\w.]) | -?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?!\w|\.\w))
      | (?P<name>(?:[^\W\d]\w*|\d{1,9}(?=(?:\.\d{1,9}){0,64}\.[^\W\d]))(?:\.\w+){0,64})
      | (?P<text>"(?:[^"\\\n]|\\[^\n]){0,1000}")
      | (?P<sign>\.\.\.|[()\[\]{}:,=])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word of the text, and where it begins, counted from 1."""

    kind: str
    text: str
    line: int
    column: int

    def refuse(self, message: str) -> NoReturn:
        """Raise a ProgramError at this place."""
        raise ProgramError(message, self.line, self.column)

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= 40 else self.text[:40] + "..."
        return f"the {self.kind}" if self.kind in (NEWLINE, END) else repr(shown)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, the last of kind ``END``.  Lines do not end inside brackets.

    Raises: ProgramError at a character that begins no token, and for a text that is too long.
    """
    if len(text) > LONGEST:
        raise ProgramError(f"the text has {len(text)} characters; wanted at most {LONGEST}", 1, 1)
    at, line, start, depth = 0, 1, 0, 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            Token("", "", line, at - start + 1).refuse(f"got {text[at]!r}, with which nothing begins here")
        kind, word = str(match.lastgroup), match[0]
        if kind == "newline":
            if depth <= 0:
                yield Token(NEWLINE, word, line, at - start + 1)
            line, start = line + 1, match.end()
        elif kind != "blank":
            depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
            yield Token(kind, word, line, at - start + 1)
        at = match.end()
    yield Token(END, "", line, at - start + 1)
