"""Listening to hand controllers: what a press gives, what noise gives, and the way back to FSK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from energy_hw.core.interface import Core, OokCode, OokSamples
from energy_hw.energenie.ook_listening import MOST_LISTEN_S, HeardOok
from energy_hw.energenie.receiver import Heard, Receiver
from energy_hw.errors import LinkBusy, LinkError
from energy_hw.sim.air import Modulation, Transmission
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.clock import SECOND
from energy_hw.sim.faults import Faults
from energy_hw.sim.hearing import OOK_HZ
from energy_hw.sim.ook_devices import HandController, Socket

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
BURST_S = 8 * 128 / 4800


class Rig(NamedTuple):
    """A receiver on a simulated board in virtual time, and what it hears."""

    receiver: Receiver
    board: SimBoard
    remote: HandController
    heard: list[HeardOok]
    ends: list[float]

    def listen(self, seconds: float) -> None:
        self.receiver.listen_ook(seconds, self.heard.append, lambda: self.ends.append(self.board.clock.monotonic()))

    def run(self, seconds: float) -> list[object]:
        events, end = [], self.board.clock.monotonic() + seconds
        while (left_s := end - self.board.clock.monotonic()) > 0:
            events.append(self.receiver.step(left_s))
        return [event for event in events if event is not None]

    @property
    def codes(self) -> list[OokCode | None]:
        return [heard.code for heard in self.heard]


@contextmanager
def rig(core: Core, **options: object) -> Iterator[Rig]:
    with sim_board(**options) as board:  # type: ignore[arg-type]
        receiver = Receiver(core, board, core.radio(board))
        receiver.start()
        yield Rig(receiver, board, HandController(board.air, "remote"), [], [])


def ev1527(bits: int, chip_us: float, repeats: int = 8, power_dbm: float = 10.0) -> Transmission:
    """Any remote's code, with chips of another length."""
    frame = "1" + "0" * 31 + "".join("1110" if bit == "1" else "1000" for bit in f"{bits:024b}")
    sent = Transmission("stranger", 0, frame * repeats, None, Modulation.OOK, OOK_HZ, 0.0, chip_us * 1000)
    sent.power_dbm = power_dbm
    return sent


def test_a_press_is_heard_once(core: Core) -> None:
    with rig(core) as it:
        it.listen(5.0)
        it.run(1.0)
        it.remote.press(2, True)
        it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 2, True)]
        assert abs(it.heard[0].chip_us - 208) <= 4
        assert it.heard[0].rssi_dbm > -60


def test_a_button_held_down_is_one_press_and_two_presses_are_two(core: Core) -> None:
    with rig(core) as it:
        it.listen(20.0)
        it.remote.press(1, True, repeats=75)
        it.run(3.0)
        for on in (False, True, True):
            it.remote.press(1, on)
            it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 1, on) for on in (True, False, True, True)]


@pytest.mark.parametrize("repeats", [1, 2])
def test_one_repeat_is_not_enough_and_two_are(core: Core, repeats: int) -> None:
    with rig(core) as it:
        it.listen(5.0)
        it.remote.press(1, True, repeats)
        it.run(1.0)
        assert len(it.heard) == repeats - 1


def test_it_goes_back_by_itself_and_counts_what_it_missed(core: Core) -> None:
    with rig(core, dio0=False) as it:
        it.listen(2.0)
        it.board.air.send_fsk(REPORT, sender="plug")
        assert it.run(1.0) == []
        assert it.receiver.counters().missed_s == pytest.approx(1.0, abs=0.05)
        it.run(1.1)
        assert it.ends == [pytest.approx(2.0, abs=0.1)]
        it.board.air.send_fsk(REPORT, sender="plug")
        assert [type(event) for event in it.run(1.0)] == [Heard]
        assert it.receiver.counters().missed_s == pytest.approx(2.0, abs=0.05)
        assert it.receiver.counters().repaired == 0


def test_a_frame_that_is_complete_is_not_lost_by_listening(core: Core) -> None:
    with rig(core, dio0=False) as it:
        it.run(0.1)
        it.board.air.send_fsk(REPORT, sender="plug")
        it.board.clock.advance(SECOND // 5)
        it.listen(1.0)
        assert [type(event) for event in it.run(0.5)] == [Heard]


def test_a_command_during_listening_goes_out_and_listening_goes_on(core: Core) -> None:
    with rig(core) as it:
        lamp = Socket(it.board.air, "lamp")
        lamp.codes.append((0x6C6C6, 1))
        it.listen(10.0)
        it.run(0.5)
        it.receiver.send_ook(CODE, 8)
        assert lamp.on == {1: True}
        it.run(0.5)
        it.remote.press(1, False)
        it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 1, False)]


def test_it_is_bounded_and_one_at_a_time(core: Core) -> None:
    with rig(core) as it:
        it.listen(1e9)
        with pytest.raises(LinkBusy, match="300 s more"):
            it.listen(1.0)
        it.board.clock.advance(round(MOST_LISTEN_S * SECOND))
        it.run(0.1)
        assert len(it.ends) == 1
        it.listen(1.0)
        it.receiver.end_listening()
        it.receiver.end_listening()
        assert len(it.ends) == 2


