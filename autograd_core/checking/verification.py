"""``verify``: everything that an operation promises, checked at one call of it, as a short table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_core.checking import checks
from autograd_core.checking.calls import Call
from autograd_core.checking.projections import Mismatch
from autograd_core.engine.function import Function
from autograd_core.engine.modes import enable_grad
from autograd_core.engine.primitive import Primitive
from autograd_core.errors import GraphError

__all__ = ["Report", "Row", "verify"]

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True)
class Row:
    """One check: its name, how it ended ('passed', 'failed', 'skipped'), and what was found."""

    name: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Report:
    """What ``verify`` found: true where nothing failed; it prints as a table."""

    name: str
    rows: tuple[Row, ...]

    def __bool__(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> list[Row]:
        """The rows that failed."""
        return [row for row in self.rows if row.outcome == FAILED]

    def __str__(self) -> str:
        count = {kind: sum(row.outcome == kind for row in self.rows) for kind in (PASSED, FAILED, SKIPPED)}
        heading = f"verify {self.name}: " + ", ".join(f"{n} {kind}" for kind, n in count.items() if n)
        marks = {PASSED: "passed", FAILED: "FAILED", SKIPPED: "skipped"}
        return "\n".join([heading, *(f"  {r.name:<12}  {marks[r.outcome]:<7}  {r.detail}".rstrip() for r in self.rows)])

    __repr__ = __str__


def verify(
    operation: Any, *args: Any, reference: Callable[..., Any] | None = None, bad: Sequence[Sequence[Any]] = (),
    complex_numbers: bool | None = None, tolerance: float = 1e-5, **meta: Any,
) -> Report:  # fmt: skip
    """Return a table of whether ``operation`` keeps all its promises at ``operation(*args, **meta)``.

    Its rows: values against a reference; reverse mode, first and second order, against central differences along random
    directions; forward mode against reverse; batches against a loop; the GPU, where there is one, against the CPU;
    nothing written that was given; and calls that must fail.  Derivatives are taken in float64, and in complex128 too
    where the operation takes it.  A rule wrong by 0.1 % is found.

    Args:
        operation: a primitive, a function of tensors, or a subclass of ``autograd.Function``.
        args: its arguments.  Those that require grad are varied; where none does, all tensors of floats.  Choose
            numbers away from kinks and poles.
        reference: the same as a function of NumPy arrays.
        bad: calls that must fail, each a tuple of arguments; before them the type of the error, where it is none of
            ``autograd_core.errors``; after them a dict, where the metadata is not that of the call.
        complex_numbers: whether real arguments are made complex too; default: where the operation takes them, but for a
            Function, whose backward would have to conjugate.  False where the gradient is not defined for them.
        tolerance: relative, of the differences.
        meta: keyword arguments of the operation.

    Raises: GraphError where there is no tensor among the arguments, or the call itself fails.
    """
    function, name = _function(operation)
    call = Call(function, args, meta)
    if not call.tensors:
        raise GraphError(f"verify: {name}: no Tensor among the arguments; wanted at least one, of float64")
    with enable_grad():
        hand_written = isinstance(operation, type) and issubclass(operation, Function)
        wanted = not hand_written if complex_numbers is None else complex_numbers
        other = call.in_complex_numbers() if wanted else None
        both = [call] if other is None else [call, other]
        rows = [
            _row("values", [call], lambda c: checks.values(c, reference)),
            _row("first order", both, lambda c: checks.first(c, tolerance)),
            _row("second order", both, lambda c: checks.second(c, tolerance)),
            _row("forward", both, lambda c: checks.forward(c, checks.EXACT)),
            _row("batched", both, lambda c: checks.batched(c, checks.EXACT)),
            _row("device", both, checks.on_device),
            _row("read-only", both, checks.read_only),
            _row("errors", [call], lambda c: checks.misuse(c, bad)),
        ]
    return Report(name, tuple(rows))


def _function(operation: Any) -> tuple[Callable[..., Any], str]:
    """Return what to call, and what to call it in the table."""
    if isinstance(operation, Primitive):
        return operation.call, operation.name
    if isinstance(operation, type) and issubclass(operation, Function):
        return operation.apply, operation.__name__
    if not callable(operation):
        raise GraphError(f"verify: got {type(operation).__name__}; wanted a primitive, a function, or a Function")
    return operation, getattr(operation, "__name__", type(operation).__name__)


def _row(name: str, calls: Sequence[Call], check: Callable[[Call], None]) -> Row:
    """Run a check at real and at complex numbers."""
    done, reason = [], ""
    for call in calls:
        kind = "complex128" if any(call.values[i].is_complex() for i in call.varied) else "float64"
        try:
            check(call)
        except checks.Skipped as why:
            reason = str(why)
            continue
        except Mismatch as found:
            return Row(name, FAILED, f"{kind}: {found}" if call.varied else str(found))
        except Exception as error:  # whatever an operation raises is a finding
            return Row(name, FAILED, f"{kind}: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
        done.append(kind if call.varied else "")
    return Row(name, PASSED, ", ".join(done)) if done else Row(name, SKIPPED, reason)
