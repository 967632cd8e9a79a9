"""Shape rules of windows, of recurrent layers, of matrices' factors, and of Fourier transforms."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.windows import conv_shape, fold_shape, pool_shape, unfold_shape
from autograd_core.errors import ShapeError
from autograd_core.programs.ir import Shape
from autograd_core.programs.shape_rules import axes, axis, broadcast, need, rule

LARGEST = 1 << 31
LONGEST = 1 << 20  # windows along a dim that are looked at one by one

# ---- windows ----


def _spatial(x: Shape, geometry: dict[str, Any]) -> None:
    """Check that there are spatial dims, and that no number is beyond what kernels compute with."""
    need(len(x) > 2, f"the shape is {x}; wanted at least one spatial dim")
    numbers = [n for v in geometry.values() for n in (v if isinstance(v, tuple) else (v,)) if n is not None]
    need(all(abs(n) < LARGEST for n in numbers), f"{geometry}; wanted numbers below {LARGEST}")


@rule("conv")
def _conv(x: Shape, w: Shape, b: Shape | None, **geometry: Any) -> Shape:
    _spatial(x, geometry)
    need(len(w) == len(x), f"x {x}, w {w}; wanted as many dims")
    out = conv_shape("conv", x, w, **geometry)
    need(b in (None, w[:1]), f"b has shape {b}; wanted {w[:1]}")
    return tuple(out)


def _made_of(u: Shape, x: Shape, w: Shape, **geometry: Any) -> None:
    """Check that ``u`` is a gradient of the convolution of x and w; an input may have room for more windows."""
    out = _conv(x, w, None, **geometry)
    fits = len(u) == len(out) and u[:2] == out[:2] and all(0 < n <= m for n, m in zip(u[2:], out[2:], strict=True))
    need(fits, f"u has shape {u}; the convolution of {x} with {w} has {out}")


@rule("conv_input_grad")
def _conv_input_grad(u: Shape, w: Shape, *, input_size: Shape, **geometry: Any) -> Shape:
    need(min(len(u), len(w)) > 2, f"u {u}, w {w}; wanted at least one spatial dim")
    x = (u[0], w[1] * geometry["groups"], *input_size)
    _made_of(u, x, w, **geometry)
    return x


@rule("conv_weight_grad")
def _conv_weight_grad(u: Shape, x: Shape, *, kernel_size: Shape, **geometry: Any) -> Shape:
    need(min(len(u), len(x)) > 2 and geometry["groups"] > 0, f"u {u}, x {x}, groups {geometry['groups']}")
    w = (u[1], x[1] // geometry["groups"], *kernel_size)
    _made_of(u, x, w, **geometry)
    return w


@rule("unfold")
def _unfold(x: Shape, **geometry: Any) -> Shape:
    _spatial(x, geometry)
    return tuple(unfold_shape("unfold", x, **geometry))


@rule("fold")
def _fold(columns: Shape, *, output_size: Shape, **geometry: Any) -> Shape:
    _spatial((1, 1, *output_size), geometry)
    need(all(k > 0 for k in geometry["kernel_size"]), f"kernel_size is {geometry['kernel_size']}")
    return tuple(fold_shape("fold", columns, output_size, **geometry))


@rule("avg_pool")
def _avg_pool(x: Shape, *, count_include_pad: bool, divisor_override: int | None, **geometry: Any) -> Shape:
    _spatial(x, geometry | {"divisor_override": divisor_override})
    need(divisor_override != 0, "divisor_override is 0")
    return tuple(pool_shape("avg_pool", x, **{"dilation": (1,) * len(geometry["padding"])} | geometry))


@rule("avg_pool_grad")
def _avg_pool_grad(u: Shape, *, input_size: Shape, **geometry: Any) -> Shape:
    x = (*u[:2], *input_size)
    made = _avg_pool(x, **geometry)
    need(made == u, f"u has shape {u}; pooling {x} gives {made}")
    return x


@rule("max_pool")
def _max_pool(x: Shape, **geometry: Any) -> list[Shape]:
    _spatial(x, geometry)
    need(max(x[2:]) + 2 * max(geometry["padding"]) <= LONGEST, f"x {x}; wanted at most {LONGEST} a dim")
    return [tuple(pool_shape("max_pool", x, **geometry))] * 2


@rule("max_pool_places")
def _places(which: Shape, *, input_size: Shape, **geometry: Any) -> Shape:
    _spatial(which, geometry)
    lengths = {len(which) - 2, len(input_size), *(len(v) for v in geometry.values())}
    need(len(lengths) == 1 and all(n > 0 for v in (input_size, geometry["kernel_size"]) for n in v), f"{geometry}")
    return which


# ---- recurrent layers ----


def _layer(gates: int, x: Shape, w_ih: Shape, b_ih: Any, w_hh: Shape, b_hh: Any, h: Shape, sizes: Shape) -> int:
    """Check what the layers share; return the number of units."""
    need({len(s) for s in (x, w_ih, w_hh, h)} == {2}, f"x {x}, w_ih {w_ih}, w_hh {w_hh}, h {h}; wanted matrices")
    need(sizes and min(sizes) >= 0 and list(sizes) == sorted(sizes, reverse=True), f"sizes is {sizes}")
    need(sum(sizes) == x[0] and sizes[0] == h[0], f"sizes is {sizes}; x has {x[0]} rows, h {h[0]}")
    rows, units = w_ih[0], w_ih[0] // gates
    need(rows == gates * units and w_ih[1] == x[1] and w_hh == (rows, h[1]), f"x {x}, w_ih {w_ih}, w_hh {w_hh}")
    need(all(b in (None, (rows,)) for b in (b_ih, b_hh)), f"biases {b_ih}, {b_hh}; wanted ({rows},)")
    return units


@rule("lstm")
def _lstm(
    x: Shape, w_ih: Shape, b_ih: Any, w_hh: Shape, b_hh: Any, w_hr: Any, h: Shape, c: Shape, *, sizes: Shape,
    reverse: bool,
) -> list[Shape]:  # fmt: skip
    units = _layer(4, x, w_ih, b_ih, w_hh, b_hh, h, sizes)
    projected = h[1] == units if w_hr is None else w_hr == (h[1], units)
    need(c == (h[0], units) and projected, f"h {h}, c {c}, w_hr {w_hr}")
    return [(x[0], h[1]), h, c]


@rule("gru", "rnn")
def _gru(
    x: Shape, w_ih: Shape, b_ih: Any, w_hh: Shape, b_hh: Any, h: Shape, *, sizes: Shape, nonlinearity: str = "",
    **_: Any,
) -> list[Shape]:  # fmt: skip
    units = _layer(1 if nonlinearity else 3, x, w_ih, b_ih, w_hh, b_hh, h, sizes)
    need(h[1] == units, f"h has shape {h}; wanted {units} units")
    return [(x[0], units), h]


# ---- matrices ----


def _matrix(a: Shape) -> tuple[Shape, int, int]:
    need(len(a) > 1, f"the shape is {a}; wanted matrices")
    return a[:-2], a[-2], a[-1]


def _square(a: Shape) -> tuple[Shape, int]:
    lead, n, m = _matrix(a)
    need(n == m, f"the shape is {a}; wanted square matrices")
    return lead, n


@rule("solve")
def _solve(a: Shape, b: Shape, **_: Any) -> Shape:
    (lead, n), (others, m, k) = _square(a), _matrix(b)
    need(n == m, f"a {a} and b {b} do not fit")
    return (*broadcast(lead, others), n, k)


@rule("cholesky")
def _cholesky(a: Shape, **_: Any) -> Shape:
    _square(a)
    return a


@rule("det")
def _det(a: Shape, *, cofactors: bool) -> Shape:
    return a if cofactors and _square(a) else _square(a)[0]


@rule("slogdet")
def _slogdet(a: Shape) -> list[Shape]:
    return [_square(a)[0]] * 2


@rule("eigh")
def _eigh(a: Shape, **_: Any) -> list[Shape]:
    return [(*_square(a)[0], a[-1]), a]


@rule("qr")
def _qr(a: Shape, *, complete: bool) -> list[Shape]:
    lead, n, m = _matrix(a)
    k = n if complete else min(n, m)
    return [(*lead, n, k), (*lead, k, m)]


@rule("svd")
def _svd(a: Shape, *, full_matrices: bool) -> list[Shape]:
    lead, n, m = _matrix(a)
    k = min(n, m)
    return [(*lead, n, n if full_matrices else k), (*lead, k), (*lead, m if full_matrices else k, m)]


# ---- Fourier transforms ----


@rule("fft")
def _fft(x: Shape, *, dims: Shape, **_: Any) -> Shape:
    need(all(x[d] for d in axes(x, dims)), f"a dim of {x} to transform is empty")
    return x


@rule("rfft")
def _rfft(x: Shape, *, dims: Shape, **_: Any) -> Shape:
    return _with_last(_fft(x, dims=dims), dims, lambda n: n // 2 + 1)


@rule("irfft")
def _irfft(x: Shape, *, dims: Shape, n: int, **_: Any) -> Shape:
    need(n > 0, f"n is {n}; wanted at least 1")
    need(_fft(x, dims=dims) and dims and x[dims[-1]] == n // 2 + 1, f"n is {n}, of {x} along {dims}")
    return _with_last(x, dims, lambda _: n)


def _with_last(x: Shape, dims: Shape, length: Any) -> Shape:
    if not dims:
        raise ShapeError("dims is empty; wanted at least one")
    d = axis(x, dims[-1])
    return (*x[:d], length(x[d]), *x[d + 1 :])
