"""Fourier transforms, of one dim, of several, and frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import FLOATS, NUMBERS, Row, bad, complex_numbers, positive, real, s
from tests.tables import function

ONE = (s((2, 5)), s((4,), norm="ortho"), s((2, 3), 4, 0, "forward"), s((3, 4), n=3))
TWO = (s((2, 3)), s((2, 3, 2), [2, 3], [2, 0]), s((2, 3), norm="ortho"))
MANY = (s((2, 3)), s((2, 3), [2, 2]), s((2, 2, 3), [4]), s((2, 3, 2), dim=(2, 0), norm="forward"))


def along(name: str) -> Any:
    """NumPy's function of one dim, with PyTorch's names."""
    return lambda x, n=None, dim=-1, norm=None: getattr(np.fft, name)(x, n, dim, norm)


def over(name: str) -> Any:
    """NumPy's function of several dims, with PyTorch's names."""

    def transform(x: Any, s: Any = None, dim: Any = None, norm: Any = None) -> Any:
        if dim is None:
            dim = (-2, -1) if name.endswith("2") else tuple(range(-len(s), 0)) if s else tuple(range(x.ndim))
        return getattr(np.fft, name[:-1] + "n")(x, s, dim, norm)

    return transform


def mirrored(name: str) -> Any:
    """NumPy has ``hfft`` and ``ihfft`` of one dim only: of several they are ``irfftn`` and ``rfftn`` conjugated."""
    swapped = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}

    def transform(x: Any, s: Any = None, dim: Any = None, norm: Any = None) -> Any:
        if name.startswith("i"):
            return np.conj(over(name.replace("ih", "r"))(x, s, dim, swapped[norm]))
        return over(name.replace("h", "ir"))(np.conj(x), s, dim, swapped[norm])

    return transform


def weighed(x: Any, n: int, dim: int, inner: float) -> Any:
    twice = [i not in (0, n / 2) for i in range(x.shape[dim])]
    return x * np.where(twice, inner, 1.0).reshape(-1, *(1,) * (x.ndim - 1 - dim))


def rfft(x: Any, *, dims: Any, norm: str = "backward", doubled: bool = False) -> Any:
    y = np.fft.rfftn(x, axes=dims, norm=norm)
    return weighed(y, x.shape[dims[-1]], dims[-1], 2.0) if doubled else y


def irfft(x: Any, *, dims: Any, n: int, norm: str = "backward", halved: bool = False) -> Any:
    x = weighed(x, n, dims[-1], 0.5) if halved else x
    return np.fft.irfftn(x, [*(x.shape[d] for d in dims[:-1]), n], dims, norm)


PRIMITIVES = [
    Row("fft", s((2, 3), dims=(1,)), s((2, 3), dims=(0, 1), norm="ortho"), s((4,), dims=(0,), inverse=True),
        domain=complex_numbers, linear=(0,), torch=None,
        numpy=lambda x, *, dims, norm="backward", inverse=False:
            (np.fft.ifftn if inverse else np.fft.fftn)(x, axes=dims, norm=norm)),
    Row("rfft", s((2, 5), dims=(1,)), s((2, 4), dims=(0, 1), norm="ortho"), s((4, 2), dims=(0,), doubled=True),
        s((5,), dims=(0,), doubled=True, norm="forward"), linear=(0,), torch=None, numpy=rfft),
    Row("irfft", s((2, 3), dims=(1,), n=5), s((2, 3), dims=(0, 1), n=4, norm="ortho"), s((3, 2), dims=(0,), n=4,
        halved=True), s((3,), dims=(0,), n=5, halved=True, norm="forward"), domain=complex_numbers, linear=(0,),
        torch=None, numpy=irfft),
]  # fmt: skip


SAMPLES = {"": ONE, "2": TWO, "n": MANY}
REAL = ("rfft", "ihfft")  # what takes real numbers


def errors(name: str) -> Any:
    """What every transform refuses."""
    several = name.endswith(("2", "n"))
    wrong, length = ((0,), {"s": (0,), "dim": (1,)}) if several else (0, {"n": 0})
    yield bad(IndexRangeError, rf"^{name}: Dimension specified as 0 but tensor has no dimensions", (), dim=wrong)
    yield bad(IndexRangeError, rf"^{name}: Dimension out of range \(expected .* \[-2, 1\], but got 2\)", (2, 3),
              dim=(2,) if several else 2)  # fmt: skip
    yield bad(ShapeError, rf"^{name}: Invalid number of data points \(0\) specified", (2, 3), **length)
    yield bad(DTypeError, rf"^{name}: Invalid normalization mode: 'half'; wanted 'backward'", (2, 3), norm="half")
    if several:
        yield bad(ShapeError, rf"^{name}: FFT dims must be unique; got \(0, 0\)", (2, 3), dim=(0, 0))
        yield bad(ShapeError, rf"^{name}: Got shape with 3 values but input tensor only has 2", (2, 3), [1, 2, 3])
        yield bad(ShapeError, rf"^{name}: When given, dim and shape arguments must have the same", (2, 3), [1, 2], [1])
    if name.startswith(REAL):
        yield bad(DTypeError, f"^{name}: expects a real input tensor, but got ag.complex128", np.ones((2, 2), complex))
    if name not in ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn"):
        yield bad(ShapeError, f"^{name}: must transform at least one axis", (2, 3), dim=())


def transform(name: str, end: str) -> Row:
    numpy = along(name) if not end else mirrored(name + end) if "hfft" in name else over(name + end)
    kind = {"domain": real, "dtypes": NUMBERS} if name in REAL else {"domain": complex_numbers, "dtypes": FLOATS}
    return function(f"fft.{name}{end}", *SAMPLES[end], numpy=numpy, errors=tuple(errors(name + end)), **kind)


def frequencies(name: str) -> Row:
    def numpy(n: int, d: float = 1.0) -> Any:
        return getattr(np.fft, name)(n, d)

    return function(f"fft.{name}", s(5), s(4, 0.5), s(1), numpy=numpy, tolerance=1e-6, order=0, errors=(
        bad(DTypeError, f"^{name}: requires a floating point or complex dtype; got ag.int64", 4, dtype=ag.int64),
        bad(ShapeError, f"^{name}: Trying to create tensor with negative dimension: n is -1", -1)))  # fmt: skip


def shifted(name: str) -> Row:
    range_ = bad(IndexRangeError, rf"^{name}: Dimension out of range \(expected .* \[-1, 0\], but got 1\)", (2,), 1)
    return function(f"fft.{name}", s((5,)), s((2, 3)), s((2, 3), 1), s((2, 3, 2), [0, -1]), s((0, 2)),
                    dtypes=(*NUMBERS, "bool"), numpy=getattr(np.fft, name), errors=(range_,))  # fmt: skip




def stft(
    x: Any, n_fft: int, hop: int, size: int, window: Any, center: bool = True, pad_mode: str = "reflect",
    normalized: bool = False, onesided: bool | None = None, return_complex: bool = True,
) -> Any:  # fmt: skip
    before = (n_fft - size) // 2
    window = np.pad(window, (before, n_fft - size - before))
    ends = (n_fft // 2, n_fft // 2) if center else (0, 0)
    x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [ends], pad_mode)
    frames = [x[..., t : t + n_fft] * window for t in range(0, x.shape[-1] - n_fft + 1, hop)]
    whole = onesided is False or np.iscomplexobj(frames[0])
    norm = "ortho" if normalized else None
    return np.stack([(np.fft.fft if whole else np.fft.rfft)(f, norm=norm) for f in frames], -1)


def istft(y: Any, n_fft: int, hop: int, size: int, window: Any, center: bool = True, *, length: int) -> Any:
    before = (n_fft - size) // 2
    window = np.pad(window, (before, n_fft - size - before))
    total = n_fft + hop * (y.shape[-1] - 1)
    signal, weight = np.zeros((*y.shape[:-2], total)), np.zeros(total)
    for t in range(y.shape[-1]):
        signal[..., t * hop : t * hop + n_fft] += np.fft.irfft(y[..., t], n_fft) * window
        weight[t * hop : t * hop + n_fft] += window**2
    start = n_fft // 2 if center else 0
    return (signal / weight)[..., start : start + length]


FUNCTIONS = [
    *(transform(name, end) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft") for end in SAMPLES),
    *map(frequencies, ("fftfreq", "rfftfreq")),
    *map(shifted, ("fftshift", "ifftshift")),
    function("stft", s((9,), 4, 2, 4, (4,), return_complex=True),
             s((2, 7), 4, 1, 2, (2,), center=False, normalized=True, return_complex=True),
             s((7,), 5, 2, 5, (5,), pad_mode="constant", onesided=False, return_complex=True), numpy=stft, errors=(
        bad(DTypeError, "^stft: requires the return_complex parameter be given for real inputs", (9,), 4),
        bad(DTypeError, "^stft: Cannot have onesided output if", np.ones(9, complex), 4, onesided=True),
        bad(ShapeError, "^stft: expected a 1D window tensor of size equal to win_length=4, but got .* \\(3,\\)", (9,),
            4, 2, 4, (3,), return_complex=True),
        bad(ShapeError, "^stft: expected a 1D or 2D tensor of floating", (2, 2, 9), 4, return_complex=True),
        bad(ShapeError, "^stft: expected 0 < win_length <= n_fft", (9,), 4, 1, 5, return_complex=True),
        bad(ShapeError, "^stft: expected n_fft > 0 and hop_length > 0", (9,), 4, 0, return_complex=True),
        bad(ShapeError, "^stft: expected 0 < n_fft <= 3", (3,), 4, center=False, return_complex=True))),
    function("istft", s((3, 4), 4, 2, 4, (4,), length=6), s((2, 3, 3), 4, 1, 4, (4,), center=False, length=5),
             domain=(complex_numbers, positive), numpy=istft, syncs=True, errors=(
        bad(DTypeError, "^istft: requires a complex-valued input", np.ones((3, 4)), 4),
        bad(ShapeError, "^istft: expected the frequency dimension .* to have 3 elements", (2, 4), 4),
        bad(ShapeError, "^istft: expected a 2D or 3D tensor that is not empty", (3, 0), 4),
        bad(ShapeError, "^istft: expected 0 < hop_length <= win_length", (3, 4), 4, 5),
        bad(ShapeError, "^istft: window overlap add min: 0", (3, 4), 4, 1, 4, np.zeros(4)))),
]  # fmt: skip
