"""Writes into tensors: their values, their gradients, through views too, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError, IndexRangeError, ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


# ---- every method in place is its twin out of place ----

POSITIVE = np.array([[0.6, 1.2, 0.9], [1.7, 0.8, 1.1]])
OTHER = np.array([[0.5, -1.3, 0.7], [1.4, 0.6, -0.9]])
MASK = np.array([[True, False, True], [False, False, True]])
INDEX = np.array([[0, 1, 0], [1, 1, 0]])

METHODS: dict[str, tuple[Any, ...]] = {
    "add_": (OTHER,), "sub_": (OTHER,), "mul_": (OTHER,), "div_": (OTHER,), "pow_": (2,), "neg_": (), "exp_": (),
    "log_": (), "sqrt_": (), "rsqrt_": (), "abs_": (), "sin_": (), "cos_": (), "tanh_": (), "sigmoid_": (),
    "relu_": (), "floor_": (), "ceil_": (), "round_": (), "clamp_": (0.7, 1.15), "clamp_min_": (0.85,),
    "clamp_max_": (0.85,), "reciprocal_": (), "square_": (), "lerp_": (OTHER, 0.3), "addcmul_": (OTHER, OTHER),
    "addcdiv_": (OTHER, OTHER), "masked_fill_": (MASK, 3.0), "scatter_": (0, INDEX, OTHER),
    "scatter_add_": (0, INDEX, OTHER), "index_add_": (0, np.array([1, 0]), OTHER), "tril_": (), "triu_": (),
    "scatter_reduce_": (1, INDEX, OTHER, "amax"), "index_copy_": (0, np.array([1, 0]), OTHER),
    "index_fill_": (1, np.array([2, 0, 2]), 3.0), "index_put_": ((INDEX[0, :2], INDEX[0, :2]), OTHER[0, :2]),
    "index_reduce_": (0, np.array([1, 1]), OTHER, "prod"), "put_": (np.array([3, -6]), OTHER[0, :2]),
    "masked_scatter_": (MASK, OTHER), "remainder_": (0.5,), "cumsum_": (1,), "copy_": (OTHER,), "fill_": (2.0,),
    "zero_": (),
    "tan_": (), "sinh_": (), "cosh_": (), "atan_": (), "log2_": (), "log10_": (), "log1p_": (),
    "expm1_": (), "exp2_": (), "erf_": (), "erfc_": (), "lgamma_": (), "i0_": (), "sinc_": (), "frac_": (),
    "trunc_": (), "sign_": (), "deg2rad_": (), "rad2deg_": (), "nan_to_num_": (), "logit_": (0.1,),
    "atan2_": (OTHER,), "fmod_": (0.5,), "hypot_": (OTHER,), "copysign_": (OTHER,), "xlogy_": (POSITIVE[::-1].copy(),),
    "float_power_": (2.0,), "mvlgamma_": (1,), "polygamma_": (2,), "ldexp_": (INDEX,), "true_divide_": (OTHER,),
    "eq_": (OTHER,), "ne_": (OTHER,), "lt_": (OTHER,), "le_": (1.1,), "gt_": (1.1,), "ge_": (OTHER,),
}  # fmt: skip


def given_to(lib: Any, args: tuple[Any, ...], grad: bool) -> list[Any]:
    made = [lib.tensor(a) if isinstance(a, np.ndarray) else
            tuple(map(lib.tensor, a)) if isinstance(a, tuple) else a for a in args]  # fmt: skip
    return [m.requires_grad_() if grad and getattr(m, "is_floating_point", bool)() else m for m in made]


def write(lib: Any, name: str, args: tuple[Any, ...], view: bool) -> list[Any]:
    """Return the value and the gradients of a program that writes into a tensor, or into a view of it."""
    x = lib.tensor(POSITIVE, requires_grad=True)
    others = given_to(lib, args, grad=True)
    base = (lib.cat([x, x]) if view else x) * 1
    target = base[1:3] if view else base
    assert getattr(target, name)(*others) is target
    loss = (base * lib.tensor(np.arange(1.0, base.numel() + 1)).reshape(base.shape)).sum()
    if loss.requires_grad:  # not where all was overwritten
        loss.backward()
    grads = [t.grad for t in (x, *others) if getattr(t, "requires_grad", False)]
    return [base.detach(), *(0 if g is None else g for g in grads)]


@pytest.mark.filterwarnings("ignore:index_reduce.* is in beta:UserWarning")
@pytest.mark.parametrize("view", [False, True], ids=["whole", "view"])
@pytest.mark.parametrize("name", METHODS)
def test_values_and_gradients_are_pytorchs(torch: Any, name: str, view: bool) -> None:
    for ours, theirs in zip(write(ag, name, METHODS[name], view), write(torch, name, METHODS[name], view), strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "args", "keyword"),
    [("scatter_", (0, INDEX[0]), "src"), ("masked_fill_", (MASK[0],), "value"), ("index_add_", (0, INDEX[0]), "source"),
     ("add_", (), "other"), ("lerp_", (OTHER[0],), "weight"), ("copy_", (), "src")],
)  # fmt: skip
def test_tensors_given_by_keyword_are_differentiated_too(name: str, args: tuple[Any, ...], keyword: str) -> None:
    v = leaf(2) if name == "masked_fill_" else leaf(2, 3, 4)
    h = ag.ones(3, dtype=ag.float64)
    getattr(h, name)(*given_to(ag, args, grad=False), **{keyword: v.sum() if v.numel() == 1 else v})
    h.sum().backward()
    assert v.grad.abs().sum().item() > 0
    h = ag.cat([v[:1] * 1] * 3)
    getattr(h, name)(*given_to(ag, args, grad=False), **{keyword: h[0] if name == "masked_fill_" else h})  # itself
    h.sum().backward()


OUT_OF_PLACE = [name for name in METHODS if hasattr(ag.Tensor, name[:-1])]


@pytest.mark.parametrize("name", OUT_OF_PLACE)
def test_values_are_those_of_the_twin_out_of_place(name: str) -> None:
    x = ag.tensor(POSITIVE)
    args = given_to(ag, METHODS[name], grad=False)
    wanted = getattr(x, name[:-1])(*args)
    array = x._array
    getattr(x, name)(*args)
    assert x._array is array and x.equal(wanted) if hasattr(x, "equal") else ag.equal(x, wanted)


@pytest.mark.parametrize("name", ["uniform_", "normal_", "bernoulli_", "random_"])
def test_random_fills_cut_the_graph(name: str) -> None:
    x = leaf(1, 2, 3)
    h = x * 2
    array = h._array
    assert getattr(h, name)() is h and h._array is array
    assert not h.requires_grad or (h.sum().backward() or x.grad is None or x.grad.tolist() == [0, 0, 0])


OPERATORS = {
    "+=": lambda a, b: a.__iadd__(b), "-=": lambda a, b: a.__isub__(b), "*=": lambda a, b: a.__imul__(b),
    "/=": lambda a, b: a.__itruediv__(b), "**=": lambda a, b: a.__ipow__(b), "//=": lambda a, b: a.__ifloordiv__(b),
    "%=": lambda a, b: a.__imod__(b),
}  # fmt: skip


@pytest.mark.parametrize("sign", OPERATORS)
def test_augmented_operators_write_in_place(sign: str) -> None:
    a, b = ag.tensor([5.0, 7.0]), ag.tensor([2.0, 3.0])
    wanted = eval(f"a {sign[:-1]} b", {"a": a.clone(), "b": b})
    array = a._array
    assert OPERATORS[sign](a, b) is a and a._array is array and a.tolist() == wanted.tolist()


@pytest.mark.parametrize("sign", ["&=", "|=", "^="])
def test_augmented_logic_writes_in_place(sign: str) -> None:
    space = {"a": ag.tensor([True, False]), "b": ag.tensor([True, True])}
    wanted = eval(f"(a {sign[:-1]} b).tolist()", space)
    array = space["a"]._array
    exec(f"a {sign} b", space)
    assert space["a"]._array is array and space["a"].tolist() == wanted


# ---- gradients of writes, by hand ----


def test_a_write_replaces_the_gradient_of_its_region() -> None:
    x, v = leaf(1, 2, 3), leaf(10, 20)
    h = x * 1
    h[1:] = v * 2
    h.sum().backward()
    assert h.tolist() == [1, 20, 40]
    assert x.grad.tolist() == [1, 0, 0] and v.grad.tolist() == [2, 2]


def test_a_write_into_a_plain_tensor_brings_it_into_the_graph() -> None:
    v, h = leaf(10), ag.zeros(3, dtype=ag.float64)
    h[1] = v[0]
    assert h.requires_grad and not h.is_leaf
    (h * 3).sum().backward()
    assert v.grad.tolist() == [3]


def test_a_broadcast_value_gets_the_sum() -> None:
    v, h = leaf(1), ag.zeros(2, 3, dtype=ag.float64)
    h[:, 1:] = v
    h.sum().backward()
    assert v.grad.tolist() == [4]


def test_a_number_written_cuts_its_region() -> None:
    x = leaf(1, 2, 3)
    h = x * 2
    h[0] = 5.0
    h[ag.tensor([2])] = 7
    h.sum().backward()
    assert h.tolist() == [5, 4, 7] and x.grad.tolist() == [0, 2, 0]


def test_a_mask_written() -> None:
    x, v = leaf(1, -2, 3), leaf(9)
    h = x * 1
    h[h < 0] = v
    h.sum().backward()
    assert h.tolist() == [1, 9, 3] and x.grad.tolist() == [1, 0, 1] and v.grad.tolist() == [1]


def test_what_was_computed_before_the_write_keeps_its_gradient() -> None:
    x = leaf(1, 2)
    h = x * 3
    before = h + 0
    h.mul_(10)
    (before + h).sum().backward()
    assert x.grad.tolist() == [33, 33]


def test_repeated_writes() -> None:
    x = leaf(1, 2)
    h = x * 1
    for _ in range(5):
        h += x
        h *= 2
    h.sum().backward()
    assert h.tolist() == [94, 188] and x.grad.tolist() == [94, 94]


def test_writes_have_second_order_gradients() -> None:
    x = leaf(1, 2)
    h = x * x
    h[0] = x[1] ** 3
    (g,) = ag.autograd.grad((h * h).sum(), x, create_graph=True)  # x1**6 + x1**4
    (gg,) = ag.autograd.grad(g.sum(), x)
    assert g.tolist() == [0, 6 * 32 + 4 * 8] and gg.tolist() == [0, 30 * 16 + 12 * 4]


def test_a_tensor_written_with_itself() -> None:
    x = leaf(1, 2, 3)
    h = x * 1
    h.add_(h)
    h[1:] = h[:-1]
    h.sum().backward()
    assert h.tolist() == [2, 2, 4] and x.grad.tolist() == [4, 2, 0]


# ---- leaves ----


def test_a_leaf_is_protected_outside_no_grad() -> None:
    x = leaf(1, 2)
    leaf_error = r"a leaf Variable that requires grad is being used in an in-place operation; target float64\[2\]"
    for bad in (lambda: x.add_(1), lambda: x.__setitem__(0, 1.0), lambda: x.zero_(), lambda: x.uniform_()):
        with pytest.raises(GraphError, match=leaf_error):
            bad()
    with pytest.raises(GraphError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        x[1:].mul_(2)
    assert x.tolist() == [1, 2] and x._version == 0
    with ag.no_grad():
        x.add_(1)
        x[0] = 7
    assert x.tolist() == [7, 3] and x.is_leaf and x.requires_grad


@pytest.mark.parametrize("dtype", [ag.float32, ag.bfloat16, ag.complex64, ag.float16])
def test_data_writes_past_the_protection(dtype: ag.dtype) -> None:
    x = ag.tensor([1, 2], dtype=dtype, requires_grad=True)
    x.data.fill_(5)
    x.data[0] = 6
    x.data[1:].mul_(2)
    assert x.tolist() == [6, 10] and x._version == 0 and x.data.data_ptr() == x.data_ptr()


def test_writes_to_data_are_not_seen_by_the_check_as_in_pytorch() -> None:
    """torchdiffeq fills a buffer in this way while it is part of the graph."""
    w = leaf(1, 2)
    k = w * 1
    y = (k[:1] * w[:1]).sum()
    k.data[1] = 5
    y.backward()
    assert w.grad.tolist() == [2, 0]


def test_data_of_what_is_not_contiguous_and_on_a_device(cuda: Any) -> None:
    for device in ("cpu", "cuda"):
        x = ag.zeros(3, 4, device=device)
        x.T[::2].data.fill_(1)
        assert x.tolist() == [[1, 0, 1, 0]] * 3


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x * 1], ids=["leaf", "in the graph"])
@pytest.mark.parametrize("write", [
    lambda view, x: view.mul_(x[1:]), lambda view, x: view.mul_(3), lambda view, x: view[0:1].add_(1),
    lambda view, x: view.zero_(), lambda view, x: view.__setitem__(0, 5.0),
])  # fmt: skip
def test_a_view_made_under_no_grad_is_not_written_with_grad(make: Any, write: Any) -> None:
    x = leaf(1, 2)
    h = make(x)
    with ag.no_grad():
        view = h[1:]
    with pytest.raises(GraphError, match="a view was created in no_grad mode and is being modified inplace"):
        write(view, x)
    assert h.tolist() == [1, 2]
    with ag.no_grad():
        view.mul_(3)
    assert h.tolist() == [1, 6]


def test_a_view_made_under_no_grad_of_what_is_in_no_graph_may_be_written() -> None:
    x = ag.ones(2)
    with ag.no_grad():
        view = x[1:]
    view.mul_(3)
    assert x.tolist() == [1, 3]


# ---- saved tensors that were written ----


def test_a_changed_saved_argument_is_named_with_both_lines() -> None:
    x = leaf(1, 2)
    h = x + 1
    y = (h * h).sum()  # saved here
    h.add_(1)  # changed here
    with pytest.raises(GraphError, match="modified by an inplace operation") as raised:
        y.backward()
    message = str(raised.value)
    for part in ("'mul'", "argument 'other'", "float64[2]", "# saved here", "# changed here", __file__):
        assert part in message
    assert x.grad is None


def test_a_changed_saved_output_is_named() -> None:
    x = leaf(1, 2)
    y = x.exp()
    y.mul_(2)
    with pytest.raises(GraphError, match=r"'exp', built at .*saved its output \(float64\[2\]\)"):
        y.sum().backward()


def test_a_write_keeps_the_old_value_that_its_own_rule_needs() -> None:
    x = leaf(1, 2)
    y = x * 1
    y.mul_(x).mul_(x).exp_().mul_(2)  # 2 exp(x**3)
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([6 * np.e, 24 * np.e**8])


def test_a_write_through_a_view_or_an_alias_is_caught() -> None:
    changes = (lambda h: h[0].zero_(), lambda h: h.detach().add_(1), lambda h: h.T.mul_(2))
    for change in changes:
        x = leaf(1, 2)
        h = x * 1
        y = h.sin().sum()
        change(h)
        with pytest.raises(GraphError, match=r"'sin'.*argument 'input'"):
            y.backward()


def test_a_write_to_what_was_not_saved_is_allowed() -> None:
    x = leaf(1, 2)
    h = x * 2
    y = (h + 1).sum()
    h.mul_(5)
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_a_write_before_the_save_is_allowed() -> None:
    x = leaf(1, 2)
    h = x * 2
    h.mul_(5)
    h.sin().sum().backward()
    assert x.grad.tolist() == pytest.approx((10 * np.cos([10, 20])).tolist())


def test_an_optimisers_step_between_forward_and_backward_is_caught() -> None:
    w, x = leaf(1, 2), leaf(3, 4)
    loss = (w * x).sum()
    with ag.no_grad():
        w -= 0.1
    with pytest.raises(GraphError, match="argument 'input'"):
        loss.backward()


# ---- refusals leave everything as it was ----


@pytest.mark.parametrize(
    ("bad", "error", "match"),
    [
        (lambda h: h.add_(ag.ones(2, 3)), ShapeError,
         r"^add_: output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"),
        (lambda h: h.add_(ag.ones(4)), ShapeError, r"^add: the shapes of input \(3,\) and other \(4,\) do not broad"),
        (lambda h: h.__setitem__(0, ag.ones(2)), ShapeError,
         r"^setitem: shape mismatch: value of shape \(2,\) cannot be broadcast to "
                                                             r"indexing result of shape \(\)"),
        (lambda h: h.__setitem__(5, 1.0), IndexRangeError, r"^setitem: index 5 is out of bounds.*shape \(3,\)"),
        (lambda h: h.__setitem__(slice(0, 2), ag.ones(3)), ShapeError, "^setitem: shape mismatch"),
        (lambda h: h.copy_(ag.ones(2)), ShapeError, "^expand: The expanded size"),
        (lambda h: h.long().add_(0.5), DTypeError,
         "^add_: result type ag.float32 can't be cast to the desired output type ag.int64"),
        (lambda h: h.bool().add_(1), DTypeError,
         "^add_: result type ag.int64 can't be cast to the desired output type ag.bool"),
        (lambda h: h.uniform_(2, 1), ShapeError, "^uniform_: expects to return a .* range, but found from=2 > to=1"),
        (lambda h: h.normal_(0, -1), ShapeError, "^normal_: expects std >= 0.0, but found std -1"),
        (lambda h: h.masked_fill_(ag.ones(3), 1), DTypeError, "^masked_fill: mask is ag.float32"),
        (lambda h: h.bernoulli_(2.0), ShapeError, "^bernoulli_: "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("recorded", [False, True])
def test_a_refused_write_changes_nothing(bad: Any, error: type[Exception], match: str, recorded: bool) -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=recorded)
    h = x * 2
    node = h.grad_fn
    with pytest.raises(error, match=match) as raised:
        bad(h)
    assert isinstance(raised.value, RuntimeError)
    assert h.tolist() == [2, 4, 6] and h._version == 0 and h.grad_fn is node
    if recorded:
        h.sum().backward()
        assert x.grad.tolist() == [2, 2, 2]


def test_out_may_be_an_argument_but_must_not_lie_across_one() -> None:
    x, y = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([3.0, 2.0, 1.0])
    assert ag.max(x, y, out=x) is x and x.tolist() == [3, 2, 3]
    assert ag.add(x, y, out=y).tolist() == [6, 4, 4]
    assert ag.exp(x[:2], out=x[:2]).tolist() == pytest.approx([np.e**3, np.e**2])
    x = ag.tensor([1.0, 2.0, 3.0])
    for call in (
        lambda: ag.add(x[1:], 1, out=x[:-1]), lambda: ag.add(y, x[:1], out=x), lambda: ag.add(x[:2], x[1:], out=x[:2])
    ):  # fmt: skip
        with pytest.raises(ShapeError, match=r"^add: unsupported operation: some elements of the input tensor"):
            call()
    assert x.tolist() == [1, 2, 3]
