"""A simulated Teleinfo meter as a serial link, or on a pseudo terminal.

    with TeleinfoMeter("sim:teleinfo?contract=tempo&speed=10&seed=3") as meter: ...
    simulator = open_link(SerialSettings(9600), contract="linky-three", noise="0.001")
    with open_pty("linky") as line: TeleinfoMeter(line.path)

| option   | default | meaning |
|----------|---------|---------|
| contract | linky   | one of sim.tic_contract.CONTRACTS |
| mode     |         | `historique` or `standard`, instead of contract: the plainest meter of that mode |
| speed    | 1       | how many times as fast as a real meter |
| seed     | 0       | chance |
| noise    | 0       | share of characters of which a bit flips |
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from energy_hw.errors import LinkClosed
from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.sim.tic_line import TicLine, resampled
from energy_hw.sim.tic_meter import TicMeter
from energy_hw.sim.tic_pty import TicPty
from energy_hw.sim.wire import Wire

if TYPE_CHECKING:
    from energy_hw.links.stream import SerialSettings

PLAINEST = {"historique": "base", "standard": "linky"}
STRIP = bytes(byte & 0x7F for byte in range(256))


class TicSimulator:
    """links.stream.SerialLink over a simulated line. now: monotonic seconds.

    Thread safety: one thread at a time, except wake() and hang_up(), which any thread may call.
    """

    finite = False
    has_speed = True

    def __init__(
        self,
        line: Wire,
        settings: SerialSettings | None = None,
        *,
        name: str = "sim:teleinfo",
        speed: float = 1.0,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.name, self.line, self.speed = name, line, speed
        self._settings = settings
        self._now, self._origin = now, now()
        self._wake = threading.Event()
        self._gone = ""

    def elapsed_s(self) -> float:
        """Simulated seconds since the start."""
        return (self._now() - self._origin) * self.speed

    def read(self, timeout_s: float) -> bytes:
        """What came, as soon as a group's end is there; nothing after timeout_s or wake(). Raises LinkClosed."""
        deadline = self._now() + timeout_s
        while not self._wake.is_set():
            self._refuse_closed()
            if came := self._take():
                return came
            wait_s = (self.line.next_s(b"\x8d\x0d") - self.elapsed_s()) / self.speed
            left_s = deadline - self._now()
            if left_s <= 0:
                return b""
            self._wake.wait(min(max(wait_s, 0.0005), left_s))
        self._wake.clear()
        self._refuse_closed()
        return b""

    def _refuse_closed(self) -> None:
        if self._gone:
            raise LinkClosed(f"{self.name} {self._gone}: open it again")

    def _take(self) -> bytes:
        came = self.line.until(self.elapsed_s())
        if self._settings is not None:
            came = resampled(came, self.line.baudrate, self._settings.baudrate)
            came = came.translate(STRIP) if self._settings.bytesize == 7 else came
        return came

    def configure(self, settings: SerialSettings) -> None:
        """Change speed and shape; what was received at another speed is thrown away."""
        if self._settings is not None and settings.baudrate != self._settings.baudrate:
            self.line.until(self.elapsed_s())
        self._settings = settings

    def wake(self) -> None:
        """End the read() under way, or the next one."""
        self._wake.set()

    def hang_up(self) -> None:
        """A fault: the adapter is pulled."""
        self._gone = "is gone: unplugged"
        self._wake.set()

    def close(self) -> None:
        """Release it. May be called twice."""
        self._gone = "is closed"
        self._wake.set()


def make_line(contract: str = "", mode: str = "", seed: int = 0, noise: float = 0.0) -> TicLine:
    """The line of a contract, or of the plainest meter of a mode. Raises ValueError for an unknown one."""
    name = contract or PLAINEST.get(mode or "standard", mode)
    if name not in CONTRACTS:
        raise ValueError(f"expected one of {', '.join(CONTRACTS)}, got {name!r}")
    return TicLine(TicMeter(CONTRACTS[name], datetime.now(UTC), seed), seed, noise)


def open_link(
    settings: SerialSettings | None = None,
    contract: str = "",
    mode: str = "",
    speed: str = "1",
    seed: str = "0",
    noise: str = "0",
) -> TicSimulator:
    """What `sim:teleinfo?contract=...` opens; options are text, as in a URL. Raises ValueError."""
    line = make_line(contract, mode, int(seed), float(noise))
    if not float(speed) > 0:
        raise ValueError(f"expected a speed above 0, got {speed}")
    return TicSimulator(line, settings, speed=float(speed), name=f"sim:teleinfo?contract={line.meter.contract.name}")


def open_pty(contract: str = "linky", *, speed: float = 1.0, seed: int = 0, noise: float = 0.0) -> TicPty:
    """A pseudo terminal whose other end is a meter, at the pace of a real one times speed. Raises ValueError."""
    return TicPty(make_line(contract, seed=seed, noise=noise), speed)
