"""The C driver does what the Python driver does: the same bytes on the bus, results, errors and counters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from energy_hw.core.c import CCore
from energy_hw.core.interface import Core, Radio, RadioConfig
from energy_hw.core.python import PythonCore
from energy_hw.errors import EnergyHwError
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
FOREIGN = bytes.fromhex("0d1602b9280c8d788f65baed7b84")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
MS = 1_000_000


class Story(NamedTuple):
    """What happened with one core: results and errors in order, every exchange on the bus, and the time."""

    results: list[object]
    exchanges: list[tuple[tuple[bytes, ...], tuple[bytes, ...]]]
    ended_s: float


class Teller:
    """Calls a radio's methods and notes what comes of it."""

    def __init__(self, core: Core, config: RadioConfig, **board: Any) -> None:
        self.board: SimBoard = sim_board(**board)
        self.faults = Faults(self.board)
        self.story = Story([], [], 0.0)
        self._transfer = self.board.spi.transfer
        self.board.spi.transfer = self._note  # type: ignore[method-assign]
        self.radio: Radio = core.radio(self.board, config)

    def _note(self, frames: Sequence[bytes]) -> list[bytes]:
        answers = self._transfer(frames)
        self.story.exchanges.append((tuple(frames), tuple(answers)))
        return answers

    def __call__(self, *calls: str | tuple[Any, ...]) -> None:
        """Call methods: `"poll"`, or `("send_fsk", frame)`."""
        for call in calls:
            name, *arguments = (call,) if isinstance(call, str) else call
            try:
                self.story.results.append((name, getattr(self.radio, name)(*arguments)))
            except EnergyHwError as error:
                self.story.results.append((name, type(error), str(error), vars(error)))
            self.story.results.append((self.radio.receiving, self.radio.counters))

    def listen(self, *frames: bytes, polls: int = 30) -> None:
        """Frames come one after the other; poll every 5 ms meanwhile."""
        for frame in frames:
            self.board.air.send_fsk(frame, sender="device")
            for _ in range(polls):
                self.board.clock.advance(5 * MS)
                self("poll")


Scene = Callable[[Teller], None]


def receives_a_report(tell: Teller) -> None:
    tell("start", "receive", "poll")
    tell.listen(REPORT, FOREIGN, REPORT)
    tell("rssi_dbm")


def measures_the_frequency_error(tell: Teller) -> None:
    receives_a_report(tell)
    tell("restart")
    tell.listen(REPORT)


def refuses_a_length_byte_of_none(tell: Teller) -> None:
    tell("start", "receive")
    tell.listen(bytes.fromhex("050401020304"), bytes([0x41, 4]) + bytes(64), bytes([0x42, 4]) + bytes(65), polls=60)
    tell.listen(REPORT)


def sends_fsk(tell: Teller) -> None:
    tell("start", "receive", ("send_fsk", REPORT), "receive", "poll")
    tell(("send_fsk", b"\x03abc"), ("send_fsk", bytes([65]) + bytes(65)))


def refuses_what_is_no_frame(tell: Teller) -> None:
    tell("start")
    for frame in (b"", b"\0", b"\x04abc", bytes([66]) + bytes(66)):
        tell(("send_fsk", frame))
    for code, repeats in ((CODE, 0), (CODE, 76), (CODE, -1), (CODE, 1 << 40), (CODE[1:], 1), (CODE + b"\0", 1)):
        tell(("send_ook", code, repeats))


def sends_ook(tell: Teller) -> None:
    tell("start", "receive")
    for repeats in (1, 2, 4, 5, 15, 16, 75):
        tell(("send_ook", CODE, repeats))
    tell(("send_fsk", REPORT), "receive", "poll")


def measures_its_temperature(tell: Teller) -> None:
    tell("start", "temperature_c", "receive", "temperature_c")
    tell.listen(REPORT)


def changes_its_power(tell: Teller) -> None:
    tell("start")
    for dbm in (-2, 13, 14, 17, 18, 20, 21, -3, -18, -19):
        tell(("set_power", dbm), ("send_fsk", REPORT), "verify")


def mends_flipped_registers(tell: Teller) -> None:
    tell("start", "verify", "receive")
    tell.faults.now("register_flip", address=0x2D, mask=0x03)
    tell.faults.now("register_flip", address=0x6F, mask=0x10)
    tell("verify", "verify")
    tell.listen(REPORT)
    tell("standby")
    tell.faults.now("register_flip", address=0x07, mask=0x80)
    tell("verify", "poll")


def survives_a_brown_out(tell: Teller) -> None:
    tell("start", "receive")
    tell.faults.now("brown_out")
    tell("poll", "verify", "poll", "start", "receive")
    tell.listen(REPORT)


def meets_a_dead_bus(tell: Teller) -> None:
    for level in (0x00, 0xFF, None):
        tell.faults.now("miso", level=level)
        tell("start")
    tell.faults.now("version", version=0x22)
    tell("start")


