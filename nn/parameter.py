"""What a module registers as its own: ``Parameter``, ``Buffer``, and both while their shape is not yet known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.tensor import Parameter, wrap

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]

ARRAY: Any = vars(Tensor)["_array"]  # the slot itself, which uninitialised tensors hide
CASTS = ("to", "cpu", "cuda", "double", "float", "half", "bfloat16", "char", "short", "int", "long")


class _MarkedAsBuffer(type):
    """Makes ``isinstance(x, Buffer)`` true of tensors that ``Buffer`` made: they are plain tensors, for speed."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_MarkedAsBuffer):
    """A tensor that becomes a buffer of the module that it is assigned to: state that is saved but not trained."""

    __slots__ = ()

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        """Share ``data``'s memory, outside its graph; ``persistent=False`` keeps it out of state dicts."""
        made: Any = (Tensor() if data is None else data).detach()
        if data is not None and data.requires_grad:
            made.requires_grad_()
        made.persistent = persistent
        made._is_buffer = True
        return made


def is_lazy(param: Any) -> bool:
    """Return whether ``param`` is an uninitialised parameter or buffer."""
    return isinstance(param, _Uninitialized)


class _Uninitialized(Tensor):
    """A tensor of which dtype and device are known, but not the shape; ``materialize`` gives it one."""

    __slots__ = ()

    cls_to_become: type[Tensor]

    @classmethod
    def _made_of(cls, empty: Tensor, requires_grad: bool) -> Any:
        """Return an uninitialised tensor with the dtype and the device of ``empty``."""
        made = Parameter(empty, requires_grad) if issubclass(cls, Parameter) else Tensor.detach(empty)
        made.__class__ = cls
        return made

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, by default of this device and dtype, with values yet to be set."""
        held = self.data
        shape = tuple(shape)
        made = ag.empty(shape, device=held.device if device is None else device, dtype=dtype or held.dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.data = made

    @property
    def data(self) -> Tensor:
        """An empty tensor that has the dtype and the device."""
        return wrap(ARRAY.__get__(self))

    @data.setter
    def data(self, value: Tensor) -> None:
        Tensor.data.__set__(self, value)  # type: ignore[attr-defined]

    @property
    def _array(self) -> NoReturn:
        self._refuse("an operation")

    @_array.setter
    def _array(self, value: Any) -> None:
        ARRAY.__set__(self, value)

    @classmethod
    def __primitive__(cls, prim: Any, args: Any, meta: Any) -> NoReturn:
        """Refuse to be computed with."""
        cls._refuse(meta.get("name", prim.name))

    @classmethod
    def _refuse(cls, operation: str) -> NoReturn:
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {operation}. This error happens when you are using a "
            f"`LazyModule` or explicitly manipulating `nn.parameter.{cls.__name__}` objects. When using LazyModules "
            "call `forward` with a dummy batch to initialize the parameters before calling functions on them"
        )

    @property
    def shape(self) -> NoReturn:
        """Raise RuntimeError: there is no shape yet."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    @property
    def dtype(self) -> ag.dtype:
        """The type of the elements to come."""
        return self.data.dtype

    @property
    def device(self) -> ag.device:
        """Where the elements will be."""
        return self.data.device

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        memo[id(self)] = made = self._like(self.data)
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (type(self), self.requires_grad, str(self.device), self.dtype, vars(self))

    def _like(self, empty: Tensor) -> Any:
        made = self._made_of(empty.clone(), self.requires_grad)
        vars(made).update(vars(self))
        return made


def _cast(name: str) -> Any:
    def cast(self: Any, *args: Any, **options: Any) -> Any:
        return self._like(getattr(self.data, name)(*args, **options))

    cast.__doc__ = f"Return an uninitialised tensor with the dtype and the device that ``Tensor.{name}`` gives."
    return cast


for _name in CASTS:
    setattr(_Uninitialized, _name, _cast(_name))


def _rebuilt(cls: Any, requires_grad: bool, device: str, dtype: Any, attributes: dict[str, Any]) -> Any:
    made = cls(requires_grad, device=device, dtype=dtype)
    vars(made).update(attributes)
    return made


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape is not yet known: what lazy modules have before their first call."""

    __slots__ = ()

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """Make a parameter that will have this device and dtype."""
        return cls._made_of(ag.empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not yet known: what lazy modules have before their first call."""

    __slots__ = ()

    cls_to_become = Tensor
    persistent: bool

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        """Make a buffer that will have this device and dtype; ``persistent=False`` keeps it out of state dicts."""
        made = cls._made_of(ag.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made
