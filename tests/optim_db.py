"""PyTorch's own optimiser test database, run against this project: ``python -m tests.optim_db Adam LBFGS``.

Every entry brings options, schedules that go with it, and what it refuses.  The same steps are taken there and here:
parameters, state, state dicts in both directions, printing, schedules and errors have to agree.
"""

from __future__ import annotations

import copy
import pickle
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

import autograd_core as ag
import optim
from tests.disagreements import Failure, arguments, collected, tell, trouble
from tests.torch_db import array_of, convert

CHECKS = ("trajectory", "state", "exchange", "groups", "complex", "schedules", "copies", "errors")
STEPS = 20
# A history of a hundred pairs of a quadratic in few numbers is degenerate: it magnifies rounding by 1e10 and more, and
# in float32 nothing is left of the agreement.  Muon orthogonalises in bfloat16.
TOLERANCE = {"LBFGS": 1e-5, "Muon": 1e-2}
SINGLE = {"LBFGS": 5e-2}


@cache
def database() -> dict[str, Any]:
    """Return the entries by class name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_optimizers import optim_db
    return {info.optim_cls.__name__: info for info in optim_db}


class Problem:
    """A least-squares problem on one side: parameters, a closure, and a gradient that is missing now and then."""

    def __init__(self, api: Any, name: str, dtype: str = "float64") -> None:
        rng = np.random.default_rng(0)
        shapes = ((10, 5), (5, 3)) if name == "Muon" else ((10, 5), (10,), ())

        def draw(shape: tuple[int, ...]) -> Any:
            value = rng.standard_normal(shape)
            value = value + 1j * rng.standard_normal(shape) if dtype.startswith("complex") else value
            return api.tensor(np.asarray(value, dtype))

        self.params = [draw(shape).requires_grad_() for shape in shapes]
        self.targets = [draw(shape) for shape in shapes]

    def closure(self) -> float:
        """Return the loss, with its gradients in the parameters: those of squared distances, weighted."""
        loss = 0.0
        for i, (p, t) in enumerate(zip(self.params, self.targets, strict=True)):
            error = (p - t).detach()
            p.grad = error * (2.0 * (i + 1))
            loss += float((error.abs() ** 2).sum()) * (i + 1)
        return loss

    def take(self, optimizer: Any, steps: int, schedules: Any = ()) -> None:
        """Take steps; the last parameter is without gradient in every third."""
        for step in range(steps):
            if type(optimizer).__name__ == "LBFGS":
                loss = optimizer.step(self.closure)
            else:
                loss = self.closure()
                if step % 3 == 2:
                    self.params[-1].grad = None
                optimizer.step()
            for schedule in schedules:
                schedule.step(loss) if type(schedule).__name__ == "ReduceLROnPlateau" else schedule.step()

    def values(self) -> list[Any]:
        """Return the parameters as arrays."""
        return [p.detach().numpy() for p in self.params]


class Trial:
    """The checks of one entry, each a generator of failures."""

    def __init__(self, name: str, limit: int | None = None) -> None:
        """``limit``: how many samples of options."""
        self.limit = limit
        self.name, self.info, self.make = name, database()[name], getattr(optim, name, None)
        self.tolerance = TOLERANCE.get(name, 1e-10)

    def samples(self) -> list[Any]:
        """Return the options to try, with and without a step that is recorded."""
        drawn = list(self.info.optim_inputs_func(device="cpu"))[: self.limit]
        if "differentiable" in self.info.supported_impls:
            drawn += [_with(s, differentiable=True) for s in drawn]
        return drawn

    def pair(self, options: dict[str, Any], dtype: str = "float64") -> tuple[Any, Any, Any, Any]:
        """Return an optimiser of each side, with its problem."""
        import torch

        here, there = Problem(ag, self.name, dtype), Problem(torch, self.name, dtype)
        assert self.make is not None
        if options.get("differentiable"):  # a recorded step writes what is no leaf
            for side in (here, there):
                side.params = [p.clone() for p in side.params]
        theirs = self.info.optim_cls(there.params, **options)
        return self.make(here.params, **given(options, {})), here, theirs, there

    def over(self, check: str, run: Any) -> Iterator[Failure]:
        """Run ``run(options)`` for every sample; it returns what differs."""
        for sample in self.samples():
            try:
                what = run(dict(sample.kwargs))
            except Exception as error:
                what = trouble(error)
            if what:
                yield Failure(check, f"{sample.desc}: {sample.kwargs}", what)

    def close(self, here: Problem, there: Problem, tolerance: float | None = None) -> str | None:
        """Return how far the parameters of two problems are apart, or None."""
        for i, (a, b) in enumerate(zip(here.values(), there.values(), strict=True)):
            far = np.abs(a - b).max(initial=0) / max(1e-3, np.abs(b).max(initial=0))
            if a.dtype != b.dtype or not far <= (tolerance or self.tolerance):
                return f"parameter {i} is off by {far:.1e} ({a.dtype}, {b.dtype})"
        return None

    def trajectory(self) -> Iterator[Failure]:
        """Parameters after the steps."""
        yield from self.over("trajectory", lambda options: self._trajectory(options, "float64"))
        yield from self.over(
            "trajectory", lambda options: self._trajectory(options, "float32", SINGLE.get(self.name, 1e-4))
        )

    def _trajectory(self, options: dict[str, Any], dtype: str, tolerance: float = 0.0) -> str | None:
        ours, here, theirs, there = self.pair(options, dtype)
        here.take(ours, STEPS)
        there.take(theirs, STEPS)
        if options.get("differentiable"):
            tolerance = max(tolerance, 1e-5)  # PyTorch counts and corrects in float32 there
        return self.close(here, there, max(tolerance, self.tolerance))

    def complex(self) -> Iterator[Failure]:
        """Parameters that are complex."""
        if self.info.supports_complex and self.name != "Muon":
            yield from self.over("complex", lambda options: self._trajectory(options, "complex128"))

    def state(self) -> Iterator[Failure]:
        """Names, shapes, dtypes and values of the state."""
        yield from self.over("state", self._state)

    def _state(self, options: dict[str, Any]) -> str | None:
        if options.get("differentiable"):
            return None
        ours, here, theirs, there = self.pair(options)
        here.take(ours, 4)
        there.take(theirs, 4)
        mine, yours = ours.state_dict()["state"], theirs.state_dict()["state"]
        if list(mine) != list(yours):
            return f"state of {list(mine)}; wanted {list(yours)}"
        for number in yours:
            if what := self._entry(mine[number], yours[number]):
                return f"{number}: {what}"
        return None

    def _entry(self, mine: dict[str, Any], yours: dict[str, Any]) -> str | None:
        if list(mine) != list(yours):
            return f"{list(mine)}; wanted {list(yours)}"
        for key, value in yours.items():
            if not hasattr(value, "numpy"):
                if type(mine[key]) is not type(value):
                    return f"{key} is a {type(mine[key]).__name__}; wanted {type(value).__name__}"
                continue
            a, b = mine[key].detach().numpy(), array_of(value)
            if a.shape != b.shape or a.dtype != b.dtype:
                return f"{key} is {a.dtype}{a.shape}; wanted {b.dtype}{b.shape}"
            scale = max(1e-6, np.abs(b).max(initial=0))
            if np.abs(a - b).max(initial=0) > max(self.tolerance, 1e-6 if b.dtype == np.float32 else 0) * scale:
                return f"{key} differs: {a.ravel()[:3]}, wanted {b.ravel()[:3]}"
        return None

    def exchange(self) -> Iterator[Failure]:
        """A state dict goes from either side to the other, and the steps go on as if nothing had happened."""
        yield from self.over("exchange", self._exchange)

    def _exchange(self, options: dict[str, Any]) -> str | None:
        import torch

        if options.get("differentiable"):
            return None
        half = STEPS // 2 // 3 * 3
        ours, here, theirs, there = self.pair(options)
        there.take(theirs, half)
        for p, q in zip(here.params, there.values(), strict=True):
            p.data.copy_(ag.tensor(q))
        ours.load_state_dict(to_ours(theirs.state_dict()))
        other, elsewhere = self.info.optim_cls(
            back := [torch.tensor(v).requires_grad_() for v in here.values()], **options
        ), Problem(torch, self.name)  # fmt: skip
        elsewhere.params = back
        other.load_state_dict(to_theirs(ours.state_dict()))
        for side, optimizer in ((here, ours), (there, theirs), (elsewhere, other)):
            side.take(optimizer, half)
        return self.close(here, there) or self.close(elsewhere, there)

    def groups(self) -> Iterator[Failure]:
        """Options of the groups, and how the optimiser prints."""
        yield from self.over("groups", self._groups)

    def _groups(self, options: dict[str, Any]) -> str | None:
        if options.get("differentiable"):
            return None
        ours, _, theirs, _ = self.pair(options)
        mine, yours = plain(ours.state_dict()["param_groups"]), plain(theirs.state_dict()["param_groups"])
        if mine != yours:
            return f"groups {mine}; wanted {yours}"
        if not any("tensor" in repr(v) for v in options.values()) and repr(ours) != repr(theirs):
            return f"prints as {ours!r}; wanted {theirs!r}"
        return None

    def schedules(self) -> Iterator[Failure]:
        """The schedules that go with the optimiser."""
        for number, makers in enumerate(self.info.scheduler_inputs):
            try:
                what = self._schedule(makers)
            except Exception as error:
                what = trouble(error)
            if what:
                yield Failure("schedules", f"number {number}", what)

    def _schedule(self, makers: Any) -> str | None:
        ours, here, theirs, there = self.pair({"lr": 0.01})
        made = [make(theirs) for make in makers]
        mine = [twin(make, ours) for make in makers]
        here.take(ours, STEPS, mine)
        there.take(theirs, STEPS, made)
        a, b = ours.param_groups[0]["lr"], theirs.param_groups[0]["lr"]
        return self.close(here, there) or (None if np.isclose(a, b, 1e-12) else f"rate {a}; wanted {b}")

    def copies(self) -> Iterator[Failure]:
        """Deep copies and pickled ones."""
        yield from self.over("copies", self._copies)

    def _copies(self, options: dict[str, Any]) -> str | None:
        if options.get("differentiable"):
            return None
        ours, here, _, _ = self.pair(options)
        here.take(ours, 2)
        for other in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
            a, b = plain(other.state_dict()["param_groups"]), plain(ours.state_dict()["param_groups"])
            if a != b:
                return f"a copy has groups {a}; wanted {b}"
        return None

    def errors(self) -> Iterator[Failure]:
        """What PyTorch refuses is refused with an error of that type."""
        import torch

        for bad in self.info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
            if what := self._refusal(bad):
                yield Failure("errors", f"{bad.optimizer_error_input.desc}", what)

    def _refusal(self, bad: Any) -> str | None:
        from torch.testing._internal.common_optimizers import OptimizerErrorEnum

        sample, known = bad.optimizer_error_input, dict[int, Any]()
        assert self.make is not None
        with warnings.catch_warnings():
            warnings.simplefilter("error" if issubclass(bad.error_type, Warning) else "ignore")
            try:
                optimizer = self.make(given(sample.params, known), **given(sample.kwargs, known))
                if bad.error_on is not OptimizerErrorEnum.CONSTRUCTION_ERROR:
                    optimizer.step()
            except bad.error_type:
                return None
            except Exception as error:
                return f"{trouble(error)}; wanted {bad.error_type.__name__}: {bad.error_regex}"
        return f"no error; wanted {bad.error_type.__name__}: {bad.error_regex}"


def twin(make: Any, optimizer: Any) -> Any:
    """Return our schedule that is like PyTorch's: the function that makes it, with our names in the place of theirs."""
    names = {n: value for n, value in vars(optim.lr_scheduler).items() if n[:1].isupper()}
    return FunctionType(make.__code__, make.__globals__ | names, "make", make.__defaults__, make.__closure__)(optimizer)


