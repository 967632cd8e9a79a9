"""PyTorch's own module test database, run against this project: ``python -m tests.module_db Conv2d LSTM``.

Every entry brings arguments of the constructor and of the call, and says which dtypes and modes the module has, and
what it refuses.  The same module, with PyTorch's initial values, runs there and here: outputs, gradients of inputs and
parameters to second order, buffers, state dicts, printing, copies and errors have to agree.
"""

from __future__ import annotations

import copy
import io
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import autograd_core as ag
import nn
from tests.disagreements import Failure, arguments, collected, tell, trouble
from tests.torch_db import (
    array_of,
    compare,
    compare_gradients,
    convert,
    cotangents,
    describe,
    flatten,
    leaves,
)
from tests.torch_seeds import seed, without_stacks

RANDOM = {"nn.FractionalMaxPool2d", "nn.FractionalMaxPool3d"}  # draw numbers of their own: shapes are compared
CHECKS = ("forward", "gradients", "second", "state", "copies", "factory", "strided", "errors")


@cache
def database() -> dict[str, Any]:
    """Return the entries by class name (``Conv2d``)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_modules import module_db
    without_stacks()
    return {info.name.removeprefix("nn."): info for info in module_db}


def given(value: Any, made: list[Any]) -> Any:
    """Return an argument of PyTorch's as ours, with memory of its own; also modules, packed sequences and names."""
    import torch

    if isinstance(value, torch.nn.utils.rnn.PackedSequence):
        data, sizes, order, back = (None if t is None else given(t, made) for t in value)
        return nn.utils.rnn.PackedSequence(data, sizes, order, back)
    if isinstance(value, torch.Tensor):
        return convert(value.detach().clone().requires_grad_(value.requires_grad), made)
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        attention, kind = value.self_attn, {"norm_first": value.norm_first, "bias": value.linear1.bias is not None}
        sizes = (attention.embed_dim, attention.num_heads, value.linear1.out_features, value.dropout.p)
        activation = given(value.activation, made)
        return nn.TransformerEncoderLayer(*sizes, activation, batch_first=attention.batch_first, **kind)
    if isinstance(value, torch.nn.Module):
        return getattr(nn, type(value).__name__)()
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(given(v, made) for v in value)
    if isinstance(value, dict):
        return {k: given(v, made) for k, v in value.items()}
    if callable(value) and getattr(value, "__module__", "") == "torch" and hasattr(ag, value.__name__):
        return getattr(ag, value.__name__)
    return convert(value, made)


