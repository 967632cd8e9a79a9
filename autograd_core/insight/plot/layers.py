"""``activations``: what comes out of each layer, as histograms under each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autograd_core import func
from autograd_core.backend import host
from autograd_core.engine.modes import no_grad
from autograd_core.errors import DTypeError
from autograd_core.insight.plot import style
from autograd_core.insight.plot.rows import Rows, short
from autograd_core.insight.plot.sampling import Spread, check_most, few, floats_in, percent, spread
from autograd_core.randomness.state import fork_rng, manual_seed

TAIL = 0.1  # percent of a layer's values that are left out at each end
HEIGHT = 0.82  # of the highest bar, in rows
COLUMNS = ("mean", "std", "zeros")


@dataclass
class Seen:
    """One call of a layer: its name, its class, and what came out."""

    name: str
    kind: str
    trained: bool  # whether it has parameters
    spread: Spread


def activations(
    model: Any,
    batch: Any,
    *,
    layers: Iterable[str] | None = None,
    bins: int = 60,
    shared: bool = True,
    max_rows: int | None = 40,
    seed: int = 0,
    ax: Any = None,
    figsize: tuple[float, float] | None = None,
) -> Any:
    """Return a figure with a histogram of what each layer gives for one batch, in the order of the calls.

    One axis for all shows how the scale goes through the network.  Exact zeros, as of ReLU, are not in the
    histograms, which they would flatten, but counted beside them.  Counts, means and deviations are of all values;
    the histogram of a large output is of 100,000 of them.  The model runs once, without a graph, in the mode in which
    it is; its weights, buffers and mode, and the stream of random numbers, are afterwards as before.

    Args:
        model: a module.
        batch: what the model takes: a Tensor, a tuple of arguments, or a dict of them by name.
        layers: names of modules; None takes each call in which no other module ran.  Of several outputs, the first
            counts.
        bins: of each histogram.
        shared: whether all have one axis; else each is scaled by its own deviation.
        max_rows: draw at most so many, from the first to the last; None draws all.
        seed: of the choice of values, and of the draws of dropout.
        ax: axes to draw in.
        figsize: of a new figure, in inches.

    Raises: TypeError for a model that is none; ValueError for a name that no module has, or where no layer gave a
    tensor of floats; ImportError without Matplotlib.
    """
    check_most("activations", max_rows)
    style.need("matplotlib")
    watched = _watched(model, layers)
    seen = _run(model, batch, _Watch(watched, layers is None, host.random.default_rng(seed)), seed)
    if not seen:
        raise ValueError("activations: no layer gave a tensor of floating-point numbers; was one of them called?")
    shown = few(seen, max_rows)
    rows = Rows([f"{each.name} · {each.kind}" for each in shown], COLUMNS, ax, figsize)
    _draw(rows, shown, bins, shared)
    cut = f"; {len(shown)} of {len(seen)} layers drawn (max_rows)" if len(shown) < len(seen) else ""
    mode = "training" if model.training else "evaluation"
    scaled = f"each layer scaled to its own highest bar, exact zeros and {TAIL} % at each end left out"
    note = f"{mode} mode; blue: layers with parameters{cut}\n{scaled}"
    style.head(rows.axes, "Activations", note)
    return rows.axes.figure


def _watched(model: Any, layers: Iterable[str] | None) -> dict[Any, str]:
    """Return the modules to watch, with their names."""
    if not hasattr(model, "named_modules"):
        raise DTypeError(f"activations: argument model: got {type(model).__name__}; wanted a module")
    modules = {name: each for name, each in model.named_modules() if "parametrizations" not in name.split(".")}
    chosen = modules if layers is None else [layers] if isinstance(layers, str) else list(layers)
    for name in chosen:
        if name not in modules:
            raise ValueError(f"activations: argument layers: the model has no module {name!r}; it has {_some(modules)}")
    return {modules[name]: name for name in chosen}


def _some(names: Iterable[str]) -> str:
    listed = [repr(name) for name in names if name]
    return ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")


class _Watch:
    """What hooks see of the modules while the model runs."""

    def __init__(self, names: Mapping[Any, str], innermost: bool, generator: Any) -> None:
        """Watch the modules in ``names``; with ``innermost``, only calls in which none of the others ran."""
        self.seen: list[Seen] = []
        self._names, self._innermost, self._generator = names, innermost, generator
        self._calls = dict.fromkeys(names, 0)
        self._running: list[bool] = []  # of the calls that are under way, whether another module has run in each

    def hang(self) -> list[Any]:
        """Hang the hooks and return their handles."""
        before = [module.register_forward_pre_hook(self._before) for module in self._names]
        return before + [module.register_forward_hook(self._after) for module in self._names]

    def _before(self, module: Any, args: Any) -> None:
        if self._running:
            self._running[-1] = True
        self._running.append(False)

    def _after(self, module: Any, args: Any, output: Any) -> None:
        others_ran = self._running.pop()
        found = next(floats_in(output), None)
        if found is None or not found.numel() or (others_ran and self._innermost):
            return
        count = self._calls[module] = self._calls[module] + 1
        name = (self._names[module] or "(model)") + (f", call {count}" if count > 1 else "")
        trained = any(True for _ in module.parameters())
        self.seen.append(Seen(name, type(module).__name__, trained, spread(found, self._generator)))


def _run(model: Any, batch: Any, watch: _Watch, seed: int) -> list[Seen]:
    """Run the model with copies of its buffers, and return what the watched layers gave."""
    args, named = _arguments(batch)
    handles = watch.hang()
    try:
        with fork_rng(), no_grad():
            manual_seed(seed)
            buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
            func.functional_call(model, buffers, args, named)
    finally:
        for handle in handles:
            handle.remove()
    return watch.seen


def _arguments(batch: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(batch, Mapping):
        return (), {str(name): value for name, value in batch.items()}
    return (batch if isinstance(batch, tuple) else (batch,)), {}


def _draw(rows: Rows, shown: list[Seen], bins: int, shared: bool) -> None:
    """Draw a histogram in each row."""
    scales = [1.0 if shared else each.spread.stats.std or 1.0 for each in shown]
    samples = [each.spread.sample / scale for each, scale in zip(shown, scales)]
    low, high = _range(samples)
    room = 0.03 * (high - low)
    rows.axes.set_xlim(low - room, high + room)
    rows.axes.axvline(0, color=style.RULE, linewidth=0.8, zorder=0)
    style.axis_labels(rows.axes, "value" if shared else "value, in the layer's own standard deviations")
    for row, (each, sample) in enumerate(zip(shown, samples)):
        kept = sample[sample != 0]
        counts, edges = host.histogram(kept, bins=bins, range=_range([kept]))
        _fill(rows.axes, row, counts, edges, style.BLUE if each.trained else style.GREY)
        found, stats = each.spread, each.spread.stats
        zeros = percent(stats.zeros, stats.size)
        rows.numbers(row, (short(stats.mean), short(stats.std), zeros), marked=(2,) if zeros == "all" else ())
        if found.lost:
            rows.note(row, f"{percent(found.lost, stats.size)} NaN or infinite", style.AMBER)


def _range(samples: list[Any]) -> tuple[float, float]:
    """Return the ends of an axis that holds all but the tails of every sample."""
    held = [sample for sample in samples if sample.size] or [host.zeros(1)]
    low = min(float(host.percentile(sample, TAIL)) for sample in held)
    high = max(float(host.percentile(sample, 100 - TAIL)) for sample in held)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _fill(axes: Any, row: int, counts: Any, edges: Any, colour: str) -> None:
    """Draw one histogram with its foot on the row's lower line."""
    foot = row + 0.42
    axes.axhline(foot, color=style.RULE, linewidth=0.6, zorder=0)
    if counts.any():
        heights = foot - HEIGHT * counts / counts.max()
        axes.stairs(heights, edges, baseline=foot, fill=True, color=colour, alpha=0.35, linewidth=0)
        axes.stairs(heights, edges, baseline=foot, color=colour, linewidth=0.9)
