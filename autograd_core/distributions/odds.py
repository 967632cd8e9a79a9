"""Distributions given by probabilities or by their logits: the one is worked out from the other when asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import autograd_core as ag
from autograd_core.distributions import constraints
from autograd_core.distributions.distribution import Distribution, inside, together
from autograd_core.engine.tensor import Size, Tensor


class Odds(Distribution):
    """What has ``probs`` and ``logits`` of one event each: ``logits = log(probs / (1 - probs))``."""

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _give(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Set the one of the two that is given, broadcast with ``others``; return those."""
        name, value = given(probs, logits)
        self.__dict__[name], *rest = together(value, *others)
        return tuple(rest)

    @cached_property
    @ag.enable_grad()
    def logits(self) -> Tensor:
        """The logarithms of the odds."""
        probs = inside(self.probs)
        return probs.log() - (-probs).log1p()

    @cached_property
    @ag.enable_grad()
    def probs(self) -> Tensor:
        """The probabilities."""
        return ag.sigmoid(self.logits)

    @property
    def _param(self) -> Tensor:
        return self.__dict__["probs"] if "probs" in self.__dict__ else self.__dict__["logits"]

    @property
    def param_shape(self) -> Size:
        """The shape of ``probs``."""
        return self._param.shape


class Weights(Odds):
    """What has ``probs``, which sum to 1 along the last dimension, and ``logits``, their logarithms."""

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def _give(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        name, value = given(probs, logits)
        if value.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        in_all = value.sum(-1, keepdim=True) if name == "probs" else value.logsumexp(-1, keepdim=True)
        self.__dict__[name] = value / in_all if name == "probs" else value - in_all
        return ()

    @cached_property
    @ag.enable_grad()
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return inside(self.probs).log()

    @cached_property
    @ag.enable_grad()
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.logits.softmax(-1)


def given(probs: Any, logits: Any) -> tuple[str, Any]:
    """Return the name and value of the one that is not None.  Raises: ValueError unless exactly one is given."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return ("probs", probs) if logits is None else ("logits", logits)
