"""pyenergenie's green-button devices. They hear OOK and say nothing: is_on() is what they were told.

A class for each product is made from profiles.py, with its repeats, bursts and silence.
"""

from __future__ import annotations

from typing import Any, ClassVar

from energy_hw.compat.energenie import OnAir, _session
from energy_hw.compat.energenie._device import EnergenieDevice
from energy_hw.compat.energenie._ids import house_on_air, ook_id, warn_of_long
from energy_hw.energenie.naming import LIGHT_REPEATS, thing_for
from energy_hw.energenie.ook_thing import DEFAULT_HOUSE, OokThing, ook_device_id
from energy_hw.energenie.profiles import OOK_DIMMER, OPENTHINGS, PROFILES, Profile, by_sku
from energy_hw.energenie.registry_toml import Entry

HOME = "energy_hw.compat.energenie.Devices"


class LegacyDevice(EnergenieDevice):
    """A green-button device. device_id: (house code, index), index 0 is all of the house.

    Thread safety: one thread calls everything.
    """

    DEFAULT_HOUSE_ADDRESS = DEFAULT_HOUSE
    repeats: ClassVar[int] = 8
    profile: ClassVar[Profile | None] = None
    """None for a class of no product."""

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        """device_id: in any form; an index alone has the default house code. Raises ValueError."""
        super().__init__(device_id, _default_interface() if air_interface is None else air_interface)
        warn_of_long(self.device_id[0])
        self.radio_config.inner_times = self.repeats
        if self.profile is not None and self.profile.silence_s:
            self.radio_config.outer_times = self.profile.bursts
            self.radio_config.tx_silence = self.profile.silence_s

    @staticmethod
    def parse_device_id(device_id: Any) -> tuple[int, int]:
        """House code and index. Raises ValueError."""
        return ook_id(device_id)

    @property
    def thing(self) -> OokThing:
        """The same device as energy_hw has it. Raises LinkClosed before init()."""
        hub, entry = _session.current().hub, self.entry("")
        thing = hub.devices.get(entry.device) or thing_for(hub, entry)
        assert isinstance(thing, OokThing)  # noqa: S101 - its id begins with energenie:ook
        return thing

    def entry(self, name: str) -> Entry:
        """As the hub's own registry has it: a dimmer is the whole of its house."""
        (house, index), profile = self.device_id, self.profile
        if profile is not None and profile.kind == OOK_DIMMER:
            index = 1
        fits = profile is not None and (profile.gangs == 1 or index <= profile.gangs)
        return Entry(name, ook_device_id(house_on_air(house), index), profile.sku if profile and fits else "")

    def payload(self, on: bool, index: int | None = None) -> dict[str, Any]:
        """What air_interface sends."""
        house, own = self.device_id
        return {"house_address": house, "device_index": own if index is None else index, "on": on}

    def send_message(self, payload: Any) -> Any:
        """Send, and wait until that is done. Gives 0."""
        if isinstance(self.air_interface, OnAir.TwoBitAirInterface):
            _ = self.thing  # so that the hub knows which kind it is
        return self.air_interface.send(payload, radio_config=self.radio_config)

    def __repr__(self) -> str:
        house, index = self.device_id
        return f"{type(self).__name__}({house:#x},{index:#x})"


class OOKSwitch(LegacyDevice):
    """What goes on and off."""

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        super().__init__(device_id, air_interface)
        self.capabilities.switch = True
        self.capabilities.receive = True

    def turn_on(self) -> Any:
        """Switch on. Gives 0."""
        return self.send_message(self.payload(True))

    def turn_off(self) -> Any:
        """Switch off. Gives 0."""
        return self.send_message(self.payload(False))

    def set_switch(self, state: bool) -> Any:
        """Switch on or off. Gives 0."""
        return self.turn_on() if state else self.turn_off()

    def is_on(self) -> bool | None:
        """What it was told last, by us or a hand controller that was heard; None before, or without a radio."""
        return self.thing.is_on if _session.is_open() else None

    def is_off(self) -> bool | None:
        """The other way round."""
        on = self.is_on()
        return None if on is None else not on


class MiHomeLight(OOKSwitch):
    """A light switch: two seconds of repeats."""

    repeats = LIGHT_REPEATS


class MiHomeLightDimmable(OOKSwitch):
    """A dimmer. It has a house code to itself; its index does not matter."""

    repeats = LIGHT_REPEATS
    LEVELS: ClassVar[dict[int, tuple[int, bool]]] = {
        0 if word == "off" else int(word): (gang, on)
        for word, gang, on in (by_sku("MIHO010") or PROFILES[0]).levels
        if word != "last"
    }
    """Per cent -> index and state."""

    def turn_on(self) -> Any:
        """As bright as it was. Gives 0."""
        return self.send_message(self.payload(True, 1))

    def turn_off(self) -> Any:
        """Off. Gives 0."""
        return self.send_message(self.payload(False, 1))

    def brightness(self, brightness: int) -> Any:
        """20, 30, 40, 60, 80 or 100 per cent, or 0 for off. Raises ValueError for another. Gives 0."""
        if isinstance(brightness, bool) or brightness not in self.LEVELS:
            raise ValueError(f"expected a brightness of {', '.join(map(str, self.LEVELS))}, got {brightness!r}")
        index, on = self.LEVELS[brightness]
        return self.send_message(self.payload(on, index))


def _base(profile: Profile) -> type[OOKSwitch]:
    if profile.kind == OOK_DIMMER:
        return MiHomeLightDimmable
    return MiHomeLight if profile.repeats == LIGHT_REPEATS else OOKSwitch


def _class(profile: Profile) -> type[OOKSwitch]:
    bursts = {"BURST_SIZE": profile.repeats, "BURST_COUNT": profile.bursts, "HOLDOFF": profile.silence_s}
    fields = {"__doc__": f"{profile.name}.", "__module__": HOME, "profile": profile, "repeats": profile.repeats}
    return type(profile.sku, (_base(profile),), {**fields, **(bursts if profile.silence_s else {})})


LEGACY_CLASSES = {profile.sku: _class(profile) for profile in PROFILES if profile.kind != OPENTHINGS}
"""SKU -> class."""


def _default_interface() -> Any:
    """Devices.ook_interface, which a program may have replaced."""
    from energy_hw.compat.energenie import Devices

    return Devices.ook_interface