class Trial:
    """The checks of one entry, each a generator of failures."""

    def __init__(self, name: str, limit: int | None) -> None:
        """``limit``: how many samples of each kind."""
        self.info, self.limit = database()[name], limit
        self.make: Callable[..., Any] | None = getattr(nn, name, None)
        self.random = self.info.name in RANDOM

    def samples(self, dtype: Any, training: bool, grad: bool = False) -> list[Any]:
        """Return the samples of a dtype and mode; the same each time."""

        if dtype not in self.info.supported_dtypes("cpu"):
            return []
        seed(0)
        made = self.info.module_inputs_func(self.info, device="cpu", dtype=dtype, requires_grad=grad, training=training)
        return list(made)[: self.limit]

    def modes(self) -> tuple[bool, ...]:
        """Return the values of ``training`` that differ."""
        return (True, False) if self.info.train_and_eval_differ else (True,)

    def pair(self, sample: Any, dtype: Any, training: bool) -> tuple[Any, Any]:
        """Return the module of each side, with PyTorch's initial values and mode."""

        seed(1)
        args, options = sample.constructor_input.args, sample.constructor_input.kwargs
        theirs = self.info.module_cls(*args, **options).to(dtype).train(training)
        assert self.make is not None
        ours = self.make(*given(args, []), **given(options, [])).to(convert(dtype, [])).train(training)
        if not self.info.is_lazy:
            ours.load_state_dict({k: array_of(v).copy() for k, v in theirs.state_dict().items()})
        return ours, theirs

    def over(self, check: str, dtypes: tuple[str, ...], run: Any, grad: bool = False) -> Iterator[Failure]:
        """Run ``run(ours, theirs, sample)`` for every sample; it returns what differs."""
        import torch

        for dtype in (getattr(torch, d) for d in dtypes):
            for training in self.modes():
                for sample in self.samples(dtype, training, grad):
                    try:
                        what = run(*self.pair(sample, dtype, training), sample)
                    except Exception as error:
                        what = trouble(error)
                    if what:
                        yield Failure(check, f"{text(sample)} {dtype} training={training}", what)

    def forward(self) -> Iterator[Failure]:
        """Outputs, and buffers after the call."""
        yield from self.over("forward", ("float32", "float64", "complex128"), self._forward)

    def _forward(self, ours: Any, theirs: Any, sample: Any) -> str | None:
        args, options = given(sample.forward_input.args, []), given(sample.forward_input.kwargs, [])
        wanted = theirs(*copy.deepcopy(sample.forward_input.args), **copy.deepcopy(sample.forward_input.kwargs))
        if self.info.is_lazy:
            ours(*args, **options)
            ours.load_state_dict({k: array_of(v).copy() for k, v in theirs.state_dict().items()})
        found = ours(*args, **options)
        differs = compare(found, wanted, not self.random)
        return differs or (None if self.info.is_lazy else self._compare_state(ours, theirs))

    @staticmethod
    def _compare_state(ours: Any, theirs: Any) -> str | None:
        mine, yours = ours.state_dict(), theirs.state_dict()
        if list(mine) != list(yours):
            return f"state dict {list(mine)}; wanted {list(yours)}"
        for key, value in yours.items():
            if what := compare(mine[key], value):
                return f"state {key}: {what}"
        return None

    def gradients(self) -> Iterator[Failure]:
        """First gradients of inputs and parameters."""
        if not self.random:
            yield from self.over("gradients", ("float64",), lambda *side: self._derivatives(*side, False), True)

    def second(self) -> Iterator[Failure]:
        """Second gradients of inputs and parameters."""
        from torch.nn.attention import SDPBackend, sdpa_kernel

        if not self.random and self.info.supports_gradgrad and not self.info.is_lazy:
            with sdpa_kernel(SDPBackend.MATH):  # PyTorch's fused attention has no second derivative
                yield from self.over("second", ("float64",), lambda *side: self._derivatives(*side, True), True)

    def _derivatives(self, ours: Any, theirs: Any, sample: Any, second: bool) -> str | None:
        if self.info.is_lazy:
            self._forward(ours, theirs, sample)
        inputs = copied(sample.forward_input)
        made: list[Any] = []
        args, options = given(inputs[0], made), given(inputs[1], made)
        parameters = [p for p in theirs.parameters() if p.requires_grad]
        wanted = [t for t in tensors(inputs) if t.requires_grad] + parameters
        try:
            reference = derivatives(theirs(*inputs[0], **inputs[1]), wanted, second)
        except RuntimeError:  # PyTorch has no such derivative
            return None
        if reference is None:
            return None
        outputs = selected(ours(*args, **options))
        weights = [ag.from_numpy(c) for c in arrays(outputs)]
        mine = made + [p for p in ours.parameters() if p.requires_grad]
        return compare_gradients((outputs, mine, weights, second), reference)

    def state(self) -> Iterator[Failure]:
        """Names and order of the state dict, shapes and dtypes, and printing."""
        yield from self.over("state", ("float32",), self._state)

    def _state(self, ours: Any, theirs: Any, sample: Any) -> str | None:
        if repr(ours) != repr(theirs):
            return f"prints as {ours!r}; wanted {theirs!r}"
        mine, yours = ([n for n, _ in m.named_parameters()] for m in (ours, theirs))
        if mine != yours:
            return f"parameters {mine}; wanted {yours}"
        return None if self.info.is_lazy else self._compare_state(ours, theirs)

    def copies(self) -> Iterator[Failure]:
        """A deep copy, a pickled one and one that loads the state give the same output."""
        if not self.random and not self.info.is_lazy:  # lazy ones draw their numbers at the first call
            yield from self.over("copies", ("float32",), self._copies)

    def _copies(self, ours: Any, theirs: Any, sample: Any) -> str | None:
        del theirs
        call = lambda m: m(*given(sample.forward_input.args, []), **given(sample.forward_input.kwargs, []))  # noqa: E731
        file = io.BytesIO()
        pickle.dump(ours, file)
        file.seek(0)
        others = {"deepcopy": copy.deepcopy(ours), "pickle": pickle.load(file)}
        reference = [t for t in flatten(call(ours)) if isinstance(t, ag.Tensor)]
        for how, other in others.items():
            found = [t for t in flatten(call(other)) if isinstance(t, ag.Tensor)]
            if not all(ag.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(found, reference, strict=True)):
                return f"after {how} another output"
        return None

    def factory(self) -> Iterator[Failure]:
        """``dtype`` and ``device`` of the constructor reach every parameter."""
        yield from self.over("factory", ("float32",), self._factory)

    def _factory(self, ours: Any, theirs: Any, sample: Any) -> str | None:
        if not list(theirs.parameters()) or self.info.is_lazy:
            return None
        assert self.make is not None
        options = given(sample.constructor_input.kwargs, []) | {"dtype": ag.float64, "device": "cpu"}
        try:
            self.info.module_cls(*sample.constructor_input.args, **sample.constructor_input.kwargs, device="cpu")
        except TypeError:
            return None
        made = self.make(*given(sample.constructor_input.args, []), **options)
        other = {n: p.dtype for n, p in made.named_parameters() if p.dtype is not ag.float64}
        return f"dtype=float64 gives {other}" if other else None

    def strided(self) -> Iterator[Failure]:
        """Inputs that are not contiguous give the same."""
        if not self.random and not self.info.is_lazy:
            yield from self.over("strided", ("float64",), self._strided)

    def _strided(self, ours: Any, theirs: Any, sample: Any) -> str | None:
        args, options = copied(sample.forward_input)
        wanted = theirs(*args, **options)
        spread = lambda t: ag.stack([t, t], -1)[..., 0] if isinstance(t, ag.Tensor) and t.ndim else t  # noqa: E731
        mine = tuple(map(spread, given(sample.forward_input.args, [])))
        return compare(ours(*mine, **given(sample.forward_input.kwargs, [])), wanted)

    def errors(self) -> Iterator[Failure]:
        """What PyTorch refuses is refused with an error of that type."""
        import torch

        if self.info.module_error_inputs_func is None:
            return
        for training in self.modes():
            for bad in self.info.module_error_inputs_func(
                self.info, device="cpu", dtype=torch.float32, requires_grad=False, training=training
            ):
                if what := self._refusal(bad):
                    yield Failure("errors", text(bad.module_error_input), what)

    def _refusal(self, bad: Any) -> str | None:
        from torch.testing._internal.common_modules import ModuleErrorEnum

        sample, made = bad.module_error_input, None
        assert self.make is not None
        try:
            made = self.make(*given(sample.constructor_input.args, []), **given(sample.constructor_input.kwargs, []))
            if bad.error_on is not ModuleErrorEnum.CONSTRUCTION_ERROR:
                made(*given(sample.forward_input.args, []), **given(sample.forward_input.kwargs, []))
        except bad.error_type:
            return None
        except Exception as error:
            return f"{trouble(error)}; wanted {bad.error_type.__name__}"
        return f"no error; wanted {bad.error_type.__name__}: {bad.error_regex}"


