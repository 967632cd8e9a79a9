"""What is wrong with the loss itself: no graph, no number, the wrong input, shapes that broadcast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from autograd_core.engine import backward
from autograd_core.engine.node import Node
from autograd_core.errors import GraphError
from autograd_core.insight.doctor.lines import place
from autograd_core.insight.doctor.paths import argument, arguments, inputs_of, kept, source
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step, is_bad


def no_graph(step: Step) -> Iterator[Finding]:
    """Find a loss that backward cannot start from."""
    if step.loss._node is None and not step.evaluation:
        reasons = _why_no_graph(step)
        cut = re.search(r"[Cc]ut by .+? at (.+?): it cut off", reasons)
        yield Finding(
            "no-graph",
            "error",
            "The loss requires no grad, and backward() would raise: it was computed under no_grad, from a detached "
            f"tensor, from numbers (.item(), .numpy()), or from no parameter that requires grad. {reasons}".strip(),
            "Compute the loss from the model's output itself, outside no_grad, without detach(), .item() or .data.",
            line=cut[1] if cut else "",
        )
    elif step.loss._node is not None and step.loss._array.size != 1:
        yield Finding(
            "loss-not-scalar",
            "error",
            f"The loss has shape {tuple(step.loss.shape)}; backward() wants one number.",
            "Reduce it with .mean() or .sum(), or leave the loss's reduction at 'mean'.",
            **place(step.loss._node),
        )


def _why_no_graph(step: Step) -> str:
    """Return the cuts that backward would name, on one line."""
    try:
        backward.start([step.loss], [None], "backward")
    except GraphError as error:
        reasons = [line[:1].upper() + line[1:] for line in str(error).splitlines()[1:] if not line.startswith("at ")]
        return " ".join(reasons)
    return ""


def backward_fails(step: Step) -> Iterator[Finding]:
    """Find what backward would stop at: above all a tensor that was written in place after it was saved."""
    if step.failure:
        written = "modified by an inplace operation" in step.failure
        line = re.search(r"changed at (.+?)\. Change a \.clone", step.failure) if written else None
        yield Finding(
            "in-place" if written else "backward-fails",
            "error",
            step.failure,
            "Write y = y + 1 in place of y += 1 (and so on), or change a .clone()." if written else "See the message.",
            line=line[1] if line else "",
        )


def not_finite(step: Step) -> Iterator[Finding]:
    """Find a loss or a gradient that is NaN or infinite, and the first operation that keeps such a number."""
    if step.finite:
        bad = [step.name_of(t) for t in step.kept.values() if is_bad(step.gradients.get(id(t)))]
        if bad:
            yield _not_finite(step, f"The loss is a number, but the gradient holds NaN or Inf at {_listed(bad)}.")
    else:
        yield _not_finite(step, f"The loss is {step.value}.")


def _listed(names: list[str], most: int = 3) -> str:
    """Return the names, the first few where there are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# what operations cannot take without giving NaN or Inf, or such a gradient: the saved array, a test, and in words
EDGES: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "log": ("x", lambda x: x <= 0, "was given 0 or less"),
    "log2": ("x", lambda x: x <= 0, "was given 0 or less"),
    "log10": ("x", lambda x: x <= 0, "was given 0 or less"),
    "log1p": ("x", lambda x: x <= -1, "was given -1 or less"),
    "div": ("b", lambda b: b == 0, "divides by 0"),
    "sqrt": ("y", lambda y: y == 0, "was given 0, where its slope is infinite"),
}


def _not_finite(step: Step, message: str) -> Finding:
    ruined = [step.name_of(t) for t in step.kept.values() if is_bad(t._array)]
    first, what = next(_suspects(step), (step.loss._node, ""))
    if ruined:
        message += f" An earlier step has put NaN or Inf into parameters already: {_listed(ruined)}."
    elif what and first is not None:
        message += f" The first operation to look at is '{first.name}': it {what}."
    remedy = (
        "Look for a log, a division or a sqrt at 0 and a learning rate that is too high; with ag.autograd."
        "detect_anomaly() the first bad operation raises."
    )
    return Finding("not-finite", "error", message, remedy, **(place(first) if first is not None else {}))


