"""A device of a product that nobody has described yet: everything that it says can be read by code."""

from __future__ import annotations

from energy_hw.energenie.device import Device
from energy_hw.energenie.profiles import Command
from energy_hw.reading import Reading


class GenericDevice(Device):
    """A device of any product: GenericDevice(hub, sensor, product).

    value("REAL_POWER"), value("UNKNOWN_1F") and when("real_power", ...) work for whatever it reports; readings() is
    all of it. Nothing is sent to it: what it obeys, and when it listens, is for a class that knows.

    Thread safety: call from any thread.
    """

    def readings(self) -> list[Reading]:
        """The last reading of every parameter that it has reported, RSSI too."""
        return [known.reading for known in self.memory.all_known().values()]

    def obeys(self) -> tuple[Command, ...]:
        return ()
