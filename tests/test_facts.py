"""What a tensor says of itself, its memory formats, and its conversions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError


def test_facts_are_pytorchs(torch: Any) -> None:
    for lib in (ag, torch):
        x = lib.arange(24.0).reshape(2, 3, 4)
        v = x[1].T[1:]
        assert (v.storage_offset(), v.stride(), v.stride(0), tuple(v.size()), v.size(-1)) == (13, (1, 4), 1, (3, 3), 3)
        assert (v.numel(), v.nelement(), v.dim(), v.ndimension(), v.element_size(), v.itemsize) == (9, 9, 2, 2, 4, 4)
        assert v.nbytes == 36 and v.data_ptr() - x.data_ptr() == 13 * 4 and tuple(v.dim_order()) == (1, 0)
        assert (v.get_device(), v.is_cpu, v.is_cuda, v.is_contiguous()) == (-1, True, False, False)
        assert v.is_signed() and not v.byte().is_signed() and v.is_same_size(x[0, :, :3]) and not v.is_same_size(x)
        for name in ("is_meta", "is_sparse", "is_quantized", "is_mkldnn", "is_mps", "is_xpu", "is_nested"):
            assert getattr(v, name) is False, name
        assert not v.is_pinned() and not v.is_shared() and v.layout is lib.strided


def test_the_device_is_named(cuda: Any) -> None:
    x = ag.ones(2, 2).cuda()
    assert x.get_device() == 0 and not x.is_cpu and x[1:].storage_offset() == 2 and x.pin_memory() is x
    assert x[1].data_ptr() - x.data_ptr() == 8


def test_memory_formats(torch: Any) -> None:
    for lib in (ag, torch):
        x = lib.arange(24.0).reshape(1, 2, 3, 4)
        last = x.contiguous(memory_format=lib.channels_last)
        assert last.stride() == (24, 1, 8, 2) and last.tolist() == x.tolist()
        assert last.is_contiguous(memory_format=lib.channels_last) and not last.is_contiguous()
        assert not x.is_contiguous(memory_format=lib.channels_last)
        assert x.clone(memory_format=lib.channels_last).stride() == x.to(memory_format=lib.channels_last).stride()
        assert last.contiguous().stride() == x.stride() and x.contiguous() is x
        assert x.double(memory_format=lib.preserve_format).stride() == x.stride()
        with pytest.raises(RuntimeError, match="required rank 4 tensor to use channels_last format"):
            x[0].clone(memory_format=lib.channels_last)
    w = ag.ones(1, 2, 1, 1, requires_grad=True)
    w.clone(memory_format=ag.channels_last).sum().backward()
    assert w.grad.shape == w.shape and repr(ag.channels_last) == "ag.channels_last"


def test_bytes_of_another_dtype() -> None:
    x = ag.tensor([1.0, 2.0])
    bits = x.view(ag.int32)
    assert bits.tolist() == x.numpy().view(np.int32).tolist() and bits.dtype is ag.int32
    bits[0] = 0
    assert x.tolist() == [0, 2] and x._version == 1 and x.view(dtype=ag.uint8).shape == (8,)
    assert ag.zeros(2, 4).view(ag.float64).shape == (2, 2)
    for bad, kind in ((ag.zeros(()), ag.float64), (ag.zeros(3), ag.float64), (ag.zeros(4, 4).T, ag.float16)):
        with pytest.raises(ShapeError, match=r"^view: self\."):
            bad.view(kind)


def test_conversions() -> None:
    x = ag.tensor([1.5, 0.0], requires_grad=True)
    kinds = {"double": ag.float64, "half": ag.float16, "bfloat16": ag.bfloat16, "int": ag.int32, "long": ag.int64,
             "short": ag.int16, "char": ag.int8, "byte": ag.uint8, "bool": ag.bool, "cfloat": ag.complex64,
             "cdouble": ag.complex128}  # fmt: skip
    for name, kind in kinds.items():
        made = getattr(x, name)()
        assert made.dtype is kind and made.requires_grad == (kind.category > 1)
    assert ag.tensor([1 + 2j, 3j]).long().tolist() == [1, 0] and ag.tensor([0j, 3j]).bool().tolist() == [False, True]
    assert x.float() is x and x.to("cpu") is x and x.to(ag.ones(1, dtype=ag.float64)).dtype is ag.float64
    assert x.type_as(ag.ones(1, dtype=ag.int64)).tolist() == [1, 0] and x.to(copy=True) is not x
    with pytest.raises(DTypeError, match=r"^to: got an unexpected keyword argument 'dvice'"):
        x.to(dvice="cpu")


def test_python_functions_of_elements() -> None:
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.apply_(lambda v: v * v) is x and x.tolist() == [[1, 4], [9, 16]]
    assert x.map_(ag.tensor([1.0, 2.0]), lambda a, b: a + b).tolist() == [[2, 6], [10, 18]] and x._version == 2
