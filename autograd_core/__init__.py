"""autograd_core: define-by-run automatic differentiation with a small tensor language, on NumPy and CuPy.

    import autograd_core as ag, nn, optim

``ag`` is laid out as ``torch`` is; ``ag.nn``, ``ag.optim``, ``ag.data`` and drawing are loaded when first used.
"""

from __future__ import annotations

import importlib as _importlib
import warnings as _warnings
from typing import Any as _Any

from autograd_core import aliases as _aliases

# fmt: off
from autograd_core import autograd, cuda, linalg
from autograd_core import methods as _methods
from autograd_core.autograd import Variable
from autograd_core.backend.device import default_from_environment as _default_from_environment
from autograd_core.backend.device import device, get_default_device, set_default_device
from autograd_core.composites.algebra import addmm, bmm, dot, einsum, matmul, mm, mv, outer, tensordot
from autograd_core.composites.indexing import (
    argsort,
    diag,
    diagonal,
    gather,
    index_add,
    index_select,
    masked_fill,
    masked_select,
    nonzero,
    scatter,
    scatter_add,
    sort,
    take_along_dim,
    topk,
    trace,
)
from autograd_core.composites.joining import (
    atleast_1d,
    cat,
    chunk,
    hstack,
    narrow,
    select,
    split,
    stack,
    tile,
    unbind,
    vstack,
)
from autograd_core.composites.pointwise import (
    add,
    addcdiv,
    addcmul,
    allclose,
    clamp,
    clamp_max,
    clamp_min,
    div,
    equal,
    isclose,
    lerp,
    log_softmax,
    rsub,
    softmax,
    sub,
    where,
)
from autograd_core.composites.reduction import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    std,
    std_mean,
    sum,
    var,
    var_mean,
)
from autograd_core.composites.shaping import (
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    flip,
    movedim,
    permute,
    reshape,
    roll,
    squeeze,
    t,
    transpose,
    tril,
    triu,
    unflatten,
    unsqueeze,
)
from autograd_core.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from autograd_core.dtypes import bool_ as bool
from autograd_core.dtypes import (
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
)
from autograd_core.engine.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from autograd_core.engine.primitive import PRIMITIVES, primitive
from autograd_core.engine.tensor import Parameter, Size, Tensor
from autograd_core.guard import guarded as _guarded
from autograd_core.ops.arithmetic import abs, atan2, floor_divide, fmod, maximum, minimum, mul, neg, remainder, square
from autograd_core.ops.functions import (
    atan,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    log,
    log1p,
    log2,
    log10,
    pow,
    reciprocal,
    relu,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from autograd_core.ops.logic import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    eq,
    floor,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    round,
    sign,
    trunc,
)
from autograd_core.ops.shape import clone
from autograd_core.printing import set_printoptions
from autograd_core.sampling import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)

# fmt: on

__version__ = "0.1.0"

half, double, long = float16, float64, int64
float, int, short = float32, int32, int16
absolute, clip, multiply, subtract, divide, negative = abs, clamp, mul, sub, div, neg
true_divide, concat, swapaxes, swapdims = div, cat, transpose, transpose

# 1/0 and log(0) are silent here, as in PyTorch; NumPy's own users keep their warnings.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_core\.")
_methods.bind()
_aliases.install()
_default_from_environment()

# rooms that are loaded when first asked for
_LAZY = {
    "nn": "nn",
    "optim": "optim",
    "data": "autograd_core.data",
    "insight": "autograd_core.insight",
}
_LAZY_NAMES = {"draw": "autograd_core.insight.drawing"}


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return _importlib.import_module(_LAZY[name])
    if name in _LAZY_NAMES:
        return getattr(_importlib.import_module(_LAZY_NAMES[name]), name)
    raise AttributeError(f"module 'autograd_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_LAZY, *_LAZY_NAMES, "__version__"})


def is_tensor(obj: _Any) -> _Any:
    """Return whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> _Any:
    """Return whether the dtype is a real floating one."""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> _Any:
    """Return whether the dtype is a complex one."""
    return input.dtype.is_complex


def numel(input: Tensor) -> _Any:
    """Return the number of elements."""
    return input._array.size


def result_type(tensor1: _Any, tensor2: _Any) -> dtype:
    """Return the dtype that an operation on both gives; 0-d tensors and numbers are weak within their category."""
    from autograd_core.dtypes import promote
    from autograd_core.engine.general import _strength

    return promote([_strength(tensor1), _strength(tensor2)])


# fmt: off
__all__ = [
    "Generator", "PRIMITIVES", "Parameter", "Size", "Tensor", "Variable", "abs", "absolute", "add", "addcdiv",
    "addcmul", "addmm", "all", "allclose", "amax", "amin", "any", "arange", "argmax", "argmin", "argsort",
    "as_tensor", "atan", "atan2", "atleast_1d", "autograd", "bernoulli", "bitwise_and", "bitwise_not", "bitwise_or",
    "bitwise_xor", "bmm", "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to", "cat", "ceil", "chunk",
    "clamp", "clamp_max", "clamp_min", "clip", "clone", "complex128", "complex64", "concat", "cos", "cosh", "cuda",
    "cumprod", "cumsum", "default_generator", "device", "diag", "diagonal", "div", "divide", "dot", "double", "dtype",
    "einsum", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "exp", "expm1", "eye", "finfo", "flatten",
    "flip", "float", "float16", "float32", "float64", "floor", "floor_divide", "fmod", "from_dlpack", "from_numpy",
    "full", "full_like", "gather", "ge", "get_default_device", "get_default_dtype", "get_rng_state", "gt", "half",
    "hstack", "iinfo", "index_add", "index_select", "inference_mode", "initial_seed", "int", "int16", "int32",
    "int64", "int8", "is_complex", "is_floating_point", "is_grad_enabled", "is_inference_mode_enabled", "is_tensor",
    "isclose", "isfinite", "isinf", "isnan", "le", "lerp", "linalg", "linspace", "log", "log10", "log1p", "log2",
    "log_softmax", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "long", "lt",
    "manual_seed", "masked_fill", "masked_select", "matmul", "max", "maximum", "mean", "meshgrid", "min", "minimum",
    "mm", "movedim", "mul", "multinomial", "multiply", "mv", "narrow", "ne", "neg", "negative", "no_grad", "nonzero",
    "norm", "normal", "numel", "ones", "ones_like", "outer", "permute", "pow", "primitive", "prod", "promote_types",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "reciprocal", "relu",
    "remainder", "reshape", "result_type", "roll", "round", "rsqrt", "rsub", "scalar_tensor", "scatter",
    "scatter_add", "seed", "select", "set_default_device", "set_default_dtype", "set_grad_enabled",
    "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin", "sinh", "softmax", "sort", "split",
    "sqrt", "square", "squeeze", "stack", "std", "std_mean", "sub", "subtract", "sum", "swapaxes", "swapdims", "t",
    "take_along_dim", "tan", "tanh", "tensor", "tensordot", "tile", "topk", "trace", "transpose", "tril", "triu",
    "true_divide", "trunc", "uint8", "unbind", "unflatten", "unsqueeze", "var", "var_mean", "vstack", "where",
    "zeros", "zeros_like",
]
# fmt: on

for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith("autograd_core.composites"):
        globals()[_name] = _guarded(globals()[_name])
