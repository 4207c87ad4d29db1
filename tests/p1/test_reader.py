"""The read loop in virtual time: speeds, faults of the port, noise, clocks."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from energy_hw.links.stream import SerialSettings
from energy_hw.sim.p1 import Setup
from energy_hw.sim.p1_setup import LAYOUTS
from p1_reader_rig import Rig, power, telegram

RESUMED_S = 3.0
HOUR_S = 3600.0


# -- finding the speed -------------------------------------------------------


@pytest.mark.parametrize("profile", LAYOUTS)
def test_every_meter_is_found_within_two_of_its_intervals(profile: str) -> None:
    rig = Rig(Setup(profile))
    assert rig.meter_line
    rig.run(60, until=lambda: rig.got)
    interval_s = rig.meter_line.meter.setup.every_s
    assert rig.line.detector.locked
    assert rig.line.detector.baudrate == rig.meter_line.baudrate
    assert rig.world.t - 1000.0 <= 2 * interval_s + 4.0


def test_a_silent_port_is_listened_to_for_12_s_at_each_speed() -> None:
    rig = Rig()
    rig.run(40)
    assert [settings.baudrate for settings in rig.port.history] == [115200, 9600, 115200, 9600]
    assert rig.port.settings == SerialSettings(9600), "eight bits at every speed: the framer checks the parity"


def test_a_meter_that_wakes_up_after_a_minute_is_found() -> None:
    rig = Rig(Setup("se"))
    rig.port.silent = True
    rig.run(61)
    rig.port.silent = False
    rig.run(40, until=lambda: rig.got)
    assert rig.got


def test_opening_in_the_middle_of_a_telegram_changes_no_speed() -> None:
    rig = Rig(Setup("nl5"))
    assert rig.meter_line
    rig.world.advance_to(rig.world.t + 0.03)
    rig.run(3)
    assert len(rig.port.history) == 1
    assert len(rig.got) >= 2


def test_a_meter_that_is_changed_for_one_of_another_speed_is_found_again() -> None:
    rig = Rig(Setup("nl3"))
    rig.run(40)
    assert rig.line.detector.baudrate == 9600
    rig.port.line = Rig(Setup("nl5")).meter_line
    rig.port._origin = rig.world.t
    changed, before = rig.world.t, len(rig.got)
    rig.run(90, until=lambda: len(rig.got) > before)
    assert rig.line.detector.baudrate == 115200
    assert rig.world.t - changed < 60


def test_with_a_speed_given_there_is_no_search() -> None:
    rig = Rig(Setup("nl3"), speeds=(115200,))
    rig.run(100)
    assert {settings.baudrate for settings in rig.port.history} == {115200}
    assert rig.got == []


def test_a_meter_that_no_key_opens_keeps_its_speed() -> None:
    rig = Rig(Setup("lu", key="0123456789ABCDEF0123456789ABCDEF"))
    rig.run(200)
    assert {settings.baudrate for settings in rig.port.history} == {115200}
    assert rig.line.no_key >= 18


# -- faults of the port ------------------------------------------------------


def test_a_hundred_times_unplugged_and_back_within_three_seconds() -> None:
    """P12: resumed at most 3 s after the return, at most one partial telegram lost."""
    rig, dice = Rig(Setup("nl5")), Random(12)
    slowest, missing = 0.0, 0
    rig.run(5)
    for _ in range(100):
        rig.port.unplug()
        rig.run(dice.uniform(0.0, 40.0))
        rig.port.plug()
        plugged, before = rig.world.t, len(rig.got)
        rig.run(dice.uniform(4.0, 8.0))
        slowest = max(slowest, rig.got[before][0] - plugged)
        missing = max(missing, int(rig.world.t - rig.port.opened[-1]) - (len(rig.got) - before))
    assert slowest <= RESUMED_S
    assert missing <= 1
    assert rig.keeper.state.lost == 100


def test_a_port_that_others_hold_is_tried_less_and_less(caplog: pytest.LogCaptureFixture) -> None:
    """P13: no busy loop; the process is named; it goes on when the port is free."""
    rig = Rig(Setup("nl5"))
    rig.port.occupy()
    with pytest.raises(OSError, match="held by process 612"):
        rig.reader.open()
    rig.run(HOUR_S)
    tries = rig.port.opened
    assert tries[2] - tries[1] <= 0.51
    assert all(later - earlier <= 30.01 for earlier, later in pairwise(tries))
    assert len(tries) <= HOUR_S / 24 + 8
    assert len(caplog.records) <= 61
    assert "process 612 (cat)" in caplog.text
    rig.port.plug()
    rig.run(35, until=lambda: rig.got)
    assert rig.got


def test_a_silent_port_is_opened_again_every_minute(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(Setup("nl5"))
    rig.run(5)
    rig.port.silent = True
    rig.run(HOUR_S / 6)
    assert 9 <= rig.keeper.state.reopened <= 10
    assert len(caplog.records) <= 11
    rig.port.silent = False
    rig.run(40)
    assert rig.got[-1][0] > rig.world.t - 2


def test_closing_releases_the_port() -> None:
    rig = Rig(Setup("nl5"))
    rig.run(3)
    assert rig.port.is_open
    rig.reader.close()
    rig.reader.close()
    assert not rig.port.is_open


# -- noise -------------------------------------------------------------------


def noise(kind: str, embedded: bytes = b"", every: int = 0) -> object:
    """Bytes of a kind; after each `every` of them the embedded ones."""
    dice, made = Random(14), 0

    def make(count: int) -> bytes:
        nonlocal made
        made += count
        data = {"random": dice.randbytes, "00": bytes, "ff": lambda n: b"\xff" * n}[kind](count)
        return data + embedded if every and made % every < count else data

    return make


@pytest.mark.parametrize("kind", ["00", "ff"])
def test_one_byte_for_ever_gives_nothing_and_a_line_a_minute(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.port.noise = noise(kind)  # type: ignore[assignment]
    with caplog.at_level(logging.INFO):
        rig.run(HOUR_S / 6)
    assert rig.got == []
    assert len(caplog.records) <= 11


def test_every_telegram_in_an_hour_of_noise_is_found_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """P14: 41 MB of random bytes at 115200 baud, a telegram every 10 s."""
    rig = Rig(speeds=(115200,))
    embedded = telegram("01.234")
    rig.port.noise = noise("random", embedded, every=115200)  # type: ignore[assignment]
    with caplog.at_level(logging.INFO):
        rig.run(HOUR_S)
    assert len(rig.got) == 360
    assert {item.telegram.raw for _, item in rig.got} == {embedded}
    assert len(caplog.records) <= 61


def test_a_meter_is_found_after_noise_at_either_speed() -> None:
    rig = Rig(Setup("nl3"))
    rig.port.noise = noise("random")  # type: ignore[assignment]
    rig.run(100)
    rig.port.noise = None
    rig.run(60, until=lambda: rig.got)
    assert rig.got


def test_a_telegram_is_given_at_its_last_line_end_and_one_without_checksum_after_a_pause() -> None:
    rig = Rig(speeds=(115200,))
    at: list[float] = []

    def once(count: int) -> bytes:
        rig.port.noise, rig.port.silent = None, True
        at.append(rig.world.t)
        return telegram("00.111")[:-2]  # no line end yet

    rig.port.noise = once
    rig.run(2, until=lambda: rig.got)
    assert rig.got[0][0] - at[0] == pytest.approx(0.1, abs=0.01)
    assert power(rig.got[0][1]) * 1000 == 111


# -- clocks ------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_a_jump_of_the_hosts_clock_changes_no_schedule(jump: timedelta) -> None:
    """P16: waiting, staleness and detection are monotonic."""
    rig = Rig(Setup("nl5"))
    rig.run(10)
    rig.world.wall_shift = jump
    rig.run(10)
    assert len(rig.port.opened) == 1
    assert rig.line.detector.locked
    assert rig.line.interval_s == pytest.approx(1.0, abs=0.1)
    rig.port.unplug()
    rig.run(20)
    rig.world.wall_shift = -jump
    rig.run(20)
    assert all(0.4 <= later - earlier <= 0.51 for earlier, later in pairwise(rig.port.opened[1:]))
    rig.port.plug()
    rig.run(RESUMED_S)
    assert rig.got[-1][0] > rig.world.t - 1.5
