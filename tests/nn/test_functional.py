"""``nn.functional`` where it is hard: kinks, saturation, second order, arguments that layers do not pass."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.errors import DTypeError
from tests.nn.twin import array, both, close, draw

# Kinks, ends of the linear parts, and values far outside, where exp overflows if it is let.
POINTS = np.array([-800.0, -40.0, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.0, 40.0, 800.0])
ACTIVATIONS = {
    "relu": {}, "relu6": {}, "leaky_relu": {"negative_slope": 0.1}, "elu": {"alpha": 0.5}, "selu": {},
    "celu": {"alpha": 2.0}, "gelu": {}, "silu": {}, "mish": {}, "softplus": {"beta": 0.45}, "logsigmoid": {},
    "softsign": {}, "tanhshrink": {}, "hardtanh": {}, "threshold": {"threshold": 0.0, "value": -7.0},
    "sigmoid": {}, "tanh": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_agree_at_kinks_and_far_out_to_second_order(torch, name):
    x, x_ = both(torch, POINTS)
    weights, weights_ = both(torch, draw(POINTS.shape), requires_grad=False)
    results = []
    for f, grad, at, w in (
        (getattr(F, name), ag.autograd.grad, x, weights),
        (getattr(torch.nn.functional, name), torch.autograd.grad, x_, weights_),
    ):
        y = f(at, **ACTIVATIONS[name])
        (first,) = grad((y * w).sum(), at, create_graph=True)
        (second,) = grad((first * at).sum(), at)
        results.append((y, first, second))
    for ours, theirs in zip(*results, strict=True):
        known = np.isfinite(array(theirs))  # PyTorch's second derivative of mish overflows
        assert np.isfinite(array(ours)).all()
        np.testing.assert_allclose(array(ours)[known], array(theirs)[known], rtol=1e-10, atol=1e-10)


OWN = {"categorical_hinge_loss", "dice_loss"}  # PyTorch has none
PUBLIC = [n for n, f in vars(F).items() if n[0] != "_" and inspect.isfunction(f)]


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_are_pytorchs(torch, name):
    ours = inspect.signature(getattr(F, name)).parameters
    if name in OWN:
        assert not hasattr(torch.nn.functional, name)
        return
    try:
        theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
    except ValueError:  # PyTorch's built-in functions show none
        return
    if list(theirs) == ["args", "kwargs"]:
        return
    shared = [p for p in theirs if p != "out"]
    assert list(ours) == shared
    for p in shared:
        assert ours[p].default == theirs[p].default, p


def test_dim_must_be_given_as_in_pytorch():
    x = ag.tensor(draw((3, 4)))
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax has been deprecated"):
        y = F.softmax(x)
    close(y, F.softmax(x, dim=1))


def test_softmax_casts_first():
    assert F.softmax(ag.ones(3), dim=0, dtype=ag.float64).dtype == ag.float64
    assert F.log_softmax(ag.ones(3), dim=0, dtype=ag.float64).dtype == ag.float64


@pytest.mark.parametrize(("p", "dim"), [(2.0, 1), (1.0, 0), (3.0, -1)])
def test_normalize(torch, p, dim):
    x, x_ = both(torch, draw((3, 4)))
    y, y_ = F.normalize(x, p, dim), torch.nn.functional.normalize(x_, p, dim)
    close(y, y_)
    close(*(grad(v.sum(), u)[0] for grad, v, u in ((ag.autograd.grad, y, x), (torch.autograd.grad, y_, x_))))


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("shift", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_with_scale_or_shift_alone(torch, scale, shift, training):
    values = [draw((5, 3, 2)), draw((3,), 1), np.abs(draw((3,), 2)) + 0.5, draw((3,), 3), draw((3,), 4)]
    results = []
    for i, (lib, functions) in enumerate(((ag, F), (torch, torch.nn.functional))):
        x, mean, var, weight, bias = (both(torch, value)[i] for value in values)
        mean, var = mean.detach(), var.detach()
        wanted = [x] + [weight] * scale + [bias] * shift
        y = functions.batch_norm(x, mean, var, weight if scale else None, bias if shift else None, training, 0.3, 1e-2)
        results.append([y, mean, var, *lib.autograd.grad((y * y * y).sum(), wanted)])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(torch, mode):
    x, x_ = both(torch, draw((1, 2, 4, 5)))
    sides = (2, 1, 0, 3)
    y, y_ = F.pad(x, sides, mode), torch.nn.functional.pad(x_, sides, mode)
    close(y, y_)
    (y * y).sum().backward()
    (y_ * y_).sum().backward()
    close(x.grad, x_.grad)


def test_functions_refuse_what_does_not_fit():
    x = ag.ones(2, 3)
    cases = [
        (lambda: F.gelu(x, approximate="erf"), "approximate is 'erf'; wanted 'none' or 'tanh'"),
        (lambda: F.dropout(x, -0.1), "between 0 and 1, but got -0.1"),
        (lambda: F.batch_norm(x, None, None), "running_mean or running_var is None; wanted both"),
        (lambda: F.batch_norm(x, None, None, training=True, eps=0.0), "eps must be positive during training"),
        (lambda: F.conv2d(ag.ones(1, 1, 4, 4), ag.ones(1, 1, 2, 2), padding="full"), "padding is 'full'"),
        (lambda: F.conv2d(ag.ones(1, 1, 4, 4), ag.ones(1, 1, 2, 2), None, 2, "same"), "wanted stride 1"),
        (lambda: F.avg_pool2d(ag.ones(1, 1, 4, 4), 2, divisor_override=0), "divisor_override is 0"),
        (lambda: F.max_pool2d(ag.ones(1, 1, 4, 4), (1, 2, 3)), "kernel_size is (1, 2, 3)"),
        (lambda: F.layer_norm(x, ()), "wanted it to end in ()"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert message in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}, {"stride": (3, 2), "dilation": 2}])
def test_max_pool_finds_the_places_of_the_maxima(torch, options):
    x, x_ = both(torch, draw((2, 3, 8, 7)))
    ours = F.max_pool2d(x, (3, 2), **options, return_indices=True)
    theirs = torch.nn.functional.max_pool2d(x_, (3, 2), **options, return_indices=True)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b)
    ours = F.max_pool1d(x[0], 3, return_indices=True)
    theirs = torch.nn.functional.max_pool1d(x_[0], 3, return_indices=True)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b)


# ---- what draws numbers ----


@pytest.mark.parametrize(
    ("name", "shape", "kept_together"),
    [
        ("dropout", (40, 50), (1, 1)),
        ("dropout1d", (20, 30, 4), (1, 1, 4)),
        ("dropout2d", (20, 30, 2, 3), (1, 1, 2, 3)),
        ("dropout3d", (20, 30, 2, 1, 3), (1, 1, 2, 1, 3)),
    ],
)
@pytest.mark.parametrize("inplace", [False, True])
def test_dropout_drops_elements_or_channels_and_scales_the_rest(name, shape, kept_together, inplace):
    x = ag.ones(shape, dtype=ag.float64)
    y = getattr(F, name)(x, 0.25, True, inplace)
    assert (y is x) == inplace
    assert set(np.unique(array(y))) == {0.0, 1 / 0.75}
    blocks = array(y).reshape(*shape[:2], -1)
    assert (blocks == blocks[..., :1]).all()
    assert abs(float((y == 0).double().mean()) - 0.25) < 0.05


def test_dropout_passes_the_gradient_where_it_kept():
    x = ag.ones(50, requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    close(x.grad, y.detach())
    assert F.dropout(x, 0.5, training=False) is x


@pytest.mark.parametrize(("name", "shape"), [("alpha_dropout", (200, 100)), ("feature_alpha_dropout", (200, 100, 2))])
def test_alpha_dropout_keeps_mean_and_variance(name, shape):
    x = ag.tensor(draw(shape))
    y = getattr(F, name)(x, 0.3, True)
    assert abs(float(y.mean())) < 0.05
    assert abs(float(y.std()) - 1) < 0.05
    dropped = array(y).reshape(200, 100, -1)[..., 0] == np.median(array(y)[array(y) < -1.0])
    assert getattr(F, name)(x, 0.3) is x
    assert not dropped.all()
    z = x.clone()
    assert getattr(F, name)(z, 0.3, True, True) is z
    assert not np.allclose(array(z), array(x))


def test_dropout2d_warns_of_other_shapes():
    with pytest.warns(UserWarning, match="dropout2d: Received a 2-D input") as w:
        F.dropout2d(ag.ones(2, 3))
    assert w[0].filename == __file__
    with pytest.warns(UserWarning, match="dropout2d: Received a 3D input to dropout2d"):
        F.dropout2d(ag.ones(2, 3, 4))


def test_rrelu_draws_a_slope_for_each_negative_element():
    x = ag.tensor(-np.ones(1000), requires_grad=True)
    y = F.rrelu(x, 0.2, 0.4, training=True)
    slopes = -array(y)
    assert slopes.min() >= 0.2 and slopes.max() <= 0.4 and slopes.std() > 0.03
    y.sum().backward()
    close(x.grad, ag.tensor(slopes))


def test_gumbel_softmax_draws_from_the_distribution(torch):
    logits = ag.tensor(np.log(np.tile([0.1, 0.2, 0.7], (4000, 1))), requires_grad=True)
    soft, hard = F.gumbel_softmax(logits, tau=0.5), F.gumbel_softmax(logits, hard=True)
    close(soft.sum(1), ag.ones(4000, dtype=ag.float64))
    assert set(np.unique(array(hard))) <= {0.0, 1.0}
    np.testing.assert_allclose(array(hard.mean(0)), [0.1, 0.2, 0.7], atol=0.03)
    hard[:, 0].sum().backward()
    assert (array(logits.grad) != 0).any()  # the soft result's gradient


# ---- in place ----


@pytest.mark.parametrize(
    ("name", "args"),
    [("relu_", ()), ("elu_", (0.5,)), ("selu_", ()), ("celu_", (2.0,)), ("leaky_relu_", (0.1,)),
     ("hardtanh_", (-0.5, 0.5)), ("threshold_", (0.1, 3.0)), ("rrelu_", (0.2, 0.2, True))],
)  # fmt: skip
def test_in_place_forms_overwrite_and_are_differentiated(torch, name, args):
    x, x_ = both(torch, POINTS[4:12] + 0.01)
    results = []
    for functions, leaf in ((F, x), (torch.nn.functional, x_)):
        y = leaf * 1
        z = getattr(functions, name)(y, *args)
        assert z is y
        (z * z).sum().backward()
        results.append((z, leaf.grad))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


# ---- kinks, ends, extremes ----


@pytest.mark.parametrize("name", ["hardswish", "hardsigmoid", "hardshrink", "softshrink", "prelu", "rrelu"])
def test_gradients_at_kinks_are_pytorchs(torch, name):
    x, x_ = both(torch, np.array([-800.0, -3.0, -0.5, -0.0, 0.0, 0.5, 3.0, 800.0]))
    more = ((ag.tensor([0.25]).double(),), (torch.tensor([0.25]).double(),)) if name == "prelu" else ((), ())
    y, y_ = getattr(F, name)(x, *more[0]), getattr(torch.nn.functional, name)(x_, *more[1])
    close(y, y_)
    y.sum().backward()
    y_.sum().backward()
    close(x.grad, x_.grad, 1e-7)  # PyTorch's 1 / 6 is a float32


@pytest.mark.parametrize("name", [*ACTIVATIONS, "hardshrink", "softshrink", "hardswish", "hardsigmoid"])
def test_activations_pass_nan_on_as_pytorch_does(torch, name):
    x, x_ = ag.tensor([float("nan")]), torch.tensor([float("nan")])
    options = ACTIVATIONS.get(name, {})
    close(getattr(F, name)(x, **options), getattr(torch.nn.functional, name)(x_, **options))


def test_binary_cross_entropy_has_pytorchs_gradient_at_both_ends(torch):
    grid = np.array([0.0, 1e-20, 1e-13, 1e-6, 0.5, 1 - 1e-6, 1.0])
    x, x_ = both(torch, np.tile(grid, 3))
    t, t_ = both(torch, np.repeat([0.0, 0.3, 1.0], grid.size))
    loss = F.binary_cross_entropy(x, t, reduction="none")
    loss_ = torch.nn.functional.binary_cross_entropy(x_, t_, reduction="none")
    close(loss, loss_)
    for ours, theirs in zip(
        ag.autograd.grad(loss.sum(), (x, t)), torch.autograd.grad(loss_.sum(), (x_, t_)), strict=True
    ):
        close(ours, theirs, 1e-8)  # PyTorch's 1e-12 is a float32


@pytest.mark.parametrize("name", ["soft_margin_loss", "binary_cross_entropy_with_logits", "cross_entropy"])
def test_losses_are_finite_at_large_logits(name):
    x = ag.tensor([[1e4, -1e4], [-1e4, 1e4]], requires_grad=True)
    loss = getattr(F, name)(x, ag.tensor([[1.0, 0.0], [1.0, 0.0]]))
    loss.backward()
    assert np.isfinite(array(loss)) and np.isfinite(array(x.grad)).all()


def test_cosine_similarity_of_zeros_is_pytorchs(torch):
    x, x_ = both(torch, np.array([[0.0, 0.0], [1e-10, 2e-10], [3.0, 4.0]]))
    y, y_ = both(torch, np.ones((3, 2)))
    c, c_ = F.cosine_similarity(x, y), torch.nn.functional.cosine_similarity(x_, y_)
    close(c, c_)
    c.sum().backward()
    c_.sum().backward()
    np.testing.assert_allclose(array(x.grad), array(x_.grad), rtol=1e-9)


def test_gaussian_nll_passes_the_gradient_below_eps(torch):
    x, x_ = both(torch, draw((3,)))
    v, v_ = both(torch, np.array([0.0, 1e-9, 0.5]))
    loss = F.gaussian_nll_loss(x, x * 0 + 1, v, eps=1e-3)
    loss_ = torch.nn.functional.gaussian_nll_loss(x_, x_ * 0 + 1, v_, eps=1e-3)
    close(loss, loss_)
    loss.backward()
    loss_.backward()
    close(v.grad, v_.grad)


@pytest.mark.parametrize(
    ("name", "target", "options"),
    [
        ("multi_margin_loss", [2, 0], {}),
        ("multi_margin_loss", [2, 0], {"p": 2, "margin": 0.3}),
        ("multilabel_margin_loss", [[2, 0, -1], [1, -1, 0]], {}),
        ("pdist", None, {}),
        ("pdist", None, {"p": 3.0}),
    ],
)
def test_functions_that_pytorch_differentiates_once(torch, name, target, options):
    x, x_ = both(torch, draw((2, 3)))
    targets = ((), ()) if target is None else ((ag.tensor(target),), (torch.tensor(target),))
    y, y_ = getattr(F, name)(x, *targets[0], **options), getattr(torch.nn.functional, name)(x_, *targets[1], **options)
    close(y, y_)
    y.sum().backward()
    y_.sum().backward()
    close(x.grad, x_.grad)


# ---- tables of rows ----


def test_embedding_padding_and_scaling_change_the_gradient_alone(torch):
    index = np.array([[1, 2, 2], [0, 2, 1]])
    for options in ({"padding_idx": 2}, {"padding_idx": -1}, {"scale_grad_by_freq": True}, {"sparse": False}):
        w, w_ = both(torch, draw((3, 2)))
        y = F.embedding(ag.tensor(index), w, **options)
        y_ = torch.nn.functional.embedding(torch.tensor(index), w_, **options)
        close(y, y_)
        (y * y).sum().backward()
        (y_ * y_).sum().backward()
        close(w.grad, w_.grad, 1e-7)  # PyTorch scales in float32


@pytest.mark.parametrize("p", [1.0, 2.0])
def test_embedding_shortens_the_rows_it_uses(torch, p):
    w, w_ = both(torch, draw((4, 3)) * 2, requires_grad=False)
    index = np.array([0, 2, 2])
    close(
        F.embedding(ag.tensor(index), w, max_norm=1.0, norm_type=p),
        torch.nn.functional.embedding(torch.tensor(index), w_, max_norm=1.0, norm_type=p),
    )
    close(w, w_)


BAGS = [
    {"mode": mode, **options}
    for mode in ("sum", "mean", "max")
    for options in ({}, {"padding_idx": 1}, {"include_last_offset": True}, {"max_norm": 0.5})
] + [{"mode": "sum", "scale_grad_by_freq": True}, {"mode": "mean", "scale_grad_by_freq": True}]


@pytest.mark.parametrize("options", BAGS, ids=str)
def test_embedding_bag_is_pytorchs(torch, options):
    # each index twice: PyTorch divides by the count of another index where they differ
    index, offsets = np.array([1, 0, 2, 2, 1, 0]), np.array([0, 2, 2, 5, 6])
    w, w_ = both(torch, draw((4, 3)))
    y = F.embedding_bag(ag.tensor(index), w, ag.tensor(offsets), **options)
    y_ = torch.nn.functional.embedding_bag(torch.tensor(index), w_, torch.tensor(offsets), **options)
    close(y, y_)
    (y * y).sum().backward()
    (y_ * y_).sum().backward()
    close(w.grad, w_.grad)


def test_embedding_bag_weighs_samples(torch):
    index = np.array([[1, 0], [2, 2]])
    w, w_ = both(torch, draw((3, 2)))
    scale, scale_ = both(torch, draw((2, 2), 1))
    options = {"mode": "sum", "padding_idx": 0}
    y = F.embedding_bag(ag.tensor(index), w, per_sample_weights=scale, **options)
    y_ = torch.nn.functional.embedding_bag(torch.tensor(index), w_, per_sample_weights=scale_, **options)
    close(y, y_)
    (y * y).sum().backward()
    (y_ * y_).sum().backward()
    close(scale.grad, scale_.grad)
    close(w.grad, w_.grad)
    with pytest.raises(NotImplementedError, match="only supported for mode='sum'; got 'mean'"):
        F.embedding_bag(ag.tensor(index), w, per_sample_weights=scale)
    with pytest.warns(UserWarning, match="Argument order of nn.functional.embedding_bag was changed") as caught:
        F.embedding_bag(w, ag.tensor(index))
    assert caught[0].filename == __file__


def test_top_level_names_are_the_functions_of_layers(torch):
    x = ag.tensor(draw((2, 3)))
    assert ag.celu is F.celu and ag.layer_norm is F.layer_norm and ag.prelu is F.prelu
    close(ag.embedding(x, ag.tensor([1, 0])), x[[1, 0]])
    close(x.hardshrink(0.3), F.hardshrink(x, 0.3))
    close(x.prelu(ag.tensor([0.1]).double()), F.leaky_relu(x, 0.1), 1e-7)


# ---- running statistics ----


@pytest.mark.parametrize("use_input_stats", [True, False])
def test_instance_norm_moves_the_running_statistics(torch, use_input_stats):
    values = [draw((2, 3, 4)), draw((3,), 1), np.abs(draw((3,), 2)) + 0.5]
    results = []
    for i, functions in enumerate((F, torch.nn.functional)):
        x, mean, var = (both(torch, value, requires_grad=False)[i] for value in values)
        results.append((functions.instance_norm(x, mean, var, None, None, use_input_stats, 0.3), mean, var))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


# ---- sequences ----


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("form", ["padded", "joined"])
def test_ctc_loss_is_pytorchs(torch, reduction, zero_infinity, form):
    x, x_ = both(torch, draw((6, 3, 4)))
    targets, lengths, sizes = np.array([[1, 2, 2], [3, 1, 0], [1, 1, 1]]), [6, 5, 4], [3, 2, 3]
    if form == "joined":
        targets = np.concatenate([row[:n] for row, n in zip(targets, sizes, strict=True)])
    rest = (lengths, sizes, 0, reduction, zero_infinity)
    y = F.ctc_loss(F.log_softmax(x, 2), ag.tensor(targets), *rest)
    y_ = torch.nn.functional.ctc_loss(x_.log_softmax(2), torch.tensor(targets), *rest)
    close(y, y_)
    if zero_infinity:  # PyTorch's gradient is NaN without
        y.sum().backward()
        y_.sum().backward()
        close(x.grad, x_.grad)


def test_ctc_loss_of_one_example_and_of_empty_targets(torch):
    x, x_ = both(torch, draw((5, 4)))
    y = F.ctc_loss(F.log_softmax(x, 1), ag.tensor([1, 2]), ag.tensor(5), ag.tensor(2))
    y_ = torch.nn.functional.ctc_loss(x_.log_softmax(1), torch.tensor([1, 2]), torch.tensor(5), torch.tensor(2))
    close(y, y_)
    y.backward()
    y_.backward()
    close(x.grad, x_.grad)
    z, z_ = both(torch, draw((3, 2, 4)))
    empty = ((ag.zeros(2, 0, dtype=ag.int64),), (torch.zeros(2, 0, dtype=torch.int64),))
    close(
        F.ctc_loss(F.log_softmax(z, 2), *empty[0], (3, 2), (0, 0)),
        torch.nn.functional.ctc_loss(z_.log_softmax(2), *empty[1], (3, 2), (0, 0)),
    )


# ---- attention ----


def masks(kind):
    """Return an attention mask and a padding mask for L = 3, S = 4, N = 2, H = 2; no query is blind."""
    seen = np.array([[1, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]], bool)
    padding = np.array([[0, 0, 0, 1], [0, 1, 0, 0]], bool)
    return {
        "none": (None, None), "bool": (~seen, None), "numbers": (draw((3, 4)), None), "padding": (None, padding),
        "both": (~seen, padding), "every head": (draw((4, 3, 4)), np.where(padding, -np.inf, 0.0)),
    }[kind]  # fmt: skip


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("kind", ["none", "bool", "numbers", "padding", "both", "every head"])
@pytest.mark.parametrize("extra", [False, True])
def test_multi_head_attention_is_pytorchs(torch, kind, need_weights, extra):
    shapes = [(3, 2, 4), (4, 2, 4), (12, 4), (12,), (4, 4), (4,), (1, 1, 4), (1, 1, 4)]
    results = []
    for i, (lib, functions) in enumerate(((ag, F), (torch, torch.nn.functional))):
        q, k, w, b, w_out, b_out, bias_k, bias_v = (both(torch, draw(s, n))[i] for n, s in enumerate(shapes))
        mask, padding = (None if m is None else lib.tensor(m) for m in masks(kind))
        bias = (bias_k, bias_v) if extra else (None, None)
        out, shares = functions.multi_head_attention_forward(
            q, k, k, 4, 2, w, b, *bias, extra, 0.0, w_out, b_out, key_padding_mask=padding, need_weights=need_weights,
            attn_mask=mask,
        )  # fmt: skip
        assert (shares is None) == (not need_weights)
        used = [q, k, w, b, w_out, b_out]
        results.append([out, *([shares] if need_weights else []), *lib.autograd.grad((out * out).sum(), used)])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


def test_multi_head_attention_with_separate_weights_static_keys_and_one_example(torch):
    shapes = [(3, 4), (5, 6), (5, 2), (4, 4), (4, 6), (4, 2), (12,), (4, 4)]
    results = []
    for i, functions in enumerate((F, torch.nn.functional)):
        q, k, v, wq, wk, wv, b, w_out = (both(torch, draw(s, n))[i] for n, s in enumerate(shapes))
        static = both(torch, draw((2, 5, 2)))[i]
        for static_k in (None, static):
            out, shares = functions.multi_head_attention_forward(
                q, k, v, 4, 2, None, b, None, None, False, 0.0, w_out, None, use_separate_proj_weight=True,
                q_proj_weight=wq, k_proj_weight=wk, v_proj_weight=wv, static_k=static_k, average_attn_weights=False,
            )  # fmt: skip
            results.append([out, shares])
    for ours, theirs in zip(results[:2], results[2:], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            close(a, b)


def test_multi_head_attention_drops_weights_in_training_alone():
    x, w = ag.tensor(draw((3, 2, 4))), ag.tensor(draw((12, 4)))

    def call(training):
        rest = (None, None, None, False, 0.5, ag.eye(4, dtype=ag.float64), None, training)
        return F.multi_head_attention_forward(x, x, x, 4, 2, w, *rest)

    close(call(False)[0], call(False)[0])
    assert (array(call(True)[1]) != array(call(True)[1])).any()


def test_attention_of_a_blind_query_is_zero_and_so_is_its_gradient():
    q = ag.tensor(draw((2, 4)), requires_grad=True)
    for mask in (ag.tensor([[True, False], [False, False]]), ag.tensor([[0.0, -np.inf], [-np.inf, -np.inf]]).double()):
        out = F.scaled_dot_product_attention(q, ag.tensor(draw((2, 4), 1)), ag.tensor(draw((2, 3), 2)), mask)
        (grad,) = ag.autograd.grad(out.sum(), q)
        assert (array(out)[1] == 0).all() and (array(grad)[1] == 0).all() and np.isfinite(array(out)).all()


def test_attention_drops_weights():
    values = ag.ones(1, 50, 1)
    out = F.scaled_dot_product_attention(ag.zeros(1, 200, 2), ag.zeros(1, 50, 2), values, dropout_p=0.5)
    assert abs(float(out.mean()) - 1) < 0.05 and float(out.std()) > 0.05


# ---- what is no tensor ----


@pytest.mark.parametrize("given", ["text", [1.0, 2.0], 3.0, None])
@pytest.mark.parametrize("name", ["relu", "elu", "hardswish", "gelu", "leaky_relu", "softmin", "dropout", "logsigmoid"])
def test_what_is_no_tensor_is_named(name, given):
    options = {"dim": 0} if name == "softmin" else {}
    with pytest.raises(DTypeError, match=f"got {type(given).__name__}; wanted (a|at least one) Tensor"):
        getattr(F, name)(given, **options)


@pytest.mark.parametrize("name", ["linear", "mse_loss", "cross_entropy", "l1_loss", "kl_div", "embedding"])
def test_second_arguments_that_are_no_tensors_are_named(name):
    options = {"reduction": "sum"} if name == "kl_div" else {}
    with pytest.raises(DTypeError, match=f"^{name}: got list; wanted a Tensor"):
        getattr(F, name)(ag.ones(2, 2), [1.0], **options)
