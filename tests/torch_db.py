"""PyTorch's own operator test database, run against this project: ``python -m tests.torch_db add linalg.qr``.

Every entry brings sample inputs (strides, empty and 0-d tensors, negative dims, keyword arguments), error inputs, and
says which dtypes, ``out=`` and in-place forms the operator has.  The same samples go through PyTorch and through here;
values, dtypes, shapes, first and second gradients, forms and errors have to agree.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from itertools import islice
from types import FunctionType
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from tests.disagreements import Failure, arguments, collected, tell, trouble
from tests.torch_seeds import seed, without_stacks

# what draws numbers: shapes and dtypes are compared, not values
RANDOM = {
    "bernoulli", "cauchy", "empty", "empty_like", "exponential", "geometric", "log_normal", "multinomial", "new_empty",
    "nn.functional.alpha_dropout", "nn.functional.dropout", "nn.functional.dropout2d", "nn.functional.dropout3d",
    "nn.functional.feature_alpha_dropout", "nn.functional.fractional_max_pool2d", "nn.functional.rrelu",
    "nn.functional.fractional_max_pool3d", "normal", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "uniform",
}  # fmt: skip
# entries that PyTorch itself calls through a wrapper: how to call them here
WRAPPED: dict[str, Callable[..., Any]] = {
    "einsum": lambda tensors, equation: ag.einsum(equation, tensors),
    "linalg.lstsq:grad_oriented": lambda a, b, driver: ag.linalg.lstsq(a, b, driver=driver)[:2],
    "linalg.pinv:singular": lambda a, b: ag.linalg.pinv(a @ b.mT),
    "normal:number_mean": lambda std, mean, *args, **options: ag.normal(mean, std, *args, **options),
    "to": lambda self, *args, **options: self.to(*args, **options),
    "where": lambda self, condition, other, **options: ag.where(condition, self, other, **options),
    "sum_to_size": lambda self, *size: self.sum_to_size(*size),
    "fill": lambda self, value: self.clone().fill_(value),
    "zero_": lambda self: self.clone().zero_(),
    "unfold": lambda self, *args: self.unfold(*args),
    "geometric": lambda self, *args, **options: self.geometric_(*args, **options),
    "cauchy": lambda self, *args, **options: self.cauchy_(*args, **options),
    "exponential": lambda self, *args, **options: self.exponential_(*args, **options),
    "log_normal": lambda self, *args, **options: self.log_normal_(*args, **options),
    "uniform": lambda self, *args, **options: self.uniform_(*args, **options),
    "nn.functional.embedding": lambda weight, input, **options: F.embedding(input, weight, **options),
    "normal:in_place": lambda self, *args, **options: self.normal_(*args, **options),
}  # fmt: skip
CHECKS = ("values", "gradients", "second", "method", "inplace", "out", "errors", "complex", "half")
EXACT = ("float32", "float64", "int64", "uint8", "bool")


@cache
def database() -> dict[str, Any]:
    """Return the entries by full name (``norm:nuc``)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    without_stacks()
    return {o.name + (f":{o.variant_test_name}" if o.variant_test_name else ""): o for o in op_db}


def variants(name: str) -> list[str]:
    """Return the entries of an operator; a bare name stands for all of its variants."""
    return [full for full in database() if full == name or (":" not in name and full.split(":")[0] == name)]


def resolve(full: str) -> Callable[..., Any] | None:
    """Return this project's function of that name, or None."""
    name = full.split(":")[0]
    if full in WRAPPED or name in WRAPPED:
        return WRAPPED.get(full, WRAPPED.get(name))
    if name.startswith("__"):
        return getattr(ag.Tensor, name, None)
    if name.startswith("nn.functional."):
        return getattr(F, name.rsplit(".", 1)[1], None)
    found: Any = ag
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None or isinstance(found, ag.dtype):  # x.double() is a method, ag.double a dtype
        found = getattr(ag.Tensor, name, None)
    return found.fget if isinstance(found, property) else found


