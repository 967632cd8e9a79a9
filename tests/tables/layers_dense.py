"""What layers compute, but for windows and attention: linear maps, tables of rows, normalisation, dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import bad, nonzero, positive, real, s
from tests.tables import function

INDEX = np.array([[1, 0], [1, 2]])
LINE = np.array([1, 0, 1, 2])
OFFSETS = np.array([0, 1, 1])


def layer(name: str, *samples: Any, **columns: Any) -> Any:
    return function(f"nn.functional.{name}", *samples, **columns)


# ---- references ----


def linear(x: Any, w: Any, b: Any = None) -> Any:
    return x @ w.T + (0 if b is None else b)


def bilinear(x: Any, y: Any, w: Any, b: Any = None) -> Any:
    return np.einsum("...n,knm,...m->...k", x, w, y) + (0 if b is None else b)


def embedding(index: Any, w: Any, padding: Any = None, longest: Any = None, p: float = 2.0) -> Any:
    if longest is None:
        return w[index]
    length = np.linalg.norm(w, p, 1, keepdims=True)
    return np.where(length > longest, w * (longest / (length + 1e-7)), w)[index]


def bags_of(index: Any, offsets: Any, include_last_offset: bool, padding_idx: Any) -> list[Any]:
    if index.ndim == 1:
        index = np.split(index, offsets[1:])[: len(offsets) - include_last_offset]
    return [row[row != padding_idx] for row in index]


def embedding_bag(
    index: Any, w: Any, offsets: Any = None, *, mode: str = "mean", include_last_offset: bool = False,
    padding_idx: Any = None,
) -> Any:  # fmt: skip
    reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    bags = bags_of(index, offsets, include_last_offset, padding_idx)
    return np.stack([reduce(w[bag], axis=0) if bag.size else np.zeros(w.shape[1]) for bag in bags])


def normalised(x: Any, axes: Any, eps: float) -> Any:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def along_channels(x: Any, v: Any, default: float) -> Any:
    return default if v is None else v.reshape(-1, *(1,) * (x.ndim - 2))


def affine(x: Any, like: Any, w: Any, b: Any) -> Any:
    return x * along_channels(like, w, 1.0) + along_channels(like, b, 0.0)


def batch_norm(x: Any, mean: Any, var: Any, w: Any = None, b: Any = None, training: bool = False, m: float = 0.1,
               eps: float = 1e-5) -> Any:  # fmt: skip
    if training:
        return affine(normalised(x, (0, *range(2, x.ndim)), eps), x, w, b)
    standard = (x - along_channels(x, mean, 0.0)) / np.sqrt(along_channels(x, var, 1.0) + eps)
    return affine(standard, x, w, b)


def torch_batch_norm(torch: Any, x: Any, mean: Any, var: Any, *rest: Any) -> Any:
    """PyTorch's, or where it refuses the gradient of the running statistics, the formula."""
    if mean is None:
        return torch.nn.functional.batch_norm(x, mean, var, *rest)
    w, b = rest or (torch.ones_like(mean), torch.zeros_like(mean))
    return (x - mean) / torch.sqrt(var + 1e-5) * w + b


def instance_norm(x: Any, mean: Any = None, var: Any = None, w: Any = None, b: Any = None, use: bool = True) -> Any:
    return affine(normalised(x, tuple(range(2, x.ndim)), 1e-5), x, w, b)


def group_norm(x: Any, groups: int, w: Any = None, b: Any = None, eps: float = 1e-5) -> Any:
    return affine(normalised(x.reshape(x.shape[0], groups, -1), (2,), eps).reshape(x.shape), x, w, b)


def layer_norm(x: Any, shape: Any, w: Any = None, b: Any = None, eps: float = 1e-5) -> Any:
    return normalised(x, tuple(range(-len(shape), 0)), eps) * (1 if w is None else w) + (0 if b is None else b)


def rms_norm(x: Any, shape: Any, w: Any = None, eps: float = np.finfo("float64").eps) -> Any:
    square = (x * x).mean(tuple(range(-len(shape), 0)), keepdims=True)
    return x / np.sqrt(square + eps) * (1 if w is None else w)


