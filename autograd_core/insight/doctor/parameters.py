"""What is wrong with the parameters: not trained, not known to the model, or with gradients of an earlier step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.insight.doctor.lines import definition, last_write, line_of_write, place
from autograd_core.insight.doctor.paths import modules_around
from autograd_core.insight.doctor.report import Finding
from autograd_core.insight.doctor.step import Step
from autograd_core.insight.graphs.graph import Stats


def without_gradient(step: Step) -> Iterator[Finding]:
    """Find parameters that are to be trained, but that the loss does not depend on.

    These are the optimiser's, or without one the model's: a model may well have parts that another optimiser trains.
    One finding per module; a parameter of exact zeros as gradient is reached, and not found here.
    """
    if step.loss._node is None:
        return
    unreached: dict[str, list[str]] = {}
    for name, p in step.model.named_parameters():
        wanted = id(p) in step.optimized if step.optimizers else True
        if p.requires_grad and wanted and id(p) not in step.reached:
            path, _, last = name.rpartition(".")
            unreached.setdefault(path, []).append(last)
    for path, names in _outermost(step, unreached):
        here = f"'{path}'" if path else "the model itself"
        yield Finding(
            "no-gradient",
            "warning",
            f"The loss does not depend on {', '.join(names)} of {here}: it was not used in this step, or its result "
            "was detached or left unused.",
            "Use it in forward(), or leave it out; where it is to stay as it is, freeze it with requires_grad_(False).",
            line=definition(step.model, f"{path}.{names[0]}" if path else names[0]),
            module=path,
        )


def _outermost(step: Step, unreached: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Put modules together under the outermost one of which nothing at all is reached."""
    live = {name.rpartition(".")[0] for name, p in step.model.named_parameters() if id(p) in step.reached}
    inside = {".".join(path.split(".")[:i]) for path in live for i in range(len(path.split(".")) + 1)}
    groups: dict[str, list[str]] = {}
    for path, names in unreached.items():
        steps = path.split(".")
        tops = (".".join(steps[:i]) for i in range(1, len(steps) + 1))
        top = next((t for t in tops if t not in inside), path)
        inner = path[len(top) :].lstrip(".")
        groups.setdefault(top, []).extend(f"{inner}.{name}" if inner else name for name in names)
    yield from groups.items()


def not_optimized(step: Step) -> Iterator[Finding]:
    """Find parameters of the model that get a gradient, but that no optimiser given updates."""
    if not step.optimizers:
        return
    reached = {n: p for n, p in step.model.named_parameters() if id(p) in step.reached}
    missing = [name for name, p in reached.items() if id(p) not in step.optimized]
    if not missing:
        return
    listed = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
    every = " The optimiser has none of the model's parameters." if len(missing) == len(reached) else ""
    yield Finding(
        "not-in-optimizer",
        "error",
        f"No optimiser updates {listed}, though the loss depends on {'it' if len(missing) == 1 else 'them'}.{every}",
        "Make the optimiser of model.parameters(), after the model is complete (a layer replaced later is not in it); "
        "with several optimisers, give the doctor a list of them; freeze with requires_grad_(False) what is to stay.",
        line=step.first_use(reached[name] for name in missing),
        module=missing[0].rpartition(".")[0],
    )


# ---- gradients of an earlier step ----


def missing_zero_grad(step: Step) -> Iterator[Finding]:
    """Find gradients that were there before the optimiser's last step and were added to, or are about to be.

    Before backward, a ``.grad`` of an earlier step alone says nothing: many programs call ``zero_grad`` between the
    loss and ``backward``.  It counts where the optimiser has stepped and nothing ever dropped this ``.grad``: neither
    ``zero_grad`` nor an assignment.  After backward, it counts where ``.grad`` was added to after the last step, and
    last dropped before it.  So a ``zero_grad`` that is only called ahead of the loop is found after backward alone.
    Micro-batches that accumulate on purpose are dropped after each step, and are silent.  It must hold for every
    parameter that the loss reaches.  ``p.grad.zero_()`` by hand is not noticed.
    """
    for optimizer in step.optimizers:
        params = [p for group in optimizer.param_groups for p in group["params"]]
        here = [p for p in params if id(p) in step.reached and _holds_gradient(p)]
        if here and getattr(optimizer, "_opt_called", False) and all(_is_stale(step, p) for p in here):
            p = here[0]
            yield Finding(
                "missing-zero-grad",
                "error",
                f"Gradients of an earlier step are still in .grad (of {step.name_of(p)} and {len(here) - 1} more), and "
                "this step's are added to them: the optimiser follows the sum of all steps so far.",
                "Call optimizer.zero_grad() once in every step, before loss.backward().",
                line=line_of_write(p._grad._array) or line_of_write(p._array),
            )


