"""Activations: elementwise, in pieces, and over a dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError
from tests import references as ref
from tests.rows import Row, bad, broken, s
from tests.tables import function

ANY = (s((2, 3)), s(()), s((0, 2)))
SCALE, ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def activation(name: str, *samples: Any, numpy: Any, **columns: Any) -> Any:
    dim = [1] if "softm" in name else []  # without it they warn first
    columns.setdefault("errors", (bad(DTypeError, "got str; wanted (a|at least one) Tensor", "text", *dim),))
    return function(f"nn.functional.{name}", *(samples or ANY), numpy=numpy, **columns)


def piecewise(name: str, *samples: Any, **columns: Any) -> Any:
    return activation(name, *samples, domain=broken, **columns)


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    return np.where(x * beta > threshold, x, np.log1p(np.exp(x * beta)) / beta)


def elu(x: Any, alpha: float = 1.0, scale: float = 1.0) -> Any:
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


def gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2
    return x * (1 + ref.erf(x / np.sqrt(2))) / 2


def glu(x: Any, dim: int = -1) -> Any:
    a, b = np.split(x, 2, dim)
    return a * ref.sigmoid(b)


def shrink(x: Any, lambd: float = 0.5) -> Any:
    return np.sign(x) * np.maximum(np.abs(x) - lambd, 0)


def softmin(x: Any, dim: int) -> Any:
    return ref.softmax(-x, dim=dim)


def prelu(x: Any, w: Any) -> Any:
    return np.where(x > 0, x, x * (w.reshape(-1, *(1,) * (x.ndim - 2)) if w.size > 1 else w.reshape(())))


SLOPED = (s((2, 3), 0.1), s(()))
LAMBDA = (s((2, 3), 1.0), s((4,), lambd=0.0))

PRIMITIVES = [
    Row("gelu", s((2, 3)), s((3,), approximate="tanh"), s(()), s((0, 2)), numpy=gelu,
        torch=lambda t, x, approximate="none": t.nn.functional.gelu(x, approximate=approximate),
        composition=lambda x, approximate="none":
            x * 0.5 * (1 + (ag.erf(x * 0.5**0.5) if approximate == "none" else
                            ag.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))))),
]  # fmt: skip

FUNCTIONS = [
    piecewise("relu", numpy=lambda x: np.maximum(x, 0)),
    piecewise("relu6", numpy=lambda x: np.clip(x, 0, 6)),
    piecewise("leaky_relu", *SLOPED, numpy=lambda x, slope=0.01: np.where(x > 0, x, slope * x)),
    piecewise("rrelu", s((2, 3)), s((3,), 0.1, 0.3), s((2,), 0.2, 0.2, True),
        numpy=lambda x, low=1 / 8, high=1 / 3, training=False: np.where(x > 0, x, x * (low + high) / 2),
        errors=(bad(ShapeError, "^rrelu: Lower bound should be less than or equal to the upper", (2,), 0.3, 0.1),)),
    piecewise("prelu", s((2, 3), (1,)), s((2, 3), (3,)), s((2, 3, 2), (3,)), s((), ()), numpy=prelu, errors=(
        bad(ShapeError, "^prelu: Mismatch of parameter numbers and input channel size.* 2 and channel size = 3",
            (2, 3), (2,)),
        bad(ShapeError, "^prelu: Expected `weight` to be a scalar or 1D tensor", (2, 3), (1, 3)),
        bad(ShapeError, "^prelu: Not allow zero-dim input", (), (2,)),
        bad(ShapeError, "^prelu: Type promoting not supported", (2,), np.ones(1, "float32")))),
    piecewise("threshold", s((2, 3), 0.0, -7.0), s((), 1.0, 2.0),
        numpy=lambda x, threshold, value: np.where(x > threshold, x, value)),
    piecewise("hardtanh", s((2, 3)), s((3,), -2.0, 1.0), numpy=lambda x, low=-1, high=1: np.clip(x, low, high), errors=(
        bad(ShapeError, "^hardtanh: min_val cannot be greater than max_val; got 1.0 and 0.0", (2,), 1.0, 0.0),)),
    piecewise("hardsigmoid", torch=None, numpy=lambda x: np.clip(x + 3, 0, 6) / 6),
    piecewise("hardswish", numpy=lambda x: x * np.clip(x + 3, 0, 6) / 6),
    piecewise("hardshrink", *LAMBDA, numpy=lambda x, lambd: np.where(np.abs(x) > lambd, x, 0)),
    function("hardshrink", s((2, 3), 1.0), domain=broken, numpy=lambda x, lambd: np.where(np.abs(x) > lambd, x, 0)),
    piecewise("softshrink", *LAMBDA, numpy=shrink, errors=(
        bad(ShapeError, "^softshrink: lambda must be greater or equal to 0, but found to be -1", (2,), -1),)),
    activation("sigmoid", numpy=ref.sigmoid),
    activation("tanh", numpy=np.tanh),
    piecewise("elu", s((2, 3), 0.5), s(()), numpy=elu),
    piecewise("selu", numpy=lambda x: elu(x, ALPHA, SCALE)),
    piecewise("celu", s((2, 3), 2.0), s(()), numpy=lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
        errors=(bad(ShapeError, "^celu: alpha cannot be 0", (2,), 0),)),
    activation("gelu", s((2, 3)), s((3,), approximate="tanh"), numpy=gelu, errors=(
        bad(ShapeError, "^gelu: approximate is 'erf'; wanted 'none' or 'tanh'", (2,), "erf"),)),
    activation("silu", numpy=lambda x: x * ref.sigmoid(x)),
    activation("mish", numpy=lambda x: x * np.tanh(softplus(x))),
    activation("softplus", s((2, 3)), s((3,), 0.45), s((3,), 2.0, 0.1), numpy=softplus),
    activation("logsigmoid", numpy=lambda x: -softplus(-x)),
    piecewise("softsign", numpy=lambda x: x / (1 + np.abs(x))),
    activation("tanhshrink", numpy=lambda x: x - np.tanh(x)),
    activation("glu", s((2, 4)), s((2, 3), 0), numpy=glu, errors=(
        bad(ShapeError, "^glu: input has size 3 along dim -1; wanted an even size", (2, 3)),)),
    activation("softmax", s((2, 3), 1), s((2, 3), -2), numpy=lambda x, dim: ref.softmax(x, dim=dim)),
    activation("softmin", s((2, 3), 1), s((2, 3), -2), numpy=softmin),
    activation("log_softmax", s((2, 3), 1), s((2, 3), -2), numpy=lambda x, dim: ref.log_softmax(x, dim=dim)),
]  # fmt: skip
