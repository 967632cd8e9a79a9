"""Tables of vectors: rows looked up by index, one by one or summed in bags."""

from __future__ import annotations

from typing import Any, TypeVar

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import AssertedError

from . import functional as F
from . import init
from .base.module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]

T = TypeVar("T", bound="_Table")


class _Table(Module):
    """A weight of ``num_embeddings`` rows, of which row ``padding_idx`` starts as zeros and gets no gradient."""

    def _make_table(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Tensor | None,
        freeze: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = self._row(padding_idx)
        shape = (num_embeddings, embedding_dim)
        if weight is not None and tuple(weight.shape) != shape:
            raise AssertedError(
                f"{type(self).__name__}: Shape of weight does not match num_embeddings and embedding_dim; got "
                f"{tuple(weight.shape)}, wanted {shape}"
            )
        value = ag.empty(shape, device=device, dtype=dtype) if weight is None else weight
        self.weight = Parameter(value, requires_grad=not freeze)
        if weight is None:
            self.reset_parameters()

    def _row(self, padding_idx: int | None) -> int | None:
        """Return ``padding_idx`` counted from the first row."""
        if padding_idx is None:
            return None
        rows = self.num_embeddings
        if not -rows <= padding_idx < rows:
            raise AssertedError(
                f"{type(self).__name__}: Padding_idx must be within num_embeddings; got padding_idx={padding_idx} for "
                f"{rows} rows"
            )
        return padding_idx + rows if padding_idx < 0 else padding_idx

    def reset_parameters(self) -> None:
        """Draw the rows anew from N(0, 1), and set that of ``padding_idx`` to zeros."""
        init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        if self.padding_idx is not None:
            with ag.no_grad():
                self.weight[self.padding_idx].fill_(0)

    @classmethod
    def _of(cls: type[T], embeddings: Tensor, **settings: Any) -> T:
        """Return a table of these rows."""
        if embeddings.ndim != 2:
            raise AssertedError(
                f"{cls.__name__}.from_pretrained: Embeddings parameter is expected to be 2-dimensional; got shape "
                f"{tuple(embeddings.shape)}"
            )
        rows, columns = embeddings.shape
        return cls(num_embeddings=rows, embedding_dim=columns, _weight=embeddings, **settings)


class Embedding(_Table):
    """Look up rows of a table: ``weight[input]``.

    Shape: any of integers -> ``(*, embedding_dim)``; weight ``(num_embeddings, embedding_dim)``, drawn from N(0, 1).

    Args:
        padding_idx: a row that starts as zeros and is never trained.
        max_norm: what longer rows are shortened to, in place, when they are looked up.  Default: None, any length.
        norm_type: the p of the norm that ``max_norm`` is about.
        scale_grad_by_freq: divide each row's gradient by how often it was looked up in the call.
        sparse: kept for PyTorch's sake; gradients are dense here, with the same numbers.

    Raises: AssertionError where ``padding_idx`` is no row.
    Source: Bengio et al., A neural probabilistic language model, section 2.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a table of ``num_embeddings`` rows, each of ``embedding_dim`` numbers."""
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self._make_table(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Return a layer whose table is ``embeddings``, in the same memory; ``freeze`` leaves it as it is.

        Raises: AssertionError where ``embeddings`` has no two dimensions.
        """
        return cls._of(
            embeddings, _freeze=freeze, padding_idx=padding_idx, max_norm=max_norm, norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Return the rows at ``input``."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        """Return the sizes, and what is not the default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        defaults = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}
        return text + "".join(f", {k}={getattr(self, k)}" for k, v in defaults.items() if getattr(self, k) != v)


class EmbeddingBag(_Table):
    """Look up bags of rows of a table and return the sum, mean or maximum of each; zeros for an empty bag.

    Shape: input ``(B, N)``, or ``(N,)`` with the ``B`` places where bags begin in ``offsets`` ->
    ``(B, embedding_dim)``; weight ``(num_embeddings, embedding_dim)``, drawn from N(0, 1).

    Args:
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        include_last_offset: the last of ``offsets`` is the end of the last bag, not another bag's beginning.
        padding_idx: a row that starts as zeros, is never trained, and is left out of the bags.
        max_norm, norm_type, scale_grad_by_freq, sparse: as in ``Embedding``.

    Raises: AssertionError where ``padding_idx`` is no row.
    Source: Joulin et al., Bag of tricks for efficient text classification, section 2.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a table of ``num_embeddings`` rows, each of ``embedding_dim`` numbers."""
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        self._make_table(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Return a layer whose table is ``embeddings``, in the same memory; ``freeze`` leaves it as it is.

        Raises: AssertionError where ``embeddings`` has no two dimensions.
        """
        made = cls._of(
            embeddings, max_norm=max_norm, norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, mode=mode,
            sparse=sparse, include_last_offset=include_last_offset, padding_idx=padding_idx,
        )  # fmt: skip
        made.weight.requires_grad_(not freeze)
        return made

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """Return each bag's sum, mean or maximum; ``per_sample_weights`` scale the rows of a sum.

        Raises: ValueError where the arguments do not fit together.
        """
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Return the sizes, the mode, and what is not the default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in {"max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
