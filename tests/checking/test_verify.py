"""``ag.verify`` finds what is wrong by one part in a thousand, each kind in its row, and passes what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.checking import __main__ as command
from autograd_core.checking import verification
from autograd_core.checking.coverage import own_primitives, table, verified
from autograd_core.checking.samples import FAMILIES, samples
from autograd_core.engine.primitive import primitive
from autograd_core.errors import GraphError, ShapeError
from tests.op_table import ROWS

Tensor = ag.Tensor
NAMES = ["values", "first order", "second order", "forward", "batched", "device", "read-only", "errors"]


def numbers(*shape: int) -> Tensor:
    return ag.tensor(np.random.default_rng(0).uniform(0.5, 2, shape))


def failed(report: verification.Report) -> list[str]:
    return [row.name for row in report.failed]


@pytest.fixture
def made() -> Iterator[Callable[..., Any]]:
    """Make primitives for the length of a test."""
    names = set(ag.PRIMITIVES)

    def make(**grammar: Any) -> Callable[..., Any]:
        return primitive(**grammar)

    yield make
    for name in set(ag.PRIMITIVES) - names:
        del ag.PRIMITIVES[name]


def cube(made: Any, value: float = 1, vjp: float = 1, jvp: float = 1, batch: float = 1, slope: float = 1) -> Any:
    """Return ``x**3`` as a primitive, each part of which may be off by a factor."""

    @made(dtypes="float")
    def cubed(xp: Any, x: Any, /) -> Any:
        return value * x**3

    @made(dtypes="float", elementwise=True)
    def thrice_the_square(xp: Any, x: Any, /) -> Any:
        return 3 * x**2

    thrice_the_square.vjp(x=lambda g, x: g * (6 * slope * x))
    cubed.vjp(x=lambda g, x: g * thrice_the_square(x) * vjp)
    cubed.jvp(x=lambda t, x: t * thrice_the_square(x) * jvp)
    cubed.batch(lambda size, flags, x: cubed(x) * batch)
    return cubed


def check(operation: Any, *args: Any, **options: Any) -> verification.Report:
    return ag.verify(operation, *args, **{"reference": lambda x: x**3, "bad": [("text",)]} | options)


# ---- each row finds its own kind of error ----


def test_what_is_right_passes(made: Any) -> None:
    report = check(cube(made), numbers(2, 3))
    assert report, str(report)
    assert [row.name for row in report.rows] == NAMES
    assert {row.name: row.outcome for row in report.rows if row.outcome != "passed"} == {"device": "skipped"}


WRONG = {
    "value": ["values", "first order"],  # a wrong value is no longer what the rules differentiate
    "vjp": ["first order", "forward"],  # a wrong reverse rule is not what the forward rule is
    "slope": ["second order"],
    "jvp": ["forward"],
    "batch": ["batched"],
}


@pytest.mark.parametrize("part", WRONG)
def test_a_part_wrong_by_a_thousandth_fails_in_its_row(made: Any, part: str) -> None:
    report = check(cube(made, **{part: 1.001}), numbers(2, 3))
    assert not report
    assert failed(report) == WRONG[part], str(report)


def test_a_rule_wrong_at_one_element_is_found_there(made: Any) -> None:
    @made(dtypes="float")
    def bent(xp: Any, x: Any, /) -> Any:
        return xp.sin(x)

    factors = np.ones((3, 4))
    factors[1, 2] = 1.001
    bent.vjp(x=lambda g, x: g * ag.cos(x) * factors)
    x = numbers(3, 4)
    row = ag.verify(bent, x).rows[1]
    wanted = np.cos(x[1, 2].item())
    assert row.outcome == "failed"
    assert row.detail.startswith("float64: gradient of argument 0 at [1, 2]: found ")
    found, expected = (float(part.split(" ", 1)[1]) for part in row.detail.split(": ", 2)[2].split(", ")[:2])
    assert found / expected == pytest.approx(1.001, rel=1e-6)
    assert abs(expected) == pytest.approx(abs(wanted), rel=1)  # a cosine, times the random weight of that element
    assert "tolerance" in row.detail


def test_a_gradient_that_is_missing_at_second_order_is_found() -> None:
    class Square(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.slope = 2 * x.detach()
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * ctx.slope

    report = ag.verify(Square, numbers(3))
    assert report.name == "Square"
    assert report.rows[1].outcome == "passed"
    assert report.rows[2].outcome == "failed"
    assert "second gradient of argument 0 at [" in report.rows[2].detail and "found 0, wanted" in report.rows[2].detail


@pytest.mark.parametrize("part", ["forward", "reverse", "tangent"])
def test_what_writes_into_what_it_is_given_is_found(made: Any, part: str) -> None:
    @made(dtypes="float")
    def careless(xp: Any, x: Any, /) -> Any:
        if part == "forward":
            x *= 1
            x[...] += 1e-3
        return xp.exp(x)

    def scaled(g: Any, y: Any) -> Any:
        if part == "reverse" and not isinstance(y, Tensor):
            y *= 1
        return g * y

    def pushed(t: Any, x: Any, y: Any) -> Any:
        if part == "tangent" and type(x) is Tensor:
            x._array[...] += 1e-3
        return t * y

    careless.vjp(x=scaled)
    careless.jvp(x=pushed)
    careless.batch(lambda size, flags, x: careless(x))
    report = ag.verify(careless, numbers(2, 3), complex_numbers=False)
    assert "read-only" in failed(report), str(report)
    assert "read-only" in report.rows[6].detail or "written to: argument 0 at [" in report.rows[6].detail


def test_a_device_that_gives_something_else_is_found(made: Any, cuda: Any) -> None:
    @made(dtypes="float", elementwise=True)
    def elsewhere(xp: Any, x: Any, /) -> Any:
        return xp.exp(x) * (1 if xp is np else 1.001)

    elsewhere.vjp(x=lambda g, y: g * y)
    report = ag.verify(elsewhere, numbers(2, 3))
    assert failed(report) == ["device"], str(report)
    assert report.rows[5].detail.startswith("float64: cuda against cpu: values 0 at [")
    assert ag.verify(ag.exp, numbers(2, 3)).rows[5].outcome == "passed"


def test_calls_that_must_fail() -> None:
    x, y = numbers(2, 3), numbers(4)

    def lenient(a: Tensor, b: Tensor) -> Tensor:
        if not isinstance(a, Tensor):
            raise KeyError("a")
        return a.sum() + b.sum()

    assert ag.verify(ag.add, x, x, bad=[(x, y), (ShapeError, x, y), ("text", x)]).rows[-1].outcome == "passed"
    assert ag.verify(lenient, x, y, bad=[(KeyError, 1, y)]).rows[-1].outcome == "passed"
    row = ag.verify(lenient, x, y, bad=[(KeyError, 1, y), (x, x)]).rows[-1]
    assert row.detail == "float64: bad call 1: found no error, wanted an error of autograd_core.errors"
    row = ag.verify(lenient, x, y, bad=[(1, y)]).rows[-1]
    assert "found KeyError ('a'), wanted an error of autograd_core.errors" in row.detail
    assert ag.verify(ag.reshape, x, shape=(6,), bad=[(x, {"shape": (4,)})]).rows[-1].outcome == "passed"


def test_values_of_another_shape_or_kind_are_found() -> None:
    x = numbers(2, 3)
    references = (lambda x: np.exp(x)[0], lambda x: np.exp(x).astype(int), lambda x: (np.exp(x), x))
    rows = [ag.verify(ag.exp, x, reference=f).rows[0] for f in references]
    assert [row.outcome for row in rows] == ["failed"] * 3
    assert "found ag.float64 of shape (2, 3), wanted ag.float64 of (3,)" in rows[0].detail
    assert "wanted ag.int64 of (2, 3)" in rows[1].detail
    assert "found 1 tensors, wanted 2 of the reference" in rows[2].detail


def test_nan_where_there_should_be_none_is_found(made: Any) -> None:
    @made(dtypes="float", elementwise=True)
    def holed(xp: Any, x: Any, /) -> Any:
        return xp.exp(x)

    holed.vjp(x=lambda g, y: g * y * float("nan"))
    report = ag.verify(holed, numbers(2), reference=lambda x: np.exp(x) * np.nan)
    assert failed(report)[:3] == ["values", "first order", "second order"]


# ---- what it takes, and what it says ----


def test_functions_lists_options_and_integers() -> None:
    x, index = numbers(2, 3), ag.tensor([[0, 2], [1, 1]])
    assert ag.verify(ag.stack, [x, x * 2], dim=1)
    assert ag.verify(ag.logsumexp, x, dim=1, reference=lambda x, dim: np.log(np.exp(x).sum(dim)))
    assert ag.verify(ag.gather, x, 1, index)
    assert ag.verify(ag.PRIMITIVES["matmul"], x, x.T)
    comparison = ag.verify(ag.gt, x, 1.0)
    assert [row.outcome for row in comparison.rows[1:4]] == ["skipped"] * 3
    assert comparison.rows[1].detail == "it has no gradient"


def test_those_that_require_grad_are_varied() -> None:
    def one_sided(a: Tensor, b: Tensor) -> Tensor:
        return a * b.detach()

    a, b = numbers(3), numbers(3)
    assert "gradient of argument 1" in ag.verify(one_sided, a, b).rows[1].detail
    assert ag.verify(one_sided, a.clone().requires_grad_(), b)
    assert a.grad is None


def test_it_is_computed_in_float64_and_in_complex_numbers_where_they_are_taken() -> None:
    x = numbers(2, 3).float()
    assert ag.verify(ag.sin, x).rows[1].detail == "float64, complex128"
    assert ag.verify(ag.sin, x, complex_numbers=False).rows[1].detail == "float64"
    assert ag.verify(ag.relu, x).rows[1].detail == "float64"  # complex numbers have no order
    assert ag.verify(ag.sin, x * 1j).rows[1].detail == "complex128"

    class Double(ag.autograd.Function):  # whose backward might have to conjugate
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * 2

    assert ag.verify(Double, x).rows[1].detail == "float64"
    assert ag.verify(Double, x, complex_numbers=True).rows[1].detail == "float64, complex128"


def test_a_report_prints_as_a_table() -> None:
    report = ag.verify(ag.exp, numbers(2), reference=lambda x: 1.001 * np.exp(x))
    lines = repr(report).splitlines()
    assert lines[0] == "verify exp: 5 passed, 1 failed, 2 skipped"
    assert lines[1].startswith("  values        FAILED   float64: value 0 at [")
    assert lines[2] == "  first order   passed   float64, complex128"
    assert lines[6] == "  device        skipped  no CUDA device here"


def test_what_cannot_be_verified_says_so() -> None:
    with pytest.raises(GraphError, match="verify: exp: no Tensor among the arguments"):
        ag.verify(ag.exp, 2.0)
    with pytest.raises(GraphError, match="verify: got int; wanted a primitive, a function, or a Function"):
        ag.verify(3, numbers(2))


# ---- all primitives ----


def test_every_primitive_has_samples() -> None:
    known = {name for family in FAMILIES for name in family.names}
    assert known == set(own_primitives()) == {row.name for row in ROWS}


@pytest.mark.parametrize("name", own_primitives())
def test_every_primitive_keeps_its_promises(cuda: Any, name: str) -> None:
    report = verified(name)
    assert report, str(report)
    assert [row.name for row in report.rows if row.outcome == "skipped"] in ([], NAMES[1:4])  # all, or no gradient


def test_the_committed_table_is_of_these_primitives() -> None:
    text = (Path(__file__).parents[2] / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) == sorted(own_primitives()), (
        "run `python -m autograd_core.checking docs/coverage.md`"
    )


def test_samples_are_the_same_each_time() -> None:
    first, second = samples("matmul"), samples("matmul")
    assert all((a == b).all() for s, t in zip(first, second) for a, b in zip(s.args, t.args))


def test_a_primitive_without_samples_fails(made: Any) -> None:
    @made(dtypes="float")
    def unheard_of(xp: Any, x: Any, /) -> Any:
        return x

    report = verified("unheard_of")
    assert not report and "no sample" in report.failed[0].detail
    text = table([verified("exp"), report])
    assert "| `unheard_of` | ✗ | ✗ |" in text
    assert "| **failed** | 1 | 1 |" in text
    assert "- `unheard_of`, samples: no sample" in text


def test_the_command_verifies_and_writes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert command.main(["--only", "exp", "matmul"]) == 0
    assert "2 of 2 primitives passed" in capsys.readouterr().err
    monkeypatch.setattr(command, "own_primitives", lambda: ["exp"])
    assert command.main([str(tmp_path / "coverage.md")]) == 0
    text = (tmp_path / "coverage.md").read_text(encoding="utf-8")
    assert text.startswith("# Coverage\n")
    assert "| primitive | values | first order | second order | forward | batched | device |" in text
    assert "| `exp` | ✓ | ✓ | ✓ | ✓ | ✓ | – | ✓ | ✓ |" in text
    with pytest.raises(SystemExit):
        command.main(["--only", "no_such_primitive"])
    assert "no primitive is called no_such_primitive" in capsys.readouterr().err
