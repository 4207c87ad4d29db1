"""A simulated ENER314: six lines, an encoder with a house code of its own, and the air.

    lines = EncoderLines(air)                    # links.lines.Lines
    lines.set({17, 22, 23, 27, 25})              # D3..D0 = 1111, CE: socket 1 on, as long as CE is high

The encoder sends D0 first, so its data are those of any hand controller with the bits
the other way round. MODSEL (24) high would be FSK, which it has no signal for: nothing is heard.

open_lines("sim:ener314") has four sockets around it that have learned its gangs.
"""

from __future__ import annotations

from collections.abc import Collection

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import SYNC, ook_encode
from energy_hw.errors import ConfigError, LinkClosed, LinkError
from energy_hw.links.clock import Clock
from energy_hw.sim import chips as coding
from energy_hw.sim.air import OOK_HZ, Air, Modulation, Transmission
from energy_hw.sim.clock import SECOND, RealTimeClock
from energy_hw.sim.ook_devices import Socket

DATA = (17, 22, 23, 27)
MODSEL, CE = 24, 25
HOUSE = 0x5B2E4
MOST_FRAMES = 400
"""Ten seconds of CE, longer than any burst."""
EIO = 5


class EncoderLines:
    """What a driver of the lines holds. changes: (ns, lines that are high) so far. fail: LinkError from now on.

    Thread safety: one thread drives.
    """

    name = "sim:ener314"

    def __init__(self, air: Air, house: int = HOUSE, sender: str = "ener314", power_dbm: float = 10.0) -> None:
        self.air, self.house, self.sender, self.power_dbm = air, house, sender, power_dbm
        self.clock: Clock = air.clock
        self.changes: list[tuple[int, frozenset[int]]] = []
        self.fail = False
        self._sending: Transmission | None = None
        self._closed = False
        self.sockets: list[Socket] = []

    def set(self, high: Collection[int]) -> None:
        """These high, all others low. Raises LinkClosed, or LinkError where a fault says so."""
        if self._closed:
            raise LinkClosed("the lines are released")
        if self.fail:
            raise LinkError(EIO, "GPIO: input/output error")
        with self.air.clock.lock:
            self.air.clock.pump()
            self.changes.append((self.air.clock.now_ns, frozenset(high)))
            self._key(CE in high and MODSEL not in high, high)

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.air.clock.advance(round(seconds * SECOND))

    def close(self) -> None:
        """All low, released."""
        self._stop()
        self._closed = True

    def _key(self, on_air: bool, high: Collection[int]) -> None:
        if not on_air:
            self._stop()
        elif self._sending is None:
            data = sum((line in high) << 3 - bit for bit, line in enumerate(DATA))
            chips = coding.from_bytes(encoder_frame(self.house, data)) * MOST_FRAMES
            now = self.air.clock.now_ns
            sent = Transmission(self.sender, now, chips, None, Modulation.OOK, OOK_HZ, 0.0)
            sent.power_dbm = self.power_dbm
            self._sending = self.air.begin(sent)

    def _stop(self) -> None:
        if self._sending is not None:
            self.air.end(self._sending)
            self._sending = None


def encoder_frame(house: int, data: int) -> bytes:
    """16 bytes as on air; data: four bits, D0 is the highest."""
    symbols = f"{data:04b}".replace("1", "E").replace("0", "8")
    return ook_encode(OokCode(house, 1, True))[: len(SYNC) + 10] + bytes.fromhex(symbols)


def open_lines(device: str, *, speed: float = 1.0) -> EncoderLines:
    """The lines of `sim:ener314`, in real time, with four sockets. Raises ConfigError for another name."""
    if device != "sim:ener314":
        raise ConfigError(f"{device} is not simulated: expected `sim:ener314`")
    lines = EncoderLines(Air(RealTimeClock(speed)))
    for gang in range(1, 5):
        socket = Socket(lines.air, f"socket {gang}")
        socket.codes.append((lines.house, gang))
        lines.sockets.append(socket)
    return lines
