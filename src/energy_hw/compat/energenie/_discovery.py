"""What to do with devices that have no object: five ways, as in pyenergenie.

none       nothing             ask       take them in if ask() says so
auto       take them in        autojoin  when they ask to join, and answer      askjoin   both
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie._router import Router, asks_to_join
from energy_hw.errors import EnergyHwError

logger = logging.getLogger(__name__)

Ask = Callable[[Any, Any], bool]


class Discovery:
    """Takes nobody in; a subclass says whom. It becomes the router's only one.

    Thread safety: as Router.
    """

    def __init__(self, registry: Any, router: Router) -> None:
        self.registry, self.router = registry, router
        self._refused: set[Any] = set()
        router.discover_with(self.unknown_device)

    def unknown_device(self, address: Any, message: Any) -> None:
        """A message that no object is for."""
        logger.debug("a message of an unknown device, %s", address)

    def reject_device(self, address: Any, message: Any) -> None:
        """ask() said no; it is not asked about this one again."""
        logger.info("%s is not taken in", address)
        self._refused.add(address)

    def accept_device(self, address: Any, message: Any, forward: bool = True) -> Any:
        """Make an object, register it as `auto_0x2_0x373`, route to it and give it its first message.

        None for another manufacturer's: what it says, nobody here knows.
        """
        maker, product, sensor = address
        if maker != Devices.MFRID_ENERGENIE:
            logger.info("%s is of another manufacturer", address)
            return None
        device = Devices.DeviceFactory.get_device_from_id(product, sensor)
        self.router.add(address, device)
        self._register(device, f"auto_{product:#x}_{sensor:#x}")
        if forward:
            device.incoming_message(message)
        return device

    def _register(self, device: Any, name: str) -> None:
        """A disk that is full keeps nobody from being heard."""
        try:
            self.registry.add(device, name)
        except EnergyHwError as error:
            logger.error("%s is taken in until the program ends: %s", name, error)

    def join_device(self, address: Any, message: Any) -> Any:
        """Take in a device that asks to join, and answer it."""
        device = self.accept_device(address, message, forward=False)
        if device is not None:
            device.join_ack()
        return device


class AutoDiscovery(Discovery):
    """Takes in everybody."""

    def unknown_device(self, address: Any, message: Any) -> None:
        self.accept_device(address, message)


class ConfirmedDiscovery(Discovery):
    """Takes in whom ask(address, message) says."""

    def __init__(self, registry: Any, router: Router, ask: Ask) -> None:
        super().__init__(registry, router)
        self.ask_fn = ask

    def unknown_device(self, address: Any, message: Any) -> None:
        if address in self._refused:
            return
        if self.ask_fn(address, message):
            self.take_in(address, message)
        else:
            self.reject_device(address, message)

    def take_in(self, address: Any, message: Any) -> None:
        """ask() said yes."""
        if asks_to_join(message):
            self.join_device(address, message)
        else:
            self.accept_device(address, message)


class JoinAutoDiscovery(Discovery):
    """Takes in who asks to join."""

    def unknown_device(self, address: Any, message: Any) -> None:
        if asks_to_join(message):
            self.join_device(address, message)
        else:
            super().unknown_device(address, message)


class JoinConfirmedDiscovery(ConfirmedDiscovery):
    """Takes in who asks to join, if ask(address, message) says so."""

    def unknown_device(self, address: Any, message: Any) -> None:
        if asks_to_join(message):
            super().unknown_device(address, message)
