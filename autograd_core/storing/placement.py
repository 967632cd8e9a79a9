"""``map_location``: on which device the tensors of a file are put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from autograd_core.backend.device import as_device, device, device_of, to_device
from autograd_core.engine.failure import without_place
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DeviceError, DTypeError

Array = Any  # a NumPy or CuPy array
Locations: TypeAlias = "str | device | int | Mapping[str, Any] | Callable[[Tensor, str], Tensor | None] | None"


class Placement:
    """Moves what is read from the host to where it belongs.

    Args:
        wanted: a device for all; a dict from the devices in the file to others; a function of a tensor on the CPU and
            the name of its device, whose result says the device; None for the devices in the file.

    Raises: DTypeError for anything else; DeviceError where there is no such device.
    """

    def __init__(self, wanted: Locations) -> None:
        """Check what is asked for."""
        if wanted is not None and not isinstance(wanted, str | int | device | Mapping) and not callable(wanted):
            raise DTypeError(
                f"load: map_location is {type(wanted).__name__}; wanted a device, a dict of devices, a function or None"
            )
        self.all = as_device(wanted) if isinstance(wanted, str | int | device) else None
        self.some: Mapping[Any, Any] = wanted if isinstance(wanted, Mapping) else {}
        self.ask = wanted if callable(wanted) else None

    def move(self, array: Array, location: str) -> Array:
        """Return an array of the host where it shall be; ``location`` is the device that the file names."""
        if self.all is not None:
            return to_device(array, self.all)
        if self.ask is not None and (placed := self.ask(wrap(array), location)) is not None:
            return to_device(array, device_of(placed._array))
        return to_device(array, self.device(location))

    def device(self, location: str) -> device:
        """Return the device that stands for the file's ``location``."""
        try:
            return self.all or as_device(self.some.get(location, location))
        except DeviceError as error:
            why, _ = without_place(str(error))
            raise DeviceError(
                f"load: the file has tensors of device {location!r}: {why}. For a machine without it, give "
                "map_location='cpu'"
            ) from error
