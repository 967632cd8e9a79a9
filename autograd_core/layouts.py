"""How tensors lie in memory, by PyTorch's names: memory formats, and the one layout there is."""

from __future__ import annotations

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format", "preserve_format", "strided",
]  # fmt: skip


class memory_format:
    """In which order the dimensions lie in memory: ``order`` from the slowest to the fastest, None for row-major."""

    __slots__ = ("name", "order")

    def __init__(self, name: str, order: tuple[int, ...] | None = None) -> None:
        """Name an order."""
        self.name, self.order = name, order

    def __repr__(self) -> str:
        return f"ag.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout:
    """How elements are stored; ``ag.strided``, the dense one, is the only."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        """Name a layout."""
        self.name = name

    def __repr__(self) -> str:
        return f"ag.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))
strided = layout("strided")
