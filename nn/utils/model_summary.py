"""What a model is made of: its layers with shapes, parameters, memory and work, seen in a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..parameter import is_lazy
from .layer_work import multiply_adds
from .parametrize import is_parametrized
from .pre_hooks import forget_none_left

__all__ = ["LayerSummary", "Summary", "summary"]


@dataclass
class LayerSummary:
    """One module of a model.  Parameters and buffers are its own; shared ones count where they stand first."""

    name: str
    kind: str
    parameters: int = 0
    trainable_parameters: int = 0
    parameter_bytes: int = 0
    buffer_bytes: int = 0
    calls: int = 0
    output_shapes: list[tuple[int, ...]] = field(default_factory=list)  # of the last call
    activation_bytes: int = 0  # of outputs in new memory, of all calls in which no other module ran
    multiply_adds: int | None = 0  # of all calls, without those of other modules; None: not known


@dataclass(repr=False)
class Summary:
    """The modules of a model, parents before children; printed, it is a table."""

    rows: list[LayerSummary]

    @property
    def parameters(self) -> int:
        """How many numbers the parameters have."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable_parameters(self) -> int:
        """How many of them require gradients."""
        return sum(row.trainable_parameters for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """The memory of the parameters."""
        return sum(row.parameter_bytes for row in self.rows)

    @property
    def buffer_bytes(self) -> int:
        """The memory of the buffers."""
        return sum(row.buffer_bytes for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """The memory of the layers' outputs, which training keeps until ``backward``."""
        return sum(row.activation_bytes for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of one forward pass, as far as they are known."""
        return sum(row.multiply_adds or 0 for row in self.rows)

    @property
    def flops(self) -> int:
        """Two for each multiply-add."""
        return 2 * self.multiply_adds

    def __repr__(self) -> str:
        table = [("layer", "type", "output", "parameters", "multiply-adds"), *(_cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(_aligned(line, widths)).rstrip() for line in table]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        known = "" if all(row.multiply_adds is not None for row in self.rows) else "at least "
        return "\n".join([
            lines[0], rule, *lines[1:], rule,
            f"parameters: {self.parameters:,} ({_size(self.parameter_bytes)}), "
            f"of which {self.trainable_parameters:,} are trained; buffers: {_size(self.buffer_bytes)}",
            f"activations: {_size(self.activation_bytes)}",
            f"multiply-adds: {known}{self.multiply_adds:,} ({self.flops:,} flops)",
        ])  # fmt: skip


def _cells(row: LayerSummary) -> tuple[str, ...]:
    more = f" +{len(row.output_shapes) - 1}" if len(row.output_shapes) > 1 else ""
    shape = f"{row.output_shapes[0]}{more}" if row.output_shapes else "-"
    work = "?" if row.multiply_adds is None else f"{row.multiply_adds:,}" if row.calls else "-"
    return row.name or "(model)", row.kind, shape, f"{row.parameters:,}", work


def _aligned(cells: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    for i, (cell, width) in enumerate(zip(cells, widths)):
        yield cell.ljust(width) if i < 3 else cell.rjust(width)


def _size(count: int) -> str:
    if count < 1024:
        return f"{count:,.0f} B"
    power = min(int(math.log(count, 1024)), 3)
    return f"{count / 1024**power:,.1f} {('B', 'KiB', 'MiB', 'GiB')[power]}"


def summary(model: Module, input: Any, **kwargs: Any) -> Summary:
    """Run ``model`` once, in evaluation mode and without a graph, and return what it is made of.

    ``print(nn.utils.summary(model, (64, 1, 28, 28)))`` shows a table.  Afterwards every module is in the
    mode in which it was.  Work and activations of what the model computes outside of its layers are not seen.  What
    counts as work, ``nn.utils.layer_work`` says.

    Args:
        model: any module.
        input: a Tensor, a tuple of Tensors (positional arguments), or a shape, for which zeros are taken, in the
            dtype and on the device of the first parameter.
        kwargs: keyword arguments of ``forward``.

    Raises: TypeError where ``input`` is something else.
    """
    args, record = _arguments(model, input), _Record(model)
    modes = [(module, module.training) for module in model.modules()]
    handles = [handle for module in record.rows for handle in record.watch(module)]
    try:
        model.eval()
        with ag.no_grad():
            model(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
            forget_none_left(module)
    record.count_members()
    return Summary(list(record.rows.values()))


def _arguments(model: Module, input: Any) -> tuple[Tensor, ...]:
    if isinstance(input, Tensor):
        return (input,)
    given = tuple(input) if isinstance(input, (tuple, list)) else (input,)
    if given and all(isinstance(each, Tensor) for each in given):
        return given
    if not all(isinstance(each, int) for each in given):
        kinds = ", ".join(type(each).__name__ for each in given)
        raise TypeError(f"summary: input is of {kinds}; wanted a Tensor, a tuple of Tensors, or a shape")
    first = next((p for p in model.parameters() if p.is_floating_point()), None)
    kind = {} if first is None else {"dtype": first.dtype, "device": first.device}
    return (ag.zeros(given, **kind),)


class _Record:
    """What hooks see of the modules while the model runs."""

    def __init__(self, model: Module) -> None:
        hidden = {each for m in model.modules() if is_parametrized(m) for each in m.parametrizations.modules()}
        self.rows = {
            module: LayerSummary(name, type(module).__name__)
            for name, module in model.named_modules()
            if module not in hidden
        }
        self.running: list[bool] = []  # of the calls that are under way, whether another module has run in each

    def watch(self, module: Module) -> tuple[Any, Any]:
        """Hang the hooks on ``module`` and return their handles."""
        return (
            module.register_forward_pre_hook(self.before, prepend=True),
            module.register_forward_hook(self.after, with_kwargs=True),
        )

    def before(self, module: Module, args: tuple[Any, ...]) -> None:
        """Note that a call begins."""
        if self.running:
            self.running[-1] = True
        self.running.append(False)

    def after(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """Note what a call has given."""
        row, alone = self.rows[module], not self.running.pop()
        outputs = list(_tensors(output))
        row.calls += 1
        row.output_shapes = [tuple(t.shape) for t in outputs]
        if alone:
            known = {t.data_ptr() for t in _tensors((args, kwargs))}
            row.activation_bytes += sum(t.nbytes for t in outputs if t.data_ptr() not in known)
        work = multiply_adds(module, args, kwargs, output)
        row.multiply_adds = None if work is None or row.multiply_adds is None else row.multiply_adds + work

    def count_members(self) -> None:
        """Count parameters and buffers: after the run, in which lazy ones got their shapes."""
        seen: set[int] = set()
        for module, row in self.rows.items():
            row.kind = type(module).__name__
            owners = [module, *(module.parametrizations.modules() if is_parametrized(module) else ())]
            for p in (p for owner in owners for p in owner.parameters(recurse=False)):
                if id(p) not in seen and not is_lazy(p):
                    seen.add(id(p))
                    row.parameters += p.numel()
                    row.trainable_parameters += p.numel() if p.requires_grad else 0
                    row.parameter_bytes += p.nbytes
            for b in (b for owner in owners for b in owner.buffers(recurse=False)):
                if id(b) not in seen and not is_lazy(b):
                    seen.add(id(b))
                    row.buffer_bytes += b.nbytes


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list, Mapping)):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _tensors(each)
