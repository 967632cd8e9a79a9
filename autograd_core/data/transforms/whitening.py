"""Whitening: a linear map after which the features of the training data are uncorrelated and of variance 1."""

from __future__ import annotations

import math

from autograd_core.backend import host
from autograd_core.data.transforms.arguments import positive
from autograd_core.data.transforms.fitting import Fitted, Moments
from autograd_core.data.transforms.images import Array
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError

__all__ = ["PCAWhitening", "ZCAWhitening"]


class _Whitening(Fitted):
    """The mean and the covariance of training data, gathered in one pass, and its principal components.

    The covariance of F features takes 8 F * F bytes: 5 MB for images of 28 x 28, 75 MB for 3 x 32 x 32.  It is not
    saved.
    """

    _state = ("mean_", "components_", "explained_variance_", "explained_variance_ratio_", "shape_")
    _settings = ("n_components", "eps")
    mean_: Array
    components_: Array
    explained_variance_: Array
    explained_variance_ratio_: Array
    shape_: Array

    def __init__(self, n_components: int | float | None = None, eps: float = 1e-5) -> None:
        self.n_components, self.eps = n_components, positive(self.name, "eps", eps, zero=True)
        whole = isinstance(n_components, int) and not isinstance(n_components, bool) and n_components >= 1
        part = isinstance(n_components, float) and 0 < n_components < 1
        if not (n_components is None or whole or part):
            raise ValueError(
                f"{self.name}: n_components is {n_components!r}; wanted a whole number, a part of the variance between "
                "0 and 1, or None for all"
            )
        self._forget()

    def _forget(self) -> None:
        super()._forget()
        self._moments: Moments | None = None

    def _gather(self, batch: Array) -> None:
        if self.fitted and self._moments is None:
            raise RuntimeError(f"{self.name}: it was loaded, without the covariance that partial_fit goes on from")
        shape = host.array(batch.shape[1:], "float64")
        if self._moments is not None and not host.array_equal(shape, self.shape_):
            raise ShapeError(f"{self.name}: a batch has shape {batch.shape}, samples before it {self._sample}")
        found = Moments.of(batch.reshape(len(batch), -1), products=True)
        self._moments = found if self._moments is None else self._moments.joined(found)
        self.shape_ = shape

    def _settle(self) -> None:
        if self._moments is not None:
            self._find_components(self._moments)
        most = self.explained_variance_[0] * self.mean_.size * host.finfo("float64").eps
        size = host.sqrt(self.explained_variance_ + self.eps)
        none = size <= host.sqrt(most)  # a component without variance stays 0
        self._there, self._again = self._maps(host.where(none, host.inf, size), host.where(none, 0.0, size))

    def _find_components(self, moments: Moments) -> None:
        variances, axes = host.linalg.eigh(moments.deviations / max(moments.count - 1, 1))
        variances, axes = variances[::-1].clip(0), axes[:, ::-1].T  # the largest first; (components, features)
        largest = abs(axes).argmax(1)
        axes = axes * host.sign(axes[host.arange(len(axes)), largest])[:, None]  # scikit-learn's choice of signs
        ratios = variances / (variances.sum() or 1.0)
        kept = self._kept(ratios)
        self.mean_, self.components_ = moments.mean, axes[:kept]
        self.explained_variance_, self.explained_variance_ratio_ = variances[:kept], ratios[:kept]

    def _maps(self, dividing: Array, size: Array) -> tuple[Array, Array]:
        """Return what samples as rows are multiplied by, and what whitened samples are to be samples again."""
        raise NotImplementedError

    def _kept(self, ratios: Array) -> int:
        """Return how many components there are to be."""
        wanted = self.n_components
        if wanted is None:
            return len(ratios)
        if isinstance(wanted, float):
            return min(int(host.searchsorted(ratios.cumsum(), wanted, side="right")) + 1, len(ratios))
        if wanted > len(ratios):
            raise ShapeError(f"{self.name}: n_components is {wanted}; the samples have {len(ratios)} features")
        return wanted

    @property
    def _sample(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.shape_)

    def _flat(self, data: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Return samples as rows, and a single one as a row.  Raises: ShapeError where they have another shape."""
        if tuple(data.shape)[max(data.ndim - len(shape), 0) :] != shape:
            raise ShapeError(f"{self.name}: data has shape {tuple(data.shape)}; wanted samples of shape {shape}")
        return data.reshape(*data.shape[: data.ndim - len(shape)], math.prod(shape))

    def _centred(self, data: Tensor) -> Tensor:
        return self._flat(data, self._sample) - self._like("mean_", data)


class PCAWhitening(_Whitening):
    """``(x - mean) @ components.T / sqrt(variance + eps)``: coordinates along the principal components.

    Args:
        n_components: How many components are kept, those of the largest variance; a number below 1 keeps as many as
            explain this part of the variance; None keeps all.
        eps: Added to the variances: it keeps directions in which the data hardly vary from being blown up.

    With ``eps=0`` it is scikit-learn's ``PCA(whiten=True)``; ``mean_``, ``components_``, ``explained_variance_`` and
    ``explained_variance_ratio_`` are its names.  A component without variance gives 0.

    Shape: samples of any shape with F features -> (..., n_components); ``inverse`` gives the samples' shape back.

    Raises: ValueError for components or an ``eps`` that are none; RuntimeError where it is applied before ``fit``;
    ShapeError for data of another shape than was fitted.
    """

    def _maps(self, dividing: Array, size: Array) -> tuple[Array, Array]:
        return self.components_.T / dividing, self.components_ * size[:, None]

    def _forward(self, data: Tensor) -> Tensor:
        return self._centred(data) @ self._like("_there", data)

    def _back(self, data: Tensor) -> Tensor:
        rows = self._flat(data, (len(self.components_),))
        found = rows @ self._like("_again", data) + self._like("mean_", data)
        return found.reshape(*found.shape[:-1], *self._sample)


class ZCAWhitening(_Whitening):
    """``PCAWhitening`` turned back by its components: the whitened data that are nearest to the data.

    Images stay images, with their edges sharpened.  With fewer components than features ``inverse`` gives the data's
    projection onto them.

    Shape: (..., *sample) -> the same.

    Raises: as ``PCAWhitening``.

    Source: Bell and Sejnowski, The "Independent Components" of Natural Scenes Are Edge Filters, 1997.
    """

    def _maps(self, dividing: Array, size: Array) -> tuple[Array, Array]:
        axes = self.components_
        return (axes.T / dividing) @ axes, (axes.T * size) @ axes

    def _forward(self, data: Tensor) -> Tensor:
        return (self._centred(data) @ self._like("_there", data)).reshape(*data.shape)

    def _back(self, data: Tensor) -> Tensor:
        found = self._flat(data, self._sample) @ self._like("_again", data) + self._like("mean_", data)
        return found.reshape(*data.shape)
