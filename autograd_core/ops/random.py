"""Random numbers as a primitive: from a position in a stream to numbers, and to the position after them.

So a program says what is drawn, and in which order; the default generator is where its first position comes from, and
one stream goes through all draws, as an eager run has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, device_of, to_device
from autograd_core.backend.draws import DRAWS
from autograd_core.backend.generator import Stream
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import wrap
from autograd_core.ops.shape import cat


@primitive(lists=("given",), outputs=("y", "after"), fixed_outputs=("y", "after"))
def draw(
    xp: Any, given: list[Any], /, *, of: str, dtype: Any, size: tuple[int, ...] = (), numbers: tuple[float, ...] = (),
    device: Any = None,
) -> Any:  # fmt: skip
    """Return random numbers of a kind, and the position in the stream after them.

    Args:
        xp: the array module of the position.
        given: the position, what ``get_rng_state`` gives; then parameters, with a draw for each of their elements.
        of: a name in ``backend.draws.DRAWS``.
        dtype: of the numbers.
        size: their shape, where there are no parameters.
        numbers: what else the draw takes.
        device: where the numbers go, that of the position for None; all are drawn on the host.
    """
    stream = Stream(0)
    position, *parameters = given
    stream.set_state(to_device(position, HOST).tobytes())
    y = sampled(of, stream, parameters, size, dtype, numbers, device or device_of(position))
    return y, xp.asarray(stream.position())


HOST = as_device("cpu")


def sampled(of: str, stream: Stream, parameters: Any, size: Any, dtype: Any, numbers: Any, device: Any) -> Any:
    """Return an array of numbers drawn from a stream, on ``device``."""
    arrays = [to_device(p, HOST).astype("float64") for p in parameters]
    return to_device(host.asarray(DRAWS[of](stream, arrays, size, dtype, numbers)), device)


def _draw_batch(count: int, flags: Sequence[list[bool]], given: list[Any], /, **meta: Any) -> Any:
    """Draw for each example from the stream at its own position: streams have no common step."""
    examples = [[v[i] if flag else v for v, flag in zip(given, flags[0], strict=True)] for i in range(count)]
    if not examples:
        parameters = [host.ones(v.shape[flag:]) for v, flag in zip(given[1:], flags[0][1:], strict=True)]
        any_one = [Stream(0).position(), *parameters]
        return tuple([wrap(host.empty((0, *y.shape), y.dtype)) for y in draw(any_one, **meta)])
    ys, afters = zip(*[draw(e, **meta) for e in examples], strict=True)
    return tuple([cat([v.reshape((1, *v.shape)) for v in vs], dim=0) for vs in (ys, afters)])


draw.batch(_draw_batch)
