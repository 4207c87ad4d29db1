"""Somebody in the house who hears everything, and may say something: for tests and for looking on.

witness = Witness(air)
witness.command(plug, "SWITCH_STATE", 0x01, 0)
clock.advance(SECOND)
witness.values()                        # [{"SWITCH_STATE": 0}]: what the plug answered
"""

from __future__ import annotations

from energy_hw.core.interface import OokCode
from energy_hw.core.message import ENERGENIE, Message, Record, Value, encode_value
from energy_hw.core.python.ook import ook_decode
from energy_hw.core.python.openhems import decode, encode
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.errors import FrameError
from energy_hw.sim.air import Air, Hearing, Modulation
from energy_hw.sim.mihome import MiHomeDevice

PIP = 0x0100


class Witness:
    """Keeps what it hears: `messages` with `times` (seconds, of their ends), and OOK `codes`, each repeat one.

    refused counts transmissions whose frame or code does not decode.
    """

    def __init__(self, air: Air, name: str = "witness") -> None:
        self.air, self.name = air, name
        self.messages: list[Message] = []
        self.times: list[float] = []
        self.codes: list[OokCode] = []
        self.refused = 0
        air.listen(self._hear, name)

    def send(self, device: MiHomeDevice, *records: Record, sensor: int | None = None) -> None:
        """Send records to a device, or to another sensor id of its product."""
        address = device.sensor if sensor is None else sensor
        frame = encode(Message(ENERGENIE, device.product, PIP, address, records))
        self.air.send_fsk(frame, sender=self.name)

    def command(self, device: MiHomeDevice, code: str, type_length: int = 0, value: Value = None) -> None:
        """Send one command; type_length 0 and no value is a request."""
        self.send(device, command(code, type_length, value))

    def values(self) -> list[dict[str, Value]]:
        """Of each message heard: parameter code -> value."""
        return [{parameter(row.parameter).code: row.value for row in message.records} for message in self.messages]

    def _hear(self, hearing: Hearing) -> None:
        try:
            if hearing.transmission.modulation is Modulation.OOK:
                self.codes += [ook_decode(frame) for frame in hearing.ook_frames()]
            elif (frame := hearing.fsk_frame()) is not None:
                self.messages.append(decode(frame))
                self.times.append(self.air.clock.monotonic())
        except FrameError:
            self.refused += 1


def command(code: str, type_length: int = 0, value: Value = None) -> Record:
    """A record with the command bit, as encode() wants it."""
    data = encode_value(type_length >> 4, type_length & 0x0F, value)
    return Record(parameter_id(code), True, type_length >> 4, data, value)