def copied(inputs: Any) -> tuple[Any, Any]:
    """Return arguments of PyTorch's with leaves of their own."""
    import torch

    def renew(value: Any) -> Any:
        if isinstance(value, torch.nn.utils.rnn.PackedSequence):
            return torch.nn.utils.rnn.PackedSequence(*(renew(t) for t in value))
        if isinstance(value, torch.Tensor):
            return value.detach().clone().requires_grad_(value.requires_grad)
        if isinstance(value, (list, tuple)):
            return type(value)(renew(v) for v in value)
        return value

    return renew(inputs.args), {k: renew(v) for k, v in inputs.kwargs.items()}


def tensors(inputs: Any) -> list[Any]:
    """Return the tensors of arguments in the order in which ``given`` meets them."""
    return list(leaves(list(inputs)))


def selected(result: Any) -> list[Any]:
    """Return the outputs that require grad."""
    return [t for t in flatten(result) if getattr(t, "requires_grad", False)]


def arrays(outputs: list[Any]) -> list[Any]:
    """Return a fixed cotangent for each output."""
    return cotangents([tuple(o.shape) for o in outputs], [o.is_complex() for o in outputs])


def derivatives(result: Any, wanted: list[Any], second: bool) -> Any:
    """Return PyTorch's gradients in the form in which ``compare_gradients`` takes them; None where there are none."""
    import torch

    outputs = selected(result)
    if not outputs or not wanted:
        return None
    weights = [torch.from_numpy(c) for c in arrays(outputs)]
    grads = torch.autograd.grad(outputs, wanted, weights, create_graph=second, allow_unused=True)
    if not second:
        return list(grads)
    chosen = [g for g in grads if g is not None and g.requires_grad]
    if not chosen:
        return None
    weights = [torch.from_numpy(c) for c in arrays(chosen)]
    flags = [g is not None and g.requires_grad for g in grads]
    return list(torch.autograd.grad(chosen, wanted, weights, allow_unused=True)), flags


def text(sample: Any) -> str:
    """Return a sample as a call of a module."""
    made, call = sample.constructor_input, sample.forward_input
    first = f"({describe(list(made.args))[1:-1]}; {describe(made.kwargs)})"
    return first + ("" if call is None else f"({describe(list(call.args))[1:-1]}; {describe(call.kwargs)})")


def failures(name: str, checks: tuple[str, ...] = CHECKS, limit: int | None = None) -> list[Failure]:
    """Run an entry's checks; return what failed."""
    trial = Trial(name, limit)
    if trial.make is None:
        return [Failure("name", "", f"there is no nn.{name}")]
    return collected(trial, checks)


def main() -> int:
    """Print the failures of the named modules; of all without names."""
    options = arguments(__doc__, "classes of torch.nn", "*", CHECKS).parse_args()
    bad = 0
    for name in options.names or database():
        if name not in database():
            print(f"{name}: not in the database; {'there' if hasattr(nn, name) else 'MISSING'} here")
            continue
        found = failures(name, tuple(options.check or CHECKS), options.limit)
        bad += tell(name, found, options.show)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
