"""Random programs that fit together: lines of many primitives, whose types inference gives."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import ProgramError
from autograd_core.programs import inference, options
from autograd_core.programs.ir import Application, Bound, Listing, Update, Variable, variables

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"  # `make soak`: long runs
Rng = np.random.Generator
DTYPES = (ag.float32, ag.float64, ag.int64, ag.bool_, ag.complex64)
SHAPES = ((), (1,), (3,), (2, 3), (3, 3), (2, 1, 3))
UNARY = ("exp", "neg", "sqrt", "tanh", "abs", "square", "sign", "relu", "bitwise_not", "clone", "view_as_real")
RISKY = ("svd", "pow", "extreme")  # those that fail on some values, or whose dtypes the device chooses
BINARY = ("add", "sub", "mul", "div", "maximum", "eq", "lt", "bitwise_and", "matmul", "atan2", "pow")


def listing(rng: Rng, length: int = 12, masks: bool = True) -> Listing:
    """A program of up to ``length`` lines; without ``masks`` no length rests on values, so that it runs."""
    inputs = tuple(Variable(f"x{i}", _of(rng, SHAPES), _of(rng, DTYPES)) for i in range(rng.integers(1, 4)))
    bound = [_bound(rng, i) for i in range(rng.integers(0, 4))]
    known = [*inputs, *(b.variable for b in bound)]
    lines: list[Application] = []
    for _ in range(length):
        line = _line(rng, known, len(lines), masks)
        if line is not None:
            lines.append(line)
            known += line.outputs
    return Listing("random", inputs, tuple(bound), tuple(lines), _result(rng, known, 2), _updates(bound, known))


def _of(rng: Rng, choices: Any) -> Any:
    return choices[rng.integers(0, len(choices))]


def _bound(rng: Rng, i: int) -> Bound:
    if rng.integers(0, 2):
        return Bound(_of(rng, ("parameter", "buffer")), Variable(f"layer.{i}.weight", _of(rng, SHAPES), ag.float32))
    shape = _of(rng, SHAPES)
    values = rng.choice([0.5, -1.0, np.inf, np.nan, 1e-30, 3.0], shape).astype("float32")
    return Bound("constant", Variable(f"c{i}", shape, ag.float32), np.asarray(values).tolist())


def _line(rng: Rng, known: list[Variable], i: int, masks: bool) -> Application | None:
    name, args, meta = _call(rng, known)
    prim = ag.PRIMITIVES[name]
    try:
        for key, value in meta.items():
            options.check_option(prim, key, value)
        options.check_arguments(prim, args)
        made = inference.infer(prim, args, meta)
    except ProgramError:
        return None
    assert made is not None
    if not masks and (name in RISKY or any(-1 in shape for shape, _ in made) or any(variables(meta))):
        return None
    shapes = [tuple(2 if n < 0 else n for n in shape) for shape, _ in made]  # a mask's length may be anything
    kinds = [kind or ag.uint8 for _, kind in made]
    outputs = tuple(Variable(f"h{i}.{k}" if k else f"h{i}", s, d) for k, (s, d) in enumerate(zip(shapes, kinds)))
    return Application(name, args, meta, outputs)


def _call(rng: Rng, known: list[Variable]) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    x, y, kind = _of(rng, known), _of(rng, known), rng.integers(0, 9)
    dims = tuple(range(len(x.shape)))
    if kind == 0:
        return _of(rng, UNARY), (x,), {}
    if kind in (1, 2, 3):
        number = _of(rng, (2, 0.5, -1.5e-7, float("inf"), True, 1 + 2j, 10**15))
        return _of(rng, BINARY), (x, y) if rng.integers(0, 3) else _of(rng, ((x, number), (number, x))), {}
    if kind == 4:
        return "sum", (x,), {"dim": dims[: rng.integers(0, len(dims) + 1)], "keepdim": bool(rng.integers(0, 2))}
    if kind == 5:
        return "permute", (x,), {"dims": tuple(int(d) for d in rng.permutation(len(dims)))}
    if kind == 6:
        return "getitem", (x,), {"key": _key(rng, x, known)}
    if kind == 7:
        return "cat", ((x, y, x),), {"dim": 0}
    return _of(rng, (
        ("cast", (x,), {"dtype": _of(rng, DTYPES)}), ("clamp", (x,), {"low": None, "high": 2.5}),
        ("pad", (x,), {"widths": ((1, 2),) * len(dims), "value": float("nan")}), ("svd", (x,), {}),
        ("transfer", (x,), {"device": ag.device("cpu")}), ("special_function", (x,), {"name": "lgamma"}),
        ("replace_view", (x, 0.0), {"view": ag.PRIMITIVES["getitem"], "meta": {"key": _key(rng, x, [])}}),
        ("extreme", (x,), {"dim": 0}), ("linear", (x, y, None), {}), ("where", (x, y, 0.0), {}),
    ))  # fmt: skip


def _key(rng: Rng, x: Variable, known: list[Variable]) -> tuple[Any, ...]:
    arrays = [v for v in known if v.dtype.category < 2]
    parts = [0, slice(None), slice(1, None), slice(None, None, 2), slice(0, -1), None, ..., *arrays]
    return tuple(parts[k] for k in rng.integers(0, len(parts), rng.integers(1, len(x.shape) + 2)))


def _result(rng: Rng, known: list[Variable], depth: int) -> Any:
    kind = rng.integers(0, 6) if depth else 0
    parts = [_result(rng, known, depth - 1) for _ in range(rng.integers(0, 3))] if kind > 2 else []
    if kind == 3:
        return tuple(parts)
    if kind == 4:
        return parts
    if kind == 5:
        return {f'a "name" {i}': part for i, part in enumerate(parts)}
    return _of(rng, known) if kind else _of(rng, (known[-1], None, 3, float("-inf")))


def _updates(bound: list[Bound], known: list[Variable]) -> tuple[Update, ...]:
    made = known[len(known) // 2 :]
    pairs = [(b.variable, v) for b in bound for v in made[:3]]
    fit = {b: v for b, v in pairs if (b.shape, b.dtype) == (v.shape, v.dtype)}
    return tuple(Update(target, value) for target, value in fit.items())


