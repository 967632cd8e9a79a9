"""A function and examples of its arguments become a listing, and the values that it is bound to."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_core.engine.intercepting import intercepted
from autograd_core.engine.lifted import running
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ProgramError
from autograd_core.programs.ir import RANDOM, RESERVED, Listing
from autograd_core.programs.traced import Traced, traced
from autograd_core.programs.tracing import Tracing
from autograd_core.transforms.trees import flatten

__all__ = ["labels_of", "record"]

Labels = Mapping[str, tuple[str, Tensor]]  # name -> kind and tensor


def record(
    function: Callable[..., Any], examples: Sequence[Any], named: Mapping[str, Any] | None = None,
    labels: Labels | None = None, name: str = "", abstract: bool = False, inputs: Sequence[str] | None = None,
) -> tuple[Listing, dict[str, Tensor]]:  # fmt: skip
    """Return the listing of ``function(*examples, **named)``, and the values of what it is bound to.

    Args:
        function: a function of tensors, or a Module.
        examples: tensors, or nests of tensors: the inputs.  What is no tensor is a constant.
        named: arguments by keyword.
        labels: kinds and names of tensors that the function may use; a Module's parameters and buffers by default.
        name: of the program; the function's by default.
        abstract: whether to compute shapes and dtypes alone.
        inputs: a name for each tensor of the arguments; by default those of the function's parameters.

    Raises: ProgramError for what a program cannot say, such as values that decide what is done next.
    """
    level = Tracing(abstract)
    for label, (kind, value) in (labels_of(function) if labels is None else labels).items():
        level.label(value, kind, label)
    leaves, build = flatten((tuple(examples), dict(named or {})))
    with running(level), intercepted():
        names = _names(function, examples, named or {}) if inputs is None else inputs
        given = [
            traced(level, x.detach(), level.variable(level.free(n), x._array)) if isinstance(x, Tensor) else x
            for x, n in zip(leaves, names, strict=True)
        ]
        args, options = build(given)
        try:
            result = _result(level, function(*args, **options))
        finally:
            level.restore()
    taken = tuple([x.variable for x in given if isinstance(x, Traced)])
    title = _word(name or getattr(function, "__name__", type(function).__name__).lower())
    listing = Listing(title, taken, tuple(level.bound), tuple(level.lines), result, level.updates())
    own = {b.variable.name for b in listing.bound if b.kind != RANDOM}
    return listing, {name: value for name, value in level.values.items() if name in own}


def labels_of(function: Any) -> Labels:
    """Return a module's parameters and buffers."""
    if not hasattr(function, "named_parameters"):
        return {}
    found = {name: ("parameter", p) for name, p in function.named_parameters()}
    return found | {name: ("buffer", b) for name, b in function.named_buffers()}


def _names(function: Any, examples: Sequence[Any], named: Mapping[str, Any]) -> list[str]:
    """Return a name for each leaf of the arguments: that of the parameter, and the way from there."""
    own = function.forward if hasattr(function, "named_parameters") else function
    try:
        known = list(inspect.signature(own).parameters.values())
    except (TypeError, ValueError):
        known = []
    heads: list[str] = []
    for i in range(len(examples)):
        if i < len(known) and known[i].kind is not inspect.Parameter.VAR_POSITIONAL:
            heads.append(known[i].name)
        else:
            heads.append(f"x{i}")
    pairs = [*zip(heads, examples, strict=True), *named.items()]
    return [path for head, tree in pairs for path in _paths(_word(head), tree)]


def _paths(head: str, tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [path for key, part in tree.items() for path in _paths(f"{head}.{_word(str(key), dotted=True)}", part)]
    if isinstance(tree, list | tuple):
        return [path for i, part in enumerate(tree) for path in _paths(f"{head}.{i}", part)]
    return [head]


def _word(text: str, dotted: bool = False) -> str:
    """Return a text as a name of the language."""
    word = re.sub(r"[^\w.]" if dotted else r"\W", "_", text, flags=re.ASCII).strip("._") or "x"
    if not dotted and word[0].isdigit():
        word = f"_{word}"
    return f"{word}_" if word in RESERVED else word


def _result(level: Tracing, value: Any) -> Any:
    """Return a result with variables in place of tensors."""
    if isinstance(value, dict):
        return {str(key): _result(level, part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_result(level, part) for part in value]) if type(value) in (list, tuple) else tuple(
            [_result(level, part) for part in value]
        )
    if isinstance(value, Tensor):
        return level.said(level.adopted(value))
    if value is None or type(value) in (bool, int, float):
        return value
    raise ProgramError(f"trace: the function returned a {type(value).__name__}; wanted tensors, numbers or None")
