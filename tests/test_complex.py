"""Complex tensors as a user meets them: parts that can be written, gradients in PyTorch's convention, transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn.functional
from autograd_core.autograd import gradcheck, gradgradcheck
from autograd_core.checking.gradcheck import GradcheckError
from autograd_core.errors import DTypeError, ShapeError
from tests.trials import array

RNG = np.random.default_rng(0)
NUMBERS = [3 - 4j, 1 + 1j, -2 + 0.5j]


def z(*values: complex) -> ag.Tensor:
    return ag.tensor(values or NUMBERS, dtype=ag.complex128, requires_grad=True)


def drawn(*shape: int) -> ag.Tensor:
    parts = RNG.standard_normal((2, *shape))
    return ag.tensor(parts[0] + 1j * parts[1], requires_grad=True)


# ---- parts ----


def test_parts_are_views_that_can_be_written() -> None:
    x = ag.tensor(NUMBERS)
    x.real = ag.tensor([7.0, 8.0, 9.0])
    x.imag[0] = -1
    ag.view_as_real(x)[1, 1] = 5.0
    x.imag[2:].mul_(2)
    assert x.tolist() == [7 - 1j, 8 + 5j, 9 + 1j]


def test_a_write_into_a_part_is_differentiated() -> None:
    x, v = z(), ag.tensor([5.0, 6.0], dtype=ag.float64, requires_grad=True)
    y = x * 2
    y.real[1:] = v * v
    (y * y.conj()).real.sum().backward()
    assert x.grad.tolist() == [24 - 32j, 8j, 4j]
    assert v.grad.tolist() == [4 * 5.0**3, 4 * 6.0**3]


def test_real_tensors_are_their_own_real_part_and_conjugate() -> None:
    x = ag.ones(3)
    assert x.real is x and ag.conj(x) is x and x.conj() is x and ag.resolve_conj(x) is x
    with pytest.raises(DTypeError, match="imag: is not implemented for tensors with non-complex dtypes"):
        _ = x.imag
    with pytest.raises(DTypeError, match="imag: is not implemented"):
        x.imag = 1.0


def test_complex_views_need_pairs_side_by_side() -> None:
    with pytest.raises(ShapeError, match=r"view_as_complex: .* stride 1"):
        ag.view_as_complex(ag.ones(2, 3).T)
    with pytest.raises(ShapeError, match=r"view_as_complex: .* even other strides"):
        ag.view_as_complex(ag.ones(2, 3)[:, :2])
    pairs = ag.zeros(2, 2)
    ag.view_as_complex(pairs)[1] = 3 - 4j
    assert pairs.tolist() == [[0, 0], [3, -4]]


def test_conjugate_and_sign_have_in_place_forms() -> None:
    x = ag.tensor(NUMBERS, dtype=ag.complex128)
    assert x.clone().conj_physical_().tolist() == [3 + 4j, 1 - 1j, -2 - 0.5j]
    np.testing.assert_allclose(array(x.clone().sgn_()), np.array(NUMBERS) / np.abs(NUMBERS))


def test_complex_defaults_and_promotion() -> None:
    assert ag.tensor([1j]).dtype is ag.complex64
    assert (ag.ones(2) * 1j).dtype is ag.complex64
    assert (ag.ones(2, dtype=ag.float64) + ag.tensor([1j])).dtype is ag.complex128
    assert ag.complex(ag.ones(2), ag.ones(2)).dtype is ag.complex64
    assert ag.angle(ag.tensor([1, -1])).dtype is ag.float32
    assert ag.tensor(NUMBERS).abs().dtype is ag.float32


def test_the_angle_of_real_numbers() -> None:
    x = ag.tensor([-0.0, 2.0, -3.0, float("nan")], requires_grad=True)
    np.testing.assert_array_equal(array(ag.angle(x)), np.array([0, 0, np.pi, np.nan], "float32"))
    ag.angle(x)[:3].sum().backward()
    assert x.grad[:3].tolist() == [0, 0, 0]


# ---- gradients ----


def test_the_gradient_points_up() -> None:
    """A step along the gradient of a real function is d/dRe + i d/dIm: PyTorch's convention."""
    x = z(3 - 4j)
    (g,) = ag.autograd.grad((x * x.conj()).real.sum(), x)
    assert g.tolist() == [6 - 8j]
    (g,) = ag.autograd.grad((x * 2j).real.sum(), x)
    assert g.tolist() == [-2j]


@pytest.mark.parametrize("function", [ag.abs, ag.sgn, ag.angle], ids=lambda f: f.__name__)
def test_gradients_at_zero_are_zero(function: Any) -> None:
    x = z(0, 0)
    function(x).backward(ag.ones_like(function(x)))
    assert x.grad.tolist() == [0, 0]


