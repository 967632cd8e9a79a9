"""State dicts: what a module saves of itself, and how it takes such a state back, whole or not at all."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError

from ..parameter import Parameter
from .hooks import Hooked
from .members import BUFFER, MODULE, PARAMETER
from .tree import Tree

EXTRA_STATE = "_extra_state"
POSITIONAL = "Positional args are being deprecated, use kwargs instead: destination, prefix, keep_vars"


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` did not find in the state dict, and what it found no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Incoming(OrderedDict[str, Any]):
    """A state dict on its way into a module: the entries, and the writes that wait until all of them have passed."""

    def __init__(self, entries: Mapping[str, Any], writes: list[Write] | None = None) -> None:
        """Copy ``entries``, so that hooks may change them."""
        super().__init__(entries)
        self.writes: list[Write] = [] if writes is None else writes

    def under(self, prefix: str) -> Incoming:
        """Return the entries whose name begins with ``prefix``."""
        return Incoming({k: v for k, v in self.items() if k.startswith(prefix)}, self.writes)


class Write(NamedTuple):
    """A change that loading asks for: ``do()`` makes it, ``save()`` returns what would undo it."""

    do: Callable[[], Any]
    save: Callable[[], Callable[[], Any]]


class Saved(Tree, Hooked):
    """The part of ``Module`` that gives and takes state dicts."""

    _version: int = 1  # of the layout of this class's state, kept in the state dict's metadata

    def get_extra_state(self) -> Any:
        """Return what else to save in the state dict; a class that overrides this overrides ``set_extra_state``."""
        raise RuntimeError(f"{type(self).__name__}.get_extra_state: not implemented")

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` gave."""
        raise RuntimeError(f"{type(self).__name__}.set_extra_state: not implemented")

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """Return parameters and persistent buffers by their dotted names.

        The values share memory with the module; they are detached unless ``keep_vars``.  The attribute ``_metadata``
        of the result holds each module class's version.  ``args`` are the options by position, which is deprecated.
        """
        if args:
            warnings.warn(f"state_dict: {POSITIONAL}", FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = [*args, *[destination, prefix, keep_vars][len(args) :]]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._hooks_of("save_pre"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._hooks_of("save_post"):
            changed = hook(self, destination, prefix, metadata)
            destination = destination if changed is None else changed
        return destination

    def _state(self) -> dict[str, Tensor]:
        """Return this module's own parameters and persistent buffers."""
        saved = [*PARAMETER.names(self).items(), *BUFFER.names(self).items()]
        values = vars(self)
        return {name: values[name] for name, persistent in saved if persistent and values[name] is not None}

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Put this module's own state, without its children's, into ``destination``."""
        for name, value in self._state().items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Saved.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the values of ``state_dict`` into this module and all below it, in place.

        Values are Tensors or arrays; they are cast to the dtype and moved to the device of what they overwrite.
        ``strict``: every name must be on both sides.  ``assign``: put the given tensors in the place of the module's
        instead of copying.  A state dict that is refused changes nothing.

        Returns: the missing and the unexpected names.
        Raises: RuntimeError listing all missing, unexpected and mis-shaped entries; TypeError where ``state_dict``
            is no mapping.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"{type(self).__name__}.load_state_dict: state_dict is {type(state_dict).__name__}; wanted a mapping "
                "from names to tensors"
            )
        incoming, keys, errors = Incoming(state_dict), IncompatibleKeys([], []), list[str]()
        metadata = dict(getattr(state_dict, "_metadata", None) or {})
        _read(self, incoming, "", metadata, assign, keys, errors)
        hooks = [partial(hook, module) for module in self.modules() for hook in module._hooks_of("load_post")]
        # Hooks that run after loading may still clear the lists of names, so those are judged after them.
        self._refuse(strict and not hooks, keys, errors)
        with ag.no_grad():
            undo = [write.save() for write in incoming.writes] if hooks else []
            try:
                for write in incoming.writes:
                    write.do()
                for hook in reversed(hooks):  # children before parents
                    hook(keys)
                self._refuse(strict, keys, errors)
            except BaseException:
                for step in undo:
                    step()
                raise
        return keys

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Find this module's own entries, without its children's, note what is wrong, and ask for the writes.

        Nothing is written yet: ``state_dict.writes`` is carried out once every module's entries have passed.  But
        where a class that overrides this method hands over a mapping of its own, what fits is written at once.
        """
        if not isinstance(state_dict, Incoming):
            apart = Incoming(state_dict)
            lists = missing_keys, unexpected_keys, error_msgs
            Saved._load_from_state_dict(self, apart, prefix, local_metadata, strict, *lists)
            with ag.no_grad():
                for write in apart.writes:
                    write.do()
            return
        for hook in self._hooks_of("load_pre"):
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        state = self._state()
        own = set(state)
        assign = bool(local_metadata.get("assign_to_params_buffers", False))
        for name, target in state.items():
            if prefix + name in state_dict:
                self._take(state_dict, prefix, name, target, assign, error_msgs)
            elif strict:
                missing_keys.append(prefix + name)
        if type(self).set_extra_state is not Saved.set_extra_state:
            own.add(EXTRA_STATE)
            if prefix + EXTRA_STATE in state_dict:
                state_dict.writes.append(self._extra_write(state_dict[prefix + EXTRA_STATE]))
            elif strict:
                missing_keys.append(prefix + EXTRA_STATE)
        if strict:
            unexpected_keys.extend(key for key in state_dict if not self._owns(key, prefix, own))

    def _extra_write(self, extra: Any) -> Write:
        return Write(
            do=lambda: self.set_extra_state(extra), save=lambda: partial(self.set_extra_state, self.get_extra_state())
        )

    def _take(
        self, state_dict: Incoming, prefix: str, name: str, target: Tensor, assign: bool, error_msgs: list[str]
    ) -> None:
        """Ask for the write of one entry, or note why it cannot be."""
        given = state_dict[prefix + name]
        if not isinstance(given, Tensor) and not hasattr(given, "__array__"):
            error_msgs.append(f"{prefix}{name}: got {type(given).__name__}; wanted a Tensor or an array.")
            return
        try:
            value = given if isinstance(given, Tensor) else ag.as_tensor(given)
        except DTypeError as error:
            error_msgs.append(f"{prefix}{name}: {error}.")
            return
        if not target.ndim and value.shape == (1,):  # as PyTorch saved numbers before version 0.4
            value = value[0]
        if value.shape != target.shape:
            error_msgs.append(
                f"size mismatch for {prefix}{name}: copying a param with shape {_text(value.shape)} from checkpoint, "
                f"the shape in current model is {_text(target.shape)}."
            )
        elif not assign and not getattr(target._array.flags, "writeable", True):  # only NumPy's memory may be read-only
            error_msgs.append(f"{prefix}{name}: the memory of the current model is read-only; see assign=True.")
        elif assign:
            held = vars(self)[name]
            state_dict.writes.append(
                Write(lambda: self._replace(name, value), lambda: partial(setattr, self, name, held))
            )
        else:
            state_dict.writes.append(Write(lambda: target.copy_(value), lambda: partial(target.copy_, target.clone())))

    def _replace(self, name: str, value: Tensor) -> None:
        """Put ``value`` itself where the member ``name`` was, keeping whether it requires a gradient."""
        held = vars(self)[name]
        if isinstance(held, Parameter):
            value = value if isinstance(value, Parameter) else Parameter(value)
            value.requires_grad_(held.requires_grad)
        setattr(self, name, value)

    def _owns(self, key: str, prefix: str, own: set[str]) -> bool:
        """Whether ``key`` is an entry of this module's own, or lies with one of its children."""
        if not key.startswith(prefix):
            return True
        name, dot, _ = key[len(prefix) :].partition(".")
        return name in (MODULE.names(self) if dot else own)

    def _refuse(self, strict: bool, keys: IncompatibleKeys, errors: list[str]) -> None:
        """Raise with everything that is wrong, if anything is."""
        lists = {"Missing": keys.missing_keys, "Unexpected": keys.unexpected_keys} if strict else {}
        wrong = [
            f"{what} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in names) + ". "
            for what, names in lists.items()
            if names
        ]
        if wrong or errors:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(wrong + errors)
            )


def _read(
    module: Saved, incoming: Incoming, prefix: str, metadata: dict[str, Any], assign: bool, keys: IncompatibleKeys,
    errors: list[str],
) -> None:  # fmt: skip
    """Let ``module`` and all below it find their entries."""
    local = dict(metadata.get(prefix[:-1], {}))
    if assign:
        local["assign_to_params_buffers"] = True
    module._load_from_state_dict(incoming, prefix, local, True, *keys, errors)
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            _read(child, incoming.under(below), below, metadata, assign, keys, errors)


def _text(shape: tuple[int, ...]) -> str:
    return f"{tuple(shape)}"
