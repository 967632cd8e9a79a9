"""Linear and bilinear maps of the last dimension."""

from __future__ import annotations

from autograd_core import Tensor
from autograd_core.composites.algebra import matmul
from autograd_core.engine.out import deliver
from autograd_core.errors import ShapeError
from autograd_core.guard import no_tensor
from autograd_core.ops.contract import linear as of_rows

__all__ = ["bilinear", "linear"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return ``input @ weight.T + bias``.

    Shape: input ``(*, in_features)``, weight ``(out_features, in_features)`` -> ``(*, out_features)``; a weight
    ``(in_features,)`` -> ``(*)``.

    Raises: ShapeError where they do not fit.
    """
    if out is not None:
        return deliver(linear, (input, weight, bias), {}, out)
    try:
        if weight._array.ndim == 2 and input._array.ndim:
            return of_rows(input, weight, bias)
        return _of_any(input, weight, bias)
    except AttributeError as error:
        raise no_tensor("linear", error, (input, weight, bias)) from None


def _of_any(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if not input.ndim:
        raise ShapeError("linear: input has shape (); wanted (*, in_features)")
    out = matmul(input, weight)
    return out if bias is None else out + bias


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``y[..., k] = input1 @ weight[k] @ input2 + bias[k]``.

    Shape: input1 ``(*, n)``, input2 ``(*, m)``, weight ``(out, n, m)``, bias ``(out,)`` -> ``(*, out)``.

    Raises: ShapeError where they do not fit.
    """
    ahead = tuple(input1.shape[:-1])
    if tuple(input2.shape[:-1]) != ahead or tuple(weight.shape[1:]) != (input1.shape[-1], input2.shape[-1]):
        raise ShapeError(
            f"bilinear: got input1 {tuple(input1.shape)}, input2 {tuple(input2.shape)} and weight "
            f"{tuple(weight.shape)}; wanted (*, n), (*, m) and (out, n, m), batch dimensions do not match"
        )
    out, n, m = weight.shape
    if bias is not None and tuple(bias.shape) != (out,):
        raise ShapeError(f"bilinear: bias has shape {tuple(bias.shape)}; wanted ({out},)")
    rows = matmul(input1, weight.permute(1, 0, 2).reshape(n, out * m)).reshape(*ahead, out, m)
    y = matmul(rows, input2.unsqueeze(-1)).squeeze(-1)
    return y if bias is None else y + bias
