"""The tensor: an array, the node that made it, and nothing else on the hot path.

Operators and methods are bound in ``autograd_core.methods``; this file is what the engine itself needs.
"""

from __future__ import annotations

import weakref
from typing import Any

from autograd_core.backend.device import apart, device, device_of
from autograd_core.dtypes import BY_NUMPY, dtype
from autograd_core.engine.cuts import Cut, note_own
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.versions import Last, version_of
from autograd_core.errors import DTypeError, GraphError, ShapeError

new = object.__new__


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple that prints as PyTorch's ``Size`` and counts its elements."""

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements of this shape."""
        count = 1
        for n in self:
            count *= n
        return count

    def __repr__(self) -> str:
        return f"ag.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if type(key) is slice else found


class View:
    """How a view came from its base: ``primitive(base, **meta)``; ``cut`` where it was made without recording."""

    __slots__ = ("base", "cut", "meta", "primitive")

    base: Tensor  # held strongly, as PyTorch does
    primitive: Any
    meta: dict[str, Any]
    cut: bool


class Tensor:
    """An n-dimensional array that remembers how it was computed.

    ``_array`` is the NumPy or CuPy array; ``_node`` the node that made it, a ``Leaf`` where it requires grad
    itself, None where no gradient is wanted.  Attributes that few tensors have live in ``__dict__``, over class
    defaults, so that a fresh result costs three stores.
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_node", "_view")

    _array: Any
    _node: Node | None
    _view: View | None
    _grad: Tensor | None = None
    _children: list[weakref.ref[Tensor]] | None = None  # views made from this tensor
    _cut: Cut | None = None  # where it was taken out of its graph
    __hash__ = object.__hash__

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a float tensor: ``Tensor(2, 3)`` of that shape, ``Tensor([1, 2])`` from data (prefer ``ag.tensor``)."""
        from autograd_core.creation.legacy import legacy_tensor

        return legacy_tensor(cls, *args, **kwargs)

    # ---- graph ----

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient can flow to this tensor.  Only leaves can be switched off."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Switch on (or off) that operations on this leaf are recorded; return the tensor itself.

        Raises: GraphError for switching off a non-leaf; DTypeError for integers and bools.
        """
        if requires_grad:
            if self._node is None:
                if BY_NUMPY[self._array.dtype].category < 2:
                    raise DTypeError(
                        f"requires_grad_: only Tensors of floating point and complex dtype can require gradients; "
                        f"this one has dtype {self.dtype}"
                    )
                self._node = Leaf(self)
        elif type(self._node) is Leaf:
            self._node = None
        elif self._node is not None:
            raise GraphError(
                "requires_grad_: you can only change requires_grad flags of leaf variables; this tensor was computed "
                f"by '{self._node.name}'. Use .detach() for a tensor that does not require grad"
            )
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self._node is None or type(self._node) is Leaf

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed this tensor; None for a leaf."""
        return None if self.is_leaf else self._node

    @property
    def grad(self) -> Tensor | None:
        """The gradient gathered by ``backward``; None before, and for non-leaves without ``retain_grad``."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise DTypeError(f"grad: got {type(value).__name__}; wanted a Tensor or None")
            if value._array.shape != self._array.shape:
                raise ShapeError(f"grad: got shape {value._array.shape}; wanted the tensor's shape {self._array.shape}")
            if value._array.dtype != self._array.dtype:
                raise DTypeError(f"grad: got dtype {value.dtype}; wanted the tensor's dtype {self.dtype}")
        if type(self._node) is Leaf:
            self._node.dropped = Last.order
        self._grad = value

    @property
    def data(self) -> Tensor:
        """A tensor that shares this one's memory and stands outside the graph.

        What is written through it is not seen by the check of what changed before backward; ``detach()`` is.
        """
        out = wrap(apart(self._array))
        if self._node is not None:
            out._cut = note_own(".data", self._node)
        return out

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise DTypeError(f"data: got {type(value).__name__}; wanted a Tensor")
        self._array = value._array
        if type(self._node) is Leaf:
            self._node.shape, self._node.dtype = value._array.shape, value._array.dtype

    def detach(self) -> Tensor:
        """Return a tensor that shares this one's memory and requires no grad."""
        out = wrap(self._array)
        if self._node is not None:
            out._cut = note_own("detach()", self._node)
        return out

    @property
    def _version(self) -> int:
        """How often the memory was written in place, through any view of it."""
        return version_of(self._array)

    @property
    def _base(self) -> Tensor | None:
        """The tensor that this one is a view of; None for its own memory."""
        tensor: Tensor = self
        while tensor._view is not None:
            tensor = tensor._view.base
        return None if tensor is self else tensor

    # ---- what it is ----

    @property
    def shape(self) -> Size:
        """The length of each dimension."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return BY_NUMPY[self._array.dtype]

    @property
    def device(self) -> device:
        """Where the elements are."""
        return device_of(self._array)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return int(self._array.ndim)


class Parameter(Tensor):
    """A tensor that a module trains: it requires grad and registers itself when set as an attribute of a module."""

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        """Share ``data``'s memory, outside its graph; None makes an empty float tensor."""
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise DTypeError(f"Parameter: data is {type(data).__name__}; wanted a Tensor (see ag.tensor)")
        made = new(cls)
        made._array, made._node, made._view = data._array, None, None
        if data._node is not None:
            made._cut = note_own("Parameter()", data._node)
        return made.requires_grad_() if requires_grad else made


def wrap(array: Any, node: Node | None = None) -> Tensor:
    """Return a plain tensor around ``array``."""
    out = new(Tensor)
    out._array = array
    out._node = node
    out._view = None
    return out
