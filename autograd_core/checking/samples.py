"""Calls of every primitive, as data: shapes, where the numbers come from, metadata.

In a call a tuple of ints is a tensor of that shape, drawn from the family's domain (one for all tensors, or one for
each), a list is a list of such, an array is a tensor as it stands, and anything else is passed on.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import device
from autograd_core.backend.generator import Stream
from autograd_core.checking.references import REFERENCES
from autograd_core.creation.data import as_tensor
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.tensor import Tensor

__all__ = ["FAMILIES", "Sample", "samples"]

Domain = Callable[[Any, tuple[int, ...]], Any]


# ---- domains: away from kinks and poles ----


def real(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers of either sign."""
    return rng.standard_normal(shape)


def positive(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers in [0.5, 2)."""
    return rng.uniform(0.5, 2, shape)


def above(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers in [1.5, 3)."""
    return rng.uniform(1.5, 3, shape)


def unit(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers in [0.1, 0.8)."""
    return rng.uniform(0.1, 0.8, shape)


def nonzero(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers of either sign, at least 0.5 from zero."""
    return positive(rng, shape) * rng.choice([-1, 1], shape)


def broken(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers at least 0.2 from any whole one."""
    return rng.integers(-3, 3, shape) + rng.uniform(0.2, 0.8, shape)


def distinct(rng: Any, shape: tuple[int, ...]) -> Any:
    """Numbers at least 0.2 from each other."""
    n = int(host.prod(shape))
    return (rng.permutation(n) * 0.3 - 0.15 * n + rng.uniform(0, 0.1, n)).reshape(shape)


def complex_numbers(rng: Any, shape: tuple[int, ...]) -> Any:
    """Complex numbers at least 0.5 from zero."""
    return positive(rng, shape) * host.exp(1j * rng.uniform(-3, 3, shape))


def regular(rng: Any, shape: tuple[int, ...]) -> Any:
    """Square matrices far from singular, with singular values apart; others at random."""
    x = rng.standard_normal(shape)
    square = len(shape) > 1 and shape[-1] == shape[-2]
    return x + host.diag(host.arange(2.0, 2 + 2 * shape[-1], 2)) if square else x


def definite(rng: Any, shape: tuple[int, ...]) -> Any:
    """Positive-definite matrices with eigenvalues apart."""
    x = rng.uniform(-0.3, 0.3, shape)
    return x + x.swapaxes(-1, -2) + host.diag(host.arange(2.0, 2 + shape[-1]))


# ---- families ----


class Written(NamedTuple):
    """One call, as it is written below."""

    args: tuple[Any, ...]
    meta: dict[str, Any]


class Family(NamedTuple):
    """Primitives with the same calls.  ``options``: ``complex_numbers``, as of ``verify``, and ``hermitian``."""

    names: tuple[str, ...]
    calls: tuple[Written, ...]
    domain: Domain | tuple[Domain, ...]
    options: dict[str, Any]


def s(*args: Any, **meta: Any) -> Written:
    """Write a call."""
    return Written(args, meta)


def of(names: str, *calls: Written, domain: Domain | tuple[Domain, ...] = real, **options: Any) -> Family:
    """Give primitives their calls."""
    return Family(tuple(names.split()), calls, domain, options)


ONE = (s((2, 3)), s(()))
TWO = (s((2, 3), (3,)), s((2, 1), (1, 3)), s((), (2,)))
OVER = (s((2, 3), dim=(1,)), s((2, 3, 2), dim=(0, 2), keepdim=True))
ALONG = (s((2, 3), dim=1), s((2, 3, 2), dim=0))
SQUARE = (s((3, 3)), s((2, 2, 2)))
MASK = host.asarray([[True, False, True], [False, False, True]])
BACK, LINE = host.asarray([2, 0, 2]), host.asarray([[0, 2], [1, 1]])
WHOLE, OTHER = host.asarray([[12, -18, 0], [7, 5, -1]]), host.asarray([2, 3, 1])
START, DOUBLE = Stream(0).position(), host.dtype("float64")
WHICH = host.asarray([[[[0, 3], [1, 2]]]])
FLAT: dict[str, Any] = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
WIDE: dict[str, Any] = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
POOL: dict[str, Any] = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0)}
MEAN: dict[str, Any] = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
PACKED: dict[str, Any] = {"sizes": (3, 2, 1)}
SPECIAL = (
    "exp2", "logit", "entr", "erfc", "erfcx", "erfinv", "ndtr", "ndtri", "log_ndtr", "lgamma", "digamma", "i0", "i0e",
    "i1", "i1e", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_k0", "modified_bessel_k1",
    "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
)  # fmt: skip
PAIRS = ("hypot", "logaddexp", "logaddexp2", "xlogy", "xlog1py", "copysign")

FAMILIES = [
    # ---- elementwise ----
    of("add sub mul", *TWO, s((3,), 2.0)),
    of("div atan2", *TWO, domain=nonzero),
    of("pow", *TWO, s((3,), 3), domain=(positive, real)),
    of("floor_divide remainder fmod", *TWO, domain=(real, above)),
    of("maximum minimum", s((2, 3), (3,)), s((), (2,)), domain=distinct),
    of("keep", s((2, 3), MASK), s((2, 3), MASK[0])),
    of("where", s(MASK, (2, 3), (3,)), s(MASK[0], (2, 3), 0.0)),
    of("neg square exp expm1 sin cos tanh sinh cosh sigmoid erf atan asinh softplus silu", *ONE),
    of("abs sign relu round", *ONE, domain=broken),
    of("leaky_relu", s((2, 3), slope=0.1), s((3,), slope=-0.5), domain=broken),
    of("whole", *(s((2, 3), name=name) for name in ("floor", "ceil", "trunc")), domain=broken),
    of("clamp", s((2, 3), low=-1, high=1), s((3,), low=0), domain=broken),
    of("conjugate", *ONE, domain=complex_numbers),
    of("log log1p log2 log10 sqrt rsqrt", *ONE, domain=positive),
    of("tan asin acos atanh", *ONE, domain=unit),
    of("acosh", *ONE, domain=above),
    of("gelu", *ONE, s((3,), approximate="tanh")),
    of("binary_cross_entropy", s((2, 3), (3,)), domain=unit, complex_numbers=False),
    of("special_function", *(s((2,), name=name) for name in SPECIAL), domain=unit),
    of("special_pair", *(s((2,), (2,), name=name) for name in PAIRS),
       *(s(OTHER[:2], (2,), name=name) for name in ("igamma", "igammac", "zeta")), domain=above),
    of("eq ne lt le gt ge", *TWO),
    of("bitwise_and bitwise_or bitwise_xor", s(WHOLE, OTHER), s(MASK, MASK[0])),
    of("bitwise_not", s(WHOLE), s(MASK)),
    of("integer_pair", *(s(WHOLE, OTHER, name=n) for n in ("gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"))),

    # ---- reductions ----
    of("sum mean logsumexp truth", *OVER),
    of("extremum", *OVER, s((2, 3), dim=(1,), largest=False), domain=distinct),
    of("extreme argextreme", *ALONG, s((2, 3), dim=0, keepdim=True, largest=False), domain=distinct),
    of("cumsum softmax log_softmax", *ALONG),
    of("norm", *(s((2, 3), dim=(1,), p=p) for p in (2.0, 1.0, 3.0, float("inf"))), domain=nonzero,
       complex_numbers=False),
    of("spread", s((2,), shape=(2, 3), dim=(1,)), s((1, 3), shape=(2, 3), dim=(0,))),

    # ---- shapes ----
    of("reshape", s((2, 3), shape=(3, 2)), s((2, 3), shape=(6,))),
    of("permute", s((2, 3), dims=(1, 0)), s((2, 1, 3), dims=(2, 0, 1))),
    of("broadcast_to", s((2, 1), shape=(2, 3)), s((3,), shape=(2, 3))),
    of("sum_to", s((2, 3), shape=(2, 1)), s((2, 3), shape=(3,))),
    of("cast", s((2, 3), dtype=host.dtype("float64")), complex_numbers=False),
    of("clone", *ONE),
    of("cat", s([(2, 3), (1, 3)], dim=0), s([(2, 1), (2, 2)], dim=1)),
    of("pad", s((2, 3), widths=((1, 0), (0, 2)))),
    of("roll", s((2, 3), shifts=(1,), dims=(1,)), s((2, 3), shifts=(-1, 4), dims=(0, 1))),
    of("transfer", s((2, 3), device=device("cpu"))),
    of("band", s((3, 3)), s((2, 3, 2), diagonal=-1)),
    of("diagonal", s((3, 3)), s((2, 3, 2), offset=-1)),
    of("strided", s((7,), size=(3, 2), steps=(2, 1)), s((2, 5), size=(2, 3), steps=(2, 1))),
    of("resample", s((2, 4), dim=1, rule=("linear", 4, 6, 4 / 6, 0.5)),
       s((6, 2), dim=0, rule=("linear", 4, 6, 0.6, 0.0), adjoint=True)),

    # ---- indices ----
    of("getitem", *(s((3, 4), key=key) for key in ((1,), (slice(1, 3), slice(None, None, 2)), (None, ..., -1), (BACK,),
       (LINE, slice(1, 3)), (slice(None), BACK)))),
    of("put_zeros", s((4,), shape=(3, 4), key=(1,)), s((3, 4), shape=(3, 4), key=(BACK,)),
       s((2, 3), shape=(2, 3), key=(slice(None), BACK))),
    of("setitem", s((3, 4), (4,), key=(1,)), s((3, 4), (3, 1), key=(slice(None), slice(1, 3))),
       s((2, 3), (3,), key=(MASK,))),
    of("replace_view", s((3, 4), (4,), view="getitem", meta={"key": (1,)}),
       s((2, 3), (3, 2), view="permute", meta={"dims": (1, 0)})),
    of("gather", s((3, 4), LINE, dim=0), s((2, 3), LINE, dim=1)),
    of("scatter_zeros", s((2, 2), LINE, shape=(3, 4), dim=0), s((2, 2), LINE, shape=(2, 3), dim=1)),
    of("scatter_extreme", s((3, 4), (2, 2), LINE, dim=0, largest=True), s((2, 3), (2, 2), LINE, dim=1, largest=False),
       domain=distinct),

    of("argsort", *ALONG, s((4,), dim=0, descending=True), domain=distinct, complex_numbers=False),
    of("running_argextreme", *ALONG, s((2, 3), dim=0, largest=False), domain=distinct),
    of("search", s(host.asarray([-1.0, 0, 0.5, 2]), (2, 3)), s(OTHER[:2], OTHER, right=True), complex_numbers=False),

    of("detach", *ONE, s((2,), tangent=True)),
    of("draw", s([START], of="uniform", size=(2, 3), dtype=DOUBLE), s([START], of="normal", size=(), dtype=DOUBLE),
       s([START], of="integers", size=(4,), numbers=(-2, 9), dtype=host.dtype("int64")),
       s([START, host.asarray([0.5, 3.0])], of="poisson", dtype=DOUBLE), complex_numbers=False),

    # ---- products ----
    of("matmul", s((2, 3), (3, 2)), s((2, 2, 3), (3, 1)), s((2, 1, 2), (1, 2, 2))),
    of("linear", s((2, 3), (4, 3), (4,)), s((2, 2, 3), (4, 3), (4,))),
    of("conv", s((2, 2, 4, 3), (3, 2, 3, 2), (3,), **FLAT, groups=1),
       s((1, 2, 5, 4), (2, 1, 3, 2), (2,), **WIDE, groups=2)),
    of("conv_input_grad", s((2, 3, 2, 2), (3, 2, 3, 2), input_size=(4, 3), **FLAT, groups=1),
       s((1, 2, 3, 6), (2, 1, 3, 2), input_size=(5, 4), **WIDE, groups=2)),
    of("conv_weight_grad", s((2, 3, 2, 2), (2, 2, 4, 3), kernel_size=(3, 2), **FLAT, groups=1),
       s((1, 2, 3, 6), (1, 2, 5, 4), kernel_size=(3, 2), **WIDE, groups=2)),
    of("unfold", s((2, 2, 3, 3), kernel_size=(2, 2), **FLAT), s((1, 2, 5, 4), kernel_size=(3, 2), **WIDE)),
    of("fold", s((2, 8, 4), output_size=(3, 3), kernel_size=(2, 2), **FLAT),
       s((1, 12, 18), output_size=(5, 4), kernel_size=(3, 2), **WIDE)),
    of("max_pool", s((2, 2, 4, 4), **POOL, dilation=(1, 1), ceil_mode=False), domain=distinct),
    of("max_pool_places", s(WHICH, input_size=(4, 4), **POOL, dilation=(1, 1))),
    of("avg_pool", s((2, 2, 4, 4), **POOL, **MEAN)),
    of("avg_pool_grad", s((2, 2, 2, 2), input_size=(4, 4), **POOL, **MEAN)),

    # ---- fused ----
    of("normalize", s((4, 3), (3,), (3,), dim=(0,), shape=(1, 3), eps=1e-5),
       s((3, 2, 2), (2,), (2,), dim=(0, 2), shape=(1, 2, 1), eps=1e-3), domain=(real, positive, real),
       complex_numbers=False),
    of("cross_entropy", s((3, 4), BACK, ignore_index=-100, average=True),
       s((3, 4), BACK, ignore_index=2, average=False), complex_numbers=False),
    of("minus_one_hot", s((3, 4), BACK)),
    of("attend", s((2, 4), (3, 4), (3, 2), (2, 3), (2, 3), scale=0.5),
       s((2, 3, 4), (2, 2, 4), (2, 2, 2), None, None, scale=0.5, causal=True), complex_numbers=False),
    of("lstm", s((6, 3), (8, 3), (8,), (8, 2), (8,), None, (3, 2), (3, 2), **PACKED),
       s((6, 2), (8, 2), (8,), (8, 1), (8,), (1, 2), (3, 1), (3, 2), **PACKED, reverse=True), complex_numbers=False),
    of("gru", s((6, 3), (6, 3), (6,), (6, 2), (6,), (3, 2), **PACKED), complex_numbers=False),
    of("rnn", s((6, 3), (2, 3), (2,), (2, 2), (2,), (3, 2), **PACKED, nonlinearity="tanh"), complex_numbers=False),

    # ---- matrices ----
    of("solve", s((3, 3), (3, 2)), s((2, 2, 2), (2, 1)), s((3, 3), (3, 1), triangle="lower"), domain=regular),
    of("det", *SQUARE, s((3, 3), cofactors=True), domain=regular),
    of("slogdet", *SQUARE, domain=regular),
    of("cholesky", *SQUARE, domain=definite, hermitian=True),
    of("qr", s((3, 2)), s((2, 3, 3)), domain=regular),
    of("eigh", *SQUARE, domain=definite, hermitian=True, complex_numbers=False),  # complex vectors have a free phase
    of("svd", s((3, 2)), s((2, 3, 3)), domain=regular, complex_numbers=False),

    # ---- complex numbers ----
    of("view_as_real", *ONE, domain=complex_numbers),
    of("view_as_complex", s((3, 2)), s((2,)), complex_numbers=False),
    of("fft", s((2, 3), dims=(1,)), s((2, 3), dims=(0, 1), norm="ortho"), s((4,), dims=(0,), inverse=True),
       domain=complex_numbers),
    of("rfft", s((2, 5), dims=(1,)), s((4, 2), dims=(0,), doubled=True), complex_numbers=False),
    of("irfft", s((2, 3), dims=(1,), n=5), s((3, 2), dims=(0,), n=4, halved=True), domain=complex_numbers),
]  # fmt: skip


class Sample(NamedTuple):
    """One call of a primitive, drawn: what ``verify`` takes."""

    name: str
    operation: Callable[..., Any]
    args: list[Any]
    options: dict[str, Any]


def samples(name: str) -> list[Sample]:
    """Return the calls of a primitive."""
    return [
        _sample(name, call, family)
        for family in FAMILIES
        if name in family.names
        for call in family.calls
    ]


def _sample(name: str, call: Written, family: Family) -> Sample:
    rng = host.random.default_rng(zlib.crc32(f"{name}{call}".encode()))
    domains = iter(family.domain if isinstance(family.domain, tuple) else ())

    def one(arg: Any) -> Any:
        if isinstance(arg, list):
            return [one(a) for a in arg]
        if isinstance(arg, host.ndarray):
            return as_tensor(arg.copy())
        if not isinstance(arg, tuple):
            return arg
        domain = next(domains, real) if isinstance(family.domain, tuple) else family.domain
        return as_tensor(host.asarray(domain(rng, arg)))

    options = family.options | call.meta
    if name == "replace_view":
        options["view"] = PRIMITIVES[options["view"]]
    operation = PRIMITIVES[name].call
    if options.pop("hermitian", False):
        operation = _of_hermitian(operation)
    reference = REFERENCES.get(name) or getattr(host, name)
    return Sample(name, operation, [one(a) for a in call.args], {"reference": reference} | options)


def _of_hermitian(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of Hermitian matrices as one of all elements of any matrix."""
    return lambda a, **meta: operation((a + a.mH) / 2 if isinstance(a, Tensor) else a, **meta)