def loses_a_chip_while_it_listens(tell: Teller) -> None:
    tell("start", "receive")
    for level in (0xFF, 0x00):
        tell.faults.now("miso", level=level)
        tell("poll", "receive", "temperature_c", ("send_fsk", REPORT), "verify")


def has_a_pll_that_does_not_lock(tell: Teller) -> None:
    tell("start")
    for count in (1, 2):
        tell.faults.now("pll", count=count)
        tell(("send_fsk", REPORT))
        tell.faults.now("pll", count=count)
        tell(("send_ook", CODE, 3))
        tell.faults.now("pll", count=count)
        tell("receive", "poll")


def never_says_packet_sent(tell: Teller) -> None:
    tell("start")
    tell.faults.now("packet_sent")
    tell(("send_fsk", REPORT))
    tell.faults.now("packet_sent")
    tell(("send_ook", CODE, 8), "receive", "poll")


def stalls_in_a_burst(tell: Teller) -> None:
    tell("start")
    for at_s, repeats in ((0.03, 20), (0.03, 12), (0.2, 40)):
        tell.faults.at(tell.board.clock.monotonic() + at_s, "stall", ms=300)
        tell(("send_ook", CODE, repeats))
    tell("receive", "poll")


def stalls_while_frames_come(tell: Teller) -> None:
    tell("start", "receive")
    for _ in range(3):
        tell.board.air.send_fsk(REPORT, sender="device")
        tell.board.clock.advance(200 * MS)
    tell("poll", "poll")
    tell.listen(REPORT)


def listens_to_hand_controllers(tell: Teller) -> None:
    tell("start", "receive", "receive_ook")
    tell.board.air.send_ook(CODE, 8, sender="remote")
    for pause_ms in (10, 5, 25, 40, 12, 13, 60, 20, 30):
        tell.board.clock.advance(pause_ms * MS)
        tell("poll_ook")
    tell("receive_ook", ("send_fsk", REPORT), "receive_ook", ("send_ook", CODE, 2), "receive_ook", "rssi_dbm")
    tell("receive", "verify")
    tell.listen(REPORT)


def has_trouble_while_it_listens_to_hand_controllers(tell: Teller) -> None:
    tell("start", "receive_ook")
    for fault, arguments in (("spi_error", {}), ("short_transfer", {}), ("brown_out", {}), ("miso", {"level": 0xFF})):
        tell.board.clock.advance(20 * MS)
        tell.faults.now(fault, **arguments)
        tell("poll_ook", "poll_ook", "receive_ook", "poll_ook")
    tell.faults.now("miso", level=None)
    tell("start", "receive_ook", "temperature_c", "poll", "receive_ook", "verify", "poll_ook")
    tell.faults.now("pll", count=1)
    tell("standby", "receive_ook", "poll_ook", "standby")


def has_a_bus_that_fails(tell: Teller) -> None:
    tell("start", "receive")
    for call in (("poll",), ("receive",), ("send_fsk", REPORT), ("send_ook", CODE, 5), ("verify",), ("start",)):
        tell.faults.now("spi_error")
        tell(call)
        tell.faults.now("short_transfer")
        tell(call)
    tell("start", "receive")
    tell.listen(REPORT)


SCENES: list[Scene] = [
    receives_a_report,
    measures_the_frequency_error,
    refuses_a_length_byte_of_none,
    sends_fsk,
    refuses_what_is_no_frame,
    sends_ook,
    measures_its_temperature,
    changes_its_power,
    mends_flipped_registers,
    survives_a_brown_out,
    meets_a_dead_bus,
    loses_a_chip_while_it_listens,
    has_a_pll_that_does_not_lock,
    never_says_packet_sent,
    stalls_in_a_burst,
    stalls_while_frames_come,
    listens_to_hand_controllers,
    has_trouble_while_it_listens_to_hand_controllers,
    has_a_bus_that_fails,
]
CONFIGS = {
    "RFM69W": (RadioConfig(), {}),
    "RFM69HCW": (RadioConfig(power_dbm=20, high_power=True), {"high_power": True}),
    "promiscuous, measuring": (RadioConfig(promiscuous=True, frequency_error=True), {}),
    "without RESET": (RadioConfig(node_address=0x16), {"reset": False}),
    "on a busy computer": (RadioConfig(), {"jitter_s": 0.004, "seed": 7}),
}


def tell(core: Core, scene: Scene, config: RadioConfig, board: dict[str, Any]) -> Story:
    teller = Teller(core, config, **board)
    scene(teller)
    teller("close")
    return teller.story._replace(ended_s=teller.board.clock.monotonic())


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_both_cores_tell_the_same_story(scene: Scene, config: str) -> None:
    in_c, in_python = (tell(core, scene, *CONFIGS[config]) for core in (CCore(), PythonCore()))
    assert in_c.results == in_python.results
    assert in_c.exchanges == in_python.exchanges
    assert in_c.ended_s == in_python.ended_s