HOLOMORPHIC = {
    "mul": lambda x, y: x * y, "div": lambda x, y: x / y, "exp": lambda x, y: (x * y).exp(),
    "log": lambda x, y: x.log() - y.log(), "sqrt": lambda x, y: (x + y).sqrt(), "pow": lambda x, y: x**3 * y**-1,
    "pow of both": lambda x, y: (x + 5) ** y,
    "sin": lambda x, y: x.sin() * y.cos(), "tanh": lambda x, y: (x - y).tanh(), "square": lambda x, y: x.square() + y,
    "reciprocal": lambda x, y: x.reciprocal() + y.rsqrt(), "matmul": lambda x, y: x[:, None] @ y[None, :],
    "sum": lambda x, y: (x * x).sum() * y.mean(), "cumsum": lambda x, y: x.cumsum(0) * y,
    "prod": lambda x, y: (x * y).prod(), "where": lambda x, y: ag.where(x.abs() > 2, x * y, y),
    "getitem": lambda x, y: (x * y)[1:], "cat": lambda x, y: ag.cat([x, y]) * 1j, "dot": lambda x, y: x @ y,
}  # fmt: skip
OTHERS = {
    "abs": lambda x, y: (x * y).abs(), "angle": lambda x, y: (x + y).angle(), "sgn": lambda x, y: x.sgn() * y,
    "conj": lambda x, y: x.conj() * y, "real": lambda x, y: x.real * y, "imag": lambda x, y: x * y.imag,
    "real in complex": lambda x, y: x.real**2 * y, "norm": lambda x, y: (x * y).abs().square().sum().sqrt(),
    "polar": lambda x, y: ag.polar(x.real, y.imag), "parts": lambda x, y: ag.complex(x.imag * 2, y.real * x.real),
}  # fmt: skip


@pytest.mark.parametrize("function", [*HOLOMORPHIC.values(), *OTHERS.values()], ids=[*HOLOMORPHIC, *OTHERS])
def test_gradients_by_finite_differences(function: Any) -> None:
    inputs = (z(), z(1 - 2j, 0.5 + 1j, 2 + 2j))
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_what_compares_with_zero_refuses_complex_numbers() -> None:
    for function in (ag.relu, nn.functional.softplus):
        with pytest.raises(DTypeError, match=r"not implemented for ag\.complex128: complex numbers have no order"):
            function(z())


def test_a_rule_without_its_conjugate_is_found() -> None:
    class Square(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
            return g * 2 * ctx.saved_tensors[0]

    with pytest.raises(GradcheckError, match="output 0 with respect to input 0"):
        gradcheck(Square.apply, z())
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: Square.apply(x).imag, z())


def test_real_leaves_of_complex_results_have_real_gradients() -> None:
    w = ag.tensor([1.0, 2.0, 3.0], dtype=ag.float64, requires_grad=True)
    y = w * z().detach()
    (y.real - y.imag).sum().backward()
    assert w.grad.dtype is ag.float64
    assert w.grad.tolist() == [7, 0, -2.5]


# ---- transforms ----


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_transforms_undo_each_other(n: int, norm: str | None) -> None:
    x, r = drawn(3, n), drawn(3, n).real.detach()
    np.testing.assert_allclose(array(ag.fft.ifft(ag.fft.fft(x, norm=norm), norm=norm)), array(x), atol=1e-12)
    np.testing.assert_allclose(array(ag.fft.ifft2(ag.fft.fft2(x, norm=norm), norm=norm)), array(x), atol=1e-12)
    np.testing.assert_allclose(array(ag.fft.irfft(ag.fft.rfft(r, norm=norm), n, norm=norm)), array(r), atol=1e-12)
    np.testing.assert_allclose(array(ag.fft.hfft(ag.fft.ihfft(r, norm=norm), n, norm=norm)), array(r), atol=1e-12)
    whole = {"s": (3, n), "norm": norm}
    np.testing.assert_allclose(array(ag.fft.irfftn(ag.fft.rfftn(r, norm=norm), **whole)), array(r), atol=1e-12)
    np.testing.assert_allclose(array(ag.fft.hfftn(ag.fft.ihfftn(r, norm=norm), **whole)), array(r), atol=1e-12)


