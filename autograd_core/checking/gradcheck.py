"""Gradients against finite differences, element by element: first order, and second by checking the gradient itself.

A complex number counts as two real ones: its gradient says how the result moves with its real part, and with its
imaginary part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.engine import backward as walk
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import GraphError


class GradcheckError(RuntimeError):
    """A gradient that does not agree with finite differences."""


def gradcheck(
    func: Callable[..., Any], inputs: Tensor | Sequence[Any], *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-4, raise_exception: bool = True,
) -> bool:  # fmt: skip
    """Return whether the gradients of ``func`` agree with central differences: ``|a - n| <= atol + rtol * |n|``.

    Args:
        func: takes ``inputs``, returns a Tensor or a tuple of them.
        inputs: those that require grad are varied; use float64 or complex128.
        eps: the step of the differences.
        atol: absolute tolerance.
        rtol: relative tolerance, a tenth of PyTorch's: a rule wrong by 0.1 % is found.
        raise_exception: raise GradcheckError, with input, output and both numbers, instead of returning False.
    """
    args = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    varied = [x for x in args if isinstance(x, Tensor) and x.requires_grad]
    if not varied:
        raise GraphError("gradcheck: none of the inputs requires grad; wanted at least one that does, in float64")
    outputs = _differentiable(func(*args))
    if not outputs:
        raise GraphError("gradcheck: none of the outputs requires grad; wanted at least one computed from the inputs")
    for k, output in enumerate(outputs):
        for i, x in enumerate(varied):
            numeric = _numeric_jacobian(func, args, x, k, eps)
            analytic = _analytic_jacobian(output, x)
            bad = abs(analytic - numeric) > atol + rtol * abs(numeric)
            if bad.any() or (analytic != analytic).any():
                if raise_exception:
                    raise GradcheckError(
                        f"gradcheck: Jacobian mismatch for output {k} with respect to input {i}\n"
                        f"numerical: {numeric}\nanalytical: {analytic}"
                    )
                return False
    return True


def _differentiable(result: Any) -> list[Tensor]:
    outputs = result if isinstance(result, list | tuple) else (result,)
    return [o for o in outputs if isinstance(o, Tensor) and o.requires_grad]


def _numeric_jacobian(func: Callable[..., Any], args: tuple[Any, ...], x: Tensor, k: int, eps: float) -> Any:
    """Return d(output k)/dx by central differences.  Shape: (parts of x, parts of the output)."""
    flat = _parts(x._array)
    columns = []
    for j in range(flat.size):
        pair = []
        for shift in (eps, -eps):
            moved = flat.copy()
            moved[j] += shift
            probe = wrap(moved.view(x._array.dtype).reshape(x._array.shape)).requires_grad_()
            pair.append(_parts(_differentiable(func(*(probe if a is x else a for a in args)))[k]._array))
        columns.append((pair[0] - pair[1]) / (2 * eps))
    xp = module_of(x._array)
    return xp.stack(columns) if columns else xp.zeros((0, _parts(_differentiable(func(*args))[k]._array).size))


def _analytic_jacobian(output: Tensor, x: Tensor) -> Any:
    """Return d(output)/dx by one backward pass per part of the output.  Shape: (parts of x, parts of the output)."""
    xp = module_of(x._array)
    rows = []
    for j in range(_parts(output._array).size):
        unit = xp.zeros(output._array.size, output._array.dtype)
        _parts(unit)[j] = 1
        roots = walk.start([output], [wrap(unit.reshape(output._array.shape))], "gradcheck")
        (g,) = walk.gradients(roots, [x], retain=True, record=False)
        rows.append(_parts(xp.zeros_like(x._array) if g is None else g._array))
    return xp.stack(rows, axis=1) if rows else xp.zeros((_parts(x._array).size, 0))


def _parts(array: Any) -> Any:
    """Return the elements in a row, a complex one as its real and imaginary part."""
    return module_of(array).ascontiguousarray(array).reshape(-1).view(array.real.dtype)


def gradgradcheck(
    func: Callable[..., Any], inputs: Tensor | Sequence[Any], grad_outputs: Sequence[Tensor] | None = None, *,
    eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-4, raise_exception: bool = True,
) -> bool:  # fmt: skip
    """Return whether the gradients of ``func``'s gradients agree with central differences (see ``gradcheck``).

    ``grad_outputs`` weights the outputs; by default with fixed numbers of mixed sign.
    """
    args = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    with no_grad():
        shapes = func(*args)
    outputs = shapes if isinstance(shapes, list | tuple) else (shapes,)
    weights = (
        list(grad_outputs) if grad_outputs is not None else [_weights(o) for o in outputs if isinstance(o, Tensor)]
    )
    weights = [w.requires_grad_() if w.is_leaf else w for w in weights if w.dtype.category > 1]

    def gradient(*values: Any) -> tuple[Tensor, ...]:
        given, gs = values[: len(args)], values[len(args) :]
        ys = func(*given)
        pairs = list(zip(ys if isinstance(ys, list | tuple) else (ys,), gs, strict=False))
        pairs = [(y, g) for y, g in pairs if y.requires_grad]
        xs = [x for x in given if isinstance(x, Tensor) and x.requires_grad]
        roots = walk.start([y for y, _ in pairs], [g for _, g in pairs], "gradgradcheck")
        found = walk.gradients(roots, xs, retain=True, record=True)
        return tuple(g for g in found if g is not None and g.requires_grad)

    if not gradient(*args, *weights):
        return True  # the gradient is constant
    return gradcheck(gradient, (*args, *weights), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception)


def _weights(output: Tensor) -> Tensor:
    xp = module_of(output._array)
    dtype = output._array.dtype if output.dtype.category > 1 else "float64"
    angles = 3 * xp.arange(output._array.size, dtype=dtype) + 1
    weights = xp.cos(angles) + 1j * xp.sin(angles) if output.is_complex() else xp.cos(angles)
    return wrap(weights.reshape(output._array.shape).astype(dtype))
