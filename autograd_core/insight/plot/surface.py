"""``landscape``: the loss around the trained weights, along random directions of the filters' own size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core import func
from autograd_core.backend import host
from autograd_core.creation.data import tensor
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.insight.plot import style, terrain
from autograd_core.randomness.state import fork_rng, manual_seed
from autograd_core.utils.modes import evaluating

KINDS = ("contour", "surface", "line")
WANTED = "wanted (inputs, target), or a list of such pairs"
State = dict[str, Tensor]


def landscape(
    model: Any,
    loss: Callable[[Any, Any], Tensor],
    data: Any,
    *,
    kind: str = "contour",
    steps: int = 21,
    extent: float = 1.0,
    vectors: bool = False,
    seed: int = 0,
    ax: Any = None,
    figsize: tuple[float, float] | None = None,
) -> Any:
    """Return a figure of the loss around the model's weights, in a plane through them of two random directions.

    The formula is ``loss(w + a * d1 + b * d2)`` for a and b from ``-extent`` to ``extent``.  The elements of d1 and d2
    are normal; then each filter of a direction (a weight's slice along its first dimension) is given the norm of that
    filter in the model, so that a step of 1 means the same to models whose weights differ in scale.  Biases and the
    weights of normalisation stay where they are.

    The model is called ``steps ** 2`` times for each pair in ``data``, in evaluation mode, without a graph, with other
    tensors in the place of its own: its weights and buffers are never written, and its mode, its gradients and the
    stream of random numbers are afterwards as before, also where the loss raises.

    Args:
        model: a module.
        loss: of the output and the target, such as ``nn.functional.cross_entropy``; a mean over the examples.
        data: ``(inputs, target)``, or a list of such pairs or a data loader; ``inputs`` may be a tuple of arguments.
        kind: ``"contour"``, ``"surface"`` (seen in perspective) or ``"line"``, along d1 alone.
        steps: points along each direction; odd, so that the weights themselves are one of them.
        extent: how far to go, in norms of the filters.
        vectors: whether parameters of one dimension move too, each as one filter.
        seed: of the directions, and of the draws of the loss, which are the same at each point.
        ax: axes to draw in; ``"surface"`` needs those of a 3d projection.
        figsize: of a new figure, in inches.

    Raises: TypeError, ValueError for arguments that do not fit; ImportError without Matplotlib.
    Source: Li et al., Visualizing the Loss Landscape of Neural Nets, section 4.
    """
    _check(model, loss, kind, steps, extent)
    style.need("matplotlib")
    pairs = _pairs(data)
    generator = host.random.default_rng(seed)
    along = [_direction(model, generator, vectors) for _ in range(1 if kind == "line" else 2)]
    line = host.linspace(-extent, extent, steps)
    points = host.stack(host.meshgrid(*[line] * len(along), indexing="ij"), axis=-1)  # (steps, steps, 2) or (steps, 1)
    with evaluating(model), fork_rng(), no_grad():
        values = [_loss_at(model, loss, pairs, along, point, seed) for point in points.reshape(-1, len(along))]
    heights = host.asarray(values).reshape(points.shape[:-1])
    return terrain.drawn(kind, line, heights, ax, figsize)


def _check(model: Any, loss: Any, kind: str, steps: int, extent: float) -> None:
    """Refuse arguments that do not fit."""
    if not hasattr(model, "named_parameters"):
        raise DTypeError(f"landscape: argument model: got {type(model).__name__}; wanted a module")
    if not callable(loss):
        raise DTypeError(
            f"landscape: argument loss: got {type(loss).__name__}; wanted a function of the output and the target"
        )
    if kind not in KINDS:
        raise ValueError(f"landscape: argument kind: got {kind!r}; wanted {', '.join(map(repr, KINDS))}")
    if steps < 3 or steps % 2 == 0:
        raise ValueError(f"landscape: argument steps: got {steps}; wanted an odd number from 3 on")
    if not (math.isfinite(extent) and extent > 0):
        raise ValueError(f"landscape: argument extent: got {extent}; wanted a number above 0")


def _pairs(data: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the data as pairs of arguments and target."""
    if isinstance(data, Tensor) or not hasattr(data, "__iter__"):
        raise DTypeError(f"landscape: argument data: got {type(data).__name__}; {WANTED}")
    one = isinstance(data, tuple | list) and len(data) == 2 and isinstance(data[1], Tensor)
    pairs = [data] if one else list(data)
    for pair in pairs:
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise DTypeError(f"landscape: argument data: got {type(pair).__name__} in it; {WANTED}")
    if not pairs:
        raise ValueError(f"landscape: argument data: it is empty; {WANTED}")
    return [(x if isinstance(x, tuple) else (x,), y) for x, y in pairs]


def _direction(model: Any, generator: Any, vectors: bool) -> State:
    """Return a normal direction for each trained weight, each filter with the norm of the model's."""
    found: State = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad and (weight.ndim > 1 or (vectors and weight.ndim)):
            direction = tensor(generator.standard_normal(tuple(weight.shape)), dtype=weight.dtype, device=weight.device)
            filters = tuple(range(1, weight.ndim)) or (0,)
            with no_grad():
                scale = _norm(weight, filters) / _norm(direction, filters)
                found[name] = direction * scale.to(weight.dtype)
    if not found:
        more = "" if vectors else "; vectors=True moves those of one, too"
        raise ValueError(f"landscape: argument model: no trained parameter has two or more dimensions{more}")
    return found


def _norm(weight: Tensor, dims: tuple[int, ...]) -> Tensor:
    return (weight * weight).sum(dim=dims, keepdim=True).sqrt()


def _loss_at(model: Any, loss: Any, pairs: list[Any], along: list[State], point: Any, seed: int) -> float:
    """Return the mean loss with the weights moved to ``point``."""
    own = dict(model.named_parameters())
    moved = {
        name: own[name] + sum(float(a) * direction[name] for a, direction in zip(point, along)) for name in along[0]
    }
    total = count = 0.0
    manual_seed(seed)
    for args, target in pairs:
        buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
        value = loss(func.functional_call(model, {**moved, **buffers}, args), target)
        if not isinstance(value, Tensor) or value.numel() != 1:
            shape = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(f"landscape: argument loss: it returned {shape}; wanted one number, the mean of a batch")
        size = len(target) if isinstance(target, Tensor) and target.ndim else 1
        total, count = total + float(value.item()) * size, count + size
    return total / count