def _suspects(step: Step) -> Iterator[tuple[Node | None, str]]:
    """Yield the operations that kept NaN or Inf, or stand at an edge of their domain, oldest first."""
    for node in step.paths.operations:
        name, test, words = EDGES.get(node.name, ("", None, ""))
        array = kept(node, name) if name else None
        if array is not None and test is not None and bool(test(array).any()):
            yield node, words
        elif any(map(is_bad, node.saved)):
            yield node, "keeps NaN or Inf for backward"


# ---- what the loss is given ----


def softmax_twice(step: Step) -> Iterator[Finding]:
    """Find probabilities where logits are wanted: softmax, sigmoid or log_softmax before a loss that has its own."""
    for node in step.paths.named("cross_entropy", "log_softmax"):
        before = argument(node)
        loss = "cross_entropy" if node.name == "cross_entropy" else "a loss with log_softmax inside"
        if before.name in ("softmax", "sigmoid"):
            yield _before("softmax-before-cross-entropy", before, loss, "softmax", "error")
        elif before.name == "log_softmax":
            yield _before("log-softmax-twice", before, loss, "log_softmax", "note")
    for node in step.paths.named("softplus"):  # binary_cross_entropy_with_logits: softplus(-x)
        negated = inputs_of(node)[0]
        before = argument(negated) if negated.name == "neg" else node
        if before.name in ("sigmoid", "softmax"):
            loss = "binary_cross_entropy_with_logits"
            yield _before("sigmoid-before-bce-with-logits", before, loss, "sigmoid", "error")


def _before(check: str, node: Node, loss: str, inner: str, severity: Any) -> Finding:
    if severity == "note":
        effect = "a second time changes nothing and costs its time"
    else:
        effect = "on probabilities it can never be near 0, and its gradients are small"
    return Finding(
        check,
        severity,
        f"The result of {node.name} goes into {loss}, which applies {inner} itself; {effect}.",
        f"Give the loss the logits: leave this {node.name} out of training, and apply it for predictions alone.",
        **place(node),
    )


def nll_without_log(step: Step) -> Iterator[Finding]:
    """Find ``nll_loss`` of what are no log-probabilities: a softmax's output, or a layer's raw scores."""
    for node in step.paths.named("gather"):
        users = step.paths.users_of(node)
        if [user.name for user in users] != ["neg"]:
            continue
        before, masked = argument(node), [user.name for user in step.paths.users_of(users[0])] == ["where"]
        if before.name == "softmax" or (masked and before.name in ("linear", "conv")):
            what = "probabilities" if before.name == "softmax" else "the raw scores of a layer"
            yield Finding(
                "nll-without-log",
                "error",
                f"nll_loss is given {what} ({before.name}); it wants log-probabilities, and has no minimum without.",
                "Use log_softmax in the model, or cross_entropy, which takes the raw scores.",
                **place(node),
            )


# ---- shapes ----


def broadcast_in_loss(step: Step) -> Iterator[Finding]:
    """Find ``(N, 1)`` against ``(N,)`` in the loss: an (N, N) table of differences that is then averaged.

    What counts: an operation of shape (N, N), one of whose arguments is the (N, 1) or (N,) result of the model while
    the other is no row or table in the graph; and from there to the loss only elementwise operations and a mean or sum.
    A table that is meant, as in attention or in a pairwise loss, has both arguments in the graph or goes into a matrix
    product or a softmax.
    """
    for node in step.paths.operations:
        if node.prim.broadcasts and len(node.shape) == 2 and node.shape[0] == node.shape[1] > 1:
            n = node.shape[0]
            given = [parent.shape for parent in node.parents]
            given += [array.shape for array in arguments(node, recorded=False).values()]
            column = [shape for shape in given if shape in ((n, 1), (n,))]
            meant = any(shape in ((1, n), (n, n)) for shape in given)
            if column and not meant and step.paths.every_way_ends(node, _is_elementwise, _reduces):
                other = f"({n},)" if column[0] == (n, 1) else f"({n}, 1)"
                yield Finding(
                    "broadcast-in-loss",
                    "error",
                    f"'{node.name}' of a tensor of shape {column[0]} gives shape {node.shape}: the other one must have "
                    f"shape {other}, and every prediction is compared with every target.",
                    "Give both the same shape, with .squeeze(1) on the one or .unsqueeze(1) on the other.",
                    **place(node),
                )


def _is_elementwise(node: Node) -> bool:
    return bool(getattr(node.prim, "elementwise", False) or node.prim.broadcasts)


def _reduces(node: Node) -> bool:
    return node.name in ("mean", "sum") and node.shape == () and source(node) is node
