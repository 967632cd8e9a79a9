"""The tensor language read back: a recursive descent that checks names, arity, shapes and dtypes as it goes.

``docs/programs.md`` has the grammar.  Texts may come from strangers: nothing is evaluated, nesting and numbers are
limited, and an error is always a ProgramError with line and column.
"""

from __future__ import annotations

from typing import Any

from autograd_core.dtypes import int64, uint8
from autograd_core.engine.primitive import Primitive
from autograd_core.errors import ProgramError
from autograd_core.programs.inference import Type, check_variable, infer
from autograd_core.programs.ir import DTYPES, KINDS, RANDOM, RESERVED, Application, Bound, Listing, Update, Variable
from autograd_core.programs.lexing import END, NAME, NEWLINE, NUMBER, Token
from autograd_core.programs.literals import check_literal
from autograd_core.programs.options import check_arguments, check_complete, check_option, primitive_named
from autograd_core.programs.reading import Reader, at
from autograd_core.programs.writing import declared, type_text

STATE = (104,), uint8  # what a position in a random stream is


def parse(text: str) -> Listing:
    """Return the program that ``text`` says: the inverse of ``writing.write``.

    Raises: ProgramError, with line and column, for what the grammar does not allow, a name that is unknown or set
    twice, and arguments, options, shapes and dtypes that do not fit the primitive.
    """
    if not isinstance(text, str):
        raise ProgramError(f"parse: got {type(text).__name__}; wanted the text of a program")
    return _Statements(text).program()


