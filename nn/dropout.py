"""Dropout: of elements, of whole channels, and in the forms that keep the statistics."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core import Tensor

from . import functional as F
from .base.settings import Shown
from .functional.noise import survivors

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Shown):
    """Dropout by ``function``."""

    _shown = ("p", "inplace")
    function: Callable[..., Tensor]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        """Drop with probability ``p``; overwrite the input if ``inplace``.

        Raises: ValueError where ``p`` is outside [0, 1].
        """
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, in training with parts of it dropped."""
        return type(self).function(input, self.p, self.training, self.inplace)


class Dropout(_Dropout):
    """In training, set each element to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    With ``scale_at_prediction``, the paper's own form: in training the rest stays as it is, and in evaluation all
    elements are scaled by the probability to be kept, ``1 - p``.  Both give the next layer the same mean.

    Shape: any -> same.

    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, section 4 (the
    paper's form) and section 10 (scaling in training).
    """

    function = F.dropout

    def __init__(self, p: float = 0.5, inplace: bool = False, *, scale_at_prediction: bool = False) -> None:
        """Drop with probability ``p``; overwrite the input if ``inplace``.

        ``scale_at_prediction``: scale in evaluation by ``1 - p``, not in training by ``1 / (1 - p)``.

        Raises: ValueError where ``p`` is outside [0, 1].
        """
        super().__init__(p, inplace)
        self.scale_at_prediction = scale_at_prediction

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, in training with elements dropped."""
        if not self.scale_at_prediction:
            return F.dropout(input, self.p, self.training, self.inplace)
        factor = survivors(input, tuple(input.shape), self.p) if self.training else 1.0 - self.p
        return input.mul_(factor) if self.inplace else input * factor

    def extra_repr(self) -> str:
        """Return the settings."""
        return super().extra_repr() + (", scale_at_prediction=True" if self.scale_at_prediction else "")


class Dropout1d(_Dropout):
    """In training, set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> same.

    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """

    function = F.dropout1d


class Dropout2d(_Dropout):
    """In training, set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Shape: ``(N, C, H, W)`` -> same.

    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """

    function = F.dropout2d


class Dropout3d(_Dropout):
    """In training, set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> same.

    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """

    function = F.dropout3d


class AlphaDropout(_Dropout):
    """In training, set each element to SELU's floor with probability ``p``, then restore mean 0 and variance 1.

    Shape: any -> same.

    Source: Klambauer et al., Self-normalizing neural networks, section 2 (alpha dropout).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, in training with elements dropped; never in place, as in PyTorch."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """Do ``AlphaDropout`` to whole channels.  Shape: ``(N, C, *)`` -> same."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, in training with channels dropped; never in place, as in PyTorch."""
        return F.feature_alpha_dropout(input, self.p, self.training)
