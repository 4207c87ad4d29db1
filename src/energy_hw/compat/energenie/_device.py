"""What every device of pyenergenie has, whatever radio language it speaks."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace
from typing import Any

from energy_hw.compat.energenie import _session
from energy_hw.compat.energenie._calls import Callback, Calls
from energy_hw.compat.energenie._ids import parse_id
from energy_hw.compat.energenie._message import as_pydict
from energy_hw.compat.energenie.KVS import NotPersistableError
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import EnergyHwError

logger = logging.getLogger(__name__)

SENT = 0


class NoReading(EnergyHwError, RuntimeError):
    """A device has not reported this yet. A RuntimeError, as pyenergenie raises."""


class Device:
    """Something with an id, perhaps with readings, perhaps with a switch.

    device_id: a number or a tuple. rxseq: messages that it got. readings: what it said last.

    Thread safety: one thread calls loop() and everything else.
    """

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        """Raises ValueError for an id that is none."""
        self.air_interface = air_interface
        self.device_id = self.parse_device_id(device_id)
        self.radio_config = SimpleNamespace()
        self.capabilities = SimpleNamespace()
        self.last_receive_time: float | None = None
        self.rxseq = 0
        self._updated = Calls(f"{type(self).__name__}.when_updated")

    @staticmethod
    def parse_device_id(device_id: Any) -> Any:
        """A number or a tuple, from all forms of an id. Raises ValueError."""
        return parse_id(device_id)

    def get_config(self) -> dict[str, Any]:
        """type and device_id, for the registry. Raises NotPersistableError, a RuntimeError, where there are none."""
        raise NotPersistableError(f"{self!r} cannot be kept in a registry")

    def entry(self, name: str) -> Entry | None:
        """As the hub's own registry has it; None for what is no device."""
        return None

    # -- what it can -------------------------------------------------------

    def has_switch(self) -> bool:
        """Whether turn_on() and turn_off() work."""
        return hasattr(self.capabilities, "switch")

    def can_send(self) -> bool:
        """Whether the device sends reports."""
        return hasattr(self.capabilities, "send")

    def can_receive(self) -> bool:
        """Whether the device hears commands."""
        return hasattr(self.capabilities, "receive")

    def get_radio_config(self) -> Any:
        """inner_times, outer_times and tx_silence, where the device needs them; they may be changed."""
        return self.radio_config

    # -- what it said ------------------------------------------------------

    def get_last_receive_time(self) -> float | None:
        """When it last said anything, in seconds since 1970; None before."""
        return self.last_receive_time

    def get_next_receive_time(self) -> float | None:
        """When it should say something next, in seconds since 1970; None where that is not known."""
        return None

    def get_receive_count(self) -> int:
        """How many messages it got."""
        return self.rxseq

    def get_readings_summary(self) -> str:
        """Its readings in a line, each under the first letters of its name: `RP:85 V:240 `."""
        readings = getattr(self, "readings", None)
        if readings is None:
            return "(no readings)"
        return "".join(f"{_short(name)}:{value} " for name, value in sorted(vars(readings).items()))

    def incoming_message(self, payload: Any) -> None:
        """Take a message that came for it, then tell those of when_updated()."""
        self.rxseq += 1
        stamp = as_pydict(payload).get("rxtimestamp")
        self.last_receive_time = time.time() if stamp is None else stamp
        self.handle_message(payload)
        self._updated(self, payload)

    def handle_message(self, payload: Any) -> None:
        """Take note of what it says; for classes of the user's own."""
        logger.debug("%r takes no notice of %s", self, payload)

    def when_updated(self, callback: Callback | None) -> None:
        """Call back with the device and each message, in loop(). Several may be; None ends all of them."""
        self._updated.add(callback)

    def send_message(self, payload: Any) -> Any:
        """Send through air_interface; 0 once it is sent."""
        if self.air_interface is None:
            logger.debug("%r has nothing to send %s through", self, payload)
            return SENT
        return self.air_interface.send(payload)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.device_id})"


class EnergenieDevice(Device):
    """A device of Energenie's."""

    def get_device_id(self) -> Any:
        """Sensor id, or house code and index."""
        return self.device_id

    def get_config(self) -> dict[str, Any]:
        """type and device_id."""
        return {"type": type(self).__name__, "device_id": self.device_id}


class MockSwitch(Device):
    """A switch that is none, to try programs with. It says what it is told in the log."""

    def __init__(self, device_id: Any = None, air_interface: Any = None, **kwargs: Any) -> None:
        super().__init__(0, air_interface)
        self.device_id = device_id
        self.capabilities.switch = True
        self._on: bool | None = None

    def turn_on(self) -> int:
        """On."""
        return self.set_switch(True)

    def turn_off(self) -> int:
        """Off."""
        return self.set_switch(False)

    def set_switch(self, state: bool) -> int:
        """On or off."""
        self._on = bool(state)
        logger.info("%r is switched %s", self, "on" if state else "off")
        return SENT

    def is_on(self) -> bool | None:
        """As it was told; None before."""
        return self._on

    def is_off(self) -> bool | None:
        """As it was told; None before."""
        return None if self._on is None else not self._on


def seconds_until_report(device: str) -> float | None:
    """Until the hub expects a report of a device; None without a hub, or where it expects none."""
    return _session.current().hub.forecast.next_report_s(device) if _session.is_open() else None


def _short(name: str) -> str:
    return "".join(part[:1].upper() for part in name.split("_"))
