"""What ``verify`` checks, a function each: it returns what it did, or raises Skipped, or anything else on failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd_core import errors
from autograd_core.backend import host
from autograd_core.backend.device import cuda_is_available, device
from autograd_core.checking.calls import Call, drawn, inner, leaves, pulled
from autograd_core.checking.projections import Mismatch, agree, slopes
from autograd_core.composites.joining import stack
from autograd_core.creation.data import as_tensor
from autograd_core.engine.modes import enable_grad, no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import vjp
from autograd_core.transforms.trees import flatten

__all__ = ["EXACT", "Skipped", "batched", "first", "forward", "misuse", "on_device", "read_only", "second", "values"]

EXACT = 1e-9  # relative to the largest element: two ways of computing the same in float64
EXAMPLES = 5  # few, and not the length of a dimension of most samples
OWN = tuple(getattr(errors, name) for name in errors.__all__)


class Skipped(Exception):
    """A check that does not apply, and why."""


def values(call: Call, reference: Callable[..., Any] | None) -> None:
    """The results are those of the reference, a function of NumPy arrays."""
    if reference is None:
        raise Skipped("no reference given")
    as_arrays = call.with_values(lambda v: v.detach().cpu().numpy() if isinstance(v, Tensor) else v)
    wanted = flatten(reference(*as_arrays.build(as_arrays.values), **as_arrays.meta))[0]
    with no_grad():
        found = call.at({})
    if len(found) != len(wanted):
        raise Mismatch("values", None, f"{len(found)} tensors", f"{len(wanted)} of the reference")
    agree(found, [_of_width(as_tensor(w), f) for w, f in zip(wanted, found, strict=True)], EXACT, "value")


def _of_width(wanted: Tensor, found: Tensor) -> Tensor:
    """Return what a reference gives in the dtype of a result, where both are of a kind: integers, floats."""
    return wanted.to(found.dtype) if wanted.dtype.category == found.dtype.category else wanted


def first(call: Call, tolerance: float) -> None:
    """Reverse mode agrees with central differences of the values."""
    which = _differentiable(call)
    function, count = call.smooth(which), len(call.varied)
    slopes(function, _gradient_of(function, count), call.inputs, _names("gradient", call), tolerance)


def second(call: Call, tolerance: float) -> None:
    """The gradient's gradient agrees with central differences of the gradient, in the inputs and in the cotangents."""
    function, count = call.smooth(_differentiable(call)), len(call.varied)
    with no_grad():
        weights = drawn(function(*call.inputs), 3)
    gradient, recorded = _gradient_of(function, count), _gradient_of(function, count, record=True)
    inputs = [*call.inputs, *weights]
    agree(gradient(*inputs), recorded(*leaves(inputs)), EXACT, "gradient, recorded against plain: argument")
    names = [*_names("second gradient", call), *(f"second gradient of cotangent {k}" for k in range(len(weights)))]
    slopes(gradient, _gradient_of(recorded, len(inputs)), inputs, names, tolerance)


def forward(call: Call, tolerance: float) -> None:
    """``<w, J t> = <J' w, t>``, for the tangents of each argument and of all at once."""
    function = call.smooth(_differentiable(call))
    xs = call.inputs
    with no_grad():
        ys = function(*xs)
    pull = _gradient_of(function, len(xs))
    ts = drawn(xs, 4)
    for moving in _choices(range(len(xs))):

        def part(*moved: Tensor, moving: Sequence[int] = moving) -> tuple[Tensor, ...]:
            given = dict(zip(moving, moved, strict=True))
            return tuple(function(*[given.get(i, x) for i, x in enumerate(xs)]))

        found, tangents = jvp(part, tuple(xs[i] for i in moving), tuple(ts[i] for i in moving))
        agree(found, ys, EXACT, "value of jvp")
        _check_tangents(tangents, ys, lambda *ws: pull(*xs, *ws), {i: ts[i] for i in moving}, tolerance)


