"""Scales: with given numbers, or with those of the training data."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.creation.data import as_tensor
from autograd_core.data.transforms.arguments import interval
from autograd_core.data.transforms.composing import Transform
from autograd_core.data.transforms.fitting import Fitted, Moments
from autograd_core.data.transforms.images import Array, from_pillow, is_pillow
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["MeanSubtraction", "MinMax", "Normalize", "Standardize", "normalize"]

PER = ("feature", "channel", "pixel")
EPS = float(host.finfo("float64").eps)


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """Return ``(image - mean) / std`` with a number for each channel.  ``inplace`` changes and returns ``tensor``.

    Raises: as ``Normalize``.
    """
    return Normalize(mean, std, inplace)(tensor)


class Normalize(Transform):
    """``(image - mean) / std``, with a number for each channel, or one for all; of tensors on any device.

    A tensor that requires grad passes its gradient on.  ``inverse`` gives the image back.

    Raises: ValueError for a ``std`` of 0; DTypeError for images of integers; ShapeError for other numbers of channels.
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean, self.std = _numbers(self.name, "mean", mean), _numbers(self.name, "std", std)
        if 0.0 in self.std:
            raise ValueError(f"{self.name}: std is {std!r}; it must not be 0: it divides")
        self.inplace = inplace

    def __call__(self, image: Any) -> Tensor:
        """Return the image, or the batch, normalised."""
        tensor, mean, std = self._prepared(image)
        return tensor.sub_(mean).div_(std) if self.inplace else (tensor - mean) / std

    def inverse(self, image: Tensor) -> Tensor:
        """Return ``image * std + mean``."""
        tensor, mean, std = self._prepared(image)
        return tensor * std + mean

    def _prepared(self, image: Any) -> tuple[Tensor, Tensor, Tensor]:
        tensor = wrap(from_pillow(image)) if is_pillow(image) else image
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            kind = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
            raise DTypeError(f"{self.name}: image is {kind}; wanted a floating Tensor: put ToTensor() before it")
        if tensor.ndim < 3:
            raise ShapeError(f"{self.name}: image has shape {tuple(tensor.shape)}; wanted (C, H, W) or (N, C, H, W)")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, tensor.shape[-3]):
                raise ShapeError(
                    f"{self.name}: {name} has {len(values)} numbers for an image of {tensor.shape[-3]} channels "
                    f"(shape {tuple(tensor.shape)}); wanted one for each, or one"
                )
        mean, std = (
            as_tensor(host.reshape(values, (-1, 1, 1)), dtype=tensor.dtype, device=tensor.device)
            for values in (self.mean, self.std)
        )
        return tensor, mean, std


def _numbers(operation: str, name: str, value: Any) -> list[float]:
    """Return a number, or several, as a list."""
    try:
        found = host.asarray(value.tolist() if isinstance(value, Tensor) else value, "float64").reshape(-1)
    except (TypeError, ValueError):
        raise DTypeError(f"{operation}: {name} is {value!r}; wanted numbers, one for each channel") from None
    return found.tolist()


class _PerFeature(Fitted):
    """Statistics of each feature, of each channel over samples and pixels, of each pixel over samples and channels."""

    _settings: tuple[str, ...] = ("per",)

    def __init__(self, per: str = "feature") -> None:
        if per not in PER:
            raise ValueError(f"{self.name}: per is {per!r}; wanted one of {', '.join(PER)}")
        self.per = per

    def _axes(self, batch: Array) -> tuple[int, ...]:
        """Return the dims that the statistics go over."""
        if self.per != "feature" and batch.ndim < 3:
            raise ShapeError(
                f"{self.name}: data has shape {batch.shape}; wanted images (N, C, H, W) for per={self.per!r}"
            )
        return {"feature": (0,), "channel": (0, *range(2, batch.ndim)), "pixel": (0, 1)}[self.per]

    def _check_same(self, known: Array | None, found: Array) -> None:
        if known is not None and known.shape != found.shape:
            raise ShapeError(
                f"{self.name}: a batch has statistics of shape {found.shape}, those before it of {known.shape}; wanted "
                "samples of one shape"
            )

    def _moved(self, data: Tensor, *learned: str) -> list[Tensor]:
        """Return learned arrays beside the data.  Raises: ShapeError for data of another shape than was fitted."""
        shape = getattr(self, learned[0]).shape
        ends = tuple(data.shape)[max(data.ndim - len(shape), 0) :]
        if len(ends) < len(shape) or any(n not in (1, m) for n, m in zip(shape, ends)):
            raise ShapeError(
                f"{self.name}: data has shape {tuple(data.shape)}; it was fitted per {self.per} on samples with "
                f"statistics of shape {shape}"
            )
        return [self._like(name, data) for name in learned]


