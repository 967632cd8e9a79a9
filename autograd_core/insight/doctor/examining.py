"""``ag.doctor``: the call, and the order in which a step is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from autograd_core.engine.blame import describe
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.insight.doctor import activations, gradients, inputs, layers, losses, parameters
from autograd_core.insight.doctor.report import Finding, Report
from autograd_core.insight.doctor.step import Step

Check = Callable[[Step], Iterator[Finding]]

ALWAYS: tuple[Check, ...] = (
    losses.no_graph, losses.backward_fails, losses.not_finite, losses.softmax_twice, losses.nll_without_log,
    losses.broadcast_in_loss, parameters.missing_zero_grad, parameters.hidden_modules, parameters.not_optimized,
    parameters.without_gradient, layers.wrong_mode, layers.batch_of_one, gradients.gradient_flow,
    gradients.learning_rate,
)  # fmt: skip
# these look at what the operations saved, which backward lets go of
SAVED: tuple[Check, ...] = (
    layers.dropout_before_batch_norm, activations.dead_relus, activations.saturated, activations.exploding,
    inputs.unusual_inputs,
)  # fmt: skip
RANK = {"error": 0, "warning": 1, "note": 2}


def doctor(model: Any, loss: Tensor | Callable[[], Tensor], optimizer: Any = None) -> Report:
    """Return what is wrong with one real training step: a report that is empty, and false, where all is well.

    Call it in the training loop between the loss and ``backward``, in the second step or later::

        loss = F.cross_entropy(model(x), y)
        print(ag.doctor(model, loss, optimizer))

    It walks the graph of ``loss`` and changes nothing: no ``.grad``, no parameter, no state.  After ``backward`` it
    still works, on ``.grad`` and on what is left of the graph; the report says what could not be looked at.  Each
    finding has the line, the module and the remedy; docs/doctor.md lists them with the thresholds.

    Args:
        model: the Module that is trained.
        loss: the loss with its graph, or a function without arguments that computes it (which is run once, with what
            a forward pass changes, such as the running statistics of batch norm).
        optimizer: the optimiser, or a list of all that train this model.  Without one, and with a loss that was
            computed under ``no_grad``, the doctor looks at an evaluation.

    Raises: DTypeError where an argument is something else.
    """
    if not hasattr(model, "named_modules"):
        raise DTypeError(f"doctor: argument model: got {type(model).__name__}; wanted an nn.Module")
    optimizers = tuple(_optimizers(optimizer))
    if not isinstance(loss, Tensor) and callable(loss):
        loss = loss()
    if not isinstance(loss, Tensor):
        raise DTypeError(
            f"doctor: argument loss: got {type(loss).__name__}; wanted the loss as a Tensor with its graph (not its "
            ".item()), or a function that computes it"
        )
    step = Step(model, loss, optimizers)
    found = _merged(finding for check in _checks(step) for finding in check(step))
    return Report(_subject(step), tuple(sorted(found, key=lambda finding: RANK[finding.severity])), _skipped(step))


def _optimizers(given: Any) -> Iterator[Any]:
    for optimizer in () if given is None else given if isinstance(given, list | tuple) else (given,):
        if not hasattr(optimizer, "param_groups"):
            raise DTypeError(
                f"doctor: argument optimizer: got {type(optimizer).__name__}; wanted an optimiser, or a list of them"
            )
        yield optimizer


def _checks(step: Step) -> tuple[Check, ...]:
    return ALWAYS + (() if step.paths.freed else SAVED)


def _skipped(step: Step) -> dict[str, str]:
    """Return what the checks could not look at, with the reasons."""
    skipped: dict[str, str] = {}
    if step.paths.freed:
        skipped["activations, inputs, dropout"] = (
            "backward has let go of what the operations saved; call the doctor before backward()"
        )
    if not step.optimizers and step.loss._node is not None:
        skipped["the optimiser"] = "none was given"
    if step.untried:
        skipped["the learning rate"] = step.untried
    return skipped


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Put together what one line gives rise to several times, as in a loop over time steps."""
    first: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        key = finding.check, finding.line, finding.module
        before = first.get(key)
        first[key] = finding if before is None else replace(before, times=before.times + 1)
    return list(first.values())


def _subject(step: Step) -> str:
    """Return what was looked at: the model's class, the loss, and the line that computed it."""
    node = step.loss._node
    value = f"{step.value:.4g}"
    line = f", {describe(node.code, node.lasti)}" if node is not None and node.code is not None else ""
    kind = "an evaluation" if step.evaluation else "a step"
    return f"{kind} of {type(step.model).__name__} (loss {value}{line})"