def _check_tangents(
    tangents: Sequence[Tensor], ys: Sequence[Tensor], pull: Callable[..., Any], ts: dict[int, Tensor], tolerance: float
) -> None:
    """Compare <w, J t> with <J' w, t> for a random w; where they part, for the unit of each element."""

    def sides(ws: Sequence[Tensor]) -> tuple[float, float, float]:
        gs = pull(*ws)
        found, size = inner(tangents, ws)
        wanted, other = inner([gs[i] for i in ts], list(ts.values()))
        return found, wanted, max(size, other, 1e-6)

    found, wanted, size = sides(drawn(ys, 5))
    allowed = tolerance * size
    if abs(found - wanted) <= allowed:
        return
    names = f"tangent, argument{'s' if len(ts) > 1 else ''} {', '.join(map(str, ts))}"
    for k, y in enumerate(ys):
        for at in host.ndindex(tuple(y.shape)):
            units = [x.new_zeros(x.shape) for x in ys]
            units[k][at] = 1
            one, other, _ = sides(units)
            if not abs(one - other) <= allowed:
                raise Mismatch(f"{names}, of output {k}", at, one, other, allowed)
    raise Mismatch(f"{names}, along a direction", None, found, wanted, allowed)


def batched(call: Call, tolerance: float) -> None:
    """``vmap`` gives what a loop gives, of values and derivatives, for each tensor by itself and for all of them."""
    if not call.tensors:
        raise Skipped("no tensor among the arguments")
    which = call.differentiable()
    for places in _choices(call.tensors):
        given = [_examples(call.values[i], i) for i in places]
        names = f"arguments {', '.join(map(str, places))}" if len(places) > 1 else f"argument {places[0]}"
        for what, function in _functions(call, places, which):
            found = vmap(function)(*given)
            loop = [function(*[x[b] for x in given]) for b in range(EXAMPLES)]
            agree(found, [stack(column) for column in zip(*loop, strict=True)], EXACT, f"{names}: batched {what}")


def _functions(call: Call, places: Sequence[int], which: Sequence[int]) -> list[tuple[str, Callable[..., Any]]]:
    """Return the values and, where it has them, the derivatives of a call as functions of the tensors at ``places``."""

    def plain(*xs: Tensor) -> tuple[Tensor, ...]:
        with no_grad():
            return tuple(call.of(xs, places))

    def apart(xs: Sequence[Tensor]) -> tuple[Callable[..., tuple[Tensor, ...]], tuple[Tensor, ...]]:
        given = dict(zip(places, xs, strict=True))

        def function(*moved: Tensor) -> tuple[Tensor, ...]:
            ys = call.at(given | dict(zip(call.varied, moved, strict=True)))
            return tuple([ys[k] for k in which])

        return function, tuple([given.get(i, call.values[i]) for i in call.varied])

    def gradient(*xs: Tensor) -> tuple[Tensor, ...]:
        function, inputs = apart(xs)
        return vjp(function, *inputs)[1](tuple(weights))

    def tangent(*xs: Tensor) -> tuple[Tensor, ...]:
        function, inputs = apart(xs)
        return jvp(function, inputs, tuple(drawn(call.inputs, 4)))[1]

    if not which:
        return [("value", plain)]
    with no_grad():
        weights = drawn(call.smooth(which)(*call.inputs), 6)
    found = [("value", plain), ("gradient", gradient)]
    return [*found, ("tangent", tangent)] if _goes_forward(call) else found


def _examples(x: Tensor, seed: int) -> Tensor:
    """Return a tensor's examples: near it where it is of floats, else its elements turned round."""
    if x.dtype.category > 1:
        rng = host.random.default_rng(seed)
        return x * x.new_tensor(rng.uniform(0.85, 1.1, (EXAMPLES, *x.shape)).astype(x._array.real.dtype))
    flat = x.reshape(-1)
    return stack([flat.roll(b).reshape(x.shape) if flat.numel() else x for b in range(EXAMPLES)])


class Derivatives(NamedTuple):
    """What a call gives, its gradient, and the gradient of that."""

    values: list[Tensor]
    first: list[Tensor]
    second: list[Tensor]


def _derivatives(call: Call, freeze: Callable[[Sequence[Tensor]], Any] = lambda ts: None) -> Derivatives:
    """Run a call and differentiate it twice; whatever its rules are given goes through ``freeze`` before."""
    which = call.differentiable()
    with no_grad():
        plain = call.at({})
    if not which:
        return Derivatives(plain, [], [])
    xs = leaves(call.inputs)
    freeze(xs)
    with enable_grad():
        ys = call.smooth(which)(*xs)
        ws = leaves(drawn(ys, 3))
        freeze([*ys, *ws])
        grads = pulled(ys, xs, ws, record=True)
        us = drawn(grads, 7)
        freeze([*grads, *us])
        return Derivatives(plain, grads, pulled(grads, [*xs, *ws], us))


