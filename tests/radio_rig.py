"""A driver on the simulated chip, for the tests of both cores: frames, a started radio, and who hears it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from energy_hw.core.interface import Core, Radio, RadioConfig, ReceivedFrame
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.hearing import Hearing, Modulation

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
LONGEST = bytes([65, 4]) + bytes(range(64))
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
STANDBY, RECEIVE = 0x04, 0x10


@contextmanager
def started(core: Core, config: RadioConfig | None = None, **options: object) -> Iterator[tuple[Radio, SimBoard]]:
    with sim_board(**options) as board:  # type: ignore[arg-type]
        radio = core.radio(board, config or RadioConfig())
        radio.start()
        yield radio, board


@contextmanager
def receiving(core: Core, config: RadioConfig | None = None, **options: object) -> Iterator[tuple[Radio, SimBoard]]:
    with started(core, config, **options) as (radio, board):
        radio.receive()
        yield radio, board


def poll_for(radio: Radio, board: SimBoard, seconds: float, every_us: int = 5_000) -> list[ReceivedFrame]:
    """Everything that arrives within some simulated seconds."""
    frames, end = [], board.clock.monotonic() + seconds
    while board.clock.monotonic() < end:
        frame = radio.poll()
        if frame is not None:
            frames.append(frame)
        board.spi.sleep_us(every_us)
    return frames


def heard_by_a_device(board: SimBoard) -> list[bytes]:
    """Frames that a MiHome device hears from now on."""
    frames: list[bytes] = []

    def hear(hearing: Hearing) -> None:
        frame = hearing.fsk_frame()
        if frame is not None:
            frames.append(frame)

    board.air.listen(hear, "device", Modulation.FSK)
    return frames


def codes_at_a_socket(board: SimBoard) -> list[bytes]:
    codes: list[bytes] = []
    board.air.listen(lambda hearing: codes.extend(hearing.ook_frames()), "socket", Modulation.OOK)
    return codes