def given(value: Any, known: dict[int, Any]) -> Any:
    """Return parameters, groups and options of PyTorch's as ours; what is one there is one here."""
    import torch

    if isinstance(value, torch.Tensor):
        if id(value) not in known:
            made = known[id(value)] = ag.tensor(array_of(value).copy()).requires_grad_(value.requires_grad)
            if value.grad is not None and not value.grad.is_sparse:
                made.grad = ag.tensor(array_of(value.grad).copy())
        return known[id(value)]
    if isinstance(value, (list, tuple)):
        return type(value)(given(v, known) for v in value)
    if isinstance(value, dict):
        return {k: given(v, known) for k, v in value.items()}
    return convert(value, [])


def plain(value: Any) -> Any:
    """Return nested options with tensors as numbers, so that they can be compared."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return type(value)(map(plain, value)) if isinstance(value, (list, tuple)) else value


def to_ours(saved: Any) -> Any:
    """Return PyTorch's state dict with arrays in the place of its tensors."""
    import torch

    if isinstance(saved, torch.Tensor):
        return array_of(saved).copy()
    if isinstance(saved, dict):
        return {k: to_ours(v) for k, v in saved.items()}
    return type(saved)(to_ours(v) for v in saved) if isinstance(saved, (list, tuple)) else saved


def to_theirs(saved: Any) -> Any:
    """Return our state dict with PyTorch's tensors."""
    import torch

    if isinstance(saved, ag.Tensor):
        return torch.tensor(saved.detach().numpy())
    if isinstance(saved, dict):
        return {k: to_theirs(v) for k, v in saved.items()}
    return type(saved)(to_theirs(v) for v in saved) if isinstance(saved, (list, tuple)) else saved


def _with(sample: Any, **options: Any) -> Any:
    more = copy.copy(sample)
    more.kwargs = {**sample.kwargs, **options}
    return more


def failures(name: str, checks: tuple[str, ...] = CHECKS, limit: int | None = None) -> list[Failure]:
    """Run an entry's checks; return what failed."""
    trial = Trial(name, limit)
    if trial.make is None:
        return [Failure("name", "", f"there is no optim.{name}")]
    return collected(trial, checks)


def main() -> int:
    """Print the failures of the named optimisers; of all without names."""
    options = arguments(__doc__, "classes of torch.optim", "*", CHECKS).parse_args()
    bad = 0
    for name in options.names or database():
        found = failures(name, tuple(options.check or CHECKS), options.limit)
        bad += tell(name, found, options.show)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