def _holds_gradient(p: Any) -> bool:
    return p._grad is not None and bool((p._grad._array != 0).any())


def _is_stale(step: Step, p: Any) -> bool:
    dropped, array = p._node.dropped, p._grad._array
    if not step.paths.freed:
        own = step.gradients.get(id(p))
        return dropped is None and not (own is not None and _close(array, own))
    stepped, added = last_write(p._array), last_write(array)
    if stepped is None or added is None:
        return False
    return (dropped is None or dropped > stepped.order) and added.order < stepped.order  # stamps fall


def _close(array: Any, own: Any) -> bool:
    return Stats.of(array - own).norm <= 1e-4 * Stats.of(own).norm


# ---- modules that the model does not know of ----


def hidden_modules(step: Step) -> Iterator[Finding]:
    """Find modules and parameters in plain lists, tuples, sets and dicts, and those made anew in ``forward``.

    A container is silent where all it holds is registered elsewhere too, or frozen (a teacher that is kept out of the
    model on purpose).
    """
    shown: set[int] = set()
    for path, module in step.model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, list | tuple | dict | set):
                found = [p for p in _inside(value) if id(p) not in step.names and p.requires_grad]
                shown |= {id(p) for p in found}
                if found:
                    yield _hidden(step, f"{path}.{name}".lstrip("."), value, found)
    for node in step.paths.operations:
        strays = [p for p in node.parents if isinstance(p, Leaf) and _is_stray(step, node, p, shown)]
        if strays:
            yield Finding(
                "unregistered-parameter",
                "error",
                f"'{node.name}' inside the model uses a parameter of shape {strays[0].shape} that is none of the "
                "model's: made in forward(), it is new in every step; kept elsewhere, no optimiser and no state_dict "
                "knows it.",
                "Make layers and parameters in __init__, as attributes of the module.",
                **place(node),
            )


def _hidden(step: Step, path: str, value: Any, found: list[Tensor]) -> Finding:
    kind, used = type(value).__name__, any(id(p) in step.reached for p in found)
    wanted = "nn.ModuleDict" if isinstance(value, dict) else "nn.ModuleList"
    return Finding(
        "hidden-modules",
        "error",
        f"'{path}' is a plain {kind}: the {len(found)} parameters in it are not the model's, so that parameters(), "
        f"state_dict(), train() and to() pass them by{', though the loss depends on them' if used else ''}.",
        f"Use {wanted} (nn.ParameterList for parameters), then make the optimiser.",
        line=definition(step.model, path),
        module=path,
    )


def _inside(value: Any) -> Iterator[Any]:
    """Yield the parameters in nested containers and in the modules they hold."""
    if isinstance(value, list | tuple | set | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _inside(item)
    elif isinstance(value, Parameter):
        yield value
    elif hasattr(value, "named_modules") and hasattr(value, "parameters"):
        yield from value.parameters()


def _is_stray(step: Step, node: Node, leaf: Leaf, shown: set[int]) -> bool:
    if not any(id(module) in step.modules for module in modules_around(node)):
        return False
    tensor = step.kept.get(id(leaf))
    if tensor is None:  # nobody holds it any more: its layer is gone, too
        return node.scope is not None and node.scope.module_ref() is None
    known = id(tensor) in step.names or id(tensor) in shown or id(tensor) in step.optimized
    return isinstance(tensor, Parameter) and not known
