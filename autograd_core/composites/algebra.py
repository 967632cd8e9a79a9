"""Matrix products and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.indexing import diagonal
from autograd_core.composites.reduction import sum as sum_over
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, contract
from autograd_core.ops.shape import permute, reshape

__all__ = ["addmm", "bmm", "dot", "einsum", "matmul", "mm", "mv", "outer", "tensordot"]
METHODS = ["addmm", "bmm", "dot", "matmul", "mm", "mv", "outer", "tensordot"]
IN_PLACE = ["addmm"]


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Return the matrix product; vectors count as a row on the left, a column on the right.

    Shape: (..., n, k), (..., k, m) -> (..., n, m); leading dimensions broadcast.
    Raises: ShapeError where the inner sizes differ; DTypeError where the dtypes do.
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        kind = type(other if isinstance(input, Tensor) else input).__name__
        raise DTypeError(f"matmul: got {kind} for an argument; wanted a Tensor (see ag.tensor)")
    a, b = input._array.shape, other._array.shape
    if len(a) == 2 and len(b) == 2 and a[1] == b[0]:
        return contract.matmul(input, other)
    if not a or not b or a[-1] != b[-2 if len(b) > 1 else 0]:
        raise ShapeError(
            f"matmul: mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, a))} and {'x'.join(map(str, b))}): "
            f"wanted the last size of one to equal the {'second to last' if len(b) > 1 else 'only'} one of the other"
        )
    if len(b) <= 2 and len(a) > 2:  # one product instead of a stack of them
        flat = matmul(reshape(input, shape=(_size(a[:-1]), a[-1])), other)
        return reshape(flat, shape=(*a[:-1], *b[1:]))
    x = input if len(a) > 1 else reshape(input, shape=(1, *a))
    y = other if len(b) > 1 else reshape(other, shape=(*b, 1))
    out = contract.matmul(x, y)
    shape = out._array.shape
    if len(a) == 1:
        shape = shape[:-2] + shape[-1:]
    if len(b) == 1:
        shape = shape[:-1]
    return out if shape == out._array.shape else reshape(out, shape=shape)


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for s in shape:
        n *= s
    return n


def _expect(operation: str, *pairs: tuple[str, Tensor, int]) -> None:
    for name, x, ndim in pairs:
        if not isinstance(x, Tensor) or x._array.ndim != ndim:
            got = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
            raise ShapeError(f"{operation}: {name} must be a {ndim}D tensor; got {got}")


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the product of two matrices."""
    _expect("mm", ("input", input, 2), ("mat2", mat2, 2))
    return matmul(input, mat2)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the products of two equally long stacks of matrices."""
    _expect("bmm", ("input", input, 3), ("mat2", mat2, 3))
    if input._array.shape[0] != mat2._array.shape[0]:
        raise ShapeError(f"bmm: batch sizes differ: {tuple(input.shape)} and {tuple(mat2.shape)}")
    return matmul(input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Return the product of a matrix and a vector."""
    _expect("mv", ("input", input, 2), ("vec", vec, 1))
    return matmul(input, vec)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Return the inner product of two vectors of one length."""
    _expect("dot", ("input", input, 1), ("tensor", tensor, 1))
    if input._array.shape != tensor._array.shape:
        raise ShapeError(
            f"dot: inconsistent tensor size, expected tensor {tuple(input.shape)} and src {tuple(tensor.shape)} to "
            f"have the same number of elements"
        )
    return matmul(input, tensor)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Return the matrix ``input[i] * vec2[j]`` of two vectors."""
    _expect("outer", ("input", input, 1), ("vec2", vec2, 1))
    return arithmetic.mul(reshape(input, shape=(-1, 1)) if input._array.size else input.reshape(0, 1), vec2)


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``."""
    product = mm(mat1, mat2)
    product = product if alpha == 1 else arithmetic.mul(product, alpha)
    return arithmetic.add(product, input if beta == 1 else arithmetic.mul(input, beta))


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Return the sum over ``dims``: the last ``dims`` of ``a`` against the first of ``b``, or two lists of dims."""
    if isinstance(dims, int):
        left, right = list(range(a._array.ndim - dims, a._array.ndim)), list(range(dims))
    else:
        left, right = ([d] if isinstance(d, int) else list(d) for d in dims)
    left = [d % max(1, a._array.ndim) for d in left]
    right = [d % max(1, b._array.ndim) for d in right]
    sizes = [a._array.shape[d] for d in left], [b._array.shape[d] for d in right]
    if sizes[0] != sizes[1]:
        raise ShapeError(f"tensordot: contracted dimensions need to match, but have sizes {sizes[0]} and {sizes[1]}")
    free_a = [d for d in range(a._array.ndim) if d not in left]
    free_b = [d for d in range(b._array.ndim) if d not in right]
    x = permute(a, dims=(*free_a, *left))
    y = permute(b, dims=(*right, *free_b))
    shape = x._array.shape[: len(free_a)] + y._array.shape[len(right) :]
    inner = _size(tuple(sizes[0]))
    rows, columns = _size(shape[: len(free_a)]), _size(shape[len(free_a) :])
    product = contract.matmul(reshape(x, shape=(rows, inner)), reshape(y, shape=(inner, columns)))
    return reshape(product, shape=shape)


# ---- einsum ----


