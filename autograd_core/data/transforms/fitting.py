"""What is learned from training data once, and applied unchanged ever after: the base of such transforms.

Statistics are gathered batch by batch in float64, so that data sets need not fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.creation.data import as_tensor
from autograd_core.data.datasets import Dataset
from autograd_core.data.loading import DataLoader
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.images import Array, from_pillow, is_pillow
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["Fitted", "Moments", "samples_of"]

AT_ONCE = 1 << 22  # numbers that are made float64 together


class Fitted(Transform):
    """A transform with ``fit``: a subclass has ``_gather``, ``_settle``, ``_forward`` and ``_back``."""

    _state: tuple[str, ...]  # names of the arrays that a fitted transform is made of
    _settings: tuple[str, ...] = ()  # names of the arguments that give them their meaning
    _made: dict[Any, Tensor]  # learned arrays as tensors, by name, dtype and device

    def fit(self, data: Any) -> Any:
        """Learn from training data, and forget what was learned before; return the transform.

        ``data`` is a tensor or an array (N, ...), a data set, or an iterable of batches such as a ``DataLoader``: of
        tuples the first member counts.  It is gone through once.

        Raises: DTypeError for other data; ShapeError for samples of several shapes, or for none.
        """
        self._forget()
        return self.partial_fit(data)

    def partial_fit(self, batch: Any) -> Any:
        """Learn from one more batch (N, ...), besides what was learned before; return the transform.

        Raises: as ``fit``; RuntimeError where a whitening was loaded: its covariance is not saved.
        """
        count = 0
        for some in samples_of(self.name, batch):
            self._gather(some.astype("float64"))
            count += len(some)
        if not count:
            raise ShapeError(f"{self.name}: fit got no samples")
        self._renew()
        return self

    @property
    def fitted(self) -> bool:
        """Whether there is something to apply."""
        return all(getattr(self, name, None) is not None for name in self._state)

    def __call__(self, image: Any) -> Tensor:
        """Return a sample or a batch transformed."""
        return self._forward(self._floating(image))

    def transform(self, data: Any) -> Tensor:
        """Return a sample or a batch transformed: the same as a call."""
        return self(data)

    def inverse(self, data: Tensor) -> Tensor:
        """Return what a transformed sample or batch was before.  Raises: as the transform itself."""
        return self._back(self._floating(data))

    def state_dict(self) -> dict[str, Any]:
        """Return what was learned, as tensors, and the settings that it was learned with: for ``ag.save``.

        Raises: RuntimeError before ``fit``.
        """
        self._check_fitted()
        learned = {name: wrap(host.array(getattr(self, name))) for name in self._state}
        return {**{name: getattr(self, name) for name in self._settings}, **learned}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what another transform of the same kind and settings has learned.

        Raises: KeyError for missing or unknown entries; ValueError for other settings.  Nothing is changed then.
        """
        wanted = {*self._settings, *self._state}
        if set(state_dict) != wanted:
            raise KeyError(f"{self.name}: state_dict has the entries {sorted(state_dict)}; wanted {sorted(wanted)}")
        for name in self._settings:
            if state_dict[name] != getattr(self, name):
                raise ValueError(
                    f"{self.name}: state_dict was learned with {name}={state_dict[name]!r}; this one has "
                    f"{getattr(self, name)!r}"
                )
        learned = {name: host.array(_on_host(state_dict[name]), "float64") for name in self._state}
        self._forget()
        for name, values in learned.items():
            setattr(self, name, values)
        self._renew()

    def _renew(self) -> None:
        self._made = {}
        self._settle()

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._settings)
        return f"{self.name}({settings}{'' if self.fitted else ', not fitted'})"

    def _floating(self, data: Any) -> Tensor:
        """Return what is to be transformed as a floating tensor."""
        self._check_fitted()
        if is_pillow(data):
            data = from_pillow(data)
        if isinstance(data, host.ndarray):
            data = wrap(data)
        if not isinstance(data, Tensor):
            raise DTypeError(f"{self.name}: got {type(data).__name__}; wanted a Tensor or an array")
        return data if data.is_floating_point() else data.float()

    def _check_fitted(self) -> None:
        if not self.fitted:
            raise RuntimeError(f"{self.name}: it has not been fitted; call fit(training_data) first")

    def _like(self, name: str, data: Tensor) -> Tensor:
        """Return a learned array as a tensor of the data's dtype and device; it is made once for each."""
        key = name, data._array.dtype, str(data.device)
        if key not in self._made:
            self._made[key] = as_tensor(getattr(self, name), dtype=data.dtype, device=data.device)
        return self._made[key]

    def _forget(self) -> None:
        self._made = {}
        for name in self._state:
            setattr(self, name, None)

    def _gather(self, batch: Array) -> None:
        raise NotImplementedError

    def _settle(self) -> None:
        """Compute what is applied from what was gathered."""
        raise NotImplementedError

    def _forward(self, data: Tensor) -> Tensor:
        raise NotImplementedError

    def _back(self, data: Tensor) -> Tensor:
        raise NotImplementedError


class Moments:
    """The number, mean and sum of squared deviations of what came in batches, joined by Chan's formula.

    With ``products`` the deviations are multiplied with each other: (features, features), for covariances.

    Source: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979.
    """

    def __init__(self, count: Any, mean: Any, deviations: Any) -> None:
        self.count, self.mean, self.deviations = count, mean, deviations

    @classmethod
    def of(cls, batch: Array, axes: tuple[int, ...] = (0,), products: bool = False) -> Moments:
        """Return the moments of a float64 batch over ``axes``, which stay as dims of 1 but for the first."""
        count = host.array(host.prod([batch.shape[axis] for axis in axes]), "float64")
        mean = batch.mean(axes, keepdims=True)
        apart = batch - mean
        deviations = apart.T @ apart if products else (apart * apart).sum(axes, keepdims=True)[0]
        return cls(count, mean[0], deviations)

    def joined(self, other: Moments) -> Moments:
        """Return the moments of both together."""
        count = self.count + other.count
        step = other.mean - self.mean
        squares = host.multiply.outer(step, step) if self.deviations.ndim > self.mean.ndim else step * step
        deviations = self.deviations + other.deviations + squares * (self.count * other.count / count)
        return Moments(count, self.mean + step * (other.count / count), deviations)


def samples_of(operation: str, data: Any) -> Iterator[Array]:
    """Yield the samples of data in arrays (N, ...) of moderate size.  Raises: DTypeError for what holds none."""
    if isinstance(data, Dataset):
        data = DataLoader(data, batch_size=256)
    whole = isinstance(data, Tensor | host.ndarray)
    if not whole and not isinstance(data, Iterable):
        raise DTypeError(f"{operation}: data is {type(data).__name__}; wanted a Tensor, an array, or batches of them")
    for item in (data,) if whole else data:
        first = item[0] if isinstance(item, list | tuple) else item
        if not isinstance(first, Tensor | host.ndarray):
            raise DTypeError(f"{operation}: a batch is {type(first).__name__}; wanted a Tensor or an array (N, ...)")
        array = _on_host(first)
        if array.ndim == 0:
            raise ShapeError(f"{operation}: data has shape (); wanted samples, (N, ...)")
        step = max(1, AT_ONCE // max(1, array[:1].size))
        yield from (array[start : start + step] for start in range(0, len(array), step))


def _on_host(values: Any) -> Array:
    return to_device(values._array, as_device("cpu")) if isinstance(values, Tensor) else host.asarray(values)
