"""Data sets: readers of the formats that the classic ones come in."""

from autograd_core.data.idx import fashion_mnist, mnist, read_idx

__all__ = ["fashion_mnist", "mnist", "read_idx"]
