"""The op table: one row per primitive of the language.  The tests in ``tests/ops`` run every row.

A new primitive is its block in ``autograd_core/ops`` and its row here; ``tests/rows.py`` says what the columns mean.
``tests/function_table.py`` does the same for the public functions that are made of primitives.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np

import autograd_core as ag
import autograd_core.ops
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests import references as ref
from tests import twins
from tests.rows import (
    ALL,
    DISCRETE,
    FLOATS,
    NUMBERS,
    Row,
    bad,
    broken,
    complex_numbers,
    distinct,
    nonzero,
    positive,
    real,
    s,
)
from tests.tables import gathered

for _room in pkgutil.iter_modules(autograd_core.ops.__path__):
    importlib.import_module(f"autograd_core.ops.{_room.name}")  # fill the table of primitives

PRIMITIVES = {name: p for name, p in ag.PRIMITIVES.items() if p.forward.__module__.startswith("autograd_core.")}

# Samples that many rows share.
START = np.frombuffer(ag.Generator().manual_seed(0).get_state().numpy().tobytes(), np.uint8)
ANY = (s((2, 3)), s(()), s((0, 2)))
PAIRS = (s((2, 3), (2, 3)), s((2, 3), (3,)), s((2, 1), (1, 3)), s((), (2,)), s((), ()), s((0, 2), (1,)))
RIGHT = (*PAIRS, s((3,), 2.0))  # with a number on the right
BOTH = (*RIGHT, s(2.0, (3,)))
OVER = (s((2, 3), dim=(1,)), s((2, 3), dim=(0,), keepdim=True), s((2, 2, 2), dim=(0, 2)), s((), dim=()))
EMPTY = (s((3, 0), dim=(1,)),)
NONE = (s((0, 2), dim=(1,)),)  # an empty result, where an empty reduction has no answer
ALONG = (s((2, 3), dim=1), s((2, 3), dim=0), s((2, 2, 2), dim=1), s((0, 2), dim=1))
KEPT = (s((2, 3), dim=1), s((2, 3), dim=0, keepdim=True), s((0, 2), dim=1))
MASK = np.array([[True, False, True], [False, False, True]])
BACK, LINE = np.array([2, 0, 2]), np.array([[0, 2], [1, 1]])
SQUARE = (s((3, 3)), s((2, 3), diagonal=1), s((2, 3, 2), diagonal=-1))
KEYS = (
    (1,), (slice(1, 3), slice(None, None, 2)), (None, Ellipsis, -1), (slice(0, 0),), (BACK,), (LINE, slice(1, 3)),
    (slice(None), BACK), (LINE, BACK[:2]), (np.eye(3, 4) > 0,),
)  # fmt: skip


def unary(name: str, **columns: Any) -> Row:
    """A function of one tensor, elementwise."""
    what = (bad(DTypeError, f"^{name}: got str; wanted at least one Tensor", "text"),)
    return Row(name, *ANY, **{"dtypes": ALL, "errors": what} | columns)


def pair(name: str, *samples: Any, **columns: Any) -> Row:
    """A function of two tensors that broadcast."""
    shapes = rf"^{name}: the shapes of input \(2, 3\) and \w+ \(4,\) do not broadcast at dim -1 \(size 3 against 4\)"
    kind = f"^{name}: got an argument of type str; wanted a Tensor or a number"
    what = (bad(ShapeError, shapes, (2, 3), (4,)), bad(DTypeError, kind, (2,), "text"))
    return Row(name, *(samples or BOTH), **{"dtypes": NUMBERS, "errors": what} | columns)


def bits(name: str) -> Row:
    """A function of two integers or booleans, bit by bit."""
    shapes = rf"^{name}: the shapes of input \(2, 2\) and other \(3,\) do not broadcast at dim -1 \(size 2 against 3\)"
    kind = rf"^{name}: .*got input float64\[2\], other float64\[2\]"
    what = (bad(ShapeError, shapes, LINE, BACK), bad(DTypeError, kind, (2,), (2,)))
    return Row(name, *PAIRS, dtypes=DISCRETE, order=0, errors=what)


def misfit(name: str, match: str, *args: Any, **options: Any) -> Any:
    """The error column of a row with one call whose shapes do not fit."""
    return (bad(ShapeError, f"^{name}: {match}", *args, **options),)


# fmt: off
ROWS = [
    # ---- arithmetic ----
    pair("add", dtypes=ALL),
    pair("sub", numpy="subtract"),
    pair("mul", numpy="multiply", dtypes=ALL, linear=(0, 1)),
    pair("div", numpy="divide", domain=nonzero, dtypes=ALL, linear=(0,)),
    pair("pow", *BOTH, s((2,), 3), s((2,), 0.5), numpy="power", domain=(positive, real), dtypes=FLOATS),
    pair("floor_divide", *RIGHT, domain=nonzero, torch=lambda t, a, b: t.div(a, b, rounding_mode="floor")),
    pair("remainder", *RIGHT, domain=(real, nonzero)),
    pair("fmod", *RIGHT, domain=(real, nonzero)),
    pair("maximum", *PAIRS, domain=distinct, dtypes=ALL),
    pair("minimum", *PAIRS, domain=distinct, dtypes=ALL),
    pair("atan2", *PAIRS, numpy="arctan2", domain=nonzero, dtypes=FLOATS),
    Row("keep", s((2, 3), MASK), s((2, 3), MASK[0]), s((), np.array(False)), dtypes=NUMBERS, linear=(0,),
        numpy=lambda x, mask: np.where(mask, x, 0).astype(x.dtype),
        torch=lambda t, x, mask: t.where(mask, x, t.zeros_like(x))),
    Row("where", s(MASK, (2, 3), (3,)), s(MASK, (), (2, 3)), s(np.array(True), (2,), ()), s(MASK[0], (2, 3), 0.0),
        dtypes=NUMBERS, errors=misfit("where", r"the shapes of condition \(2, 3\) and input \(4,\) and other \(3,\) do "
                                               r"not broadcast at dim -1 \(size 3 against 4\)", MASK, (4,), (3,))),
    unary("neg", numpy="negative", dtypes=NUMBERS, linear=(0,)),
    unary("abs", domain=broken, dtypes=NUMBERS),
    unary("square", dtypes=NUMBERS),
    unary("conjugate", domain=complex_numbers, dtypes=FLOATS, torch="conj", linear=(0,)),
    Row("clamp", s((2, 3), low=-0.5, high=0.5), s((4,), low=0.1), s((4,), high=0.1), s((), low=0, high=1),
        numpy=lambda x, *, low=None, high=None: np.clip(x, low, high), torch=twins.clamp),

    # ---- functions ----
    unary("exp"),
    unary("expm1"),
    unary("log", domain=positive),
    unary("log1p", domain=positive),
    unary("log2", domain=positive),
    unary("log10", domain=positive),
    unary("sqrt", domain=positive),
    unary("rsqrt", domain=positive, numpy=lambda x: x**-0.5),
    unary("sin"),
    unary("cos"),
    unary("tan", domain=lambda rng, shape: real(rng, shape) % 2.8 - 1.4),
    unary("atan", numpy="arctan"),
    unary("sinh"),
    unary("cosh"),
    unary("tanh"),
    unary("sigmoid", numpy=ref.sigmoid),
    unary("erf", numpy=ref.erf),
    unary("softplus", numpy=lambda x: np.log1p(np.exp(x)), torch="nn.functional.softplus", dtypes=FLOATS),
    unary("silu", numpy=lambda x: x * ref.sigmoid(x), torch="nn.functional.silu", dtypes=FLOATS),
    Row("leaky_relu", s((2, 3), slope=0.1), s((), slope=-0.5), s((4,), slope=1.5), domain=broken,
        numpy=lambda x, *, slope: np.where(x > 0, x, x * slope),
        torch=lambda t, x, *, slope: t.nn.functional.leaky_relu(x, slope)),
    unary("relu", domain=broken, dtypes=NUMBERS, numpy=lambda x: np.where(x > 0, x, 0)),

    # ---- piecewise constant: the gradient is zero ----
    unary("sign", domain=broken, dtypes=NUMBERS),
    Row("whole", *(s((2, 3), name=name) for name in ("floor", "ceil", "trunc")), domain=broken, dtypes=NUMBERS,
        numpy=lambda x, *, name: getattr(np, name)(x), torch=lambda t, x, *, name: getattr(t, name)(x)),
    Row("round", *ANY, s((3,), decimals=1), domain=broken),

    # ---- comparison and logic: no gradient ----
    pair("eq", *RIGHT, numpy="equal", order=0, dtypes=ALL),
    pair("ne", *RIGHT, numpy="not_equal", order=0, dtypes=ALL),
    pair("lt", *RIGHT, numpy="less", order=0, dtypes=ALL),
    pair("le", *RIGHT, numpy="less_equal", order=0, dtypes=ALL),
    pair("gt", *RIGHT, numpy="greater", order=0, dtypes=ALL),
    pair("ge", *RIGHT, numpy="greater_equal", order=0, dtypes=ALL),
    bits("bitwise_and"),
    bits("bitwise_or"),
    bits("bitwise_xor"),

    # ---- reductions ----
    Row("sum", *OVER, *EMPTY, numpy=ref.over(np.sum), torch=twins.over("sum"), dtypes=ALL, linear=(0,)),
    Row("spread", s((2,), shape=(2, 3), dim=(1,)), s((1, 3), shape=(2, 3), dim=(0,)), s((), shape=(2, 2), dim=(0, 1)),
        s((100,), shape=(100, 300), dim=(1,)), s((2,), shape=(2, 0), dim=(1,)), numpy=ref.spread, torch=twins.spread,
        linear=(0,)),
    Row("mean", *OVER, *NONE, numpy=ref.over(np.mean), torch=twins.over("mean"), linear=(0,)),
    Row("extremum", *OVER, *NONE, s((2, 3), dim=(1,), largest=False), domain=distinct, numpy=ref.extremum, dtypes=ALL,
        torch=twins.extremum),
    Row("extreme", *KEPT, s((2, 3), dim=1, largest=False), domain=distinct, numpy=ref.extreme, torch=twins.extreme,
        dtypes=ALL),
    Row("argextreme", *KEPT, s((2, 3), dim=None), s((2, 3), dim=0, largest=False), domain=distinct,
        numpy=ref.argextreme, torch=twins.argextreme, order=0),
    Row("truth", *OVER, *EMPTY, s((2, 3), dim=(1,), every=True), numpy=ref.truth, torch=twins.truth, order=0,
        dtypes=ALL),
    Row("cumsum", *ALONG, s((), dim=0), numpy=lambda x, *, dim: x if not x.ndim else np.cumsum(x, dim), dtypes=ALL,
        linear=(0,)),
    Row("logsumexp", *OVER[:3], *NONE, numpy=ref.logsumexp,
        composition=lambda x, *, dim, keepdim=False: ag.log(ag.sum(ag.exp(x), dim, keepdim))),
    Row("softmax", *ALONG, numpy=ref.softmax, composition=lambda x, *, dim: ag.exp(x) / ag.sum(ag.exp(x), dim, True)),
    Row("log_softmax", *ALONG, numpy=ref.log_softmax,
        composition=lambda x, *, dim: x - ag.log(ag.sum(ag.exp(x), dim, True))),
    Row("norm", *OVER, *NONE, *(s((2, 3), dim=(1,), p=p) for p in (0.0, 0.5, 1.0, 1.5, 3.0, np.inf, -np.inf, -1.0)),
        domain=nonzero, numpy=ref.norm, torch=twins.norm),

    # ---- shapes ----
    Row("reshape", s((2, 3), shape=(3, 2)), s((2, 3), shape=(6,)), s((), shape=(1, 1)), s((0, 2), shape=(2, 0)),
        numpy=lambda x, *, shape: x.reshape(shape), dtypes=ALL, linear=(0,),
        errors=misfit("reshape", r".*got x float64\[2, 3\], shape=\(4,\)", (2, 3), shape=(4,))),
    Row("permute", s((2, 3), dims=(1, 0)), s((2, 1, 3), dims=(2, 0, 1)), s((), dims=()), dtypes=ALL, linear=(0,),
        numpy=lambda x, *, dims: x.transpose(dims),
        errors=misfit("permute", r".*got x float64\[2, 3\], dims=\(0,\)", (2, 3), dims=(0,))),
    Row("broadcast_to", s((2, 1), shape=(2, 3)), s((3,), shape=(2, 3)), s((), shape=(2,)), s((0, 1), shape=(0, 2)),
        torch=twins.broadcast_to, dtypes=ALL, linear=(0,),
        errors=misfit("broadcast_to", r".*got x float64\[3\], shape=\(2,\)", (3,), shape=(2,))),
    Row("sum_to", s((2, 3), shape=(2, 1)), s((2, 3), shape=(3,)), s((2, 3), shape=()), s((2, 0), shape=(2, 1)),
        numpy=ref.sum_to, torch=twins.sum_to, linear=(0,)),
    Row("cast", s((2, 3), dtype=np.dtype("float64")), s((), dtype=np.dtype("float64")), dtypes=ALL, linear=(0,),
        numpy=lambda x, *, dtype: x.astype(dtype), torch=twins.cast),
    Row("clone", *ANY, numpy="copy", dtypes=ALL, linear=(0,)),
    Row("detach", *ANY, s((2,), tangent=True), numpy=lambda x, *, tangent=False: x, dtypes=ALL, order=0,
        torch=lambda t, x, *, tangent=False: x.detach()),
    Row("draw", s([START], of="uniform", size=(2, 3), dtype=np.dtype("float32")), s([START], of="normal", size=(),
        dtype=np.dtype("float64")), s([START], of="permutation", size=(5,), dtype=np.dtype("int64")),
        numpy=ref.draw, torch=None, dtypes=("float64",), order=0, syncs=True),
    Row("cat", s([(2, 3), (1, 3)], dim=0), s([(2, 1), (2, 2), (2, 0)], dim=1), s([(3,)], dim=0), dtypes=ALL,
        numpy=lambda xs, *, dim: np.concatenate(xs, dim), linear=(0,),
        errors=misfit("cat", r".*got xs \[float64\[2, 3\], float64\[2, 2\]\]", [(2, 3), (2, 2)], dim=0)),
    Row("pad", s((2, 3), widths=((1, 0), (0, 2))), s((3,), widths=((2, 2),)), s((), widths=()), dtypes=ALL,
        numpy=lambda x, *, widths: np.pad(x, widths) if widths else x, torch=twins.pad, linear=(0,)),
    Row("roll", s((2, 3), shifts=(1,), dims=(1,)), s((2, 3), shifts=(-1, 4), dims=(0, 1)),
        s((0,), shifts=(1,), dims=(0,)), numpy=lambda x, *, shifts, dims: np.roll(x, shifts, dims), linear=(0,)),
    Row("transfer", s((2, 3), device=ag.device("cpu")), numpy=lambda x, *, device: x, torch=None, linear=(0,)),

    # ---- indexing ----
    Row("getitem", *(s((3, 4), key=key) for key in KEYS), numpy=lambda x, *, key: x[key], torch=twins.getitem,
        dtypes=ALL, linear=(0,),
        errors=(bad(IndexRangeError, r"^getitem: index 5 .*got x float64\[3, 4\]", (3, 4), key=(5,)),
                bad(IndexRangeError, r"^getitem: too many indices.*got x float64\[3\]", (3,), key=(0, 0)))),
    Row("put_zeros", s((4,), shape=(3, 4), key=(1,)), s((3, 4), shape=(3, 4), key=(BACK,)),
        s((2, 2), shape=(3,), key=(LINE,)), s((2, 3), shape=(2, 3), key=(slice(None), BACK)),
        s((1, 2), shape=(3, 2), key=(slice(0, 1),)), numpy=ref.put_zeros, torch=twins.put_zeros, linear=(0,)),
    Row("setitem", s((3, 4), (4,), key=(1,)), s((3, 4), (3, 1), key=(slice(None), slice(1, 3))),
        s((3, 4), (), key=(BACK[1:],)), s((3,), 2.0, key=(slice(1, 3),)), s((2, 3), (3,), key=(MASK,)),
        numpy=ref.setitem, torch=twins.setitem, dtypes=ALL,
        errors=misfit("setitem", r"the shapes of x \(3, 4\) and v \(3,\) do not broadcast", (3, 4), (3,), key=(1,))),
    Row("gather", s((3, 4), LINE, dim=0), s((2, 3), LINE, dim=1), s((3,), BACK, dim=0),
        s((2, 3), np.zeros((2, 0), int), dim=1), numpy=ref.gather, torch=twins.gather, dtypes=ALL, linear=(0,)),
    Row("scatter_zeros", s((2, 2), LINE, shape=(3, 4), dim=0), s((2, 2), LINE, shape=(2, 3), dim=1),
        s((4, 3), LINE, shape=(3, 2), dim=0), s((3,), BACK, shape=(3,), dim=0), numpy=ref.scatter_zeros,
        torch=twins.scatter_zeros, linear=(0,)),
    Row("replace_view", s((3, 4), (4,), view=PRIMITIVES["getitem"], meta={"key": (1,)}),
        s((2, 3), (3, 2), view=PRIMITIVES["permute"], meta={"dims": (1, 0)}), numpy=ref.replace_view, torch=None),

    # ---- products ----
    Row("matmul", s((2, 3), (3, 2)), s((2, 2, 3), (3, 1)), s((2, 1, 2), (1, 2, 2)), s((2, 1, 1, 3), (2, 3, 1)),
        s((0, 2), (2, 3)), s((2, 0), (0, 3)), dtypes=NUMBERS, linear=(0, 1),
        errors=(*misfit("matmul", r"the shapes of a \(2, 3\) and b \(2, 3\)", (2, 3), (2, 3)),
                bad(DTypeError, r"^matmul: the arguments have dtypes ag.float64 and ag.int64, expected them to have "
                                r"the same dtype; got a float64\[2, 2\], b int64\[2, 2\]", (2, 2), LINE))),
    Row("linear", s((2, 3), (4, 3), (4,)), s((2, 3), (1, 3), None), s((0, 3), (2, 3), (2,)),
        s((2, 2, 3), (4, 3), (4,)), s((3,), (2, 3), (2,)), s((2, 0, 3), (2, 3), None), linear=(),
        numpy=lambda x, w, b: x @ w.T + (0 if b is None else b), torch="nn.functional.linear",
        composition=lambda x, w, b: x @ w.T + (0 if b is None else b),
        errors=misfit("linear", r"input has 3 features \(shape \(2, 3\)\), but weight has shape \(4, 2\), which "
                                r"takes 2", (2, 3), (4, 2), (4,))),
]

# ---- windows ----

FLAT = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
WIDE = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
LONG = {"stride": (2,), "padding": (1,), "dilation": (1,)}
DEEP = {"stride": (1, 1, 1), "padding": (0, 0, 0), "dilation": (1, 1, 1)}
POOL = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0)}
OVERLAP = {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 1)}
FULL = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
REST = {"ceil_mode": True, "count_include_pad": False, "divisor_override": None}

ROWS += [
    Row("conv", s((2, 2, 4, 3), (3, 2, 3, 2), None, **FLAT, groups=1),
        s((1, 2, 5, 4), (2, 1, 3, 2), (2,), **WIDE, groups=2), s((2, 1, 5), (2, 1, 2), (2,), **LONG, groups=1),
        s((1, 2, 3, 2, 3), (1, 2, 2, 2, 2), (1,), **DEEP, groups=1), numpy=ref.conv, torch=twins.conv,
        errors=(*misfit("conv", r"input has 3 channels \(shape \(1, 3, 4, 4\)\); wanted 2, as the weight of shape",
                        (1, 3, 4, 4), (1, 2, 2, 2), None, **FLAT, groups=1),
                *misfit("conv", r"input of spatial size \(2, 2\).*wanted at least \(3, 3\)", (1, 1, 2, 2), (1, 1, 3, 3),
                        None, **FLAT, groups=1))),
    Row("conv_input_grad", s((2, 3, 2, 2), (3, 2, 3, 2), input_size=(4, 3), **FLAT, groups=1),
        s((1, 2, 3, 6), (2, 1, 3, 2), input_size=(5, 4), **WIDE, groups=2),
        s((2, 2, 3), (2, 1, 2), input_size=(5,), **LONG, groups=1),
        numpy=ref.conv_input_grad, torch=twins.conv_input_grad, linear=(0, 1)),
    Row("conv_weight_grad", s((2, 3, 2, 2), (2, 2, 4, 3), kernel_size=(3, 2), **FLAT, groups=1),
        s((1, 2, 3, 6), (1, 2, 5, 4), kernel_size=(3, 2), **WIDE, groups=2),
        s((2, 2, 3), (2, 1, 5), kernel_size=(2,), **LONG, groups=1),
        numpy=ref.conv_weight_grad, torch=twins.conv_weight_grad, linear=(0, 1)),
    Row("unfold", s((2, 2, 3, 3), kernel_size=(2, 2), **FLAT), s((1, 2, 5, 4), kernel_size=(3, 2), **WIDE),
        numpy=ref.unfold, torch=twins.unfold, linear=(0,)),
    Row("fold", s((2, 8, 4), output_size=(3, 3), kernel_size=(2, 2), **FLAT),
        s((1, 12, 18), output_size=(5, 4), kernel_size=(3, 2), **WIDE), numpy=ref.fold, torch=twins.fold, linear=(0,),
        errors=misfit("fold", r"input has 3 columns \(shape \(1, 4, 3\)\); wanted 4", (1, 4, 3), output_size=(3, 3),
                      kernel_size=(2, 2), **FLAT)),
    Row("max_pool", s((2, 2, 4, 4), **POOL, dilation=(1, 1), ceil_mode=False),
        s((1, 2, 5, 4), **OVERLAP, dilation=(1, 2), ceil_mode=False),
        s((1, 1, 5, 5), **POOL, dilation=(1, 1), ceil_mode=True),
        s((1, 2, 5), kernel_size=(2,), stride=(2,), padding=(0,), dilation=(1,), ceil_mode=False),
        domain=distinct, numpy=ref.max_pool, torch=twins.max_pool,
        errors=misfit("max_pool", r"got padding=\(2, 2\); wanted at most half of kernel_size=\(2, 2\)", (1, 1, 4, 4),
                      kernel_size=(2, 2), stride=(2, 2), padding=(2, 2), dilation=(1, 1), ceil_mode=False)),
    Row("avg_pool", s((2, 2, 4, 4), **POOL, **FULL), s((1, 2, 5, 4), **OVERLAP, **REST),
        s((1, 1, 5, 5), **POOL, **REST), s((1, 1, 4, 4), **POOL, **FULL | {"divisor_override": 3}),
        s((1, 2, 5), kernel_size=(2,), stride=(2,), padding=(1,), **FULL), numpy=ref.avg_pool, torch=twins.avg_pool,
        linear=(0,),
        errors=misfit("avg_pool", r"input has 3 dims \(shape \(1, 4, 4\)\); wanted 4", (1, 4, 4), **POOL, **FULL)),
    Row("avg_pool_grad", s((2, 2, 2, 2), input_size=(4, 4), **POOL, **FULL),
        s((1, 2, 3, 5), input_size=(5, 4), **OVERLAP, **REST), s((1, 1, 3, 3), input_size=(5, 5), **POOL, **REST),
        numpy=ref.avg_pool_grad, torch=twins.avg_pool_grad, linear=(0,)),

    # ---- fused ----
    Row("normalize", s((4, 3), (3,), (3,), dim=(0,), shape=(1, 3), eps=1e-5),
        s((3, 2, 2), (2,), None, dim=(0, 2), shape=(1, 2, 1), eps=1e-3),
        s((2, 4), None, None, dim=(1,), shape=(1, 4), eps=1e-5), domain=(real, positive, real), tolerance=1e-8,
        numpy=ref.normalize, torch=twins.normalize,
        composition=lambda *args, **options: twins.normalize(ag, *args, **options)),
    Row("cross_entropy", s((3, 4), BACK, ignore_index=-100, average=True),
        s((3, 4), BACK, ignore_index=-100, average=False), s((3, 4), BACK, ignore_index=2, average=True),
        s((3, 4), BACK, ignore_index=0, average=False), numpy=ref.cross_entropy, torch=twins.cross_entropy,
        composition=lambda *args, **options: twins.cross_entropy_of_primitives(ag, *args, **options),
        errors=(*misfit("cross_entropy", r"input has shape \(2, 3\) and target \(3,\); wanted \(N, C\) and \(N\)",
                        (2, 3), BACK, ignore_index=-100, average=True),
                bad(IndexRangeError, r"^cross_entropy: Target 2 is out of bounds for dimension with size 2", (3, 2),
                    BACK, ignore_index=-100, average=True))),
    Row("minus_one_hot", s((3, 4), BACK), numpy=ref.minus_one_hot, torch=twins.minus_one_hot),
]
# fmt: on

ROWS += gathered("PRIMITIVES")
for _row in ROWS:
    _row.call = PRIMITIVES[_row.name].call
