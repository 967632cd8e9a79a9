"""Reductions, and what runs along a dimension, on any shape, dtype, strides and dims, bad dims too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

import autograd_core as ag
from tests import fuzz
from tests.fuzz import ALL, FLOATS, NUMBERS, REAL, arrays, check, explore

Draw = Callable[..., Any]
INF = float("inf")


def one_dim(draw: Draw, x: Any) -> int:
    n = max(1, x.ndim)
    return draw(st.integers(-n, n - 1))


def any_dim(draw: Draw, x: Any) -> int:
    """Draw a dimension, now and then one that is not there; of empty tensors PyTorch does not look at it."""
    return draw(st.integers(-5, 5)) if x.size and not draw(st.integers(0, 9)) else one_dim(draw, x)


def some_dims(draw: Draw, x: Any) -> Any:
    """Draw a dimension, or several."""
    if draw(st.booleans()):
        return any_dim(draw, x)
    n = max(1, x.ndim)
    return tuple(draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=n, unique_by=lambda d: d % n)))


@st.composite
def calls(
    draw: Draw, array: Any, dims: Draw | None, keepdim: bool = True, more: dict[str, list[Any]] | None = None
) -> Any:
    """Draw an array and the options of a call; without ``dims`` it takes none."""
    x = draw(array)
    options = {} if dims is None else {"dim": dims(draw, x)}
    options |= {"keepdim": draw(st.booleans())} if keepdim else {}
    return x, options | {name: draw(st.sampled_from(values)) for name, values in (more or {}).items()}


def tried(name: str, call: Any) -> None:
    explore(name, call, lambda drawn: check(name, drawn[0], **drawn[1]))


REDUCTIONS = {
    "sum": ALL, "mean": ALL, "nansum": REAL, "nanmean": FLOATS, "amax": ALL, "amin": ALL, "any": ALL, "all": ALL,
    "logsumexp": ALL,
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str) -> None:
    tried(name, calls(arrays(dtypes=REDUCTIONS[name]), some_dims))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "cumsum", "cumprod", "softmax", "log_softmax"])
def test_a_dtype_is_that_of_the_argument_first(name: str) -> None:
    def run(drawn: Any) -> None:
        (x, options), kind = drawn
        function = fuzz.resolve(name)
        made = fuzz.call(ag, function, [x], options | {"dtype": getattr(ag, kind)}, False)
        wide = fuzz.call(ag, function, [x.astype(kind)], options, False)
        assert made.error is None and [y.dtype for y in made.values] == [kind]
        fuzz.agree(made, wide, 1, f"{name} of {x!r}, {options}, {kind}")

    keepdim = name in ("sum", "mean", "nansum", "prod")
    call = calls(arrays(dtypes=NUMBERS, special=False), one_dim, keepdim)
    explore(name, st.tuples(call, st.sampled_from(["float32", "float64"])), run)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "max", "min", "any", "all", "argmax", "var", "std",
                                  "count_nonzero", "nansum", "unique", "aminmax"])  # fmt: skip
def test_reductions_over_everything(name: str) -> None:
    special = name not in ("var", "std")
    tried(name, calls(arrays(dtypes=REAL, special=special), None, keepdim=False))


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
def test_variances(name: str) -> None:
    tried(name, calls(arrays(special=False), some_dims, more={"correction": [0, 1]}))


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "prod", "aminmax"])
def test_reductions_over_one_dimension(name: str) -> None:
    tried(name, calls(arrays(), any_dim))


@pytest.mark.parametrize("name", ["median", "nanmedian", "mode"])
def test_what_order_decides(name: str) -> None:
    array = arrays(dtypes=REAL, special=False) if name == "mode" else arrays(dtypes=NUMBERS, ties=False)
    tried(name, calls(array, any_dim))


@pytest.mark.parametrize("name", ["kthvalue", "topk"])
def test_the_largest_and_the_kth(name: str) -> None:
    call = calls(arrays(dtypes=NUMBERS, ties=False), any_dim, keepdim=False)
    drawn = st.tuples(call, st.integers(0, 4))
    explore(name, drawn, lambda given: check(name, given[0][0], given[1], **given[0][1]))


@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles(name: str) -> None:
    more = {"interpolation": ["linear", "lower", "higher", "midpoint", "nearest"]}
    call = calls(arrays(dtypes=FLOATS, ties=False), any_dim, more=more)
    drawn = st.tuples(call, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    explore(name, drawn, lambda given: check(name, given[0][0], given[1], **given[0][1]))


RUNNING = {
    "cumsum": ALL, "cumprod": ALL, "cummax": REAL, "cummin": REAL, "logcumsumexp": FLOATS, "softmax": FLOATS,
    "log_softmax": FLOATS, "nn.functional.softmin": FLOATS, "count_nonzero": ALL,
}  # fmt: skip


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_along_a_dimension(name: str) -> None:
    tried(name, calls(arrays(dtypes=RUNNING[name]), any_dim, keepdim=False))


@pytest.mark.parametrize("name", ["sort", "argsort"])
def test_sorting(name: str) -> None:
    tried(name, calls(arrays(), any_dim, keepdim=False, more={"descending": [False, True], "stable": [True]}))


@pytest.mark.parametrize("name", ["unique", "unique_consecutive"])
def test_sets(name: str) -> None:
    more = {"return_inverse": [False, True], "return_counts": [False, True]}
    tried(name, calls(arrays(), None, keepdim=False, more=more))


@pytest.mark.parametrize(("name", "order"), [("linalg.vector_norm", "ord"), ("norm", "p")])
def test_norms(name: str, order: str) -> None:
    tried(name, calls(arrays(), some_dims, more={order: [2, 1, 0, 3, INF, -INF]}))


@pytest.mark.parametrize("name", ["diff", "trapezoid", "cumulative_trapezoid", "renorm", "nn.functional.normalize"])
def test_along_what_is_sampled(name: str) -> None:
    more: dict[str, list[Any]] = {"diff": {"n": [1, 2, 3]}, "renorm": {"p": [2, 1], "maxnorm": [1.0]}}.get(name, {})
    tried(name, calls(arrays(fuzz.FULL, NUMBERS, special=False), any_dim, keepdim=False, more=more))


@pytest.mark.parametrize("name", ["cov", "corrcoef", "msort", "nn.functional.logsigmoid"])
def test_without_options(name: str) -> None:
    tried(name, calls(arrays(special=False), None, keepdim=False))
