"""Spectra of a signal frame by frame: the short-time Fourier transform, and its inverse by overlap and addition."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.composites import complex_numbers, padding, shaping
from autograd_core.composites.fourier import fft, ifft, irfft, rfft
from autograd_core.engine.indices import all_values
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.window import fold, unfold

__all__ = ["istft", "stft"]
METHODS = ["istft", "stft"]


def stft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
    onesided: bool | None = None, return_complex: bool | None = None, align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """Return ``y[k, t] = sum over j < n_fft of window[j] * x[t * hop + j] * exp(-2 pi i j k / n_fft)``.

    Args:
        input: one signal (L) or several (B, L).
        n_fft: points of a frame.
        hop_length: from one frame to the next; by default ``n_fft // 4``.
        win_length: of the window, which zeros on both sides bring to ``n_fft``, its default.
        window: weights of a frame's points; ones by default.
        center: put ``n_fft // 2`` points at both ends, by ``pad_mode``, so that frame t is centred at ``t * hop``.
        pad_mode: how: see ``nn.functional.pad``.
        normalized: divide by ``sqrt(n_fft)``.
        onesided: the first ``n_fft // 2 + 1`` frequencies alone; by default where all is real.
        return_complex: complex numbers; False gives pairs of real ones.  Must be said for a real input.
        align_to_window: without ``center``, let frames begin where the window does, not the zeros before it.

    Shape: (B?, L) -> (B?, frequencies, frames).
    Raises: ShapeError for lengths that do not fit each other; DTypeError where the answer cannot be complex or real.
    """
    hop, size = _lengths("stft", n_fft, hop_length, win_length)
    window = _window("stft", window, n_fft, size, input)
    whole = input.is_complex() or window.is_complex()
    if return_complex is None and not whole:
        raise DTypeError("stft: requires the return_complex parameter be given for real inputs; wanted True")
    if onesided and whole:
        raise DTypeError("stft: Cannot have onesided output if window or input is complex")
    signal = _extended(input, n_fft, (n_fft - size) // 2, center, pad_mode, align_to_window)
    columns = unfold(signal, kernel_size=(n_fft,), stride=(hop,), padding=(0,), dilation=(1,))
    transform = fft if whole or onesided is False else rfft
    out = transform(columns * shaping.unsqueeze(window, -1), dim=1, norm="ortho" if normalized else None)
    out = shaping.reshape(out, (*input.shape[:-1], *out.shape[1:]))
    return out if return_complex or (return_complex is None and whole) else complex_numbers.view_as_real(out)


def istft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, normalized: bool = False, onesided: bool | None = None,
    length: int | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """Return the signal whose ``stft`` is nearest to ``input`` in least squares.

    The arguments are those of ``stft``, and ``length``: points of the signal, by default as many as the frames say
    for sure; ``return_complex``: the signal is complex, and its spectra are not one-sided.

    Shape: (B?, frequencies, frames) -> (B?, length).
    Raises: ShapeError for lengths that do not fit each other, and where the squared windows add up to 0.
    Source: Griffin and Lim, Signal Estimation from Modified Short-Time Fourier Transform, 1984, equation 6.
    """
    hop, size = _lengths("istft", n_fft, hop_length, win_length)
    _check_spectra(input, n_fft, hop, size, onesided)
    window = _window("istft", window, n_fft, size, input)
    count, frames = input._array.shape[-2:]
    half = onesided if onesided is not None else count != n_fft
    if (return_complex and half) or (window.is_complex() and not return_complex):
        raise DTypeError("istft: Cannot have onesided output, or a real one, if window or input is complex")
    spectra = shaping.reshape(input, (-1, count, frames))
    norm = "ortho" if normalized else None
    columns = ifft(spectra, dim=1, norm=norm) if return_complex else irfft(spectra, n_fft, dim=1, norm=norm)
    weights = shaping.unsqueeze(window, -1)
    options = {"output_size": (n_fft + hop * (frames - 1),), "kernel_size": (n_fft,), "stride": (hop,),
               "padding": (0,), "dilation": (1,)}  # fmt: skip
    signal = fold(columns * weights, **options)
    overlap = fold(shaping.expand(weights * weights, (1, n_fft, frames)), **options)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else signal.shape[-1] - start
    overlap = overlap[..., start:end]
    if not bool((all_values(overlap.abs()) > 1e-11).all()):
        raise ShapeError("istft: window overlap add min: 0; wanted windows whose squares add up to more everywhere")
    signal = signal[..., start:end] / overlap
    if (missing := end - start - signal.shape[-1]) > 0:
        signal = padding.pad(signal, (0, missing))
    return shaping.reshape(signal, (*input.shape[:-2], end - start))


def _lengths(operation: str, n_fft: int, hop_length: int | None, win_length: int | None) -> tuple[int, int]:
    """Return the lengths of the hop and the window.  Raises: ShapeError where they make no frames."""
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    if n_fft <= 0 or hop <= 0:
        raise ShapeError(f"{operation}: expected n_fft > 0 and hop_length > 0, but got n_fft={n_fft}, hop_length={hop}")
    if not 0 < size <= n_fft:
        raise ShapeError(f"{operation}: expected 0 < win_length <= n_fft, but got win_length={size}, n_fft={n_fft}")
    return hop, size


def _window(operation: str, window: Tensor | None, n_fft: int, size: int, input: Tensor) -> Tensor:
    """Return the window between zeros, ``n_fft`` long.  Raises: ShapeError for one that is not ``size`` long."""
    if window is None:
        window = input.new_ones((size,), dtype=input.dtype.to_real())
    if tuple(window.shape) != (size,):
        raise ShapeError(
            f"{operation}: expected a 1D window tensor of size equal to win_length={size}, but got window with size "
            f"{tuple(window.shape)}"
        )
    before = (n_fft - size) // 2
    return padding.pad(window, (before, n_fft - size - before)) if size < n_fft else window


def _extended(
    input: Tensor, n_fft: int, before: int, center: bool, pad_mode: str, align_to_window: bool | None
) -> Tensor:
    """Return the signals, with what goes before and after them.  Shape: (B?, L) -> (B, 1, L')."""
    shape = input._array.shape
    if len(shape) not in (1, 2) or input.dtype.category < 2:
        raise ShapeError(f"stft: expected a 1D or 2D tensor of floating point or complex values; got {input.dtype} of "
                         f"shape {tuple(shape)}")  # fmt: skip
    if center and align_to_window is not None:
        raise ShapeError("stft: align_to_window should only be set when center = false")
    signal = shaping.reshape(input, (math.prod(shape[:-1]), 1, shape[-1]))
    if center:
        signal = padding.pad(signal, (n_fft // 2, n_fft // 2), mode=pad_mode)
    elif align_to_window and before:
        signal = padding.pad(signal, (before, before))
    if n_fft > signal.shape[-1]:
        raise ShapeError(f"stft: expected 0 < n_fft <= {signal.shape[-1]}, but got n_fft={n_fft}")
    return signal


def _check_spectra(input: Tensor, n_fft: int, hop: int, size: int, onesided: bool | None) -> None:
    shape: Any = tuple(input.shape)
    if not input.is_complex():
        raise DTypeError(f"istft: requires a complex-valued input tensor as stft returns it; got {input.dtype}")
    if len(shape) not in (2, 3) or 0 in shape:
        raise ShapeError(f"istft: expected a 2D or 3D tensor that is not empty; got shape {shape}")
    wanted = n_fft // 2 + 1 if onesided or (onesided is None and shape[-2] != n_fft) else n_fft
    if shape[-2] != wanted:
        raise ShapeError(f"istft: expected the frequency dimension (2nd to the last) to have {wanted} elements for "
                         f"n_fft={n_fft}; got shape {shape}")  # fmt: skip
    if hop > size:
        raise ShapeError(f"istft: expected 0 < hop_length <= win_length; got hop_length={hop}, win_length={size}")
