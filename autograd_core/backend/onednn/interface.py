"""The part of oneDNN's C interface that the kernels call: its numbers, structures and signatures.

They are those of oneDNN 3 (``include/oneapi/dnnl/dnnl_types.h`` and ``dnnl.h``).
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_float, c_int, c_int64, c_size_t, c_uint, c_void_p
from typing import Any

__all__ = [
    "AVX2", "AVX512_BF16", "CHEAP", "CPU_ENGINE", "EXEC_ARGUMENT_LAYOUT", "IN_ORDER", "RETURNS", "SIGNATURES",
    "Algorithm", "Argument", "ExecArgument", "Kind", "Version", "dims",
]  # fmt: skip

MAX_DIMS = 12


class Version(ctypes.Structure):
    """``dnnl_version_t``."""

    _fields_ = (
        ("major", c_int), ("minor", c_int), ("patch", c_int), ("hash", ctypes.c_char_p), ("cpu", c_uint),
        ("gpu", c_uint),
    )  # fmt: skip


class Kind:
    """What a primitive is made for, the layout left open, and the types of elements."""

    FORWARD_TRAINING = 64
    BACKWARD = 128
    ANY_LAYOUT = 1
    BFLOAT16 = 2
    FLOAT32 = 3
    UINT8 = 6


class Algorithm:
    """How a primitive computes."""

    CONVOLUTION = 1
    LINEAR = 0x26
    GELU_TANH = 0x2B
    GELU_ERF = 0x31
    MAX_POOL = 0x1FF
    MEAN_WITH_PADDING = 0x2FF
    MEAN = 0x3FF
    SOFTMAX = 0x30000
    LOG_SOFTMAX = 0x30001


class Argument:
    """The places of a primitive's arrays."""

    SRC = 1
    SRC_ITER = 2
    SRC_ITER_C = 3
    DST = 17
    DST_ITER = 18
    DST_ITER_C = 19
    WEIGHTS = 33
    WEIGHTS_ITER = 34
    BIAS = 41
    MEAN = 49
    VARIANCE = 50
    SCALE = 51
    SHIFT = 52
    WORKSPACE = 64
    DIFF_SRC = 129
    DIFF_SRC_ITER = 130
    DIFF_SRC_ITER_C = 131
    DIFF_DST = 145
    DIFF_DST_ITER = 146
    DIFF_DST_ITER_C = 147
    DIFF_WEIGHTS = 161
    DIFF_WEIGHTS_ITER = 162
    DIFF_BIAS = 169
    DIFF_SCALE = 255
    DIFF_SHIFT = 256


class ExecArgument(ctypes.Structure):
    """``dnnl_exec_arg_t``."""

    _fields_ = (("argument", c_int), ("memory", c_void_p))


EXEC_ARGUMENT_LAYOUT = 255  # what a descriptor can be asked for
CPU_ENGINE, IN_ORDER = 1, 1
AVX2 = 0x7  # the bits of what a processor has that kernels of channels-last arrays need; else oneDNN takes slow ones

AVX512_BF16 = 0xE7  # the bits of what a processor has that multiplies bfloat16

POINTER, INT, FLOAT = c_void_p, c_int, c_float
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "engine_create": (POINTER, INT, c_size_t),
    "stream_create": (POINTER, POINTER, c_uint),
    "memory_desc_create_with_strides": (POINTER, INT, POINTER, INT, POINTER),
    "memory_desc_create_with_tag": (POINTER, INT, POINTER, INT, INT),
    "memory_desc_equal": (POINTER, POINTER),
    "memory_desc_get_size": (POINTER,),
    "memory_desc_destroy": (POINTER,),
    "memory_create": (POINTER, POINTER, POINTER, POINTER),
    "memory_set_data_handle": (POINTER, POINTER),
    "memory_destroy": (POINTER,),
    "primitive_create": (POINTER, POINTER),
    "primitive_desc_destroy": (POINTER,),
    "primitive_destroy": (POINTER,),
    "primitive_execute": (POINTER, POINTER, INT, POINTER),
    "primitive_desc_query_md": (POINTER, INT, INT),
    "reorder_primitive_desc_create": (POINTER,) * 6,
    "convolution_forward_primitive_desc_create": (POINTER, POINTER, INT, INT, *(POINTER,) * 9),
    "convolution_backward_data_primitive_desc_create": (POINTER, POINTER, INT, *(POINTER,) * 9),
    "convolution_backward_weights_primitive_desc_create": (POINTER, POINTER, INT, *(POINTER,) * 10),
    "batch_normalization_forward_primitive_desc_create": (
        POINTER, POINTER, INT, POINTER, POINTER, FLOAT, c_uint, POINTER,
    ),
    "batch_normalization_backward_primitive_desc_create": (
        POINTER, POINTER, INT, POINTER, POINTER, POINTER, FLOAT, c_uint, POINTER, POINTER,
    ),
    "layer_normalization_forward_primitive_desc_create": (
        POINTER, POINTER, INT, POINTER, POINTER, POINTER, FLOAT, c_uint, POINTER,
    ),
    "layer_normalization_backward_primitive_desc_create": (
        POINTER, POINTER, INT, POINTER, POINTER, POINTER, POINTER, FLOAT, c_uint, POINTER, POINTER,
    ),
    "eltwise_forward_primitive_desc_create": (POINTER, POINTER, INT, INT, POINTER, POINTER, FLOAT, FLOAT, POINTER),
    "eltwise_backward_primitive_desc_create": (
        POINTER, POINTER, INT, POINTER, POINTER, POINTER, FLOAT, FLOAT, POINTER, POINTER,
    ),
    "lstm_forward_primitive_desc_create": (POINTER, POINTER, INT, INT, *(POINTER,) * 11, c_uint, POINTER),
    "lstm_backward_primitive_desc_create": (POINTER, POINTER, INT, INT, *(POINTER,) * 22, c_uint, POINTER, POINTER),
    "pooling_forward_primitive_desc_create": (POINTER, POINTER, INT, INT, *(POINTER,) * 8),
    "pooling_backward_primitive_desc_create": (POINTER, POINTER, INT, *(POINTER,) * 9),
    "matmul_primitive_desc_create": (POINTER,) * 7,
    "softmax_forward_primitive_desc_create": (POINTER, POINTER, INT, INT, POINTER, POINTER, INT, POINTER),
    "softmax_backward_primitive_desc_create": (POINTER, POINTER, INT, *(POINTER,) * 3, INT, POINTER, POINTER),
    "primitive_attr_create": (POINTER,),
    "primitive_attr_set_post_ops": (POINTER, POINTER),
    "primitive_attr_destroy": (POINTER,),
    "post_ops_create": (POINTER,),
    "post_ops_append_eltwise": (POINTER, INT, FLOAT, FLOAT),
    "post_ops_append_sum": (POINTER, FLOAT, INT, INT),
    "post_ops_destroy": (POINTER,),
    "sgemm": (c_char, c_char, *(c_int64,) * 3, FLOAT, *(POINTER, c_int64) * 2, FLOAT, POINTER, c_int64),
    "version": (),
    "get_effective_cpu_isa": (),
}  # fmt: skip
RETURNS = {"memory_desc_get_size": c_size_t, "primitive_desc_query_md": c_void_p, "version": ctypes.POINTER(Version)}
CHEAP = {"memory_set_data_handle"}  # called with the interpreter held: letting go of it would cost more


def dims(values: tuple[int, ...]) -> Any:
    """Return ``values`` as oneDNN's array of dimensions."""
    return (c_int64 * MAX_DIMS)(*values)
