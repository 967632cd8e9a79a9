"""What ``repr`` shows of a layer: its settings by name."""

from __future__ import annotations

from .module import Module


class Shown(Module):
    """A module whose ``repr`` lists the attributes that ``_shown`` names."""

    _shown: tuple[str, ...] = ()

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)