class _Statements(Reader):
    """Reads a program statement by statement."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.bound: dict[str, Bound] = {}
        self.lines: list[Application] = []
        self.updates: dict[str, Update] = {}

    def program(self) -> Listing:
        """Read the whole text."""
        self.blank_lines()
        self.expect("program")
        name = self.name("the name of the program").text
        self.expect("(")
        inputs = tuple(self.several(")", self.new_variable))
        self.expect(":")
        self.end_line()
        while not self.statement(first := self.name("a statement")):
            self.end_line()
        result = self.result(first)
        self.end_line()
        if self.now.kind != END:
            self.now.refuse(f"got {self.now} after 'return'; wanted the end of the text")
        bound, updates = tuple(self.bound.values()), tuple(self.updates.values())
        return Listing(name, inputs, bound, tuple(self.lines), result, updates)

    def statement(self, first: Token) -> bool:
        """Read a statement, of which the first word is taken; return whether it is the last, 'return'."""
        if self.now.text == ":":
            if self.updates:
                first.refuse("a line after an update; wanted the updates behind all lines")
            self.lines.append(self.application(first))
        elif first.text in KINDS and self.now.kind == NAME:
            if self.lines or self.updates:
                first.refuse(f"a {first.text} after a line; wanted it before all lines")
            self.declaration(first.text)
        elif first.text == "update" and self.now.kind == NAME:
            self.update()
        elif first.text == "return":
            return True
        else:
            first.refuse(f"got {first}; wanted 'name: type = primitive(...)', 'update name = ...' or 'return ...'")
        return False

    def result(self, first: Token) -> Any:
        """Read what the program returns."""
        found = self.value()
        if not _returned(found):
            first.refuse("wanted variables, numbers and None, in tuples, lists and dicts")
        return found

    def end_line(self) -> None:
        """Take the end of a statement, and the blank lines behind it."""
        if self.now.kind not in (NEWLINE, END):
            self.now.refuse(f"got {self.now}; wanted the end of the line")
        self.blank_lines()

    def blank_lines(self) -> None:
        """Go on to the next statement."""
        while self.now.kind == NEWLINE:
            self.take()

    # ---- variables ----

    def new_variable(self) -> Variable:
        """Read ``name: type`` and know it from here on."""
        token = self.name("the name of a variable")
        return self.enter(token, self.typed(token))

    def enter(self, token: Token, variable: Variable) -> Variable:
        """Know a variable from here on."""
        if token.text in RESERVED:
            token.refuse(f"{token} is a word of the language; wanted another name")
        if token.text in self.known:
            token.refuse(f"{token} is set twice")
        self.known[token.text] = variable
        return variable

    def typed(self, token: Token) -> Variable:
        """Read the type of the variable ``token``."""
        self.expect(":")
        kind = self.name("a dtype")
        if kind.text not in DTYPES:
            kind.refuse(f"got {kind}; wanted a dtype: {', '.join(DTYPES)}")
        self.expect("[")
        shape = tuple(self.several("]", self.length))
        with at(kind):
            check_variable(shape)
        return Variable(token.text, shape, DTYPES[kind.text])

    def length(self) -> int:
        """Read the length of a dim."""
        token = self.now
        n = self.number() if token.kind == NUMBER else None
        if type(n) is not int or n < 0:
            token.refuse(f"got {token}; wanted the length of a dim")
        return n

    # ---- bound values ----

    def declaration(self, kind: str) -> None:
        """Read what the header says of a bound value."""
        variable = self.new_variable()
        self.bound[variable.name] = Bound(kind, variable)
        start = self.now
        if kind == RANDOM and (variable.shape, variable.dtype) != STATE:
            start.refuse(f"a random is a position in a stream; wanted {type_text(*STATE)}")
        if not self.skip("="):
            return
        if kind != "constant":
            start.refuse(f"a {kind} has no value in the text; only a constant may")
        start = self.now
        literal = self.value()
        with at(start):
            check_literal(literal, variable)
        self.bound[variable.name] = Bound(kind, variable, literal)

    def update(self) -> None:
        """Read what a bound value becomes."""
        token = self.take()
        if token.text not in self.bound:
            token.refuse(f"{token} is no parameter, buffer or constant")
        if token.text in self.updates:
            token.refuse(f"{token} is updated twice")
        target = self.bound[token.text].variable
        self.expect("=")
        start = self.now
        value = self.value()
        if not isinstance(value, Variable) or (value.shape, value.dtype) != (target.shape, target.dtype):
            start.refuse(f"an update of {declared(target)} wants a variable of that type")
        self.updates[token.text] = Update(target, value)

    # ---- lines ----

    def application(self, first: Token) -> Application:
        """Read ``name: type, ... = primitive(argument, ...)``, of which the first name is taken."""
        places, outputs = [first], [self.typed(first)]
        while self.skip(","):
            places.append(self.name("the name of a variable"))
            outputs.append(self.typed(places[-1]))
        self.expect("=")
        called = self.name("the name of a primitive")
        with at(called):
            prim = primitive_named(called.text)
        args: list[Any] = []
        meta: dict[str, Any] = {}
        self.expect("(")
        self.several(")", lambda: self.argument(prim, args, meta))
        with at(called):
            check_arguments(prim, tuple(args))
            check_complete(prim, meta)
            made = infer(prim, tuple(args), meta)
        _check_outputs(prim, places, outputs, made)
        for token, variable in zip(places, outputs, strict=True):
            self.enter(token, variable)
        return Application(prim.name, tuple(args), meta, tuple(outputs))

    def argument(self, prim: Primitive, args: list[Any], meta: dict[str, Any]) -> None:
        """Read an argument, or ``key=value``."""
        token = self.now
        if token.kind == NAME:
            self.take()
            if self.skip("="):
                self.keyword(prim, token, meta)
                return
            value = self.word(token)
        else:
            value = self.value()
        if meta:
            token.refuse("an argument after an option; wanted the options last")
        args.append(_operand(token, value))

    def keyword(self, prim: Primitive, token: Token, meta: dict[str, Any]) -> None:
        """Read the value of an option."""
        if token.text in meta:
            token.refuse(f"the option {token} is given twice")
        value = self.option(token.text)
        with at(token):
            check_option(prim, token.text, value)
        meta[token.text] = value


def _operand(token: Token, value: Any) -> Any:
    """Return an argument as a listing holds it: a list of variables becomes a tuple."""
    if value is None or isinstance(value, Variable | bool | int | float | complex):
        return value
    if isinstance(value, list) and all(isinstance(v, Variable) for v in value):
        return tuple(value)
    return token.refuse("wanted a variable, a number, None, or a list of variables")


def _returned(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_returned, value))
    if isinstance(value, dict):
        return all(map(_returned, value.values()))
    return value is None or isinstance(value, Variable | bool | int | float | complex)


def _check_outputs(prim: Primitive, places: list[Token], outputs: list[Variable], made: Any) -> None:
    """Refuse outputs that are not what the primitive makes."""
    if len(outputs) != (len(prim.outputs) or 1):
        places[0].refuse(f"{prim.name} has {len(prim.outputs) or 1} outputs, not {len(outputs)}")
    for token, output, found in zip(places, outputs, made or (), strict=bool(made)):
        if not _agrees(output, found):
            token.refuse(f"{prim.name} makes {_type_text(found)} here, not {type_text(output.shape, output.dtype)}")


def _agrees(output: Variable, found: Type) -> bool:
    shape, kind = found
    same = len(shape) == len(output.shape) and all(n in (m, -1) for n, m in zip(shape, output.shape, strict=True))
    return same and kind in (None, output.dtype)


def _type_text(found: Type) -> str:
    shape, kind = found
    return type_text(shape, kind or int64).replace("-1", "?")  # a length that a mask decides
