"""What a tensor is and where it came from; what was written in place, to it or to what its graph saved."""

from __future__ import annotations

from autograd_core.engine import bad_values, blame, cuts, failure
from autograd_core.engine.node import Leaf, behind
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.engine.versions import WRITES, owner_of, written_since
from autograd_core.insight.explaining.search import Names

MOST = 3


def identity(tensor: Tensor, name: str) -> list[str]:
    """Return what the tensor is, which line made it, and where it was cut off."""
    kind, node, array = failure.describe_value(tensor), tensor._node, tensor._array
    if node is None:
        said = [f"{name} requires no grad, {kind}"]
    elif type(node) is Leaf:
        said = [f"{name} is a leaf that requires grad, {kind}"]
    else:
        said = [f"{name} is {failure.describe_node(node)}, computed at {blame.where(node)}"]
    if tensor._cut is not None:
        said.append(f"it was cut from its graph by {tensor._cut}")
    elif node is None and (why := cuts.explained()) and not why.startswith(cuts.ELSEWHERE):
        said += why.split("\n")
    if bad_values.is_float(array) and not bad_values.all_finite(array):
        said.append(f"its values: {bad_values.statistics(array)}; first at index {bad_values.first_bad(array)}")
        origin = None if node is None else bad_values.first_bad_node(node)
        if origin is not None:
            said.append(f"the first bad number on the way to it is in {blame.named(origin)}")
    return said


def changes(tensor: Tensor, names: Names) -> list[str]:
    """Return who wrote to the tensor in place last, and which saved arrays of its graph were written since."""
    said = []
    write = WRITES.get(id(owner_of(tensor._array)))
    initialised = isinstance(tensor, Parameter) and write is not None and write.count == 1
    if write is not None and not initialised:
        times = "once" if write.count == 1 else f"{write.count} times"
        said.append(f"its memory was written in place {times}, last at {blame.describe(write.code, write.lasti)}")
    if tensor._node is None:
        return said
    for node in behind([tensor._node]):
        for array in node.saved:
            late = written_since(array, node.order)
            if late is not None and len(said) <= MOST:
                said.append(
                    f"{blame.named(node)}, saved {array.dtype}{list(array.shape)}, which was "
                    f"changed afterwards at {blame.describe(*late)}; backward() will refuse it"
                )
    return said