@pytest.mark.parametrize("chip_us", [160, 300, 350, 450])
def test_any_ev1527_remote_is_heard_with_its_own_chips(core: Core, chip_us: int) -> None:
    with rig(core) as it:
        it.listen(5.0)
        it.board.air.transmit(ev1527(0xABCDE5, chip_us))
        it.run(1.0)
        assert [heard.bits for heard in it.heard] == [0xABCDE5]
        assert abs(it.heard[0].chip_us - chip_us) <= 0.05 * chip_us
        assert it.codes == [OokCode(0xABCDE, 5, True)]


def test_a_code_of_no_button_is_told_raw(core: Core) -> None:
    with rig(core) as it:
        it.listen(5.0)
        it.board.air.transmit(ev1527(0xABCDE1, 300.0))
        it.run(1.0)
        assert it.codes == [None]
        assert str(it.heard[0]).startswith("24 bits 0xABCDE1, chips of ")


def test_noise_gives_no_codes(core: Core) -> None:
    with rig(core, seed=3) as it:
        it.listen(60.0)
        it.board.air.noise(8.0, frequency_hz=OOK_HZ)
        it.run(10.0)
        assert it.heard == []


def test_a_jammed_press_is_not_heard_and_the_next_one_is(core: Core) -> None:
    with rig(core) as it:
        it.listen(10.0)
        it.board.air.noise(1.0, frequency_hz=OOK_HZ)
        it.remote.press(1, True)
        it.run(2.0)
        assert it.heard == []
        it.remote.press(1, True)
        it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 1, True)]


def test_wrong_chips_give_no_wrong_code(core: Core) -> None:
    """At one chip in 200, half of the frames are hurt: what is told is right all the same."""
    with rig(core) as it:
        it.board.air.bit_error_rate = 0.005
        it.listen(100.0)
        for _ in range(12):
            it.remote.press(3, True)
            it.run(1.0)
        assert set(it.codes) == {OokCode(0x6C6C6, 3, True)}
        assert len(it.heard) >= 10


def test_a_computer_that_looks_late_loses_samples_and_says_so(core: Core) -> None:
    with rig(core) as it:
        it.listen(10.0)
        it.run(0.5)
        it.board.host.stall(0.2)
        it.run(0.5)
        assert it.receiver.counters().radio.overruns == 1
        it.remote.press(1, True)
        it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 1, True)]


def test_a_radio_lost_meanwhile_comes_back_listening(core: Core) -> None:
    with rig(core) as it:
        it.listen(20.0)
        it.run(1.0)
        Faults(it.board).now("brown_out")
        it.run(3.0)
        it.remote.press(1, True)
        it.run(1.0)
        assert it.receiver.counters().radio_lost == 1
        assert it.codes == [OokCode(0x6C6C6, 1, True)]


def test_a_weak_controller_is_heard_as_far_as_its_signal_stands_out(core: Core) -> None:
    with rig(core) as it:
        it.listen(10.0)
        it.board.air.transmit(ev1527(0xABCDE5, 208.3, power_dbm=-40.0))  # -100 dBm here, 18 dB above the noise
        it.run(1.0)
        assert [heard.bits for heard in it.heard] == [0xABCDE5]


def test_a_radio_lost_meanwhile_is_not_counted_as_missed_twice(core: Core) -> None:
    with rig(core) as it:
        it.listen(4.0)
        it.run(1.0)
        Faults(it.board).now("miso", level=0xFF)
        it.run(2.0)
        assert it.receiver.counters().missed_s == pytest.approx(3.0, abs=0.2)
        with pytest.raises(LinkBusy):
            it.listen(1.0)
        it.run(2.5)
        assert len(it.ends) == 1
        assert it.receiver.counters().missed_s == pytest.approx(5.5, abs=1.3)
        with pytest.raises(LinkError, match="at the moment"):
            it.listen(1.0)
        Faults(it.board).now("miso", level=None)
        it.run(3.0)
        assert it.receiver.counters().missed_s == pytest.approx(6.0, abs=1.8)
        it.board.air.send_fsk(REPORT, sender="plug")
        assert [type(event) for event in it.run(1.0)] == [Heard]


def test_a_receiver_that_gives_no_samples_is_reset(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    with rig(core) as it:
        it.listen(20.0)
        it.run(1.0)
        radio = it.receiver._radio
        with monkeypatch.context() as stuck:
            stuck.setattr(type(radio), "poll_ook", lambda _: OokSamples(b"", -110.0, False))
            it.run(0.7)
        it.run(2.0)
        assert (it.receiver.counters().radio_lost, it.receiver.counters().radio.resets) == (1, 1)
        it.remote.press(1, True)
        it.run(1.0)
        assert it.codes == [OokCode(0x6C6C6, 1, True)]


def test_a_radio_that_never_gives_samples_goes_back_to_fsk_and_says_so(
    core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with rig(core) as it:
        radio = it.receiver._radio
        monkeypatch.setattr(type(radio), "poll_ook", lambda _: OokSamples(b"", -110.0, False))
        it.listen(100.0)
        it.run(8.0)
        assert len(it.ends) == 1
        assert "600 bytes of OOK samples in 0.5 s, got none, 3 times" in caplog.text
        it.board.air.send_fsk(REPORT, sender="plug")
        assert [type(event) for event in it.run(1.0)] == [Heard]
