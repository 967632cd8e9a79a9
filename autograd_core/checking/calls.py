"""One call of an operation as a function of the tensors in it, and numbers to try it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.autograd import grad
from autograd_core.backend import host
from autograd_core.dtypes import complex128, float64
from autograd_core.engine.modes import enable_grad, no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.transforms.trees import flatten

__all__ = ["Call", "drawn", "inner", "leaves", "pulled"]


class Call:
    """``function(*args, **meta)`` as a function of chosen tensors among its arguments.

    Attributes:
        tensors: the places of all tensors among the arguments and the items of their lists.
        varied: those that it is differentiated in: where some require grad these, else all of floats.
    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any], meta: dict[str, Any]) -> None:
        """Take the call apart; floats are computed with in float64."""
        self.function, self.meta = function, meta
        values, self.build = flatten(list(args))
        self.tensors = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
        floats = [i for i in self.tensors if values[i].dtype.category > 1]
        self.varied = [i for i in floats if values[i].requires_grad] or floats
        self.values = [v.detach() if isinstance(v, Tensor) else v for v in values]
        for i in floats:
            self.values[i] = self.values[i].to(complex128 if self.values[i].is_complex() else float64)

    def at(self, changes: dict[int, Any]) -> list[Tensor]:
        """Return the tensors that the call gives with other tensors at some places."""
        values = [changes.get(i, v) for i, v in enumerate(self.values)]
        result = self.function(*self.build(values), **self.meta)
        return [y for y in flatten(result)[0] if isinstance(y, Tensor)]

    def of(self, xs: Sequence[Any], places: Sequence[int] | None = None) -> list[Tensor]:
        """Return the tensors that it gives for ``xs`` at ``places``, those it is differentiated in."""
        return self.at(dict(zip(self.varied if places is None else places, xs, strict=True)))

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that it is differentiated in."""
        return [self.values[i] for i in self.varied]

    def differentiable(self) -> list[int]:
        """Return which of the results have a gradient."""
        if not self.varied:
            return []
        with enable_grad():
            return [i for i, y in enumerate(self.of(leaves(self.inputs))) if y.requires_grad]

    def smooth(self, which: Sequence[int]) -> Callable[..., list[Tensor]]:
        """Return the call as a function of the tensors it is differentiated in, to the results ``which``."""

        def function(*xs: Tensor) -> list[Tensor]:
            ys = self.of(xs)
            return [ys[k] for k in which]

        return function

    def with_values(self, change: Callable[[Any], Any]) -> Call:
        """Return the same call with every leaf of the arguments and of the metadata changed."""
        leaves_, build = flatten(self.meta)
        other = Call(self.function, (), build([change(v) for v in leaves_]))
        other.build, other.tensors, other.varied = self.build, self.tensors, self.varied
        other.values = [change(v) for v in self.values]
        return other

    def in_complex_numbers(self) -> Call | None:
        """Return the same call at complex numbers near by; None where the operation does not take them."""
        if not self.varied or any(self.values[i].is_complex() for i in self.varied):
            return None
        other = self.with_values(lambda v: v)
        for i, turn in zip(self.varied, drawn(self.inputs, 9, 0.15), strict=True):
            other.values[i] = self.values[i] * (1 + 1j * turn)
        try:
            with no_grad():
                other.at({})
        except Exception:  # what it says is its own affair: it takes real numbers only
            return None
        return other


def leaves(values: Sequence[Tensor]) -> list[Tensor]:
    """Return the same values as the beginnings of a graph."""
    return [v.detach().requires_grad_() for v in values]


def drawn(like: Sequence[Tensor], seed: int, most: float = 2.0) -> list[Tensor]:
    """Return for each tensor one of its shape, dtype and device, of fixed random numbers of either sign."""
    rng = host.random.default_rng(seed)

    def one(x: Tensor) -> Tensor:
        shape = tuple(x.shape)
        parts = rng.uniform(0.2, 1, (2, *shape)) * rng.choice([-most, most], (2, *shape))
        return x.new_tensor(parts[0] + 1j * parts[1] if x.is_complex() else parts[0])

    return [one(x) for x in like]


def inner(a: Sequence[Tensor], b: Sequence[Tensor]) -> tuple[float, float]:
    """Return <a, b>, complex numbers being points of the plane, and the sum of its terms' sizes."""
    total = size = 0.0
    for x, y in zip(a, b, strict=True):
        terms = (x.detach().conj() * y.detach()).real
        total, size = total + terms.sum().item(), size + terms.abs().sum().item()
    return total, size


def pulled(ys: Sequence[Tensor], xs: Sequence[Tensor], ws: Sequence[Tensor], record: bool = False) -> list[Tensor]:
    """Return the gradient of <ws, ys> with respect to ``xs``; zeros where they have no part in it."""
    pairs = [(y, w) for y, w in zip(ys, ws, strict=True) if y.requires_grad]
    if not pairs:
        return [x.new_zeros(x.shape) for x in xs]
    outputs, weights = zip(*pairs, strict=True)
    found: Any = grad(outputs, xs, weights, create_graph=record, allow_unused=True, materialize_grads=True)
    return list(found)
