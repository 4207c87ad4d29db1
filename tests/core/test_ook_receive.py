"""OOK as the radio receives it: the mode, the samples, and the codes in them. Both cores."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw.core.c import CCore
from energy_hw.core.interface import Core, OokCode, OokHeard
from energy_hw.core.python import PythonCore
from energy_hw.core.python.openhems import decode
from energy_hw.errors import LinkError, RadioLost
from energy_hw.sim.board import sim_board
from energy_hw.sim.faults import Faults
from energy_hw.sim.ook_devices import HandController
from energy_hw.sim.registers import Reg
from radio_rig import CODE, REPORT, heard_by_a_device, poll_for, receiving, started

stateless = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SAMPLE_US = 3333 / 32


def samples(chips: str, chip_us: float, phase: float = 0.5) -> bytes:
    """Chips as the chip samples them; silence to the next whole byte."""
    count = int(len(chips) * chip_us / SAMPLE_US - phase)
    bits = "".join(chips[int((at + phase) * SAMPLE_US / chip_us)] for at in range(count))
    return packed(bits)


def packed(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int("1" + bits, 2).to_bytes(len(bits) // 8 + 1)[1:]


def ev1527(word: int) -> str:
    return "1" + "0" * 31 + "".join("1110" if bit == "1" else "1000" for bit in f"{word:024b}")


# -- the mode ---------------------------------------------------------------------


def test_the_registers_say_ook_without_packets(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        regs = [board.chip.peek(reg) for reg in (Reg.DATAMODUL, Reg.SYNCCONFIG, Reg.PAYLOADLEN, Reg.OOKPEAK)]
        assert regs == [0x08, 0x40, 0x00, 0x42]
        assert 32e6 / (board.chip.peek(Reg.BITRATEMSB) << 8 | board.chip.peek(Reg.BITRATELSB)) == pytest.approx(
            9600, 1e-3
        )


def test_a_hand_controller_comes_out_as_its_codes(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        HandController(board.air, "remote").press(1, True)
        ear, heard = core.ook_ear(), []
        for _ in range(40):
            board.spi.sleep_us(10_000)
            looked = radio.poll_ook()
            assert not looked.gap
            assert len(looked.data) % 16 == 0
            heard += ear.hear(looked.data)
        assert {code.bits for code in heard} == {0x6C6C6F}
        assert len(heard) == 8


def test_nothing_is_lost_by_looking_every_40_ms(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        taken = 0
        for _ in range(25):
            board.spi.sleep_us(40_000)
            looked = radio.poll_ook()
            taken += len(looked.data)
            assert not looked.gap
        assert 1100 <= taken <= 1210


def test_a_look_that_comes_too_late_says_that_samples_are_lost(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        board.spi.sleep_us(100_000)
        assert radio.poll_ook()[::2] == (b"", True)
        board.spi.sleep_us(20_000)
        looked = radio.poll_ook()
        assert (len(looked.data), looked.gap, radio.counters.overruns) == (16, False, 1)


def test_receive_is_the_way_back(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        board.spi.sleep_us(50_000)
        radio.receive()
        board.air.send_fsk(REPORT, sender="plug")
        assert [frame.data for frame in poll_for(radio, board, 0.3)] == [REPORT]
        assert decode(REPORT).sensor == 0x000373
        assert radio.verify() == []


def test_fsk_after_listening_has_its_preamble(core: Core) -> None:
    with receiving(core) as (radio, board):
        frames = heard_by_a_device(board)
        radio.receive_ook()
        radio.send_fsk(REPORT)
        assert frames == [REPORT]


def test_ook_goes_out_while_listening(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        radio.send_ook(CODE, 8)
        radio.receive_ook()
        HandController(board.air, "remote").press(2, False)
        board.spi.sleep_us(38_000)
        assert len(radio.poll_ook().data) == 32


def test_a_radio_that_was_reset_is_lost(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        Faults(board).now("brown_out")
        with pytest.raises(RadioLost):
            radio.poll_ook()


def test_a_bus_that_fails_is_said(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        Faults(board).now("spi_error")
        with pytest.raises(LinkError):
            radio.poll_ook()


def test_a_chip_that_does_not_start_is_reset_and_started_again(core: Core) -> None:
    with started(core) as (radio, board):
        Faults(board).now("pll", count=1)
        radio.receive_ook()
        board.spi.sleep_us(30_000)
        assert len(radio.poll_ook().data) == 32
        assert radio.counters.resets == 1


def test_looking_costs_few_bytes_on_the_bus(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.receive_ook()
        board.spi.sleep_us(15_000)
        moved = board.chip.statistics.spi_bytes
        assert len(radio.poll_ook().data) == 16
        assert board.chip.statistics.spi_bytes - moved == 5 + 17 + 2


# -- the codes ----------------------------------------------------------------------


@stateless
@given(word=st.integers(0, 0xFFFFFF), chip_us=st.floats(150, 700), phase=st.floats(0.05, 0.95))
def test_any_code_with_any_chips_at_any_phase(core: Core, word: int, chip_us: float, phase: float) -> None:
    heard = core.ook_ear().hear(samples("0" * 40 + ev1527(word) * 2 + "0" * 8, chip_us, phase))
    assert [code.bits for code in heard] == [word] * 2
    assert all(abs(code.chip_us - chip_us) <= 0.05 * chip_us + 2 for code in heard)


@pytest.mark.parametrize("wider", [-1, 1])
def test_pulses_a_sample_too_short_or_too_long_are_understood(core: Core, wider: int) -> None:
    """What a slicer makes of a weak signal, and of a strong one."""
    symbols = {"0": (2 + wider, 6 - wider), "1": (6 + wider, 2 - wider)}
    bits = "1" * (2 + wider) + "0" * (62 - wider)
    bits += "".join("1" * high + "0" * low for high, low in (symbols[bit] for bit in f"{0x6C6C6F:024b}"))
    assert [code.bits for code in core.ook_ear().hear(packed(bits + "0" * 16))] == [0x6C6C6F]


def test_a_code_is_found_wherever_the_samples_are_cut(core: Core) -> None:
    data = samples("0" * 3 + ev1527(0xABCDE5) * 2 + "0", 208.3)
    for size in (1, 2, 7, 16, 64, 1000):
        ear = core.ook_ear()
        heard = [code for at in range(0, len(data), size) for code in ear.hear(data[at : at + size])]
        assert [code.bits for code in heard] == [0xABCDE5] * 2


@pytest.mark.parametrize("at", [0, 20, 40, 90, 125])
def test_a_chip_that_is_wrong_spoils_its_frame_only(core: Core, at: int) -> None:
    frame = ev1527(0x6C6C6F)
    wrong = frame[:at] + ("0" if frame[at] == "1" else "1") + frame[at + 1 :]
    heard = core.ook_ear().hear(samples(frame + wrong + frame * 2 + "0", 208.3))
    assert [code.bits for code in heard].count(0x6C6C6F) >= 3
    assert len(heard) <= 4


@pytest.mark.parametrize(
    "chips",
    [
        "",
        "0" * 2000,
        "1" * 2000,
        "10" * 1000,
        ev1527(0x6C6C6F)[1:],  # no pulse before the gap
        "1" + "0" * 20 + ev1527(0x6C6C6F)[32:],  # the gap too short for chips this long
        "1" * 4 + "0" * 31 + ev1527(0x6C6C6F)[32:],  # a pulse of 4 chips
        ev1527(0x6C6C6F)[:-5],  # 23 bits
    ],
)
def test_what_is_no_code(core: Core, chips: str) -> None:
    assert core.ook_ear().hear(samples(chips + "0" * 8, 208.3)) == []


def test_noise_gives_almost_nothing_and_never_twice(core: Core) -> None:
    dice = Random(5)
    ear = core.ook_ear()
    heard = [code for _ in range(500) for code in ear.hear(dice.randbytes(64))]
    assert len(heard) == len({code.bits for code in heard}) <= 1


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 80)), max_size=120), st.integers(1, 64))
def test_both_cores_hear_the_same_in_anything(pulses: list[tuple[int, int]], size: int) -> None:
    data = packed("".join("1" * high + "0" * low for high, low in pulses))
    heard: list[list[OokHeard]] = []
    for core in (CCore(), PythonCore()):
        ear = core.ook_ear()
        heard.append([code for at in range(0, len(data), size) for code in ear.hear(data[at : at + size])])
    assert heard[0] == heard[1]


def test_both_cores_hear_the_same_of_a_damaged_burst() -> None:
    dice = Random(1)
    for _ in range(50):
        chips = list(ev1527(dice.getrandbits(24)) * 4)
        for at in dice.sample(range(len(chips)), 6):
            chips[at] = dice.choice("01")
        data = samples("".join(chips), dice.uniform(140, 600))
        assert CCore().ook_ear().hear(data) == PythonCore().ook_ear().hear(data)


def test_the_encoder_s_frames_are_heard_as_sent(core: Core) -> None:
    code = OokCode(0xA0170, 3, False)
    chips = f"{int.from_bytes(core.ook_encode(code)):0128b}"
    (heard,) = core.ook_ear().hear(samples(chips + "0" * 8, 208.3))
    assert heard.bits >> 4 == code.house
    with sim_board() as board:
        assert board.chip.peek(Reg.VERSION) == 0x24
