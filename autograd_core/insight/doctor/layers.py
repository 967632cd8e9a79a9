"""Layers that behave differently in training and in evaluation: batch normalisation and dropout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_core.engine.node import Node
from autograd_core.insight.doctor.lines import definition, place
from autograd_core.insight.doctor.paths import argument, arguments, modules_around
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step


def is_a(module: Any, name: str) -> bool:
    """Whether a class of this name, such as BatchNorm, is among the module's classes: nothing of nn is imported."""
    return any(name in kind.__name__ for kind in type(module).__mro__)


def _layers(step: Step, *names: str) -> list[tuple[str, Any]]:
    return [(path, m) for path, m in step.model.named_modules() if any(is_a(m, name) for name in names)]


def _here(step: Step, path: str) -> dict[str, Any]:
    return {"line": definition(step.model, path), "module": path}


def wrong_mode(step: Step) -> Iterator[Finding]:
    """Find batch norm and dropout in evaluation mode in a training step, and in training mode in evaluation.

    Evaluation: a loss without a graph, computed under no_grad or given without an optimiser.  Training: one with a
    graph and an optimiser; without one, nothing is said of evaluation mode, as the gradient of a trained model may be
    wanted.  Batch norm alone in evaluation mode, with its weight and bias frozen, is fine-tuning as it is meant.
    """
    layers = [(path, m) for path, m in _layers(step, "BatchNorm", "Dropout") if getattr(m, "p", 1) != 0]
    if step.evaluation:
        training = [path for path, m in layers if m.training]
        if training:
            yield _mode(step, "train-in-evaluation", training, "training", "model.eval() before evaluation")
        return
    if not step.optimizers:
        return
    used = {id(m) for node in step.paths.operations for m in modules_around(node)}
    asleep = [path for path, m in layers if not m.training and not _is_frozen(m)]
    used_norms = [path for path, m in _layers(step, "BatchNorm") if path in asleep and id(m) in used]
    if asleep and not step.model.training:
        remedy = "model.train() before training, after every evaluation"
        yield _mode(step, "eval-in-training", asleep, "evaluation", remedy)
    elif used_norms:
        remedy = "train() on it; where its statistics are to stay as they are, freeze its weight and bias"
        yield _mode(step, "eval-in-training", used_norms, "evaluation", remedy)


def _is_frozen(module: Any) -> bool:
    params = list(module.parameters())
    return bool(params) and not any(p.requires_grad for p in params)


def _mode(step: Step, check: str, paths: list[str], mode: str, remedy: str) -> Finding:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    wrong = "a training step" if mode == "evaluation" else "an evaluation"
    effect = (
        "batch norm uses and keeps its old statistics, and dropout drops nothing"
        if mode == "evaluation"
        else "batch norm uses the batch's statistics and moves its own, and dropout drops"
    )
    name = paths[0] or type(step.model).__name__
    message = f"{name}{more} ran in {mode} mode in {wrong}: {effect}."
    return Finding(check, "error", message, f"Call {remedy}.", **_here(step, paths[0]))


def batch_of_one(step: Step) -> Iterator[Finding]:
    """Find batch norm in training on a batch of one example: it normalises the example by itself."""
    for node in step.paths.named("normalize"):
        modules = modules_around(node)
        if modules and is_a(modules[0], "BatchNorm") and node.shape[0] == 1:
            yield Finding(
                "batch-of-one",
                "warning",
                "Batch norm in training is given a batch of one: its statistics are those of the one example, and "
                "differ from the running ones that evaluation uses.",
                "Use larger batches (drop_last=True where the last one is the rest), or GroupNorm or LayerNorm.",
                **place(node),
            )


def dropout_before_batch_norm(step: Step) -> Iterator[Finding]:
    """Find dropout that goes straight, or through an activation, into batch norm.

    In training, dropout adds to the variance that batch norm then keeps; in evaluation it does not, so that batch norm
    divides by too much.  With a layer of weights in between, many values are summed, and the effect is small; dropout
    behind batch norm is fine.  Source: Li et al., Understanding the disharmony between dropout and batch normalization
    by variance shift.
    """
    for node in step.paths.named("normalize"):
        modules = modules_around(node)
        if not (modules and is_a(modules[0], "BatchNorm")):
            continue
        before = argument(node)
        while not _drops(before) and getattr(before.prim, "elementwise", False) and len(before.parents) == 1:
            before = argument(before)
        if _drops(before):
            yield Finding(
                "dropout-before-batch-norm",
                "warning",
                "Dropout goes straight into batch norm: the variance that batch norm keeps in training is larger than "
                "the one it meets in evaluation, where nothing is dropped.",
                "Put the dropout behind the batch norm (and its activation), or leave one of the two out.",
                **place(node),
            )


def _drops(node: Node) -> bool:
    """Whether an operation is a dropout's: of the layer, or a product with a constant of 0 and one other number."""
    if node.name != "mul":
        return False
    modules = modules_around(node)
    if modules and is_a(modules[0], "Dropout"):
        return True
    for mask in arguments(node, recorded=False).values():
        top = mask.max() if mask.size > 1 else 0
        if top > 1 and bool((mask == 0).any()) and bool(((mask == 0) | (mask == top)).all()):
            return True
    return False
