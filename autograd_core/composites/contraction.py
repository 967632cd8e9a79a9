"""Sums of products over shared labels: einsum, and tensordot for two tensors."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.diagonals import diagonal
from autograd_core.dtypes import int64
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import contract
from autograd_core.ops.dims import one
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import broadcast_to, cast, permute, reshape

__all__ = ["einsum", "tensordot"]


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Return the sum over ``dims``: the last ``dims`` of ``a`` against the first of ``b``, or two lists of dims.

    Raises: ShapeError where the lengths differ, and neither is 1.
    """
    left, right = _contracted(a, b, dims)
    sizes = [a._array.shape[d] for d in left], [b._array.shape[d] for d in right]
    if len(left) != len(right) or any(n != m and 1 not in (n, m) for n, m in zip(*sizes, strict=True)):
        raise ShapeError(f"tensordot: contracted dimensions need to match, but have sizes {sizes[0]} and {sizes[1]}")
    a = _summed(a, [d for d, n, m in zip(left, *sizes, strict=True) if m == 1 != n])
    b = _summed(b, [d for d, n, m in zip(right, *sizes, strict=True) if n == 1 != m])
    free_a = [d for d in range(a._array.ndim) if d not in left]
    free_b = [d for d in range(b._array.ndim) if d not in right]
    x = permute(a, dims=(*free_a, *left))
    y = permute(b, dims=(*right, *free_b))
    rows, columns = x._array.shape[: len(free_a)], y._array.shape[len(right) :]
    inner = prod(a._array.shape[d] for d in left)
    product = contract.matmul(reshape(x, shape=(prod(rows), inner)), reshape(y, shape=(inner, prod(columns))))
    return reshape(product, shape=rows + columns)


def _contracted(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    """Return which dims of the two are summed over."""
    dims = dims.tolist() if isinstance(dims, Tensor) else dims
    if isinstance(dims, int):
        if not 0 <= dims <= min(a._array.ndim, b._array.ndim):
            raise ShapeError(f"tensordot: dims is {dims}; wanted 0 to {min(a._array.ndim, b._array.ndim)}")
        return list(range(a._array.ndim - dims, a._array.ndim)), list(range(dims))
    left, right = ([d] if isinstance(d, int) else list(d) for d in dims)
    return [one(d, a._array.ndim, "tensordot") for d in left], [one(d, b._array.ndim, "tensordot") for d in right]


def _summed(x: Tensor, dims: list[int]) -> Any:
    return cast(sum(x, dim=tuple(sorted(dims)), keepdim=True), dtype=x._array.dtype) if dims else x


# ---- einsum ----


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Return the sum of products that ``equation`` names, such as ``'bij,bjk->bik'``; ``...`` stands for any dims.

    Without ``->`` the result has the labels that occur once, in alphabetical order.  The labels can also be given as
    numbers below 52, after each tensor: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
    Raises: ShapeError where equation and operands do not fit.
    """
    if isinstance(equation, Tensor):
        equation, operands = _as_text((equation, *operands))
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
    x = sum(x, dim=gone) if gone else x
    labels = [c for c in labels if c in output]
    return permute(x, dims=tuple(labels.index(c) for c in output)) if labels != output else x


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _as_text(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return tensors that are each followed by a list of labels as equation and operands."""
    if len(given) < 2:
        raise ShapeError("einsum: got a tensor without labels; wanted a list of labels after each, or an equation")

    def text(labels: Any) -> str:
        wrong = [n for n in labels if n is not Ellipsis and not (isinstance(n, int) and 0 <= n < len(LETTERS))]
        if wrong:
            raise ShapeError(f"einsum: got the label {wrong[0]!r}; not within the valid range [0, 52)")
        return "".join("..." if n is Ellipsis else LETTERS[n] for n in labels)

    arrow = f"->{text(given[-1])}" if len(given) % 2 else ""
    paired = given[: len(given) // 2 * 2]
    return ",".join(map(text, paired[1::2])) + arrow, paired[::2]


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
            sizes[label] = sizes.get(label, 1) if n == 1 else n
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
    if a._array.dtype != b._array.dtype and a.dtype.category == b.dtype.category == 1:  # a sum of integers is int64
        a, b = cast(a, dtype=int64.dtype), cast(b, dtype=int64.dtype)
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
    return (sum(x, dim=gone), [c for c in labels if c in keep]) if gone else (x, labels)


def _arrange(x: Tensor, labels: list[str], groups: list[list[str]], sizes: dict[str, int]) -> Tensor:
    """Bring the labels into groups and each group into one dimension, spreading labels of length 1."""
    order = [c for group in groups for c in group]
    x = permute(x, dims=tuple(labels.index(c) for c in order))
    full = tuple(sizes[c] for c in order)
    x = x if x._array.shape == full else broadcast_to(x, shape=full)
    return reshape(x, shape=tuple(prod(sizes[c] for c in group) for group in groups))
