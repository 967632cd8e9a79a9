"""The base of all optimisers: parameter groups, state, and the step.

An optimiser is defined by a pure function, ``update``, on one parameter, its gradient and its state.  ``step``
applies it to many parameters at once, in place, in flat memory (`plan`); with ``differentiable=True``, to each
parameter by itself, recorded.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

import autograd_core as ag
from autograd_core.backend import host
from autograd_core.engine.lifted import Level, adopting, beneath
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.complex_parts import view_as_complex, view_as_real

from . import checkpoint, groups
from .groups import required as required  # published optimisers look for it here
from .hooks import Hooked, register_optimizer_step_post_hook, register_optimizer_step_pre_hook, with_hooks
from .memory import STEP, Fills, Home, Layout, Numbers, Shape, as_parameter, plain, settle
from .penalties import Penalty, penalty_of
from .plan import Plan, Writer, refuse_complex
from .runs import Write
from .scratch import Scratch

__all__ = [
    "Optimizer", "ParamsT", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook",
]  # fmt: skip

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]


class Optimizer(Hooked):
    """Base class of all optimisers.

    A subclass defines ``update`` (and ``fills``, where it keeps state) and inherits the step, or defines ``step``
    itself as in PyTorch.

    Args:
        params: parameters, ``(name, parameter)`` pairs, or dicts: groups with options of their own.
        defaults: options of groups that do not say otherwise.

    Raises: TypeError where ``params`` is a Tensor or holds something else than Tensors; ValueError for an empty
        list, a non-leaf, or a parameter in two groups.
    """

    counts: ClassVar[bool] = False  # whether the state has a "step"
    elementwise: ClassVar[bool] = True  # False: ``update`` wants each parameter whole and in its shape, for a norm
    long: ClassVar[bool] = False  # whether an update takes so long that threads are to update a parameter each
    takes_complex: ClassVar[bool] = True  # as pairs of real numbers, updated each by itself
    _scheduled = False  # whether a schedule watches that the optimiser steps before it
    _opt_called = False
    _options: ClassVar[tuple[str, ...]] = ()  # what fills and update take from a group

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = with_hooks(cls.step)  # type: ignore[method-assign]
        pure = (cls.fills, cls.numbers, cls.advance, cls.update)
        taken = [p for f in pure for p in inspect.signature(f).parameters.values()]
        cls._options = tuple(dict.fromkeys(p.name for p in taken if p.kind is p.KEYWORD_ONLY))

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type(params).__name__}"
            )
        super().__init__()
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._forget_plans()
        given: list[Any] = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, ``{"params": ..., option: value, ...}``; missing options get the defaults.

        Raises: TypeError, ValueError as the class; nothing is added then.
        """
        groups.complete(param_group, self.defaults, self.param_groups)
        self.param_groups.append(param_group)

    # ---- the update ----

    @staticmethod
    def fills(*_: Any, **options: Any) -> Fills:
        """Return what the state holds besides "step": name -> first value, or None where the first update says it."""
        return {}

    @staticmethod
    def state_shape(name: str, shape: Shape) -> Shape | None:
        """Return the shape of the state array ``name`` of a parameter of ``shape``; None where it has no such array.

        Where it is another than the parameter's, the optimiser is not ``elementwise``.
        """
        return as_parameter(name, shape)

    @staticmethod
    def numbers(*_: Any, **options: Any) -> Mapping[str, float]:
        """Return the numbers of the state besides "step": name -> first value.  They are kept on the host."""
        return {}

    @staticmethod
    def advance(numbers: Mapping[str, Any], *_: Any, **options: Any) -> dict[str, Any]:
        """Return the numbers after an update, from those before it; pure, and part of ``update``."""
        return {STEP: numbers[STEP] + 1} if STEP in numbers else {}

    @staticmethod
    def update(p: Any, g: Any, state: dict[str, Any], *_: Any, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Return the new parameter and the new state; pure, and alike for raw arrays and Tensors.

        ``state`` has the names of ``fills``, but for those without a first value before the first update; those of
        ``numbers``; and "step", the number of updates before this one.
        """
        raise NotImplementedError

    @classmethod
    def in_place(cls, scratch: Scratch, count: float, *_: Any, **options: Any) -> Write:
        """Return ``update`` as a function that writes ``p`` and its state.

        This one is derived from ``update``.  Where measurement asks, a subclass has its own, in place throughout.

        Args:
            scratch: the array module, and what to compute with in it.
            count: the number of updates before this one.
            options: as for ``update``, all plain numbers; and the ``numbers`` of the state, by their names.
        """
        numbers = {name: value for name, value in options.items() if name not in cls._options}
        return cls._derived({STEP: count, **numbers}, False, {n: v for n, v in options.items() if n not in numbers})

    @classmethod
    def _derived(cls, numbers: Numbers, first: bool, options: dict[str, Any]) -> Write:
        missing = {name for name, fill in cls.fills(**options).items() if fill is None} if first else set()

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            given = {name: array for name, array in state.items() if name not in missing}
            new, made = cls.update(p, g, {**given, STEP: 0.0, **numbers}, **options)
            p[...] = new
            for name, array in state.items():
                array[...] = made[name]

        return write

    # ---- the step ----

    @with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss again and calls ``backward``; called first, with recording on.

        Returns: what ``closure`` returned; None without one.
        Raises: ShapeError, DeviceError where a gradient does not fit its parameter; nothing is changed then.
        """
        loss = None
        if closure is not None:
            with ag.enable_grad():
                loss = closure()
        trace = adopting()
        if trace is not None:
            for group in self.param_groups:
                with ag.set_grad_enabled(bool(group.get("differentiable"))):
                    self._step_traced(trace, group)
            return loss
        recorded = [group for group in self.param_groups if group.get("differentiable")]
        for group in recorded:
            with ag.enable_grad():
                self._step_recorded(group)
        if len(recorded) < len(self.param_groups):
            self._step_in_place()
        return loss

    def _step_in_place(self) -> None:
        work = [self._plan(i, group) for i, group in enumerate(self.param_groups) if not group.get("differentiable")]
        with host.errstate(all="ignore"):
            for plan, gradients, writer in work:
                plan.update(gradients, writer)

    def _plan(self, index: int, group: dict[str, Any]) -> tuple[Plan, list[Any], Writer]:
        """Return the plan of a group, that of the last step where it still holds, the gradients, and the update."""
        options, gradients = self._options_of(group), None
        plan = self._plans.get(index)
        layout = plan.layout if plan is not None and plan.options == options else self.layout_of(group)
        if plan is not None and plan.layout.names == layout.names:
            gradients = plan.gradients(group["params"], self.state)
        if plan is None or gradients is None:
            if not self.takes_complex:
                refuse_complex(type(self).__name__, group["params"])
            plan = self._plans[index] = Plan(group["params"], self.state, self._homes, layout)
            gradients = plan.gradients(group["params"], self.state)
            if not plan.lasting:
                del self._plans[index]
        plan.options = options
        assert gradients is not None
        penalty = penalty_of(group)
        return plan, gradients, lambda scratch, numbers, first: self._writer(scratch, numbers, first, options, penalty)

    def _options_of(self, group: dict[str, Any]) -> dict[str, Any]:
        return {name: plain(group[name]) for name in self._options if name in group}

    def layout_of(self, group: dict[str, Any]) -> Layout:
        """Return what is kept for each parameter of ``group``."""
        options = self._options_of(group)
        fills, numbers = self.fills(**options), self.numbers(**options)
        return Layout(fills, self.counts, self.elementwise, numbers, self.state_shape, self.long)

    def _writer(
        self, scratch: Scratch, numbers: Numbers, first: bool, options: dict[str, Any], penalty: Penalty | None
    ) -> tuple[Write, Numbers]:
        if first:
            write = self._derived(numbers, True, options)
        else:
            others = {name: value for name, value in numbers.items() if name != STEP}
            write = self.in_place(scratch, numbers.get(STEP, 0.0), **others, **options)
        return penalty.around(write) if penalty else write, self.advance(numbers, **options)

    def _step_recorded(self, group: dict[str, Any]) -> None:
        options = {name: group[name] for name in self._options if name in group}
        layout, penalty = self.layout_of(group), penalty_of(group, recorded=True)
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self.state[p] if layout.names else {}
            split, join = (view_as_real, view_as_complex) if p.is_complex() else (_same, _same)
            shapes = {n: shape for n, shape in layout.arrays_of(p).items() if layout.fills[n] is not None}
            arrays = {n: ag.full_like(split(p.new_empty(s)), layout.fills[n]) for n, s in shapes.items()}
            arrays |= {n: split(state[n]) for n in layout.fills if state.get(n) is not None}
            before, g = split(p.clone()), split(p.grad)  # what the update saves of p, the write below leaves alone
            before, g = penalty.before(before, g) if penalty else (before, g)
            new, made = self.update(before, g, {STEP: 0.0, **arrays, **layout.held(state)}, **options)
            p.copy_(join(penalty.after(new) if penalty else new))
            state |= {n: ag.tensor(float(made.pop(n))) for n in layout.numbers}
            # SGD's first buffer is the gradient itself, which zero_grad may clear in place.
            state |= {name: value.clone() if value is p.grad else join(value) for name, value in made.items()}

    def _step_traced(self, trace: Level, group: dict[str, Any]) -> None:
        """Have a trace note ``update`` of every parameter and its state, which are there before it.

        Raises: ProgramError where the first step is not like the others, and was not taken before.
        """
        options = {name: plain(group[name]) for name in self._options if name in group}
        layout, penalty = self.layout_of(group), penalty_of(group, recorded=True)
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self._state_before(trace, p, layout)
            before, g = penalty.before(p, p.grad) if penalty else (p, p.grad)
            new, made = self.update(before, g, {STEP: 0.0, **state}, **options)
            p.copy_(penalty.after(new) if penalty else new)
            for name, value in made.items():
                if name in state:
                    state[name].copy_(value)

    def _state_before(self, trace: Level, p: Tensor, layout: Layout) -> dict[str, Tensor]:
        """Return the state of ``p``, begun where it has none, each tensor named after its parameter."""
        if not layout.names:
            return {}
        if p.is_complex():
            trace.refuse(f"{type(self).__name__} does not trace steps of complex parameters")
        state = self.state[p]
        with beneath(trace):
            for name, shape in layout.arrays_of(p).items():
                if name not in state and layout.fills[name] is None:
                    own = f"{name} of {type(self).__name__}"
                    trace.refuse(f"{own} begins with its first step; take one before the trace")
                if name not in state:
                    state[name] = ag.full_like(p.new_empty(shape), layout.fills[name])
            for name in layout.numbers:
                state.setdefault(name, ag.tensor(0.0))
        label = trace.label_of(p)
        for name, value in state.items():
            trace.label(value, "buffer", f"{label}.{name}")
        return dict(state)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or, with ``set_to_none=False``, set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                held = None if set_to_none else p.grad
                p.grad = None if held is None else held.detach_().zero_()

    # ---- saving ----

    def state_dict(self) -> dict[str, Any]:
        """Return ``{"state": ..., "param_groups": ...}`` with numbers for parameters, as PyTorch lays it out.

        The tensors share memory with the optimiser: copy or save the dict before the next step.
        """
        for hook in list(self._save_pre.values()):
            hook(self)
        saved = checkpoint.pack(self.state, self.param_groups)
        for hook in list(self._save_post.values()):
            saved = hook(self, saved) or saved
        return saved

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take state and options from a state dict, of ours or of PyTorch's (as Tensors or arrays), by copying.

        State is matched to parameters by position, cast to their dtype and moved to their device.

        Raises: ValueError naming all that does not match; nothing is changed then.
        """
        saved = dict(state_dict)
        for hook in list(self._load_pre.values()):
            saved = hook(self, saved) or saved
        state, param_groups = checkpoint.unpack(self, saved)
        self.__setstate__({"state": state, "param_groups": param_groups})
        for hook in list(self._load_post.values()):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_step_pre" not in vars(self):
            Hooked.__init__(self)
        vars(self).update(state)
        self._forget_plans()
        for group in self.param_groups:
            layout = self.layout_of(group)
            self._settle([p for p in group["params"] if _is_whole(p, self.state.get(p), layout)], layout)

    def _settle(self, parameters: list[Tensor], layout: Layout) -> None:
        """Move the state of ``parameters`` into flat memory, where it is not there begin it."""
        self._homes |= settle({p: self.state[p] for p in parameters}, layout)

    def _forget_plans(self) -> None:
        self._plans: dict[int, Plan] = {}
        self._homes: dict[Tensor, Home] = {}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _is_whole(p: Tensor, state: dict[str, Any] | None, layout: Layout) -> bool:
    return state is not None and bool(state) and all(state.get(name) is not None for name in layout.names_of(p))


def _same(value: Any) -> Any:
    return value
