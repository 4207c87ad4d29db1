"""Finding the board: the node that was named, or the first one with an RFM69 behind it.

ENERGY_HW_DEVICE names the node for programs that name none: `/dev/spidev0.1`, `sim:house`.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from energy_hw import core as cores
from energy_hw.core.interface import Core, Radio, RadioConfig
from energy_hw.energenie.receiver import Receiver
from energy_hw.errors import ConfigError, LinkBusy, LinkError, PermissionDenied, RadioNotFound
from energy_hw.links.board import WIRINGS, Board, Wiring, open_bus

logger = logging.getLogger(__name__)

# Where an RFM69 may be, most likely first: ENER314-RT and the bonnet use CE1.
SPI_LINES = {7, 8, 9, 10, 11}
CANDIDATES = (("/dev/spidev0.1", "ener314-rt"), ("/dev/spidev0.0", "rpi-rfm69"))


def open_receiver(
    device: str | None,
    wiring: str | None,
    dio0: int | None,
    config: RadioConfig | None,
    core: str | None,
    board: Board | None,
) -> tuple[Receiver, Board, Radio]:
    """A receiver in receive mode, its board and radio. Raises what Hub says; nothing stays open then."""
    chosen = cores.get(core)
    if board is not None:
        return _start(chosen, board, config or RadioConfig())
    device = device or os.environ.get("ENERGY_HW_DEVICE")
    if device:
        return _open(chosen, device, wiring or "ener314-rt", dio0, config)
    return _first_found(chosen, wiring, dio0, config)


def _first_found(
    core: Core, wiring: str | None, dio0: int | None, config: RadioConfig | None
) -> tuple[Receiver, Board, Radio]:
    """Try each candidate. What is worth telling of the failures: a node that exists and refuses, else the first."""
    failures: list[LinkError] = []
    for device, likely in CANDIDATES:
        try:
            return _open(core, device, wiring or likely, dio0, config)
        except LinkError as error:
            logger.debug("%s: %s", device, error)
            failures.append(error)
    telling = (e for e in failures if isinstance(e, PermissionDenied | LinkBusy | RadioNotFound))
    raise next(telling, failures[0])


def _open(
    core: Core, device: str, wiring: str, dio0: int | None, config: RadioConfig | None
) -> tuple[Receiver, Board, Radio]:
    wired = _wiring(wiring, dio0)
    config = config or RadioConfig()
    config = replace(config, high_power=config.high_power or wired.high_power)
    board = open_bus(device) if device.startswith("sim:") else core.open_board(device, wired)
    return _start(core, board, config)


def _wiring(name: str, dio0: int | None) -> Wiring:
    try:
        wiring = WIRINGS[name]
    except KeyError:
        raise ConfigError(f"expected a wiring of {', '.join(WIRINGS)}, got {name!r}") from None
    return wiring if dio0 is None else _with_dio0(wiring, dio0)


def _with_dio0(wiring: Wiring, dio0: int) -> Wiring:
    """The wiring with an interrupt line, which may take the place of an LED."""
    free = set(range(28)) - SPI_LINES - {wiring.reset}
    if dio0 not in free:
        raise ConfigError(f"expected for DIO0 a GPIO of 0 to 27 that neither SPI nor RESET uses, got {dio0}")
    green, red = (None if led == dio0 else led for led in (wiring.led_receive, wiring.led_transmit))
    return replace(wiring, dio0=dio0, led_receive=green, led_transmit=red)


def _start(core: Core, board: Board, config: RadioConfig) -> tuple[Receiver, Board, Radio]:
    if not board.pins.has_dio0 and not config.frequency_error:
        config = replace(config, frequency_error=True)  # polling looks while the frame arrives: it costs 5 bytes
    try:
        radio = core.radio(board, config)
        receiver = Receiver(core, board, radio)
        receiver.start()
    except BaseException:
        board.close()
        raise
    return receiver, board, radio