class Standardize(_PerFeature):
    """``(x - mean) / standard deviation``, as learned from training data.

    Args:
        per: What has a mean and a deviation of its own: each ``"feature"`` of a sample, as in scikit-learn's
            ``StandardScaler``; each ``"channel"``; each ``"pixel"``, over the channels.
        with_mean: Whether the mean is subtracted.
        with_std: Whether the deviation divides; what is constant is divided by 1.

    After ``fit`` there are ``mean_``, ``var_`` (over N), ``scale_`` and ``n_samples_seen_``, the last counting every
    number that a mean was taken over.

    Raises: ValueError for another ``per``; RuntimeError where it is applied before ``fit``; ShapeError for data of
    another shape than was fitted.
    """

    _state = ("mean_", "deviations_", "n_samples_seen_")
    _settings = ("per", "with_mean", "with_std")
    mean_: Array
    deviations_: Array
    n_samples_seen_: Array

    def __init__(self, per: str = "feature", with_mean: bool = True, with_std: bool = True) -> None:
        super().__init__(per)
        self.with_mean, self.with_std = with_mean, with_std
        self._forget()

    @property
    def var_(self) -> Array:
        """The variances, over N."""
        self._check_fitted()
        return self.deviations_ / self.n_samples_seen_

    def _gather(self, batch: Array) -> None:
        found = Moments.of(batch, self._axes(batch))
        self._check_same(self.mean_, found.mean)
        if self.fitted:
            found = Moments(self.n_samples_seen_, self.mean_, self.deviations_).joined(found)
        self.n_samples_seen_, self.mean_, self.deviations_ = found.count, found.mean, found.deviations

    def _settle(self) -> None:
        var, n = self.var_, self.n_samples_seen_
        # Rounding alone gives a constant this much.  Source: scikit-learn, preprocessing, _is_constant_feature.
        constant = var <= n * EPS * var + (n * self.mean_ * EPS) ** 2
        self.scale_ = host.where(constant, 1.0, host.sqrt(var)) if self.with_std else host.ones_like(var)
        self._start = self.mean_ if self.with_mean else host.zeros_like(self.mean_)

    def _forward(self, data: Tensor) -> Tensor:
        mean, scale = self._moved(data, "_start", "scale_")
        return (data - mean) / scale

    def _back(self, data: Tensor) -> Tensor:
        mean, scale = self._moved(data, "_start", "scale_")
        return data * scale + mean


class MeanSubtraction(Standardize):
    """``x - mean``, learned from training data: ``Standardize(per, with_std=False)``.  Raises: as ``Standardize``."""

    def __init__(self, per: str = "feature") -> None:
        super().__init__(per, with_std=False)


class MinMax(_PerFeature):
    """``x`` moved and scaled so that the training data fill ``feature_range``; scikit-learn's ``MinMaxScaler``.

    ``per`` as in ``Standardize``.  What is constant becomes the range's lower end; ``clip`` keeps later data in it.
    After ``fit`` there are ``data_min_``, ``data_max_``, ``scale_`` and ``min_``: ``x * scale_ + min_``.

    Raises: ValueError for a range that is none; else as ``Standardize``.
    """

    _state = ("data_min_", "data_max_")
    _settings = ("per", "feature_range", "clip")
    data_min_: Array
    data_max_: Array

    def __init__(
        self, feature_range: tuple[float, float] = (0.0, 1.0), per: str = "feature", clip: bool = False
    ) -> None:
        super().__init__(per)
        self.feature_range = interval(self.name, "feature_range", feature_range)
        if self.feature_range[0] == self.feature_range[1]:
            raise ValueError(f"{self.name}: feature_range is {feature_range!r}; wanted low < high")
        self.clip = clip
        self._forget()

    def _gather(self, batch: Array) -> None:
        axes = self._axes(batch)
        least, most = batch.min(axes, keepdims=True)[0], batch.max(axes, keepdims=True)[0]
        self._check_same(self.data_min_, least)
        self.data_min_ = least if self.data_min_ is None else host.minimum(self.data_min_, least)
        self.data_max_ = most if self.data_max_ is None else host.maximum(self.data_max_, most)

    def _settle(self) -> None:
        low, high = self.feature_range
        spread = self.data_max_ - self.data_min_
        self.scale_ = (high - low) / host.where(spread < 10 * EPS, 1.0, spread)
        self.min_ = low - self.data_min_ * self.scale_

    def _forward(self, data: Tensor) -> Tensor:
        scale, start = self._moved(data, "scale_", "min_")
        found = data * scale + start
        return found.clamp(*self.feature_range) if self.clip else found

    def _back(self, data: Tensor) -> Tensor:
        scale, start = self._moved(data, "scale_", "min_")
        return (data - start) / scale
