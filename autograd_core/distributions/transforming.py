"""What transforms of random values have in common, and those that are made of other transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.constraints import Constraint
from autograd_core.distributions.distribution import Shape, sum_rightmost
from autograd_core.engine.tensor import Size, Tensor


class Transform:
    """A map of values, with its inverse and the logarithm of its Jacobian's determinant.

    A subclass has ``domain`` and ``codomain``, ``_call`` and ``_inverse``, and where it is ``bijective``,
    ``log_abs_det_jacobian``.  With ``cache_size=1`` the last value and its image are kept, so that inverting the one
    gives the very other.

    Raises: ValueError for any other ``cache_size`` than 0 and 1.
    """

    bijective: bool = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        """``cache_size``: how many values to remember, 0 or 1."""
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._cached_x_y: tuple[Any, Any] = None, None
        self._inv: Transform | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_inv": None, "_cached_x_y": (None, None)}

    @property
    def event_dim(self) -> int:
        """How many dimensions belong to one value, where that is the same on both sides."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")
        return int(self.domain.event_dim)

    @property
    def inv(self) -> Transform:
        """The inverse transform; ``t.inv.inv is t``."""
        if self._inv is None:
            self._inv = InverseTransform(self)
        return self._inv

    @property
    def sign(self) -> Any:
        """Whether a transform of numbers rises, 1, or falls, -1."""
        raise _unknown(self, "sign")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """Return the same transform with another ``cache_size``."""
        if self._cache_size == cache_size:
            return self
        return self._with_cache(cache_size)

    def _with_cache(self, cache_size: int) -> Transform:
        if type(self).__init__ is Transform.__init__:
            return type(self)(cache_size=cache_size)
        raise NotImplementedError(f"{type(self).__name__}.with_cache is not implemented")

    def __call__(self, x: Tensor) -> Tensor:
        """Return what ``x`` is mapped to."""
        return self._remember(x, self._call(x), 1) if x is not self._cached_x_y[0] else self._cached_x_y[1]

    def _inv_call(self, y: Tensor) -> Tensor:
        """Return what is mapped to ``y``."""
        return self._remember(self._inverse(y), y, 0) if y is not self._cached_x_y[1] else self._cached_x_y[0]

    def _remember(self, x: Tensor, y: Tensor, new: int) -> Tensor:
        if self._cache_size:
            self._cached_x_y = x, y
        return (x, y)[new]

    def _call(self, x: Tensor) -> Tensor:
        raise _unknown(self, "_call")

    def _inverse(self, y: Tensor) -> Tensor:
        raise _unknown(self, "_inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Return ``log |dy/dx|``, summed over the dimensions of one value."""
        raise _unknown(self, "log_abs_det_jacobian")

    def forward_shape(self, shape: Shape) -> Size:
        """Return the shape of what a value of ``shape`` is mapped to."""
        return Size(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        """Return the shape of what is mapped to a value of ``shape``."""
        return Size(shape)

    def __eq__(self, other: object) -> bool:
        simple = type(self).__init__ is Transform.__init__
        return self is other or (simple and type(self) is type(other))

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _unknown(transform: Transform, what: str) -> NotImplementedError:
    return NotImplementedError(f"{type(transform).__name__}.{what}: not implemented")


class InverseTransform(Transform):
    """The inverse of a transform, which does the work."""

    def __init__(self, transform: Transform) -> None:
        """``transform``: what to invert."""
        super().__init__(transform._cache_size)
        self._inv: Transform = transform
        self.domain, self.codomain = transform.codomain, transform.domain
        self.bijective = transform.bijective

    @property
    def sign(self) -> Any:
        """Whether it rises, 1, or falls, -1."""
        return self._inv.sign

    def _with_cache(self, cache_size: int) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InverseTransform) and self._inv == other._inv

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"InverseTransform({self._inv!r})"

    def __call__(self, x: Tensor) -> Tensor:
        """Return what the transform maps to ``x``."""
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Shape) -> Size:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        return self._inv.forward_shape(shape)


class ComposeTransform(Transform):
    """One transform after the other."""

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        """``parts``: the transforms, the first to be applied first."""
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)
        self.bijective = all(part.bijective for part in self.parts)

    @property
    def domain(self) -> Constraint:
        """The first part's, with as many dimensions as any part asks for."""
        return self._end([(p.domain, p.codomain) for p in reversed(self.parts)])

    @property
    def codomain(self) -> Constraint:
        """The last part's, with as many dimensions as any part asks for."""
        return self._end([(p.codomain, p.domain) for p in self.parts])

    @staticmethod
    def _end(steps: list[tuple[Constraint, Constraint]]) -> Constraint:
        """Return where a walk through (there, here) ends, in as many dimensions as it gathered."""
        if not steps:
            return constraints.real
        event_dim = steps[0][1].event_dim
        for there, here in steps:
            event_dim = max(event_dim + there.event_dim - here.event_dim, there.event_dim)
        end = steps[-1][0]
        more = event_dim - end.event_dim
        return constraints.independent(end, more) if more else end

    @property
    def sign(self) -> Any:
        """Whether it rises, 1, or falls, -1."""
        found = 1
        for part in self.parts:
            found = found * part.sign
        return found

    @property
    def inv(self) -> Transform:
        """The inverses, the other way round."""
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def _with_cache(self, cache_size: int) -> Transform:
        return ComposeTransform(self.parts, cache_size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = object.__hash__

    def __call__(self, x: Tensor) -> Tensor:
        """Return what ``x`` is mapped to by the one part after the other."""
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return ag.zeros_like(x)
        event_dim, total = self.domain.event_dim, ag.zeros((), dtype=x.dtype, device=x.device)
        for i, part in enumerate(self.parts, 1):
            image = part(x) if i < len(self.parts) else y
            term = sum_rightmost(part.log_abs_det_jacobian(x, image), event_dim - part.domain.event_dim)
            event_dim += part.codomain.event_dim - part.domain.event_dim
            total, x = total + term, image
        return total

    def forward_shape(self, shape: Shape) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(shape)

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


class IndependentTransform(Transform):
    """A transform of which ``reinterpreted_batch_ndims`` more dimensions belong to one value."""

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        """``base_transform``: what maps each element."""
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.domain = constraints.independent(base_transform.domain, reinterpreted_batch_ndims)
        self.codomain = constraints.independent(base_transform.codomain, reinterpreted_batch_ndims)
        self.bijective = base_transform.bijective

    @property
    def sign(self) -> Any:
        """Whether it rises, 1, or falls, -1."""
        return self.base_transform.sign

    def _with_cache(self, cache_size: int) -> Transform:
        return IndependentTransform(self.base_transform, self.reinterpreted_batch_ndims, cache_size)

    def _call(self, x: Tensor) -> Tensor:
        _need(x, self.domain.event_dim)
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        _need(y, self.codomain.event_dim)
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Shape) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


def _need(x: Tensor, dims: int) -> None:
    if x.dim() < dims:
        raise ValueError("Too few dimensions on input")


identity_transform = ComposeTransform([])
