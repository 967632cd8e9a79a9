"""``ag.Program``: a run of the tensor language as text, with the values it is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ProgramError
from autograd_core.programs import deriving
from autograd_core.programs.cost import Cost, cost_of
from autograd_core.programs.diffing import difference
from autograd_core.programs.ir import RANDOM, Bound, Listing, Variable
from autograd_core.programs.keeping import read, write_files
from autograd_core.programs.literals import literal_of, made
from autograd_core.programs.parsing import parse
from autograd_core.programs.recording import labels_of, record
from autograd_core.programs.running import check_value, run
from autograd_core.programs.simplifying import simplified
from autograd_core.programs.writing import write

if TYPE_CHECKING:
    from autograd_core.insight.render import Drawing

__all__ = ["Program"]


class Program:
    """Primitives applied one after the other, with shapes and dtypes; ``str`` gives the text, ``parse`` takes it.

    A program takes tensors and returns what its last line says.  Parameters, buffers and constants are bound to it.
    """

    __slots__ = ("listing", "values")

    def __init__(self, listing: Listing, values: Mapping[str, Tensor] | None = None) -> None:
        """Bind a listing to values, by name; constants that are written out bring their own.

        Raises: ProgramError for a name that is not bound, and a value of another shape or dtype.
        """
        given = dict(values or {})
        header: list[Bound] = []
        self.values: dict[str, Tensor] = {}
        for bound in listing.bound:
            name = bound.variable.name
            if name in given and bound.kind != RANDOM:
                self.values[name] = value = given.pop(name)
                check_value(listing, bound.variable, value)
                bound = bound if bound.literal is None else replace(bound, literal=literal_of(value))
            elif bound.literal is not None:
                self.values[name] = made(bound.literal, bound.variable)
            header.append(bound)
        self.listing = replace(listing, bound=tuple(header))
        if given:
            raise ProgramError(f"{listing.name}: it binds no {', '.join(map(repr, given))}")

    @classmethod
    def parse(cls, text: str, values: Mapping[str, Tensor] | None = None) -> Program:
        """Return the program that ``text`` says, the inverse of ``str``, bound to ``values``.

        Nothing in the text is evaluated as Python, so one from a stranger is safe to parse.

        Raises: ProgramError with line and column where the text does not fit together.
        """
        return cls(parse(text), values)

    def __str__(self) -> str:
        return write(self.listing)

    def __repr__(self) -> str:
        count = len(self.listing.lines)
        return f"<Program {self.listing.name}: {count} line{'' if count == 1 else 's'}>"

    def __call__(self, *tensors: Any) -> Any:
        """Run the program on tensors, in order, alone or in trees; then update what it updates.

        Raises: ProgramError for tensors of another number, shape or dtype, and where a bound value is missing.
        """
        return run(self.listing, self.values, tensors)

    @property
    def name(self) -> str:
        """The name of the function that the program came from."""
        return self.listing.name

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The tensors that the program takes."""
        return self.listing.inputs

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The bound parameters that have values, by name."""
        return self._of("parameter")

    @property
    def buffers(self) -> dict[str, Tensor]:
        """The bound buffers that have values, by name."""
        return self._of("buffer")

    @property
    def constants(self) -> dict[str, Tensor]:
        """The bound constants that have values, by name."""
        return self._of("constant")

    def _of(self, kind: str) -> dict[str, Tensor]:
        names = [b.variable.name for b in self.listing.bound if b.kind == kind]
        return {name: self.values[name] for name in names if name in self.values}

    def bind(self, values: Mapping[str, Tensor]) -> Program:
        """Return the same program with these values in place of those it has by their names.

        Raises: ProgramError for a name that is not bound, and a value of another shape or dtype.
        """
        return Program(self.listing, self.values | dict(values))

    # ---- from functions, and from other programs ----

    @classmethod
    def trace(cls, function: Callable[..., Any], name: str = "", module: Any = None) -> Callable[..., Program]:
        """Return what records a run of ``function``, a function or Module, on examples: ``Program.trace(f)(x, y)``.

        Each primitive that the run applies becomes a line, in backward passes and optimisers' steps too.  Tensors
        among the examples, and in dicts, lists and tuples there, become inputs; what is no tensor stays as it is.
        Other tensors that the function meets are bound: parameters and buffers of ``module``, by default the function
        itself, by their names.  What is written into these is not done but noted, as updates that each call of the
        program makes at its end.

        Raises: ProgramError, naming the line, where values decide what is done next.
        """

        def recorded(*examples: Any, **named: Any) -> Program:
            return cls(*record(function, examples, named, None if module is None else labels_of(module), name))

        return recorded

    def grad(self, wrt: str | Sequence[str] | None = None) -> Program:
        """Return the program of the gradient of the scalar result: a tensor for one name, else a dict by name.

        ``wrt``: inputs, parameters or other bound values; by default the parameters, or where there are none the
        inputs.  Updates are left out.
        """
        return Program(*deriving.gradient(self.listing, self.values, wrt))

    def jvp(self, wrt: str | Sequence[str] | None = None) -> Program:
        """Return the program of (result, its tangent), which takes ``x_tangent`` too for each input x in ``wrt``.

        By default all inputs of floating point.  Updates are left out.
        """
        return Program(*deriving.tangent(self.listing, self.values, wrt))

    def vmap(self, size: int, in_dims: Any = 0, out_dims: Any = 0) -> Program:
        """Return the program for ``size`` examples at once, as ``ag.func.vmap`` would run it.

        ``in_dims``: along which dimension the inputs have them, an int for all or a tuple of an int or None each.
        """
        return Program(*deriving.batched(self.listing, self.values, size, in_dims, out_dims))

    # ---- what it says, and what it could say ----

    def simplify(self) -> Program:
        """Return a shorter program with the same values, bit by bit.

        Without lines that nothing needs, that repeat others, or that compute constants, and with the obvious algebra
        done: ``x * 1``, a permutation of a permutation.
        """
        return Program(*simplified(self.listing, self.values))

    def cost(self) -> Cost:
        """Return operations, bytes read and written, and memory of a run, per line and in total; print it to see."""
        return cost_of(self.listing)

    def diff(self, other: Program) -> str:
        """Return what to take away (-) and to add (+) to have ``other``, whatever its variables are called.

        An empty text where the two say the same; values they are bound to are not compared.
        """
        return difference(self.listing, other.listing)

    def draw(self, direction: str = "TB", max_nodes: int | None = 400) -> Drawing:
        """Return the program as a ``graphviz.Digraph``; in a notebook it shows itself.

        ``direction``: "TB" from top to bottom, "LR" from left to right.  ``max_nodes``: draw the first lines alone.
        """
        from autograd_core.programs.drawing import drawn

        return drawn(self.listing, direction, max_nodes)

    def save(self, path: Any) -> None:
        """Write the text to ``path``, and the values that it is bound to into a safetensors file beside it.

        Each file is replaced whole.  Raises: OSError where the system cannot write.
        """
        write_files(self.listing, self.values, path)

    @classmethod
    def load(cls, path: Any) -> Program:
        """Return the program that ``save`` wrote; nothing in the files is run.  Its parameters require grad.

        Raises: ProgramError for a text or values that do not fit together; FormatError for damaged values.
        """
        return cls(*read(path))