def einsum(equation: str, *operands: Any) -> Tensor:
    """Return the sum of products that ``equation`` names, such as ``'bij,bjk->bik'``; ``...`` stands for any dims.

    Without ``->`` the result has the labels that occur once, in alphabetical order.
    Raises: ShapeError where equation and operands do not fit.
    """
    xs = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else list(operands)
    inputs, output = _parse(equation, xs)
    sizes = _label_sizes(equation, inputs, xs)
    terms = [_tidy(x, labels) for x, labels in zip(xs, inputs, strict=True)]
    for i, j in _order(terms, output, sizes):
        (a, la), (b, lb) = terms[i], terms[j]
        rest = [t for k, t in enumerate(terms) if k not in (i, j)]
        keep = set(output).union(*(labels for _, labels in rest))
        terms = [*rest, _contract(a, la, b, lb, keep, sizes)]
    x, labels = terms[0]
    gone = tuple(i for i, c in enumerate(labels) if c not in output)
    x = sum_over(x, gone) if gone else x
    labels = [c for c in labels if c in output]
    return permute(x, dims=tuple(labels.index(c) for c in output)) if labels != output else x


def _parse(equation: str, xs: list[Tensor]) -> tuple[list[list[str]], list[str]]:
    """Return the labels of each operand and of the result; dims under an ellipsis are labelled by numbers."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(xs):
        raise ShapeError(f"einsum: the equation {equation!r} has {len(terms)} operands, but {len(xs)} were given")
    inputs, widest = [], 0
    for term, x in zip(terms, xs, strict=True):
        before, dots, after = term.partition("...")
        hidden = x._array.ndim - len(before) - len(after)
        if (not (before + after).isalpha() and before + after) or hidden < 0 or (hidden and not dots):
            raise ShapeError(
                f"einsum: operand {term!r} of {equation!r} does not fit a tensor of shape {tuple(x.shape)}"
            )
        widest = max(widest, hidden)
        inputs.append([*before, *(str(-k) for k in range(hidden, 0, -1)), *after])
    dotted = [str(-k) for k in range(widest, 0, -1)]
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        return inputs, [*dotted, *sorted(c for c in set(letters) if letters.count(c) == 1)]
    before, dots, after = right.partition("...")
    output = [*before, *(dotted if dots else []), *after]
    unknown = [c for c in output if not any(c in labels for labels in inputs)]
    if unknown or len(set(output)) < len(output):
        raise ShapeError(f"einsum: the result {right!r} of {equation!r} repeats a label or names one no operand has")
    return inputs, output


def _label_sizes(equation: str, inputs: list[list[str]], xs: list[Tensor]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for labels, x in zip(inputs, xs, strict=True):
        for label, n in zip(labels, x._array.shape, strict=True):
            if sizes.get(label, 1) not in (1, n) and n != 1:
                raise ShapeError(
                    f"einsum: label {label!r} of {equation!r} has size {n} in an operand of shape {tuple(x.shape)}, "
                    f"but {sizes[label]} before; operands do not broadcast"
                )
            sizes[label] = max(sizes.get(label, 1), n) if n else 0
    return sizes


def _tidy(x: Tensor, labels: list[str]) -> tuple[Tensor, list[str]]:
    """Take the diagonal over each label that one operand repeats."""
    labels = list(labels)
    for label in [c for c in labels if labels.count(c) > 1]:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            labels = [c for k, c in enumerate(labels) if k not in (first, second)] + [label]
    return x, labels


def _order(
    terms: list[tuple[Tensor, list[str]]], output: list[str], sizes: dict[str, int]
) -> Sequence[tuple[int, int]]:
    """Return which two terms to contract at each step; what they give is put at the end of the list."""
    if len(terms) < 3:
        return [(0, 1)] * (len(terms) - 1)
    letters = {label: chr(ord("a") + i) for i, label in enumerate(sizes)}
    text = ",".join("".join(letters[c] for c in labels) for _, labels in terms)
    shapes = [host.broadcast_to(host.empty(()), tuple(sizes[c] for c in labels)) for _, labels in terms]
    path = host.einsum_path(f"{text}->{''.join(letters[c] for c in output)}", *shapes, optimize="greedy")[0]
    steps: list[tuple[int, int]] = []
    left = len(terms)
    for group in (sorted(g) for g in path[1:]):
        left -= 1
        steps.append((group[0], group[1]))
        for gone, index in enumerate(group[2:], start=2):  # a step over several terms is taken two at a time
            left -= 1
            steps.append((index - gone, left))
    return steps


def _contract(
    a: Tensor, la: list[str], b: Tensor, lb: list[str], keep: set[str], sizes: dict[str, int]
) -> tuple[Tensor, list[str]]:
    """Multiply two terms and sum over the labels that nothing else needs, by one batched matrix product."""
    a, la = _sum_out(a, la, keep | set(lb))
    b, lb = _sum_out(b, lb, keep | set(la))
    batch = [c for c in la if c in lb and c in keep]
    inner = [c for c in la if c in lb and c not in keep]
    rows = [c for c in la if c not in lb]
    columns = [c for c in lb if c not in la]
    x = _arrange(a, la, [batch, rows, inner], sizes)
    y = _arrange(b, lb, [batch, inner, columns], sizes)
    product = contract.matmul(x, y)
    labels = batch + rows + columns
    return reshape(product, shape=tuple(sizes[c] for c in labels)), labels


def _sum_out(x: Tensor, labels: list[str], keep: set[str]) -> tuple[Tensor, list[str]]:
    gone = tuple(i for i, c in enumerate(labels) if c not in keep)
    return (sum_over(x, gone), [c for c in labels if c in keep]) if gone else (x, labels)


def _arrange(x: Tensor, labels: list[str], groups: list[list[str]], sizes: dict[str, int]) -> Tensor:
    """Bring the labels into groups and each group into one dimension, spreading labels of length 1."""
    order = [c for group in groups for c in group]
    x = permute(x, dims=tuple(labels.index(c) for c in order))
    full = tuple(sizes[c] for c in order)
    x = x if x._array.shape == full else x.expand(*full)
    return reshape(x, shape=tuple(_size(tuple(sizes[c] for c in group)) for group in groups))