def local_response_norm(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    square, n = x * x, x.shape[1]
    around = [square[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1].sum(1) for c in range(n)]
    return x / (k + alpha / size * np.stack(around, 1)) ** beta


def normalize(x: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    return x / np.maximum(np.linalg.vector_norm(x, ord=p, axis=dim, keepdims=True), eps)


def dropped(x: Any, p: float = 0.5, training: bool = True) -> Any:
    return x * 0 if training and p == 1 else x


RARE = (s((2, 3, 2), 0.5, False), s((2, 3, 2), 0.0, True), s((2, 3, 2), 1.0, True))
WRONG = (bad(ValueError, r"^dropout probability has to be between 0 and 1, but got 1.5", (2, 3, 2), 1.5),)
C = "should contain 3 elements, one per channel"

FUNCTIONS = [
    layer("linear", s((2, 3), (4, 3), (4,)), s((2, 2, 3), (1, 3)), s((3,), (2, 3), (2,)), s((2, 3), (3,)),
        numpy=linear, errors=(
            bad(ShapeError, r"^linear: input has 2 features .*shapes cannot be multiplied", (2, 2), (2, 3)),
            bad(DTypeError, r"^linear: got NoneType; wanted a Tensor", (2, 2), None))),
    layer("bilinear", s((2, 3), (2, 2), (4, 3, 2), (4,)), s((3,), (2,), (1, 3, 2)), numpy=bilinear, errors=(
        bad(ShapeError, r"^bilinear: got input1 \(2, 3\), input2 \(1, 2\)", (2, 3), (1, 2), (4, 3, 2)),
        bad(ShapeError, r"^bilinear: bias has shape \(3,\); wanted \(4,\)", (2, 3), (2, 2), (4, 3, 2), (3,)))),
    layer("embedding", s(INDEX, (3, 2)), s(LINE, (3, 2)), s(np.array(1), (3, 2)), s(np.zeros((0, 2), "int64"), (3, 2)),
        numpy=embedding, torch=lambda torch, index, w: w[index], errors=(
            bad(IndexRangeError, "^embedding: index out of range in self: index 2 is out of bounds", LINE, (2, 2)),
            bad(ShapeError, r"^embedding: 'weight' must be 2-D; got shape \(2,\)", LINE, (2,)),
            bad(ShapeError, "^embedding: Padding_idx must be within num_embeddings; got 3 for 3", LINE, (3, 2), 3),
            bad(DTypeError, "^embedding: input has dtype float64; wanted integer", (2,), (3, 2)))),
    layer("embedding_bag", s(INDEX, (3, 2)), s(LINE, (3, 2), OFFSETS, mode="sum"),
        s(LINE, (3, 2), OFFSETS, mode="max"), s(LINE, (3, 2), OFFSETS, padding_idx=1),
        s(LINE, (3, 2), np.array([0, 3, 4]), mode="max", include_last_offset=True), domain=nonzero, syncs=True,
        numpy=embedding_bag, torch=None, errors=(
            bad(ValueError, "^embedding_bag: mode has to be one of sum, mean or max; got 'min'", INDEX, (3, 2),
                mode="min"),
            bad(ValueError, "^embedding_bag: offsets has to be a 1D Tensor where input is 1D", LINE, (3, 2)),
            bad(ValueError, "^embedding_bag: if input is 2D, then offsets has to be None", INDEX, (3, 2), OFFSETS),
            bad(ShapeError, r"^embedding_bag: offsets\[0\] has to be 0", LINE, (3, 2), OFFSETS + 1),
            bad(ShapeError, r"^embedding_bag: offsets\[-1\] can not be greater than input's length 4; got 5", LINE,
                (3, 2), OFFSETS * 5),
            bad(IndexRangeError, "^embedding_bag: index out of range", LINE, (2, 2), OFFSETS))),
    layer("one_hot", s(INDEX), s(LINE, 4), s(np.zeros((0, 2), "int64"), 3), order=0, syncs=True,
        numpy=lambda x, n=-1: np.eye(n if n > 0 else x.max() + 1, dtype="int64")[x], errors=(
            bad(ShapeError, "^one_hot: Class values must be smaller than num_classes; got 2 for 2", LINE, 2),
            bad(ShapeError, "^one_hot: Class values must be non-negative", LINE - 1),
            bad(ShapeError, "^one_hot: Can not infer total number of classes", np.zeros(0, "int64")),
            bad(ShapeError, "^one_hot: num_classes should be positive; got 0", LINE, 0),
            bad(DTypeError, "^one_hot is only applicable to index tensor", (2,)))),
    layer("batch_norm", s((4, 3), (3,), (3,), (3,), (3,)), s((2, 3, 2), None, None, (3,), (3,), True),
        s((4, 3), (3,), (3,)), s((0, 3), (3,), (3,)), domain=(real, real, positive, real, real), tolerance=1e-8,
        numpy=batch_norm, torch=torch_batch_norm, errors=(
            bad(ShapeError, f"^batch_norm: running_mean {C}", (4, 3), (2,), (3,)),
            bad(ShapeError, f"^batch_norm: weight {C}", (4, 3), (3,), (3,), (2,)),
            bad(ValueError, "^batch_norm: Expected more than 1 value per channel when training", (1, 3), None, None,
                None, None, True),
            bad(ShapeError, "^batch_norm: running_mean or running_var is None", (4, 3), None, None))),
    layer("instance_norm", s((2, 3, 4)), s((2, 3, 2, 2), None, None, (3,), (3,)), tolerance=1e-8, numpy=instance_norm,
        errors=(bad(ValueError, "^instance_norm: Expected more than 1 spatial element when training", (2, 3, 1)),
                bad(ShapeError, f"^instance_norm: bias {C}", (2, 3, 4), None, None, None, (2,)),
                bad(ShapeError, r"^instance_norm: input has shape \(3,\); wanted \(N, C, \*\)", (3,)))),
    layer("group_norm", s((2, 4, 3), 2, (4,), (4,)), s((2, 4), 1), s((1, 3, 2, 2), 3, (3,)), tolerance=1e-8,
        numpy=group_norm, errors=(
            bad(ShapeError, "^group_norm: Expected number of channels in input to be divisible", (2, 3), 2),
            bad(ShapeError, "^group_norm: weight should contain 4 elements", (2, 4), 2, (3,)),
            bad(ShapeError, "^group_norm: Expected at least 2 dimensions", (2,), 1))),
    layer("layer_norm", s((2, 3), [3], (3,), (3,)), s((2, 2, 3), [2, 3]), s((4,), [4], (4,)),
          s((1,), [1], (1,), (1,)), tolerance=1e-8,
        numpy=layer_norm, errors=(
            bad(ShapeError, r"^layer_norm: input has shape \(2, 3\); wanted it to end in \(2,\)", (2, 3), [2]),
            bad(ShapeError, r"^layer_norm: bias has shape \(2,\); wanted normalized_shape, \(3,\)", (2, 3), [3], None,
                (2,)))),
    layer("rms_norm", s((2, 3), [3], (3,)), s((2, 2, 3), [2, 3]), s((4,), [4], None, 0.1), tolerance=1e-8,
        numpy=rms_norm, errors=(
            bad(ShapeError, r"^rms_norm: input has shape \(2, 3\); wanted it to end in \(2,\)", (2, 3), [2]),
            bad(ShapeError, r"^rms_norm: weight has shape \(2,\)", (2, 3), [3], (2,)))),
    layer("local_response_norm", s((1, 4, 2), 3, 0.5), s((2, 3, 1, 2), 2, 0.1, 0.5, 2.0), numpy=local_response_norm,
        errors=(bad(ValueError, r"^local_response_norm: Expected 3D or higher dimensionality input \(got 2 dim",
                    (2, 3), 2),)),
    layer("normalize", s((2, 3)), s((2, 3), 1.0, 0), s((2, 3), 3.0, -1), s((2, 3), dim=(0, 1)), domain=nonzero,
        numpy=normalize),
    layer("dropout", *RARE, numpy=dropped, errors=WRONG),
    layer("dropout1d", *RARE, numpy=dropped, errors=(
        *WRONG, bad(RuntimeError, "^dropout1d: Expected 2D or 3D input, but received a 1D", (3,)))),
    layer("dropout2d", s((2, 3, 2, 1), 0.5, False), s((2, 3, 1, 1), 1.0), numpy=dropped, errors=WRONG),
    layer("dropout3d", s((2, 3, 2, 1, 1), 0.5, False), s((2, 3, 1, 1), 1.0), numpy=dropped, errors=WRONG),
    layer("alpha_dropout", *RARE, numpy=dropped, errors=WRONG),
    layer("feature_alpha_dropout", *RARE, numpy=dropped, errors=(
        *WRONG, bad(RuntimeError, "^dropout: Feature dropout requires at least 2 dimensions", (3,), 0.5, True))),
]  # fmt: skip
