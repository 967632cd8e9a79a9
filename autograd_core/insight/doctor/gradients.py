"""The sizes of gradients from layer to layer, and of the optimiser's step beside the weights."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.insight.doctor.lines import line_of_write
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step
from autograd_core.insight.graphs.graph import Stats

VANISHED, EXPLODED = 1e-5, 1e3  # of a layer's gradient beside the last one's, each beside its weights
OVERSHOOT = 4.0  # of the promised decrease beside the loss
LARGE, WHOLE = 0.1, 1.5  # of the step beside the weights
SMALL, LIVELY = 1e-6, 1e-4  # of the step beside the weights; of the gradient beside the weights


def norm(array: Any) -> float:
    """Return the Euclidean norm, computed in float64."""
    return Stats.of(array).norm


def inner(g: Any, change: Any) -> float:
    """Return the real inner product."""
    return float(((g.conj() if g.dtype.kind == "c" else g) * change).sum().real)


def gradient_flow(step: Step) -> Iterator[Finding]:
    """Find gradients that vanish or explode on their way back through the layers.

    Compared is ``|gradient| / |weight|``, its median over the first third of the weights with that over the last third,
    so that a single weight that starts near 0 does not count.  Healthy networks of up to a dozen layers stay between
    1e-3 and 10 at initialisation and in training; below 1e-5 the first layers all but stand still while the last ones
    learn, above 1e3 no learning rate serves both.  Gradients of exactly 0 are left out: a layer that starts at 0, as
    the last of a residual branch may, rightly holds back what is before it.
    """
    if not step.sound:
        return
    sizes = [(w, norm(w._array), norm(g)) for w in step.weights if (g := step.gradients.get(id(w))) is not None]
    shares = [(w, g / size) for w, size, g in sizes if size and g]
    third = max(1, len(shares) // 3)
    if len(shares) < 2:
        return
    first, last = (statistics.median(share for _, share in part) for part in (shares[:third], shares[-third:]))
    if first < VANISHED * last:
        tensor = min(shares[:third], key=lambda pair: pair[1])[0]
        remedy = (
            "Use ReLU or GELU in place of sigmoid and tanh, the initialisation that belongs to it "
            "(nn.init.kaiming_normal_ for ReLU), normalisation layers, or residual connections."
        )
        yield _flow(step, "vanishing-gradients", "vanish", tensor, first / last, remedy)
    if first > EXPLODED * last:
        tensor = max(shares[:third], key=lambda pair: pair[1])[0]
        remedy = (
            "Start from smaller weights (nn.init.kaiming_normal_, nn.init.orthogonal_ for recurrent ones), use "
            "normalisation layers, and clip with nn.utils.clip_grad_norm_ before the step."
        )
        yield _flow(step, "exploding-gradients", "explode", tensor, first / last, remedy)


def _flow(step: Step, check: str, verb: str, tensor: Tensor, factor: float, remedy: str) -> Finding:
    name = step.name_of(tensor)
    return Finding(
        check,
        "warning",
        f"Gradients {verb} on their way back: beside the weights, those of the first layers ({name} above all) are "
        f"{factor:.1g} times those of the last.",
        remedy,
        line=step.first_use([tensor]),
        module=name.rpartition(".")[0],
    )


def learning_rate(step: Step) -> Iterator[Finding]:
    """Find a learning rate that is far off for these gradients, from the step that a copy of the optimiser takes.

    Too high: along the step the loss would fall, by its slope here, by more than four times what there is of it, and
    the step is more than a tenth of the weights.  For a quadratic loss with its minimum at 0, four times is where
    gradient descent begins to diverge; healthy training stays below 2.  Or, in a network of several layers, the step is
    more than one and a half times the weights: with Adam, small networks train at a step of 0.9 of them and no longer
    at 2 (a single layer, or weights that start near 0, may well move by more).  Too low: the step is less than a
    millionth of the weights though the gradient is more than 1e-4 of them; float32 itself resolves 6e-8.  A learning
    rate that a schedule has lowered is not "too low".
    """
    if not step.sound or not step.optimizers:
        return
    weights = [w for w in step.weights if id(w) in step.changes]
    size = sum(norm(w._array) ** 2 for w in weights) ** 0.5
    if not size:
        return
    share = sum(norm(step.changes[id(w)]) ** 2 for w in weights) ** 0.5 / size
    slope = sum(norm(step.gradients[id(w)]) ** 2 for w in weights) ** 0.5 / size
    promised = -sum(inner(step.gradients[key], change) for key, change in step.changes.items())
    if 0 < OVERSHOOT * step.value < promised and share > LARGE:
        reason = f"by its slope the loss, {step.value:.3g}, would fall by {promised:.3g}"
        yield _rate(step, weights, "high", share, reason)
    elif share > WHOLE and len(weights) > 1:
        yield _rate(step, weights, "high", share, "nothing of what they have learnt would be left")
    elif share < SMALL and slope > LIVELY and not _is_scheduled(step):
        yield _rate(step, weights, "low", share, f"the gradient is {slope:.1g} of them")


def _is_scheduled(step: Step) -> bool:
    groups = [group for optimizer in step.optimizers for group in optimizer.param_groups]
    return any(float(group.get("initial_lr", group.get("lr", 0))) > float(group.get("lr", 0)) for group in groups)


def _rate(step: Step, weights: list[Tensor], which: str, share: float, reason: str) -> Finding:
    optimizer = step.optimizers[0]
    rates = sorted({float(group["lr"]) for o in step.optimizers for group in o.param_groups if "lr" in group})
    factor = 1e-2 / share if share else float("inf")
    advice = f"Try about {rates[-1] * factor:.0e}" if rates and rates[-1] and len(rates) == 1 else "Change it"
    return Finding(
        f"learning-rate-too-{which}",
        "error" if which == "high" else "warning",
        f"{type(optimizer).__name__} with lr={', '.join(f'{r:g}' for r in rates)} would change the weights by "
        f"{share:.2g} times their size in one step; {reason}.",
        f"{advice}: a step of 1e-3 to 1e-2 of the weights is usual.",
        line=line_of_write(weights[0]._array) if getattr(optimizer, "_opt_called", False) else "",
    )