# ---- between the two libraries ----


def array_of(t: Any) -> Any:
    """Return a PyTorch tensor's memory as a NumPy array, strides and all."""
    import torch

    t = t.detach().resolve_conj().resolve_neg()
    if t.dtype is torch.bfloat16:
        import ml_dtypes

        return t.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return t.numpy(force=True)


def convert(value: Any, made: list[Any]) -> Any:
    """Return PyTorch's value as ours; tensors that require grad are appended to ``made``."""
    import torch

    if isinstance(value, torch.Tensor):
        out = ag.from_numpy(array_of(value))
        if value.requires_grad:
            out.requires_grad_()
            made.append(out)
        return out
    if isinstance(value, torch.dtype):
        return getattr(ag, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, torch.Size):
        return ag.Size(value)
    if isinstance(value, (torch.memory_format, torch.layout)):
        return getattr(ag, str(value).removeprefix("torch."), None)
    if isinstance(value, (list, tuple)):
        return type(value)(convert(v, made) for v in value)
    if isinstance(value, dict):
        return {k: convert(v, made) for k, v in value.items()}
    if isinstance(value, slice):
        return slice(*(convert(v, made) for v in (value.start, value.stop, value.step)))
    if callable(value) and getattr(value, "__module__", "") in ("torch.nn.functional", "torch._C._nn"):
        return getattr(F, value.__name__)
    if isinstance(value, torch.nn.PairwiseDistance):
        return F.pairwise_distance
    if isinstance(value, torch.nn.LinearCrossEntropyOptions):
        return nn.LinearCrossEntropyOptions(**{f.name: convert(getattr(value, f.name), made) for f in fields(value)})
    return value


def leaves(value: Any) -> Iterator[Any]:
    """Yield the tensors (of PyTorch's) in nested arguments, in the order of ``convert``."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from leaves(v)
    elif isinstance(value, dict):
        for v in value.values():
            yield from leaves(v)


def flatten(result: Any) -> list[Any]:
    """Return the tensors and numbers of a result, in order."""
    if isinstance(result, (list, tuple)):
        return [x for r in result for x in flatten(r)]
    return [result]


def compare(ours: Any, theirs: Any, values: bool = True) -> str | None:
    """Return what differs between two results, or None."""
    import torch

    mine, wanted = flatten(ours), flatten(theirs)
    if len(mine) != len(wanted):
        return f"{len(mine)} results; wanted {len(wanted)}"
    for a, b in zip(mine, wanted, strict=True):
        if not isinstance(b, torch.Tensor):
            if isinstance(a, ag.dtype) or a is None:
                same = str(a).split(".")[-1] == str(b).split(".")[-1]
            else:
                same = bool(a == b or not values or (a != a and b != b) or np.isclose(a, b))
            if not same:
                return f"{a!r}; wanted {b!r}"
            continue
        if not isinstance(a, ag.Tensor):
            return f"a {type(a).__name__}; wanted a Tensor"
        if tuple(a.shape) != tuple(b.shape):
            return f"shape {tuple(a.shape)}; wanted {tuple(b.shape)}"
        if str(a.dtype).split(".")[-1] != str(b.dtype).split(".")[-1]:
            return f"dtype {a.dtype}; wanted {b.dtype}"
        if values and (wrong := unequal(a._array, array_of(b))):
            return wrong
    return None


def unequal(a: Any, b: Any) -> str | None:
    """Return where two arrays differ beyond rounding, or None."""
    kind = b.dtype.name
    rtol, atol = {"float16": (4e-3, 4e-3), "bfloat16": (3e-2, 3e-2), "float32": (2e-4, 2e-5), "complex64": (2e-4, 2e-5),
                  "float64": (1e-6, 1e-8), "complex128": (1e-6, 1e-8)}.get(kind, (0, 0))  # fmt: skip
    wide = "complex128" if b.dtype.kind == "c" else "float64" if rtol else b.dtype
    with np.errstate(all="ignore"):
        close = np.isclose(a.astype(wide), b.astype(wide), rtol, atol, equal_nan=True)
    if close.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~close)[0])
    return f"{a[at]} at {at}; wanted {b[at]} ({int((~close).sum())} of {close.size} differ)"


# ---- the checks ----


def describe(value: Any) -> str:
    """Return a sample's arguments in short."""
    import torch

    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(describe, value)) + "]"
    if isinstance(value, dict):
        return ", ".join(f"{k}={describe(v)}" for k, v in value.items())
    return repr(value)