def on_device(call: Call) -> None:
    """A GPU gives what the CPU gives, values and gradients to second order."""
    if not cuda_is_available():
        raise Skipped("no CUDA device here")

    def moved(v: Any) -> Any:
        return v.cuda() if isinstance(v, Tensor) else as_tensor(v).cuda()._array if isinstance(v, host.ndarray) else v

    wanted = _derivatives(call)
    with device("cuda"):
        found = _derivatives(call.with_values(moved))
    for name, ours, theirs in zip(Derivatives._fields, found, wanted, strict=True):
        agree([y.cpu() for y in ours], theirs, EXACT, f"cuda against cpu: {name}")


def read_only(call: Call) -> None:
    """Nothing that it is given is written, neither arguments nor cotangents nor what was saved; all may be locked."""
    kept = call.with_values(lambda v: v.clone() if isinstance(v, Tensor) else v)
    wanted = _derivatives(kept)
    agree(_tensors(kept), _tensors(call), 0.0, "written to: argument")
    locked = call.with_values(lambda v: v.clone() if isinstance(v, Tensor) else v)
    _lock(_tensors(locked))
    found = _derivatives(locked, _lock)
    for name, ours, theirs in zip(Derivatives._fields, found, wanted, strict=True):
        agree(ours, theirs, 0.0 if name == "values" else EXACT, f"of locked arrays: {name}")
    if call.differentiable() and _goes_forward(call):
        _push(locked)
    agree(_tensors(locked), _tensors(call), 0.0, "written to: argument")


def _push(call: Call) -> None:
    xs = tuple(call.inputs)
    jvp(lambda *moved: tuple(call.of(moved)), xs, tuple(drawn(xs, 4)))


def _goes_forward(call: Call) -> bool:
    """Whether forward mode works at all; where not, another row says so."""
    try:
        _push(call.with_values(lambda v: v.clone() if isinstance(v, Tensor) else v))
    except Exception:
        return False
    return True


def _tensors(call: Call) -> list[Tensor]:
    return [call.values[i] for i in call.tensors]


def _lock(tensors: Sequence[Tensor]) -> None:
    for t in tensors:
        if isinstance(t._array, host.ndarray):
            t._array.setflags(write=False)


def misuse(call: Call, bad: Sequence[Sequence[Any]]) -> None:
    """Each call that must fail does, with one of our errors or the one it names."""
    if not bad:
        raise Skipped("no calls that must fail given")
    for k, given in enumerate(bad):
        args, meta, wanted = list(given), call.meta, OWN
        if args and isinstance(args[0], type) and issubclass(args[0], BaseException):
            wanted = (args.pop(0),)
        if args and isinstance(args[-1], dict):
            meta = args.pop()
        names = "an error of autograd_core.errors" if wanted is OWN else wanted[0].__name__
        try:
            call.function(*args, **meta)
        except wanted:
            continue
        except Exception as error:
            raise Mismatch(f"bad call {k}", None, f"{type(error).__name__} ({error})", names) from None
        raise Mismatch(f"bad call {k}", None, "no error", names)


def _differentiable(call: Call) -> list[int]:
    which = call.differentiable()
    if not which:
        raise Skipped("it has no gradient")
    return which


def _gradient_of(function: Callable[..., Any], count: int, record: bool = False) -> Callable[..., list[Tensor]]:
    """Return the gradient as a function: of ``count`` inputs, then of the results' weights."""

    def gradient(*given: Tensor) -> list[Tensor]:
        with enable_grad():
            xs = list(given[:count]) if record else leaves(given[:count])
            return pulled(function(*xs), xs, given[count:], record)

    return gradient


def _names(what: str, call: Call) -> list[str]:
    return [f"{what} of argument {i}" for i in call.varied]


def _choices(places: Sequence[int]) -> list[list[int]]:
    """Return each place by itself, and all of them."""
    return [*([i] for i in places), *([list(places)] if len(places) > 1 else [])]
