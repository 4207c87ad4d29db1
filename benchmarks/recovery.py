"""How long a fault lasts, in simulated time with 20 ms of scheduling jitter: the worst of fifty each.

Promises: a radio that is unplugged, browned out or answers nonsense is noticed within 5 s; a transmission whose
PacketSent never comes is back in receive mode within 100 ms of the frame's end; the hour's airtime is never passed.
"""

from __future__ import annotations

from random import Random

from benchmarks import Row
from energy_hw import core as cores
from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.core.interface import RadioConfig
from energy_hw.energenie.duty import HOUR_S, LEGAL_S
from energy_hw.energenie.receiver import Receiver
from energy_hw.errors import AirtimeExceeded, LinkTimeout
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults

SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
ROUNDS = 50
FAULTS: tuple[tuple[str, dict[str, int | None]], ...] = (
    ("miso", {"level": 0x00}),
    ("miso", {"level": 0xFF}),
    ("brown_out", {}),
    ("absent", {}),
)


def run() -> list[Row]:
    """Detection, return and budget, with and without DIO0."""
    rows = []
    for label, dio0 in (("DIO0", True), ("polling", False)):
        for fault, arguments in FAULTS:
            name = f"{fault} 0x{arguments['level']:02X}" if arguments else fault
            worst = max(_noticed_after(fault, arguments, dio0, seed) for seed in range(ROUNDS))
            rows.append(Row(f"{label}: {name} noticed after", worst, "s", 5.0))
    quiet, late = (max(_back_after(jitter_s, seed) for seed in range(ROUNDS)) for jitter_s in (0.0, 0.020))
    rows += [
        Row("PacketSent missing: receiving again after the frame's end", quiet * 1e3, "ms", 100.0),
        Row("the same with 20 ms of jitter on each of its waits", late * 1e3, "ms"),
        Row("most airtime in any hour of a day of random sending", _most_in_an_hour(), "s", LEGAL_S),
    ]
    return rows


def _receiver(board: SimBoard) -> Receiver:
    core = cores.get()
    receiver = Receiver(core, board, core.radio(board, RadioConfig()))
    receiver.start()
    return receiver


def _noticed_after(fault: str, arguments: dict[str, int | None], dio0: bool, seed: int) -> float:
    with sim_board(dio0=dio0, jitter_s=0.020, seed=seed) as board:
        receiver = _receiver(board)
        broken_at = 10 + Random(seed).uniform(0, 5)
        Faults(board).at(broken_at, fault, **arguments)
        while not receiver.counters().radio_lost:
            receiver.step()
        return board.clock.monotonic() - broken_at


def _back_after(jitter_s: float, seed: int) -> float:
    with sim_board(jitter_s=jitter_s, seed=seed) as board:
        receiver = _receiver(board)
        Faults(board).now("packet_sent")
        began = board.clock.monotonic()
        try:
            receiver.send_fsk(SWITCH)
        except LinkTimeout:
            return board.clock.monotonic() - began - fsk_airtime_us(len(SWITCH)) / 1e6
        raise AssertionError("expected the fault to make the send fail, it did not")


def _most_in_an_hour() -> float:
    """A day of light switches (75 repeats) sent as often as the hub lets them; the air keeps the books."""
    with sim_board(seed=1) as board:
        receiver, dice = _receiver(board), Random(1)
        sent: list[tuple[float, float]] = []
        while board.clock.monotonic() < 24 * HOUR_S:
            before = board.chip.statistics.tx_ns
            try:
                receiver.send_ook(CODE, 75)
            except AirtimeExceeded as error:
                board.clock.advance(round(error.wait_s * 1e9) + 1)
                continue
            sent.append((board.clock.monotonic(), (board.chip.statistics.tx_ns - before) / 1e9))
            board.clock.advance(dice.randrange(20 * 10**9))
        return max(sum(on for at, on in sent if end - HOUR_S < at <= end) for end, _ in sent)
