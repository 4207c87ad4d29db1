"""pyenergenie's OnAir: what devices send through, and how it becomes orders of the hub.

A message with one command that the product is known to obey becomes an order: it is listened for before it is sent,
sent again until the device answers, or waits until a valve listens. Any other message is sent as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from energy_hw.compat.energenie import OpenThings, TwoBit, radio
from energy_hw.compat.energenie._ids import house_on_air
from energy_hw.compat.energenie._parameters import paramname_to_paramid
from energy_hw.compat.energenie._session import current
from energy_hw.core.interface import OokCode
from energy_hw.core.message import ENERGENIE, Message, decode_value
from energy_hw.energenie.asleep import Sleeper
from energy_hw.energenie.device import Device
from energy_hw.energenie.devices import class_for
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.legacy import Dimmer, Socket
from energy_hw.energenie.ook_thing import OokThing, ook_device_id
from energy_hw.energenie.orders import Priority, Ticket
from energy_hw.energenie.parameters import parameter
from energy_hw.energenie.profiles import by_product
from energy_hw.energenie.report import device_id
from energy_hw.errors import NotConfirmed

logger = logging.getLogger(__name__)

ANSWER_S = 2.0
"""How long turn_on() of a plug waits for its answer; the order goes on after that."""
OOK_S = 60.0
"""Longest wait for a burst: 2 s of it, 3 s of silence before, others in front."""
SENT = 0
"""Seconds of silence that are still to be kept: none, the hub keeps them itself."""

Received = tuple[Any, Any, Any]
"""Signal strength in dBm, address, payload; None three times if nothing came."""


class OpenThingsAirInterface:
    """MiHome devices. tx_defaults.inner_times: how often a message is sent that nobody answers."""

    def __init__(self) -> None:
        self.radio = radio
        self.tx_defaults = SimpleNamespace(
            frequency=434.3, modulation=radio.RADIO_MODULATION_FSK, inner_times=4, outer_delay=0, outer_times=1
        )
        self.rx_defaults = SimpleNamespace(
            frequency=434.3, modulation=radio.RADIO_MODULATION_FSK, poll_rate=100, timeout=1000
        )

    def send(self, payload: Any, radio_config: Any = None) -> int:
        """Send a message, and wait until the device answered, 2 s at most, or it was sent. 0: no silence is to be kept.

        Raises LinkClosed before init(), ValueError for what cannot be said to the device, AirtimeExceeded, LinkError.
        """
        message, hub = OpenThings.to_decoded(payload), current().hub
        command = _known_command(message)
        if command is None:
            inner, outer = (_option(radio_config, self.tx_defaults, name) for name in ("inner_times", "outer_times"))
            _send_raw(hub, message, inner * outer)
        else:
            thing = device_of(hub, message.product, message.sensor)
            ticket = thing.send(*command)
            if not isinstance(thing, Sleeper):
                _settle(ticket, ANSWER_S)
        return SENT

    def receive(self, radio_config: Any = None) -> Received:
        """The next message within rx_defaults.timeout milliseconds."""
        timeout = getattr(radio_config, "timeout", self.rx_defaults.timeout)
        heard = current().receive(timeout / 1000)
        if heard is None:
            return None, None, None
        message = heard.message
        address = message.manufacturer, message.product, message.sensor
        return heard.frame.rssi_dbm, address, OpenThings.from_decoded(message, heard.report.received.timestamp())


class TwoBitAirInterface:
    """Green-button devices. radio_config may have inner_times (repeats), outer_times (bursts) and tx_silence."""

    def __init__(self) -> None:
        self.radio = radio
        self.tx_defaults = SimpleNamespace(
            frequency=433.92, modulation=radio.RADIO_MODULATION_OOK, inner_times=8, outer_delay=0, outer_times=1
        )
        self.rx_defaults = SimpleNamespace(
            frequency=433.92, modulation=radio.RADIO_MODULATION_OOK, poll_rate=100, timeout=1000
        )

    def send(self, payload: Mapping[str, Any], radio_config: Any = None) -> int:
        """Send {"house_address", "device_index", "on"}, and wait until that is done. 0: no silence is to be kept.

        Raises LinkClosed before init(), ValueError for an index that is none, AirtimeExceeded, LinkError.
        """
        house = TwoBit.DEFAULT_ADDR if payload["house_address"] is None else payload["house_address"]
        code = OokCode(house_on_air(house), payload["device_index"], bool(payload["on"]))
        thing = _ook_thing(current().hub, code)
        thing.profile = replace(
            thing.profile,
            repeats=_option(radio_config, self.tx_defaults, "inner_times"),
            bursts=_option(radio_config, self.tx_defaults, "outer_times"),
            silence_s=getattr(radio_config, "tx_silence", 0.0),
        )
        _settle(thing.send_code("switch", code.on, code), OOK_S)
        return SENT

    def receive(self, radio_config: Any = None) -> Received:
        """The next button of a hand controller within rx_defaults.timeout ms; MiHome devices are not heard."""
        timeout = getattr(radio_config, "timeout", self.rx_defaults.timeout)
        with current().hub.listen_ook(timeout / 1000) as buttons:
            for heard in buttons:
                if heard.code is not None:
                    house, index, on = heard.code
                    payload = {"house_address": house, "device_index": index, "on": on}
                    return heard.rssi_dbm, (house, index), payload
        return None, None, None


def device_of(hub: Hub, product: int, sensor: int) -> Device:
    """The hub's object for a MiHome device, made if there is none."""
    known = hub.devices.get(device_id(ENERGENIE, product, sensor))
    return cast("Device", known or class_for(product)(hub, sensor, product))


def _known_command(message: Message) -> tuple[str, Any] | None:
    """Code and value of a message that is one command of its product's profile."""
    profile = by_product(message.product) if message.manufacturer == ENERGENIE else None
    if profile is None or len(message.records) != 1 or not message.records[0].command:
        return None
    record = message.records[0]
    command = profile.command(parameter(record.parameter).code)
    if command is None or bool(record.data) is (command.type_length == 0):
        return None
    return command.code, decode_value(record.type, record.data)


def _send_raw(hub: Hub, message: Message, times: int) -> None:
    join = [record.parameter for record in message.records] == [paramname_to_paramid("JOIN")]
    frame = hub.core.encode(message, {message.manufacturer: OpenThings.crypt_pid})
    for _ in range(1 if join else times):
        hub.send_fsk(frame, Priority.JOIN if join else Priority.SWITCH)


def _ook_thing(hub: Hub, code: OokCode) -> OokThing:
    """The hub's object that stands for a code: a dimmer has those of all gangs of its house."""
    dimmer = hub.devices.get(ook_device_id(code.house, 1))
    known = dimmer if isinstance(dimmer, Dimmer) else hub.devices.get(ook_device_id(code.house, code.gang))
    return cast("OokThing", known or Socket(hub, code.house, code.gang))


def _option(radio_config: Any, defaults: SimpleNamespace, name: str) -> int:
    """What the caller wants, which may be None or lack it, else the default."""
    return int(getattr(radio_config, name, getattr(defaults, name)))


def _settle(ticket: Ticket, seconds: float) -> None:
    """Wait; that nobody answered is logged, for pyenergenie's programs know of no answers."""
    try:
        ticket.wait(seconds)
    except NotConfirmed as error:
        logger.warning("%s", error)
