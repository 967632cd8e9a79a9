"""The grammar of a primitive: several outputs, lists, residuals, joint rules, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.autograd import grad, gradcheck, gradgradcheck
from autograd_core.engine.general import general
from autograd_core.errors import DTypeError, GraphError, ShapeError


@pytest.fixture(autouse=True)
def own_table() -> Iterator[None]:
    """Take what a test declares out of the table again."""
    before = set(ag.PRIMITIVES)
    yield
    for name in set(ag.PRIMITIVES) - before:
        del ag.PRIMITIVES[name]


def leaf(*shape: int) -> ag.Tensor:
    return (ag.rand(*shape, dtype=ag.float64) + 0.5).requires_grad_()


def check(function: Any, *inputs: Any) -> None:
    assert gradcheck(function, inputs, rtol=1e-5)
    assert gradgradcheck(function, inputs, rtol=1e-5)


# ---- the worked example ----


def test_a_primitive_of_ones_own() -> None:
    @ag.primitive(broadcasts=True, dtypes="promote")
    def hypotenuse(xp: Any, a: Any, b: Any, /) -> Any:
        """Return ``sqrt(a*a + b*b)``."""
        return xp.sqrt(a * a + b * b)

    hypotenuse.vjp(a=lambda g, a, y: g * a / y, b=lambda g, b, y: g * b / y)
    check(hypotenuse, leaf(2, 3), leaf(3))
    assert hypotenuse.__doc__ == "Return ``sqrt(a*a + b*b)``."
    assert ag.PRIMITIVES["hypotenuse"].call is hypotenuse
    assert hypotenuse(ag.ones(2), 1).dtype is ag.float32
    assert isinstance(hypotenuse(np.ones(2), np.ones(2)), np.ndarray)  # raw in, raw out


def test_rules_may_come_later_and_one_by_one() -> None:
    @ag.primitive
    def later(xp: Any, a: Any, b: Any, /) -> Any:
        """Return ``a * b``."""
        return a * b

    x, w = leaf(2), leaf(2)
    assert not later(x, w).requires_grad
    later.vjp(a=lambda g, b: g * b)
    assert grad(later(x, w).sum(), (x, w), allow_unused=True)[1] is None
    later.vjp(b=lambda g, a: g * a)
    check(later, x, w)


def test_metadata_and_shapes_in_a_save_list() -> None:
    seen: list[Any] = []

    @ag.primitive
    def scaled(xp: Any, x: Any, /, *, factor: float, power: int = 1) -> Any:
        """Return ``factor**power * x``."""
        return x * factor**power

    def rule(g: Any, x_shape: Any, power: int, factor: float) -> Any:
        seen.append((x_shape, power, factor))
        return g * factor**power

    scaled.vjp(x=rule)
    y = scaled(leaf(2, 3), factor=2.0)
    assert y.grad_fn.saved == []
    y.sum().backward()
    assert seen == [((2, 3), 1, 2.0)]
    check(lambda x: scaled(x, factor=3.0, power=2), leaf(2))


def test_constants_are_neither_promoted_nor_differentiated() -> None:
    @ag.primitive(constants=("index",), dtypes="float")
    def pick(xp: Any, x: Any, index: Any, /) -> Any:
        """Return ``x[index]``."""
        return x[index]

    pick.vjp(x=lambda g, x, index: g.sum() + x * 0)
    assert pick(ag.tensor([1, 2, 3]), ag.tensor([2, 0])).tolist() == [3, 1]
    assert pick(ag.tensor([1, 2, 3]), ag.tensor([2, 0])).dtype is ag.float32


# ---- several outputs ----


def declare_polar() -> Any:
    @ag.primitive(outputs=("radius", "angle"))
    def polar(xp: Any, a: Any, b: Any, /) -> Any:
        """Return radius and angle of the points (a, b)."""
        return xp.sqrt(a * a + b * b), xp.arctan2(b, a)

    polar.vjp(
        a=lambda g, a, b, radius: g[0] * a / radius - g[1] * b / (radius * radius),
        b=lambda g, a, b, radius: g[0] * b / radius + g[1] * a / (radius * radius),
    )
    return polar


def test_several_outputs_to_second_order() -> None:
    polar = declare_polar()
    check(polar, leaf(3), leaf(3))
    check(lambda a, b: polar(a, b)[0], leaf(3), leaf(3))
    check(lambda a, b: polar(a, b)[1] * 2, leaf(3), leaf(3))
    check(lambda a, b: polar(a, b)[0] * polar(a, b)[1], leaf(2), leaf(2))


def test_outputs_used_together_with_a_saved_output() -> None:
    """A rule that saves an output, under an upstream gradient that depends on that output too."""
    polar = declare_polar()

    def both(a: Any, b: Any) -> Any:
        radius, angle = polar(a, b)
        return radius * angle

    check(both, leaf(3), leaf(3))


def test_several_outputs_unrecorded_and_raw() -> None:
    polar = declare_polar()
    with ag.no_grad():
        assert [type(y) for y in polar(leaf(2), leaf(2))] == [ag.Tensor, ag.Tensor]
    assert [type(y) for y in polar(np.ones(2), np.ones(2))] == [np.ndarray, np.ndarray]


def test_an_output_without_gradient() -> None:
    @ag.primitive(outputs=("values", "order"), fixed_outputs=("order",))
    def ranked(xp: Any, x: Any, /) -> Any:
        """Return ``x`` sorted, and where each element was."""
        order = xp.argsort(x)
        return x[order], order

    def rule(g: Any, order: Any) -> Any:
        back = np.argsort(order._array if isinstance(order, ag.Tensor) else order)
        return g[back]

    ranked.vjp(x=rule)
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, order = ranked(x)
    assert values.requires_grad and not order.requires_grad
    (values * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [3, 1, 2]


# ---- lists ----


def test_a_list_of_inputs() -> None:
    @ag.primitive(lists=("xs",), dtypes="promote")
    def total(xp: Any, xs: Any, w: Any, /) -> Any:
        """Return ``w`` times the sum of squares of all."""
        return w * sum((x * x).sum() for x in xs)

    wanted: list[Any] = []

    def each(g: Any, xs: Any, w: Any, wants: Any, xs_shapes: Any) -> Any:
        wanted.append((wants, xs_shapes))
        return [2 * g * w * x if want else None for x, want in zip(xs, wants)]

    total.vjp(xs=each, w=lambda g, xs: g * sum((x * x).sum() for x in xs))
    check(lambda a, b, w: total([a, b], w), leaf(2), leaf(3), leaf())
    a, c = leaf(2), ag.ones(1, dtype=ag.float64)
    total([a, c, a], ag.tensor(2.0, dtype=ag.float64)).backward()
    assert wanted[-1] == ((True, False, True), [(2,), (1,), (2,)])
    assert ag.allclose(a.grad, 8 * a) and c.grad is None
    assert total([ag.ones(2), ag.ones(2, dtype=ag.float64)], 1.0).dtype is ag.float64
    assert not total([c, c], 1.0).requires_grad


# ---- residuals and joint rules ----


def declare_rms() -> Any:
    @ag.primitive(residuals=("scale",))
    def rms_norm(xp: Any, x: Any, w: Any, /) -> Any:
        """Return ``w * x / sqrt(mean(x*x))``."""
        scale = 1 / xp.sqrt((x * x).mean())
        return w * x * scale, scale

    def joint(g: Any, x: Any, w: Any, scale: Any, wants: tuple[bool, ...]) -> Any:
        calls.append(wants)
        gw = g * w
        inner = (gw * x).mean() * scale * scale
        return (gw - x * inner) * scale if wants[0] else None, g * x * scale if wants[1] else None

    calls: list[Any] = []
    rms_norm.joint_vjp(joint)
    rms_norm.residual(scale=lambda x: (x * x).mean() ** -0.5)
    rms_norm.calls = calls
    return rms_norm


def test_a_residual_and_a_joint_rule_to_second_order() -> None:
    rms_norm = declare_rms()
    assert isinstance(rms_norm(leaf(4), leaf(4)), ag.Tensor)  # the residual is for the rules alone
    assert isinstance(rms_norm(np.ones(4), np.ones(4)), np.ndarray)
    check(rms_norm, leaf(4), leaf(4))


def test_a_joint_rule_knows_which_gradients_are_wanted_and_runs_once() -> None:
    rms_norm = declare_rms()
    x, w = leaf(4), leaf(4)
    rms_norm(x, w).sum().backward()
    assert rms_norm.calls == [(True, True)]
    rms_norm(x, w.detach()).sum().backward()
    assert rms_norm.calls[-1] == (True, False)


def test_a_residual_that_cannot_be_differentiated_is_a_constant() -> None:
    @ag.primitive(residuals=("mask",))
    def kept(xp: Any, x: Any, /) -> Any:
        """Return ``x * x`` where positive."""
        mask = x > 0
        return x * x * mask, mask

    kept.vjp(x=lambda g, x, mask: 2 * g * x * mask)
    check(kept, leaf(4))
    assert general(ag.PRIMITIVES["kept"], (leaf(2),), {}).requires_grad


def test_several_outputs_with_a_residual_and_a_joint_rule() -> None:
    @ag.primitive(outputs=("total", "product"), residuals=("twice",))
    def pair(xp: Any, a: Any, b: Any, /) -> Any:
        """Return sum and product."""
        return a + b, a * b, a * 2

    pair.joint_vjp(lambda g, a, b, twice: (g[0] + g[1] * b, g[0] + g[1] * a + twice * 0))
    check(pair, leaf(2), leaf(2))


# ---- dtypes ----


def test_dtypes_of_a_primitive() -> None:
    def declare(dtypes: str) -> Any:
        def double(xp: Any, a: Any, b: Any, /) -> Any:
            """Return ``a + b``."""
            return a + b

        double.__name__ = f"double_{dtypes}"
        return ag.primitive(dtypes=dtypes)(double)

    ints, floats = ag.tensor([1, 2]), ag.ones(2, dtype=ag.float64)
    assert declare("promote")(ints, ag.ones(2)).dtype is ag.float32
    assert declare("float")(ints, ints).dtype is ag.float32
    message = (
        r"^double_match: the arguments have dtypes ag.float64 and ag.int64.*got a int64\[2\], b "
        r"float64\[2\]; convert one with .to\(dtype\)"
    )
    with pytest.raises(DTypeError, match=message):
        declare("match")(ints, floats)
    with pytest.raises(TypeError, match="dtypes='any thing'; wanted 'any', 'promote', 'float', 'match'"):
        declare("any thing")


def test_gradients_come_in_their_arguments_dtype_and_shape() -> None:
    @ag.primitive(broadcasts=True, dtypes="promote")
    def times(xp: Any, a: Any, b: Any, /) -> Any:
        """Return ``a * b``."""
        return a * b

    times.vjp(a=lambda g, b: g * b, b=lambda g, a: g * a)
    for create_graph in (False, True):
        a = ag.ones(2, 1, requires_grad=True)
        b = ag.ones(3, dtype=ag.float64, requires_grad=True)
        times(a, b).sum().backward(create_graph=create_graph)
        assert (a.grad.dtype, b.grad.dtype) == (ag.float32, ag.float64)
        assert (a.grad.tolist(), b.grad.tolist()) == ([[3], [3]], [2, 2, 2])


# ---- what is refused ----


def declare_one(name: str = "lonely", **grammar: Any) -> Any:
    def forward(xp: Any, x: Any, /, *, size: int = 0) -> Any:
        """Return ``x``."""
        return x + 0

    forward.__name__ = name
    return ag.primitive(**grammar)(forward)


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ({"x": lambda g, z: g},
         r"lonely.vjp: the rule for 'x' has parameters \('g', 'z'\); wanted 'g' first, then names among .*'size'"),
        ({"x": lambda x: x}, "wanted 'g' first"),
        ({"x": lambda: 0}, "wanted 'g' first"),
        ({"w": lambda g: g}, r"lonely.vjp: 'w' is no argument; it has \('x',\)"),
        ({"x": lambda g, w_shape: g}, "has parameters"),
        ({"x": lambda g, x_shapes: g}, "has parameters"),
    ],
)  # fmt: skip
def test_unknown_names_in_a_save_list_are_refused_when_declared(rules: Any, match: str) -> None:
    with pytest.raises(TypeError, match=match):
        declare_one().vjp(**rules)


def test_unknown_names_in_a_joint_rule_too() -> None:
    with pytest.raises(TypeError, match="the rule for 'joint' has parameters"):
        declare_one().joint_vjp(lambda g, nothing: (g,))


def test_a_name_is_taken_once() -> None:
    declare_one("unique_name")
    with pytest.raises(TypeError, match=r"^primitive unique_name: there is one of that name already"):
        declare_one("unique_name")


def test_a_rule_with_a_gradient_of_the_wrong_shape_is_loud() -> None:
    wrong = declare_one("wrong_shape")
    wrong.vjp(x=lambda g: g.sum())
    y = wrong(leaf(3))  # made here
    message = (
        r"(?s)rule of 'wrong_shape' gave a gradient of shape \(\) for an input of shape \(3,\); "
        r"built at .*# made here"
    )
    with pytest.raises(GraphError, match=message):
        y.sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_of_a_broadcasting_primitive_too(create_graph: bool) -> None:
    wrong = declare_one("wrong_broadcast", broadcasts=True)
    wrong.vjp(x=lambda g: ag.PRIMITIVES["reshape"].call(g, shape=(1, 3))[:, :2])
    message = r"rule of 'wrong_broadcast' gave a gradient of shape \(1, 2\) for an input of shape \(3,\)"
    with pytest.raises(GraphError, match=message):
        wrong(leaf(3)).sum().backward(create_graph=create_graph)


def test_a_failing_forward_names_the_call() -> None:
    @ag.primitive
    def fails(xp: Any, a: Any, b: Any, /, *, mode: str = "fast") -> Any:
        """Fail."""
        raise ValueError("no way")

    with pytest.raises(ShapeError, match=r"^fails: no way; got a float64\[2\], b 3, mode='slow'"):
        fails(leaf(2), 3, mode="slow")


def test_a_class_that_takes_calls_over() -> None:
    calls: list[Any] = []

    class Traced:
        @staticmethod
        def __primitive__(prim: Any, args: Any, meta: Any) -> str:
            calls.append((prim.name, len(args), meta))
            return "traced"

    assert ag.mul(Traced(), ag.ones(2)) == "traced"
    assert ag.mul(ag.ones(2), Traced()) == "traced"
    assert ag.PRIMITIVES["cat"].call([ag.ones(2), Traced()], dim=0) == "traced"
    assert ag.PRIMITIVES["sum"].call(Traced(), dim=(0,)) == "traced"
    assert [c[0] for c in calls] == ["mul", "mul", "cat", "sum"]
    assert calls[-1][2] == {"dim": (0,), "keepdim": False}


def test_a_subclass_of_tensor_is_recorded_as_a_plain_one() -> None:
    class Mine(ag.Tensor):
        pass

    x = Mine([1.0, 2.0])
    x.requires_grad_()
    y = (x * 2).sum()
    assert type(y) is ag.Tensor
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_the_callers_source_can_be_read() -> None:
    import inspect

    ag.mul(ag.ones(1), ag.ones(1))
    assert inspect.signature(ag.mul).parameters.keys() == {"input", "other", "out"}
    assert ag.mul.__name__ == "mul" and ag.mul.__module__.startswith("autograd_core.ops")