def text(sample: Any) -> str:
    """Return a sample as a call."""
    return f"({describe(sample.input)}, {describe(list(sample.args))[1:-1]}; {describe(sample.kwargs)})"


def drops(sample: Any) -> bool:
    """Whether a sample of attention drops weights at random: its only float argument by place is the probability."""
    return any(type(p) is float and p > 0 for p in (*sample.args, sample.kwargs.get("dropout_p")))


def on_a_copy(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return an in-place method as a function that leaves its argument alone."""
    return lambda x, *args, **options: method(x.clone(), *args, **options)


class Trial:
    """The checks of one entry of the database, each a generator of failures."""

    def __init__(self, full: str, limit: int | None) -> None:
        """``limit``: how many samples of each kind."""
        self.name, self.full, self.limit = full.split(":")[0], full, limit
        self.info = database()[full]
        self.call = resolve(full)
        self.random = self.name in RANDOM

    def samples(self, dtype: str, grad: bool = False) -> list[Any]:
        """Return the samples of a dtype; the same each time."""
        import torch

        kind = getattr(torch, dtype)
        if kind not in self.info.supported_dtypes("cpu"):
            return []
        seed(0)
        drawn = islice(self.info.sample_inputs("cpu", kind, requires_grad=grad), self.limit)
        return [sample for sample in drawn if not ("attention" in self.name and drops(sample))]

    def both(self, check: str, sample: Any, call: Any, reference: Any = None) -> Failure | None:
        """Run one sample here and there; return what differs.  What PyTorch refuses is left out."""
        reference = reference or self.info.op
        args = (sample.input, *sample.args)
        ours = convert(args, []), convert(sample.kwargs, [])
        try:
            theirs = reference(*args, **sample.kwargs)
        except (RuntimeError, TypeError, ValueError, NotImplementedError, AssertionError):
            return None
        try:
            result = call(*ours[0], **ours[1])
            what = compare(result, theirs, not self.random)
        except Exception as error:
            what = trouble(error)
        return Failure(check, text(sample), what) if what else None

    def over(self, check: str, dtypes: tuple[str, ...], call: Any, reference: Any = None) -> Iterator[Failure]:
        for dtype in dtypes:
            for sample in self.samples(dtype):
                if failure := self.both(check, sample, call, reference):
                    yield failure

    def values(self) -> Iterator[Failure]:
        yield from self.over("values", EXACT, self.call)

    def complex(self) -> Iterator[Failure]:
        yield from self.over("complex", ("complex64", "complex128"), self.call)
        if self.info.supports_autograd:
            yield from self.derivatives("complex gradients", "complex128", False)

    def half(self) -> Iterator[Failure]:
        yield from self.over("half", ("float16", "bfloat16"), self.call)

    def method(self) -> Iterator[Failure]:
        yield from self.form("method", self.info.method_variant, ("float32",))

    def inplace(self) -> Iterator[Failure]:
        yield from self.form("inplace", self.info.inplace_variant, ("float32", "int64"), on_a_copy)

    def form(self, check: str, theirs: Any, dtypes: tuple[str, ...], adapt: Any = lambda f: f) -> Iterator[Failure]:
        """Compare the Tensor methods of a name; wrappers of PyTorch's own have none."""
        name = getattr(theirs, "__name__", "<lambda>")
        if theirs is None or name == "<lambda>" or self.name.startswith("__") or isinstance(theirs, FunctionType):
            return
        ours = getattr(ag.Tensor, name, None)
        if ours is None:
            yield Failure(check, "", f"Tensor.{name} is missing")
        else:
            yield from self.over(check, dtypes, adapt(ours), adapt(theirs))

    def out(self) -> Iterator[Failure]:
        if not self.info.supports_out or self.random:
            return
        import torch

        for sample in self.samples("float32"):
            try:
                theirs = self.info.op(sample.input, *sample.args, **sample.kwargs)
            except (RuntimeError, TypeError, ValueError):
                continue
            if not isinstance(theirs, torch.Tensor):
                continue
            buffer = ag.empty(tuple(theirs.shape), dtype=convert(theirs.dtype, []))
            args = convert((sample.input, *sample.args), [])
            try:
                result = self.call(*args, **convert(sample.kwargs, []), out=buffer)
                what = "result is not `out`" if result is not buffer else compare(buffer, theirs)
            except Exception as error:
                what = trouble(error)
            if what:
                yield Failure("out", text(sample), what)

    def accepted(self, sample: Any) -> bool:
        """Whether PyTorch itself takes a sample that it calls bad: another form of the operator refuses it."""
        try:
            self.info.op(sample.input, *sample.args, **sample.kwargs)
        except Exception:
            return False
        return True

    def errors(self) -> Iterator[Failure]:
        if self.info.error_inputs_func is None:
            return
        for bad in self.info.error_inputs("cpu"):
            sample = bad.sample_input
            try:
                args, options = convert((sample.input, *sample.args), []), convert(sample.kwargs, [])
            except (TypeError, AttributeError):
                continue
            if self.accepted(sample):
                continue
            try:
                self.call(*args, **options)
            except bad.error_type:
                continue
            except Exception as error:
                yield Failure("errors", text(sample), f"{trouble(error)}; wanted {bad.error_type.__name__}")
            else:
                yield Failure("errors", text(sample), f"no error; wanted {bad.error_type}: {bad.error_regex}")

    def gradients(self) -> Iterator[Failure]:
        if self.info.supports_autograd and not self.random:
            yield from self.derivatives("gradients", "float64", False)

    def second(self) -> Iterator[Failure]:
        if self.info.supports_gradgrad and not self.random:
            yield from self.derivatives("second", "float64", True)

    def derivatives(self, check: str, dtype: str, second: bool) -> Iterator[Failure]:
        for sample in self.samples(dtype, grad=True):
            args = (sample.input, *sample.args)
            made: list[Any] = []
            ours = convert(args, made), convert(sample.kwargs, made)
            wanted = [t for t in leaves([args, sample.kwargs]) if t.requires_grad]
            try:
                theirs = gradients_of_torch(self.info, args, sample.kwargs, wanted, second, sample)
            except (RuntimeError, TypeError, ValueError, NotImplementedError):
                continue
            if theirs is None:
                continue
            try:
                post = sample.output_process_fn_grad
                what = compare_gradients(gradients_of_ours(self.call, *ours, made, second, post), theirs)
            except Exception as error:
                what = trouble(error)
            if what:
                yield Failure(check, text(sample), what)


def cotangents(shapes: list[tuple[int, ...]], complexes: list[bool]) -> list[Any]:
    """Return one fixed array per shape."""
    rng = np.random.default_rng(1)
    drawn = [(rng.standard_normal(s), rng.standard_normal(s)) for s in shapes]
    return [np.asarray(a + 1j * b if c else a) for (a, b), c in zip(drawn, complexes, strict=True)]


def _selected(outputs: list[Any]) -> list[Any]:
    return [o for o in outputs if hasattr(o, "requires_grad") and o.requires_grad]


def gradients_of_torch(info: Any, args: Any, options: Any, inputs: list[Any], second: bool, sample: Any) -> Any:
    """Return PyTorch's gradients of a fixed weighting of the outputs, or of that of the gradients."""
    import torch

    result = sample.output_process_fn_grad(info.op(*args, **options))
    outputs = _selected(flatten(result))
    if not outputs or not inputs:
        return None
    weights = [torch.from_numpy(c) for c in cotangents([tuple(o.shape) for o in outputs],
                                                       [o.is_complex() for o in outputs])]  # fmt: skip
    grads = torch.autograd.grad(outputs, inputs, weights, create_graph=second, allow_unused=True)
    if not second:
        return [None if g is None else g for g in grads]
    chosen = [g for g in grads if g is not None and g.requires_grad]
    if not chosen:
        return None
    weights = [torch.from_numpy(c) for c in cotangents([tuple(o.shape) for o in chosen],
                                                       [o.is_complex() for o in chosen])]  # fmt: skip
    return list(torch.autograd.grad(chosen, inputs, weights, allow_unused=True)), [
        g is not None and g.requires_grad for g in grads
    ]


def gradients_of_ours(call: Any, args: Any, options: Any, inputs: list[Any], second: bool, post: Any) -> Any:
    """Return the same gradients of this project's."""
    result = call(*args, **options)
    outputs = _selected(flatten(post(result)))
    weights = [ag.from_numpy(c) for c in cotangents([tuple(o.shape) for o in outputs],
                                                    [o.is_complex() for o in outputs])]  # fmt: skip
    return outputs, inputs, weights, second


def compare_gradients(ours: Any, theirs: Any) -> str | None:
    """Return what differs; a missing gradient counts as zeros."""
    outputs, inputs, weights, second = ours
    wanted, chosen_there = theirs if second else (theirs, None)
    if not outputs:
        there = any(g is not None and bool((g != 0).any()) for g in wanted)
        return "no output requires grad" if there else None
    grads = ag.autograd.grad(outputs, inputs, weights, create_graph=second, allow_unused=True)
    if second:
        chosen = [g if g is not None else ag.zeros_like(x) for g, x, c in zip(grads, inputs, chosen_there) if c]
        weights = [ag.from_numpy(c) for c in cotangents([tuple(o.shape) for o in chosen],
                                                        [o.is_complex() for o in chosen])]  # fmt: skip
        live = [(g, w) for g, w in zip(chosen, weights, strict=True) if g.requires_grad]
        grads = (
            ag.autograd.grad([g for g, _ in live], inputs, [w for _, w in live], allow_unused=True)
            if live
            else (None,) * len(inputs)
        )
    for i, (mine, their) in enumerate(zip(grads, wanted, strict=True)):
        zero = np.zeros(tuple(inputs[i].shape), inputs[i]._array.dtype)
        a = zero if mine is None else mine._array
        b = zero if their is None else array_of(their)
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"gradient {i} is {a.dtype}{a.shape}; wanted {b.dtype}{b.shape}"
        scale = max(1.0, float(np.nan_to_num(np.abs(b), nan=0, posinf=0).max(initial=0)))
        if wrong := unequal(a / scale, b / scale):
            return f"gradient {i}: {wrong}, over {scale:.3g}"
    return None


def failures(full: str, checks: tuple[str, ...] = CHECKS, limit: int | None = None) -> list[Failure]:
    """Run an entry's checks; return what failed."""
    trial = Trial(full, limit)
    if trial.call is None:
        return [Failure("name", "", f"{full}: there is no such function")]
    return collected(trial, checks)


def main() -> int:
    """Print the failures of the named operators."""
    options = arguments(__doc__, "operators by PyTorch's names (add, linalg.norm, norm:nuc)", "+", CHECKS).parse_args()
    bad = 0
    for name in options.names:
        for full in variants(name) or [name]:
            if full not in database():
                print(f"{full}: not in the database; {'there' if resolve(full) else 'MISSING'} here")
                continue
            found = failures(full, tuple(options.check or CHECKS), options.limit)
            bad += tell(full, found, options.show)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
