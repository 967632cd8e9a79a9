"""Masked reductions: each row's second argument is the mask, or None; NumPy's reference takes what the mask leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError
from tests.rows import NUMBERS, Row, bad, distinct, nonzero, s
from tests.tables import function

MASK = np.array([[True, False, True], [False, True, True]])
WIDE = np.array([True, False, True])
HOLLOW = np.array([[True, False, True], [False, False, False]])
OVER = (s((2, 3), MASK), s((2, 3), MASK, 1), s((2, 3), WIDE, 1, keepdim=True), s((2, 3), None),
    s((2, 2, 3), MASK, [0, 2]))  # fmt: skip
LINES = (s((2, 3), MASK, 0), s((2, 3), WIDE, 1), s((2, 3), None, -1))


def masked(name: str, *samples: Any, numpy: Any, **columns: Any) -> Row:
    """A row of a masked function, whose mask is an argument here and a keyword there."""

    def there(torch: Any, x: Any, mask: Any, *args: Any, **options: Any) -> Any:
        return getattr(torch.masked, name)(x, *args, mask=mask, **options)

    kind = bad(DTypeError, "^masked: mask is ag.float64; wanted a boolean Tensor", (2, 3), (2, 3), *samples[1].args[2:])
    wide = bad(ShapeError, r"^masked: mask has shape \(2, 3\); wanted no more dims than \(3,\)", (3,), MASK, 0)
    row = function(f"masked.{name}", *samples, numpy=numpy, torch=there, **columns)
    row.errors = (kind, wide) if name not in ("norm", "normalize") else (kind,)
    row.call = lambda x, mask, *args, **options: getattr(ag.masked, name)(x, *args, mask=mask, **options)
    return row


def over(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def filled(function: Any, identity: Any) -> Any:
    """Return a reduction of the elements that the mask leaves, the others being the identity."""

    def reference(x: Any, mask: Any, dim: Any = None, keepdim: bool = False) -> Any:
        x = x if mask is None else np.where(mask, x, identity)
        return function(x, axis=over(dim), keepdims=keepdim)

    return reference


def running(function: Any, identity: Any) -> Any:
    return lambda x, mask, dim: function(x if mask is None else np.where(mask, x, identity), dim)


def index(function: Any, identity: Any) -> Any:
    return lambda *args, **options: filled(function, identity)(*args, **options).astype(args[0].dtype)


def norm(x: Any, mask: Any, ord: float = 2.0, dim: Any = None, keepdim: bool = False) -> Any:
    x = x if mask is None else np.where(mask, x, np.inf if ord < 0 else 0)
    return np.linalg.vector_norm(x, axis=tuple(range(x.ndim)) if dim is None else over(dim), keepdims=keepdim, ord=ord)


def var(
    x: Any, mask: Any, dim: Any = None, unbiased: bool = True, *, keepdim: bool = False, correction: Any = None
) -> Any:
    ddof = int(unbiased) if correction is None else correction
    return np.var(x, axis=over(dim), ddof=ddof, keepdims=keepdim, where=True if mask is None else mask)


def std(*args: Any, **options: Any) -> Any:
    return np.sqrt(var(*args, **options))


def median(x: Any, mask: Any, dim: int = -1, keepdim: bool = False) -> Any:
    x = x if mask is None else np.where(mask, x, np.nan)
    return np.nanquantile(x, 0.5, axis=dim, keepdims=keepdim, method="lower")


def softmax(x: Any, mask: Any, dim: int) -> Any:
    e = np.exp(x) * (1 if mask is None else mask)
    return e / e.sum(dim, keepdims=True)


def normalize(x: Any, mask: Any, ord: float, dim: int) -> Any:
    return (x if mask is None else np.where(mask, x, 0)) / norm(x, mask, ord, dim, True)


def log_of_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


def add_masked(lib: Any) -> Any:
    return lambda x, y, mask, other=None: lib(x, y, input_mask=mask, other_mask=other)


def sum_of_exponentials(x: Any, y: Any, mask: Any, other: Any = None) -> Any:
    return np.log(np.exp(x) * mask + np.exp(y) * (1 if other is None else other))


def logaddexp() -> Row:
    def there(torch: Any, *args: Any) -> Any:
        return add_masked(torch.masked._ops.logaddexp)(*args)

    row = function("masked.logaddexp", s((2, 3), (2, 3), MASK), s((2, 3), (3,), WIDE), s((2, 3), (2, 3), MASK, ~MASK),
        torch=there, numpy=sum_of_exponentials, order=1)  # fmt: skip  # PyTorch's second is NaN where masked out
    row.call = add_masked(ag.masked.logaddexp)
    return row


NORMS = (s((2, 3), MASK), s((2, 3), MASK, 3.0, 1), s((2, 3), WIDE, 1.0, 1, keepdim=True), s((2, 3), None, -1.0, 1))
SPREAD = (*OVER[:2], s((2, 3), MASK, 1, False), s((2, 3), None, 0, correction=0), s((2, 3), WIDE, 1, keepdim=True))

FUNCTIONS = [
    masked("sum", *OVER, s((2, 3), HOLLOW, 1), numpy=filled(np.sum, 0), dtypes=NUMBERS),
    masked("prod", *OVER, s((2, 3), HOLLOW, 1), numpy=filled(np.prod, 1), dtypes=NUMBERS),
    masked("amax", *OVER, domain=distinct, numpy=filled(np.max, -np.inf)),
    masked("amin", *OVER, domain=distinct, numpy=filled(np.min, np.inf)),
    masked("argmax", *OVER[:4], domain=distinct, numpy=index(np.argmax, -np.inf), order=0),
    masked("argmin", *OVER[:4], domain=distinct, numpy=index(np.argmin, np.inf), order=0),
    masked("mean", *OVER, numpy=lambda x, mask, dim=None, keepdim=False: np.mean(
        x, axis=over(dim), keepdims=keepdim, where=True if mask is None else np.broadcast_to(mask, x.shape))),
    masked("median", *LINES, s((2, 3), HOLLOW[:1], 1, keepdim=True), domain=distinct, numpy=median),
    masked("norm", *NORMS, domain=nonzero, numpy=norm),
    masked("var", *SPREAD, numpy=var),
    masked("std", *SPREAD, numpy=std),
    masked("cumsum", *LINES, numpy=running(np.cumsum, 0), dtypes=NUMBERS),
    masked("cumprod", *LINES, numpy=running(np.cumprod, 1), dtypes=NUMBERS),
    masked("softmax", *LINES, numpy=softmax),
    masked("log_softmax", s((2, 3), None, 1), s((2, 3), None, 0), numpy=lambda *args: np.log(softmax(*args))),
    masked("softmin", *LINES, numpy=lambda x, mask, dim: softmax(-x, mask, dim)),
    masked("logsumexp", *OVER, numpy=filled(log_of_sum, -np.inf)),
    masked("normalize", s((2, 3), MASK, 2.0, 1), s((2, 3), WIDE, 1.0, 1), domain=nonzero, numpy=normalize),
    logaddexp(),
]  # fmt: skip
