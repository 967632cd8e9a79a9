"""Layers that learn how many inputs they have from their first input, and then are the layers that know it."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

from .base.lazy import LazyModuleMixin
from .conv import Conv1d, Conv2d, Conv3d, _Conv
from .conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, _ConvTransposeNd
from .functional.sizes import Size
from .linear import Linear
from .norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _NormBase,
)
from .parameter import UninitializedBuffer, UninitializedParameter, is_lazy

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d",
    "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d",
    "LazyInstanceNorm3d", "LazyLinear",
]  # fmt: skip


class _LazyLayer(LazyModuleMixin):
    """A layer whose attribute ``_inferred``, a size that it reads off its first input, is 0 until then."""

    _inferred: str

    def _size_of(self, input: Tensor) -> int:
        """Return the size that this input says."""
        raise NotImplementedError

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes, now that the size is known, of the parameters and buffers that wait for it."""
        raise NotImplementedError

    def _wait(self, names: tuple[str, ...], kind: Any, device: Any, dtype: Any) -> None:
        """Have the parameters or buffers of these names wait for their shapes."""
        for name in names:
            setattr(self, name, kind(device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Set the initial values, if the shapes are known."""
        if not self.has_uninitialized_params() and getattr(self, self._inferred):
            super().reset_parameters()  # type: ignore[misc]  # of the layer beside this

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Make the parameters that fit ``input``; those that were loaded stay, if they do.

        Raises: ShapeError where they do not; ValueError for a size that the layer's settings do not allow.
        """
        waiting, before = self.has_uninitialized_params(), getattr(self, self._inferred)
        setattr(self, self._inferred, self._size_of(input))
        try:
            self._check_fit()
        except ValueError:
            setattr(self, self._inferred, before)
            raise
        if waiting:
            for name, shape in self._shapes().items():
                held = getattr(self, name)
                if is_lazy(held):
                    held.materialize(shape)
            self.reset_parameters()

    def _check_fit(self) -> None:
        for name, shape in self._shapes().items():
            held = getattr(self, name)
            if held is not None and not is_lazy(held) and tuple(held.shape) != shape:
                raise ShapeError(
                    f"{type(self).__name__}: The {self._inferred} inferred from input: {getattr(self, self._inferred)} "
                    f"is not equal to {self._inferred} from self.{name}, which has shape {tuple(held.shape)}"
                )


def _parameters(bias: bool) -> tuple[str, ...]:
    return ("weight", "bias") if bias else ("weight",)


class LazyLinear(_LazyLayer, Linear):
    """A ``Linear`` whose ``in_features`` is the size of its first input's last dimension."""

    cls_to_become = Linear
    _inferred = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        """Make a layer with ``out_features`` outputs, without bias if ``bias`` is False."""
        super().__init__(0, 0, False)
        self.out_features = out_features
        self._wait(_parameters(bias), UninitializedParameter, device, dtype)

    def _size_of(self, input: Tensor) -> int:
        return int(input.shape[-1])

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


# ---- convolutions ----


class _LazyConvNd(_LazyLayer):
    _inferred = "in_channels"

    def _size_of(self, input: Tensor) -> int:
        n = self.n_dims
        if input.ndim not in (n + 1, n + 2):
            raise ShapeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of "
                f"size: {tuple(input.shape)}"
            )
        return int(input.shape[-1 - n])

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": self._weight_shape(), "bias": (self.out_channels,)}

    def _check_fit(self) -> None:
        self._check()
        super()._check_fit()


class _LazyConv(_LazyConvNd, _Conv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer; the arguments are those of the convolution that it becomes."""
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self.out_channels = out_channels
        self._check()
        self._wait(_parameters(bias), UninitializedParameter, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """A ``Conv1d`` whose ``in_channels`` is its first input's.  Shape: ``(N, C, L)`` or ``(C, L)``."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A ``Conv2d`` whose ``in_channels`` is its first input's.  Shape: ``(N, C, H, W)`` or ``(C, H, W)``."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A ``Conv3d`` whose ``in_channels`` is its first input's.  Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvNd, _ConvTransposeNd):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer; the arguments are those of the transposed convolution that it becomes."""
        super().__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode)
        self.out_channels = out_channels
        self._check()
        self._wait(_parameters(bias), UninitializedParameter, device, dtype)


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ``ConvTranspose1d`` whose ``in_channels`` is its first input's.  Shape: ``(N, C, L)`` or ``(C, L)``."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ``ConvTranspose2d`` whose ``in_channels`` is its first input's.  Shape: ``(N, C, H, W)`` or ``(C, H, W)``."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ``ConvTranspose3d`` whose ``in_channels`` is its first input's: ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""

    cls_to_become = ConvTranspose3d


# ---- normalisation ----


class _LazyNorm(_LazyLayer, _NormBase):
    _inferred = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        """Make a layer; the arguments are those of the normalisation that it becomes."""
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self._wait(_parameters(bias), UninitializedParameter, device, dtype)
        if track_running_stats:
            self._wait(("running_mean", "running_var"), UninitializedBuffer, device, dtype)
            self.num_batches_tracked = ag.tensor(0, dtype=ag.int64, device=device)

    def _size_of(self, input: Tensor) -> int:
        self._check_input_dim(input)
        return self._channels(input)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (self.num_features,))


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A ``BatchNorm1d`` whose ``num_features`` is its first input's.  Shape: ``(N, C)`` or ``(N, C, L)``."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A ``BatchNorm2d`` whose ``num_features`` is its first input's.  Shape: ``(N, C, H, W)``."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A ``BatchNorm3d`` whose ``num_features`` is its first input's.  Shape: ``(N, C, D, H, W)``."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An ``InstanceNorm1d`` whose ``num_features`` is its first input's.  Shape: ``(N, C, L)`` or ``(C, L)``."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An ``InstanceNorm2d`` whose ``num_features`` is its first input's.  Shape: ``(N, C, H, W)`` or ``(C, H, W)``."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An ``InstanceNorm3d`` whose ``num_features`` is its first input's: ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""

    cls_to_become = InstanceNorm3d