def test_transforms_keep_the_precision_they_are_given() -> None:
    for real, both in ((ag.float32, ag.complex64), (ag.float64, ag.complex128)):
        x = ag.ones(4, dtype=real)
        assert ag.fft.fft(x).dtype is ag.fft.rfft(x).dtype is ag.fft.ihfft(x).dtype is both
        assert ag.fft.irfft(ag.fft.rfft(x)).dtype is ag.fft.hfft(x).dtype is real
        assert ag.fft.fftfreq(4, dtype=real).dtype is real
    assert ag.fft.fft(ag.tensor([True, False])).dtype is ag.complex64
    assert ag.fft.fftn(ag.tensor(3.0)).dtype is ag.complex64
    assert ag.fft.fftn(ag.ones(2), dim=()).tolist() == [1, 1]


def test_a_filter_in_the_frequency_domain_learns() -> None:
    x = ag.tensor(RNG.standard_normal(8))
    wanted = ag.roll(x, 2)
    h = ag.zeros(5, dtype=ag.complex128, requires_grad=True)
    for _ in range(60):
        loss = (ag.fft.irfft(ag.fft.rfft(x) * h, 8) - wanted).square().sum()
        (g,) = ag.autograd.grad(loss, h)
        h = (h - g / ag.fft.rfft(x).abs().square()).detach().requires_grad_()
    turned = np.exp(-2j * np.pi * 2 * np.arange(5) / 8)
    np.testing.assert_allclose(array(h), turned, atol=1e-6)


def test_frames_overlap_and_add_to_the_signal() -> None:
    x = ag.tensor(RNG.standard_normal((2, 25)))
    window = ag.hann_window(8, dtype=ag.float64)
    for options in ({}, {"normalized": True}, {"onesided": False}, {"win_length": 6}):
        shape = {"window": window[: options.get("win_length", 8)], **options}
        y = ag.stft(x, 8, return_complex=True, **shape)
        np.testing.assert_allclose(array(ag.istft(y, 8, length=25, **shape)), array(x), atol=1e-12)
    both = ag.complex(x, x * 2)
    y = both.stft(8, window=window)
    again = y.istft(8, window=window, length=25, return_complex=True)
    np.testing.assert_allclose(array(again), array(both), atol=1e-12)
    with pytest.raises(DTypeError, match="istft: Cannot have onesided output"):
        ag.istft(y[:, :5], 8, window=window, return_complex=True)


def test_a_spectrum_comes_as_pairs_where_asked() -> None:
    x = ag.tensor(RNG.standard_normal(20))
    y = ag.stft(x, 8, return_complex=True)
    np.testing.assert_array_equal(array(ag.stft(x, 8, return_complex=False)), array(ag.view_as_real(y)))


def test_frames_begin_where_the_window_does(torch: Any) -> None:
    x, w = RNG.standard_normal(20), np.hanning(8)[1:7]
    options: dict[str, Any] = {
        "n_fft": 8, "hop_length": 2, "win_length": 6, "center": False, "return_complex": True, "align_to_window": True,
    }  # fmt: skip
    ours = ag.stft(ag.tensor(x), window=ag.tensor(w), **options)
    theirs = torch.stft(torch.tensor(x), window=torch.tensor(w), **options)
    np.testing.assert_allclose(array(ours), array(theirs), atol=1e-12)
    with pytest.raises(ShapeError, match="stft: align_to_window should only be set when center = false"):
        ag.stft(ag.tensor(x), 8, return_complex=True, align_to_window=True)


# ---- windows ----


def test_windows_can_be_leaves_of_any_floating_dtype() -> None:
    w = ag.signal.windows.hann(4, dtype=ag.float64, requires_grad=True)
    assert w.is_leaf and w.requires_grad and w.dtype is ag.float64
    assert ag.kaiser_window(4, dtype=ag.float16).dtype is ag.float16
    assert ag.blackman_window(4, requires_grad=True).requires_grad
    with pytest.raises(DTypeError, match="general_cosine: Coefficients must be a list/tuple; got float"):
        ag.signal.windows.general_cosine(4, a=0.5)
    with pytest.raises(ShapeError, match="general_cosine: Coefficients cannot be empty"):
        ag.signal.windows.general_cosine(4, a=[])


# ---- random numbers ----


def test_random_complex_numbers() -> None:
    ag.manual_seed(0)
    x = array(ag.randn(20_000, dtype=ag.complex64))
    assert x.dtype == "complex64"
    np.testing.assert_allclose([x.real.var(), x.imag.var(), (x.real * x.imag).mean()], [0.5, 0.5, 0], atol=0.02)
    u = array(ag.rand(1000, dtype=ag.complex128))
    assert all(((part >= 0) & (part < 1)).all() and part.std() > 0.2 for part in (u.real, u.imag))
    v = array(ag.zeros(1000, dtype=ag.complex64).uniform_(2, 3))
    assert all(((part >= 2) & (part < 3)).all() for part in (v.real, v.imag))
