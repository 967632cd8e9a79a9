"""The shapes that primitives make of shapes, without computing: ``RULES[name](*shapes, **meta)``.

A rule gets a shape for each tensor, ``()`` for a number, None for what is left out, and a list for a list.  It
returns a shape, or a list of them for several outputs; -1 in it is a length that only the values decide.
Elementwise primitives broadcast and need no rule.  Rules are strict, since they judge programs of strangers: what one
lets through, the kernel must be able to run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core.backend.draws import MOVING, NUMBERS, PARAMETERS
from autograd_core.backend.resampling import MAKERS
from autograd_core.errors import ShapeError
from autograd_core.programs.ir import Shape

Rule = Callable[..., Any]

RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of the primitives of these names."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return enter


def need(holds: object, message: str) -> None:
    """Raise a ShapeError unless ``holds``."""
    if not holds:
        raise ShapeError(message)


def broadcast(*shapes: Shape) -> Shape:
    """Return the common shape.  Raises: ShapeError where there is none."""
    out: list[int] = []
    for i in range(-max(map(len, shapes), default=0), 0):
        lengths = {s[i] for s in shapes if len(s) >= -i}
        wide = lengths - {1}
        need(len(wide) < 2, f"shapes {', '.join(map(str, shapes))} do not broadcast")
        out.append(wide.pop() if wide else 1)
    return tuple(out)


def axis(shape: Shape, dim: int) -> int:
    """Return a dim counted from the first.  Raises: ShapeError where there is none such."""
    need(-len(shape) <= dim < len(shape), f"dim is {dim}; the shape is {shape}")
    return dim % len(shape)


def axes(shape: Shape, dims: Shape) -> set[int]:
    """Return dims counted from the first, each named once."""
    found = {axis(shape, d) for d in dims}
    need(len(found) == len(dims), f"a dim stands twice in {dims}")
    return found


def over(shape: Shape, dims: Shape, keepdim: bool = False) -> Shape:
    """Return the shape of a reduction."""
    gone = axes(shape, dims)
    if keepdim:
        return tuple([1 if i in gone else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in gone])


def checked(shape: Shape) -> Shape:
    """Return a shape without negative lengths.  Raises: ShapeError for another."""
    need(all(n >= 0 for n in shape), f"shape is {shape}; wanted no negative length")
    return shape


# ---- reductions ----


@rule("sum", "mean", "logsumexp", "truth")
def _reduced(x: Shape, *, dim: Shape, keepdim: bool, **_: Any) -> Shape:
    return over(x, dim, keepdim)


@rule("extremum", "norm")
def _measured(x: Shape, *, dim: Shape, keepdim: bool, p: float = math.inf, **_: Any) -> Shape:
    need(p not in (math.inf, -math.inf) or all(x[d] for d in axes(x, dim)), f"a dim of {x} to reduce over is empty")
    return over(x, dim, keepdim)


@rule("argextreme")
def _found(x: Shape, *, dim: int | None, keepdim: bool, largest: bool) -> Shape:
    dims = tuple(range(len(x))) if dim is None else (axis(x, dim),)
    need(all(x[d] for d in dims), f"a dim of {x} to search is empty")
    return over(x, dims, keepdim)


@rule("extreme")
def _found_twice(x: Shape, **meta: Any) -> list[Shape]:
    return [_found(x, **meta)] * 2


@rule("spread")
def _spread(x: Shape, *, shape: Shape, dim: Shape) -> Shape:
    need(math.prod(x) == math.prod(over(checked(shape), dim)), f"{x} is no reduction of {shape} over {dim}")
    return shape


@rule("cumsum", "argsort")
def _running(x: Shape, *, dim: int, **_: Any) -> Shape:
    return _along(x, dim=dim) if x else x


@rule("softmax", "log_softmax", "running_argextreme")
def _along(x: Shape, *, dim: int, **_: Any) -> Shape:
    axis(x, dim)
    return x


@rule("search")
def _searched(line: Shape, values: Shape, *, right: bool) -> Shape:
    need(line and (len(line) == 1 or line[:-1] == values[:-1]), f"line {line} and values {values} do not fit")
    return values


# ---- moving elements ----


@rule("clone", "detach", "transfer")
def _same(x: Shape, **_: Any) -> Shape:
    return x


@rule("reshape")
def _reshaped(x: Shape, *, shape: Shape) -> Shape:
    size, known = math.prod(x), math.prod(n for n in shape if n != -1)
    if -1 in shape:
        need(shape.count(-1) == 1 and known > 0 and size % known == 0, f"shape is {shape}, of {x}")
        shape = tuple([size // known if n == -1 else n for n in shape])
    need(math.prod(checked(shape)) == size, f"shape is {shape}; {x} has {size} elements")
    return shape


@rule("permute")
def _permuted(x: Shape, *, dims: Shape) -> Shape:
    need(len(axes(x, dims)) == len(x), f"dims is {dims}; wanted each of {len(x)}")
    return tuple([x[d] for d in dims])


@rule("broadcast_to")
def _widened(x: Shape, *, shape: Shape) -> Shape:
    need(broadcast(x, checked(shape)) == shape, f"{x} does not broadcast to {shape}")
    return shape


@rule("sum_to")
def _narrowed(x: Shape, *, shape: Shape) -> Shape:
    need(broadcast(x, checked(shape)) == x, f"{shape} does not broadcast to {x}")
    return shape


@rule("cat")
def _joined(xs: list[Shape], *, dim: int) -> Shape:
    d = axis(xs[0], dim)
    need(len({(*x[:d], *x[d + 1 :]) for x in xs}) == 1, f"{xs} differ beside dim {dim}")
    return (*xs[0][:d], sum(x[d] for x in xs), *xs[0][d + 1 :])


@rule("pad")
def _padded(x: Shape, *, widths: tuple[Shape, ...], value: float) -> Shape:
    need(len(widths) == len(x) and all(n >= 0 for w in widths for n in w), f"widths is {widths}, of {x}")
    return tuple([n + before + after for n, (before, after) in zip(x, widths, strict=True)])


@rule("roll")
def _rolled(x: Shape, *, shifts: Shape, dims: Shape) -> Shape:
    need(len(shifts) == len(dims) and axes(x, dims) is not None, f"shifts {shifts}, dims {dims}")
    return x


@rule("band")
def _band(x: Shape, **_: Any) -> Shape:
    need(len(x) > 1, f"the shape is {x}; wanted matrices")
    return x


@rule("diagonal")
def _diagonal(x: Shape, *, offset: int) -> Shape:
    *lead, n, m = _band(x)
    return (*lead, max(0, min(n + min(offset, 0), m - max(offset, 0))))


@rule("strided")
def _strided(x: Shape, *, size: Shape, steps: Shape, start: int) -> Shape:
    """Every place is inside: a view outside of its array would read whatever lies there."""
    need(x and len(size) == len(steps), f"size is {size}, steps {steps}, of {x}")
    ends = [(n - 1) * step for n, step in zip(checked(size), steps, strict=True)]
    low, high = start + sum(min(0, e) for e in ends), start + sum(max(0, e) for e in ends)
    need(0 in size or 0 <= low <= high < x[-1], f"size {size}, steps {steps}, start {start} leave {x}")
    return (*x[:-1], *size)


@rule("view_as_real")
def _parts(x: Shape) -> Shape:
    return (*x, 2)


@rule("view_as_complex")
def _whole(x: Shape) -> Shape:
    need(x and x[-1] == 2, f"the shape is {x}; wanted pairs")
    return x[:-1]


# ---- products ----


@rule("matmul")
def _product(a: Shape, b: Shape) -> Shape:
    need(min(len(a), len(b)) > 1, f"{a} and {b} are to be matrices; reshape a vector")
    need(a[-1] == b[-2], f"{a} and {b} share no inner length")
    return (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])


@rule("linear")
def _linear(x: Shape, w: Shape, b: Shape | None) -> Shape:
    need(x and len(w) == 2 and x[-1] == w[1] and b in (None, w[:1]), f"x {x}, w {w}, b {b} do not fit")
    return (*x[:-1], w[0])


@rule("attend")
def _attended(q: Shape, k: Shape, v: Shape, bias: Any, kept: Any, **_: Any) -> Shape:
    need(min(len(q), len(k), len(v)) > 1 and q[-1] == k[-1] and k[-2] == v[-2], f"q {q}, k {k}, v {v} do not fit")
    added = [s for s in (bias, kept) if s is not None]
    lead = broadcast(q[:-2], k[:-2], v[:-2], *(s[:-2] for s in added))
    scores = (*lead, q[-2], k[-2])
    need(all(broadcast(s, scores) == scores for s in added), f"bias {bias}, kept {kept} of {scores}")
    return (*lead, q[-2], v[-1])


@rule("normalize")
def _normalized(x: Shape, weight: Any, bias: Any, *, dim: Shape, shape: Shape, eps: float) -> list[Shape]:
    need(len(shape) == len(x), f"shape is {shape}, of {x}")
    shape = tuple([m if n == -1 else n for n, m in zip(shape, x, strict=True)])
    need(broadcast(x, shape) == x, f"shape is {shape}, of {x}")
    need(all(w is None or math.prod(w) == math.prod(shape) for w in (weight, bias)), f"{weight}, {bias} of {shape}")
    return [x, over(x, dim), over(x, dim)]


@rule("resample")
def _resampled(x: Shape, *, dim: int, rule: Any, adjoint: bool) -> Shape:
    kind, inputs, outputs, *_ = rule
    taken, made = (outputs, inputs) if adjoint else (inputs, outputs)
    d = axis(x, dim)
    known = kind.removesuffix("-bytes") in MAKERS and min(inputs, outputs) > 0
    need(known and x[d] == taken, f"rule is {rule}, of {x}")
    return (*x[:d], made, *x[d + 1 :])


# ---- random numbers ----


@rule("draw")
def _drawn(given: list[Shape], *, of: str, size: Shape, numbers: tuple[float, ...], **_: Any) -> list[Shape]:
    position, *parameters = given
    need(position == (104,), f"the position has shape {position}; wanted 104 bytes")
    for wanted, came, what in ((PARAMETERS, parameters, "parameters"), (NUMBERS, numbers, "numbers")):
        need(len(came) == wanted.get(of, 0), f"{of} takes {wanted.get(of, 0)} {what}, not {len(came)}")
    if not parameters:
        return [checked(size), position]
    shape = broadcast(*parameters)
    if of == "multinomial":
        need(shape and numbers[0] > 0, f"the weights have shape {shape}, of which {numbers[0]} are drawn")
        shape = (*shape[:-1], int(numbers[0]))
    return [(*shape, 1 + bool(numbers[0])) if of in MOVING else shape, position]
