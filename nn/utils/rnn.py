"""Sequences of different lengths as one batch: padded to one length, or packed step after step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DeviceError, DTypeError, ShapeError

from ..functional import pad

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """Sequences without padding: the first elements of all, the longest first, then the second elements, and so on.

    The functions of this module make it, and recurrent layers take and return it.

    Args:
        data: the elements.  Shape: ``(sum of lengths, *)``.
        batch_sizes: how many sequences have an element at each step; int64, always on the CPU.
        sorted_indices: the places from which the sequences were brought into this order; None where they were in it.
        unsorted_indices: the inverse; by default it is computed.

    Raises: ValueError where ``batch_sizes`` is not on the CPU.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Make a packed sequence of its parts; ``data`` may also be the pair ``(data, batch_sizes)``."""
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                f"PackedSequence: batch_sizes should always be on CPU, got {batch_sizes.device}; packed sequences are "
                "made by pack_sequence and pack_padded_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Tensor, move: Callable[[Tensor], Tensor]) -> PackedSequence:
        """Return a packed sequence of other data, its indices passed through ``move``; itself for the same data."""
        if data is self.data:
            return self
        indices = (None if t is None else move(t) for t in (self.sorted_indices, self.unsorted_indices))
        return type(self)(data, self.batch_sizes, *indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return the data on another device or in another dtype, as ``Tensor.to`` does; the indices go with them."""
        data = self.data.to(*args, **kwargs)
        return self._with(data, lambda t: t.to(data.device))

    def cuda(self, device: Any = None) -> PackedSequence:
        """Return it on a GPU."""
        return self._with(self.data.cuda(device), lambda t: t.cuda(device))

    def cpu(self) -> PackedSequence:
        """Return it on the CPU."""
        return self._with(self.data.cpu(), Tensor.cpu)

    def pin_memory(self) -> PackedSequence:
        """Return it in pinned memory."""
        return self._with(self.data.pin_memory(), Tensor.pin_memory)

    def double(self) -> PackedSequence:
        """Return the data as float64."""
        return self.to(dtype=ag.float64)

    def float(self) -> PackedSequence:
        """Return the data as float32."""
        return self.to(dtype=ag.float32)

    def half(self) -> PackedSequence:
        """Return the data as float16."""
        return self.to(dtype=ag.float16)

    def long(self) -> PackedSequence:
        """Return the data as int64."""
        return self.to(dtype=ag.int64)

    def int(self) -> PackedSequence:
        """Return the data as int32."""
        return self.to(dtype=ag.int32)

    def short(self) -> PackedSequence:
        """Return the data as int16."""
        return self.to(dtype=ag.int16)

    def char(self) -> PackedSequence:
        """Return the data as int8."""
        return self.to(dtype=ag.int8)

    def byte(self) -> PackedSequence:
        """Return the data as uint8."""
        return self.to(dtype=ag.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a GPU."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data are in pinned memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that undoes ``permutation``; None of None."""
    if permutation is None:
        return None
    return ag.empty_like(permutation).scatter_(0, permutation, ag.arange(len(permutation), device=permutation.device))


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Return a padded batch without its padding.

    Shape: ``(T, B, *)``, or ``(B, T, *)`` with ``batch_first`` -> data ``(sum of lengths, *)``.

    Args:
        input: the padded batch.
        lengths: of the sequences; a tensor on the CPU or ints.
        batch_first: whether the batch is the first dimension.
        enforce_sorted: whether the sequences have to come longest first; False sorts them.

    Raises: RuntimeError where the lengths do not fit the batch, are not positive, or are not sorted.
    """
    if isinstance(lengths, Tensor) and lengths.device.type != "cpu":
        raise DeviceError(
            f"pack_padded_sequence: 'lengths' argument should be a 1D CPU int64 tensor, but got one on {lengths.device}"
        )
    counts = ag.as_tensor(lengths, dtype=ag.int64, device="cpu")
    steps, order = input.transpose(0, 1) if batch_first else input, None
    if not enforce_sorted:
        counts, order = ag.sort(counts, descending=True, stable=True)
        order = order.to(input.device)
        steps = steps.index_select(1, order)
    _check_lengths(counts.tolist(), steps)
    there = _presence(counts)
    rows = there.flatten().nonzero().squeeze(1).to(input.device)
    return PackedSequence(steps.flatten(0, 1).index_select(0, rows), there.sum(1), order)


def _presence(counts: Tensor) -> Tensor:
    """Return whether each sequence has an element at each step.  Shape: lengths (B,) -> (T, B)."""
    return counts > ag.arange(int(counts.max()), device="cpu").unsqueeze(1)


def _check_lengths(counts: list[int], steps: Tensor) -> None:
    """Raise where lengths, longest first, do not fit a batch of shape ``(T, B, *)``."""
    length, batch = tuple(steps.shape[:2])
    name = "pack_padded_sequence"
    if len(counts) != batch:
        raise ShapeError(
            f"{name}: Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} and {batch}"
        )
    if not steps.numel():
        raise ShapeError(f"{name}: Cannot pack empty tensors; got input of shape {tuple(steps.shape)}, time first")
    if min(counts) <= 0:
        raise ShapeError(f"{name}: Length of all samples has to be greater than 0, but got {counts}")
    if counts != sorted(counts, reverse=True):
        raise ShapeError(
            f"{name}: `lengths` array must be sorted in decreasing order when `enforce_sorted` is True; got {counts}; "
            "pass enforce_sorted=False"
        )
    if counts[0] > length:
        raise ShapeError(f"{name}: Expected lengths of at most {length}, the padded length; got {counts[0]}")


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return a packed batch padded, in its original order, and the lengths of its sequences.

    Shape: data ``(sum of lengths, *)`` -> ``(T, B, *)``, or ``(B, T, *)`` with ``batch_first``, and ``(B,)``.

    Args:
        sequence: the packed batch.
        batch_first: whether the batch is to be the first dimension.
        padding_value: what to pad with.
        total_length: pad to this length instead of the longest sequence's.

    Raises: ValueError where ``total_length`` is less than the longest sequence's.
    """
    sizes = sequence.batch_sizes
    length, batch = len(sizes), int(sizes[0])
    if total_length is not None and total_length < length:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {length}"
        )
    data, back = sequence.data, sequence.unsorted_indices
    total = length if total_length is None else total_length
    there = sizes.unsqueeze(1) > ag.arange(batch, device="cpu")  # (T, B)
    rows = there.flatten().nonzero().squeeze(1).to(data.device)
    blank = ag.full((total * batch, *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device)
    padded = blank.index_copy(0, rows, data).reshape(total, batch, *data.shape[1:])
    lengths = there.sum(0)
    if back is not None:
        padded, lengths = padded.index_select(1, back), lengths[back.cpu()]
    return padded.transpose(0, 1) if batch_first else padded, lengths


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Return sequences stacked, padded to the length of the longest.

    Shape: ``(L, *)`` each -> ``(T, B, *)``, or ``(B, T, *)`` with ``batch_first``.

    Raises: RuntimeError for no sequences, for what cannot be iterated over, or for another ``padding_side`` than
        'left' and 'right'.
    """
    if not isinstance(sequences, Iterable):
        raise DTypeError(f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    if padding_side not in ("left", "right"):
        raise ShapeError(f"pad_sequence: Expected padding_side to be one of left or right, but got {padding_side}.")
    given = list(sequences)
    if not given:
        raise ShapeError("pad_sequence: received an empty list of sequences")
    longest, rest = max(len(s) for s in given), (0, 0) * (given[0].ndim - 1)
    left = padding_side == "left"
    missing = ((longest - len(s), 0) if left else (0, longest - len(s)) for s in given)
    padded = [pad(s, (*rest, *sides), value=padding_value) for s, sides in zip(given, missing, strict=True)]
    return ag.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Return the sequences of a padded batch, each in its length.

    Shape: ``(T, B, *)``, or ``(B, T, *)`` with ``batch_first`` -> ``(L, *)`` each.
    """
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[:n] for sequence, n in zip(batch.unbind(0), lengths.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Return sequences packed; ``enforce_sorted``: they have to come longest first, False sorts them.

    Shape: ``(L, *)`` each -> data ``(sum of lengths, *)``.

    Raises: RuntimeError where they are not sorted.
    """
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return the sequences of a packed batch, in their original order.

    Shape: data ``(sum of lengths, *)`` -> ``(L, *)`` each.
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
