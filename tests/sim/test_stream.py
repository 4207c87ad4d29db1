"""OOK as a stream of bits: when it fills the FIFO, and what the slicer makes of what is on the air.

Source: SX1231 data sheet, chapters 3.4.12 and 5.5.2.3. Each rule is killed by a mutant in test_mutants.py.
"""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, OOK, RX, STANDBY, Console
from energy_hw.sim.hearing import OOK_HZ, Modulation, Transmission
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
STREAM = (
    *OOK,
    (0x03, 0x0D), (0x04, 0x05), (0x1B, 0x42),  # 9600 bits/s; 0.5 dB in 4 bits
    (0x2E, 0x40), (0x38, 0x00), (0x3C, 0x0F),  # fill always, without end; level above 15
)  # fmt: skip
BYTE_MS = 8 * 3333 / 32000


@pytest.fixture
def rig() -> Console:
    return Console(Chip(VirtualClock(), seed=1))


def streaming(rig: Console, *more: tuple[int, int]) -> Console:
    rig.load((*STREAM, *more))
    rig.mode(RX)
    rig.write(Reg.IRQFLAGS2, 0x10)
    return rig


def listen(rig: Console, ms: float) -> str:
    """The bits of that time, drained every 10 ms."""
    bits = ""
    for _ in range(int(ms / 10)):
        rig.run(10)
        while rig.has(f.FIFO_NOT_EMPTY):
            bits += f"{rig.drain(1)[0]:08b}"
    return bits


def send(rig: Console, chips: str, **more: float) -> None:
    sent = Transmission("remote", 0, chips, None, Modulation.OOK, OOK_HZ, 0.0)
    sent.power_dbm = more.get("power_dbm", 10.0)
    sent.frequency_hz += more.get("offset_hz", 0.0)
    rig.air.transmit(sent)


def test_bits_come_without_a_sync_word(rig: Console) -> None:
    streaming(rig)
    rig.run(10)
    assert len(listen(rig, 100)) == pytest.approx(110 / BYTE_MS * 8, abs=24)
    assert not rig.has(f.PAYLOAD_READY)


@pytest.mark.parametrize(
    "changed", [(0x2E, 0x00), (0x38, 0x10), (0x2E, 0xC0)], ids=["no fill condition", "a length", "a sync word"]
)
def test_without_the_fill_condition_or_with_packets_nothing_streams(rig: Console, changed: tuple[int, int]) -> None:
    streaming(rig, changed)
    rig.run(100)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_fsk_is_not_streamed(rig: Console) -> None:
    rig.load((*FSK, (0x37, 0x00), (0x2E, 0x40), (0x38, 0x00)))
    rig.mode(RX)
    rig.run(100)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_each_chip_is_two_bits(rig: Console) -> None:
    streaming(rig)
    send(rig, "1100101" + "0" * 10)
    assert "11110000110011" in listen(rig, 30)


def test_leaving_rx_ends_the_stream_and_keeps_the_fifo(rig: Console) -> None:
    streaming(rig)
    rig.run(10)
    rig.mode(STANDBY)
    kept = len(rig.chip.fifo.data)
    rig.run(100)
    assert rig.has(f.FIFO_NOT_EMPTY)
    assert len(rig.chip.fifo.data) == kept > 8


def test_a_full_fifo_loses_what_comes(rig: Console) -> None:
    streaming(rig)
    rig.run(300)
    assert rig.has(f.FIFO_OVERRUN)
    assert len(rig.chip.fifo.data) == 66
    assert rig.chip.statistics.overruns == 1
    rig.write(Reg.IRQFLAGS2, 0x10)
    rig.run(10)
    assert rig.has(f.FIFO_NOT_EMPTY)
    assert 10 <= len(rig.chip.fifo.data) <= 13


def test_a_slow_threshold_keeps_noise_out_of_a_gap(rig: Console) -> None:
    streaming(rig)
    send(rig, ("1" + "0" * 31) * 20)
    bits = listen(rig, 130)
    assert bits.count("1") == pytest.approx(2 * 19, abs=4)


def test_a_fast_threshold_lets_noise_into_a_gap(rig: Console) -> None:
    streaming(rig, (0x1B, 0x75))  # 5 dB four times a bit
    send(rig, ("1" + "0" * 31) * 20)
    assert listen(rig, 130).count("1") > 2 * 19 + 5


def test_in_silence_noise_gets_through_now_and_then(rig: Console) -> None:
    bits = listen(streaming(rig), 1000)
    assert 0.005 < bits.count("1") / len(bits) < 0.05


def test_a_higher_floor_keeps_noise_out(rig: Console) -> None:
    assert "1" not in listen(streaming(rig, (0x1D, 0x14)), 500)


def test_a_weak_signal_is_seen_once_the_threshold_has_fallen(rig: Console) -> None:
    streaming(rig, (0x1B, 0x40), (0x1D, 0x14))  # 0.5 dB a bit
    send(rig, "1" * 4)
    rig.run(0.9)
    send(rig, "1" * 60, power_dbm=-10.0)  # 20 dB below: 14 dB under the threshold, which takes 28 bits
    strong, dark, weak = (run for run in listen(rig, 30).strip("0").replace("01", "0 1").replace("10", "1 0").split())
    assert len(strong) == pytest.approx(8, abs=2)
    assert len(dark) == pytest.approx(28, abs=3)
    assert len(weak) == pytest.approx(120 - 28, abs=4)


@pytest.mark.parametrize(("offset_hz", "heard"), [(0.0, True), (60e3, True), (-60e3, True), (70e3, False)])
def test_carriers_within_the_bandwidth_are_heard(rig: Console, offset_hz: float, heard: bool) -> None:
    streaming(rig, (0x1D, 0x14))
    send(rig, "1" * 8 + "0" * 8, offset_hz=offset_hz)
    assert ("1" * 14 in listen(rig, 30)) == heard


def test_one_that_is_under_way_when_rx_begins_is_heard(rig: Console) -> None:
    rig.load(STREAM)
    send(rig, "1" * 200)
    rig.mode(RX)
    assert "1" * 100 in listen(rig, 40)


def test_what_a_noise_burst_says_is_noise(rig: Console) -> None:
    streaming(rig)
    rig.air.noise(1.0, frequency_hz=OOK_HZ)
    bits = listen(rig, 500)
    assert 0.4 < bits.count("1") / len(bits) < 0.6


@pytest.mark.parametrize("value", [0x00, 0x80])
def test_other_thresholds_are_not_simulated(rig: Console, value: int) -> None:
    rig.load((*STREAM, (0x1B, value)))
    try:
        rig.mode(RX)
    except NotImplementedError as error:
        assert "only the peak one" in str(error)  # noqa: PT017 - a mutant has to fail by an assertion
    else:
        raise AssertionError("it was taken")
