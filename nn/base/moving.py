"""The part of ``Module`` that moves and casts its tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import autograd_core as ag
from autograd_core import Tensor

from .state_dict import Saved

M = TypeVar("M", bound="Movable")


class Movable(Saved):
    """The part of ``Module`` that moves to a device and casts to a dtype, in place."""

    def to(
        self: M,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        memory_format: ag.memory_format | None = None,
    ) -> M:
        """Move to a device and cast floating and complex parameters and buffers to a dtype, in place.

        Call it with a device, a dtype, both, or a tensor that has both.  ``memory_format`` is for the parameters and
        buffers of four or five dimensions.

        Raises: TypeError where the dtype is neither floating nor complex.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, ag.dtype):
                dtype = arg
            elif not isinstance(arg, bool):  # PyTorch's positional non_blocking
                device = arg
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(f"{type(self).__name__}.to: dtype is {dtype}; wanted a floating point or complex dtype")

        def convert(t: Tensor) -> Tensor:
            kind = dtype if t.is_floating_point() or t.is_complex() else t.dtype
            wanted = None if memory_format is None or t.dim() not in (4, 5) else memory_format
            return t.to(device=device, dtype=kind, memory_format=wanted)

        return self._apply(convert)

    def cpu(self: M) -> M:
        """Move to the CPU, in place."""
        return self._apply(lambda t: t.cpu())

    def cuda(self: M, device: Any = None) -> M:
        """Move to a GPU, in place."""
        return self._apply(lambda t: t.cuda(device))

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Move to a device without the values: parameters and buffers hold whatever was in the memory."""
        return self._apply(lambda t: ag.empty_like(t, device=device), recurse)

    def type(self: M, dst_type: Any) -> M:
        """Cast all parameters and buffers, also those of whole numbers, to a dtype, in place."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self: M) -> M:
        """Cast floating parameters and buffers to float32, in place."""
        return self._cast(ag.float32)

    def double(self: M) -> M:
        """Cast floating parameters and buffers to float64, in place."""
        return self._cast(ag.float64)

    def half(self: M) -> M:
        """Cast floating parameters and buffers to float16, in place."""
        return self._cast(ag.float16)

    def bfloat16(self: M) -> M:
        """Cast floating parameters and buffers to bfloat16, in place."""
        return self._cast(ag.bfloat16)

    def _cast(self: M, dtype: ag.dtype) -> M:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def _apply(self: M, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> M:
        """Pass every parameter, its gradient and every buffer through ``fn``; a parameter stays the same object."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        with ag.no_grad():
            for parameter in self.parameters(recurse=False):
                grad, parameter.grad = parameter.grad, None
                parameter.data = fn(parameter.data)
                parameter.grad = None if grad is None else fn(grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self
