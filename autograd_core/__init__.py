"""autograd_core: define-by-run automatic differentiation with a small tensor language, on NumPy and CuPy."""

from __future__ import annotations

import importlib
import warnings as _warnings
from typing import Any

# 1/0 and log(0) are silent here, as in PyTorch; NumPy's own users keep their warnings.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_core\.")

from autograd_core import autograd, cuda, methods as _methods  # noqa: E402
from autograd_core.autograd import Variable  # noqa: E402
from autograd_core.backend.device import (  # noqa: E402
    default_from_environment as _default_from_environment,
    device,
    get_default_device,
    set_default_device,
)
from autograd_core.composites.algebra import (  # noqa: E402
    addmm, bmm, dot, einsum, matmul, mm, mv, outer, tensordot,
)  # fmt: skip
from autograd_core.composites.indexing import (  # noqa: E402
    argsort, diag, diagonal, gather, index_add, index_select, masked_fill, masked_select, nonzero, scatter, scatter_add,
    sort, take_along_dim, topk, trace,
)  # fmt: skip
from autograd_core.composites.pointwise import (  # noqa: E402
    add, addcdiv, addcmul, allclose, clamp, clamp_max, clamp_min, div, equal, isclose, lerp, log_softmax, rsub, softmax,
    sub, where,
)  # fmt: skip
from autograd_core.composites.reduction import (  # noqa: E402
    all, amax, amin, any, argmax, argmin, cumprod, cumsum, logsumexp, max, mean, min, norm, prod, std, std_mean, sum,
    var, var_mean,
)  # fmt: skip
from autograd_core.composites.shaping import (  # noqa: E402
    atleast_1d, broadcast_shapes, broadcast_tensors, broadcast_to, cat, chunk, flatten, flip, hstack, movedim, narrow,
    permute, reshape, roll, select, split, squeeze, stack, t, tile, transpose, tril, triu, unbind, unflatten, unsqueeze,
    vstack,
)  # fmt: skip
from autograd_core.creation import (  # noqa: E402
    arange, as_tensor, empty, empty_like, eye, from_dlpack, from_numpy, full, full_like, linspace, meshgrid, ones,
    ones_like, scalar_tensor, tensor, zeros, zeros_like,
)  # fmt: skip
from autograd_core.dtypes import (  # noqa: E402
    bool_ as bool, complex64, complex128, dtype, finfo, float16, float32, float64, get_default_dtype, iinfo, int8, int16,
    int32, int64, promote_types, set_default_dtype, uint8,
)  # fmt: skip
from autograd_core.engine.modes import (  # noqa: E402
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)  # fmt: skip
from autograd_core.engine.primitive import PRIMITIVES, primitive  # noqa: E402
from autograd_core.engine.tensor import Parameter, Size, Tensor  # noqa: E402
from autograd_core.ops.elementwise import (  # noqa: E402
    abs, atan, atan2, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, ceil, cos, cosh, eq, erf, exp, expm1, floor,
    floor_divide, fmod, ge, gt, isfinite, isinf, isnan, le, log, log1p, log2, log10, logical_and, logical_not, logical_or,
    logical_xor, lt, maximum, minimum, mul, ne, neg, pow, reciprocal, relu, remainder, round, rsqrt, sigmoid, sign, sin,
    sinh, sqrt, square, tan, tanh, trunc,
)  # fmt: skip
from autograd_core.ops.shape import clone  # noqa: E402
from autograd_core.printing import set_printoptions  # noqa: E402
from autograd_core.sampling import (  # noqa: E402
    Generator, bernoulli, default_generator, get_rng_state, initial_seed, manual_seed, multinomial, normal, rand,
    rand_like, randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)  # fmt: skip

__version__ = "0.1.0"

half, double, long = float16, float64, int64
float, int, short = float32, int32, int16
absolute, clip, multiply, subtract, divide, negative = abs, clamp, mul, sub, div, neg
true_divide, concat, swapaxes, swapdims = div, cat, transpose, transpose

_default_from_environment()

# rooms that are loaded when first asked for
_LAZY = {
    "nn": "nn",
    "optim": "optim",
    "data": "autograd_core.data",
    "insight": "autograd_core.insight",
}
_LAZY_NAMES = {"draw": "autograd_core.insight.drawing"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(_LAZY[name])
    if name in _LAZY_NAMES:
        return getattr(importlib.import_module(_LAZY_NAMES[name]), name)
    raise AttributeError(f"module 'autograd_core' has no attribute {name!r}")


def is_tensor(obj: Any) -> Any:
    """Return whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> Any:
    """Return whether the dtype is a real floating one."""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> Any:
    """Return whether the dtype is a complex one."""
    return input.dtype.is_complex


def numel(input: Tensor) -> Any:
    """Return the number of elements."""
    return input._array.size


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """Return the dtype that an operation on both gives; 0-d tensors and numbers are weak within their category."""
    from autograd_core.dtypes import promote
    from autograd_core.engine.general import _strength

    return promote([_strength(tensor1), _strength(tensor2)])
