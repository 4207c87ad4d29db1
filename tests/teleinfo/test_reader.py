"""The read loop in virtual time: speeds, faults of the port, noise, and what is said of it."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from energy_hw.errors import ConfigError
from energy_hw.links.stream import SerialSettings
from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.encode import with_parity
from energy_hw.teleinfo.frames import Frame
from reader_rig import Rig

RESUMED_S = 3.0
HOUR_S = 3600.0


def frames(rig: Rig) -> list[Frame]:
    return [item for _, item in rig.got if isinstance(item, Frame)]


def groups(rig: Rig) -> list[tuple[float, Dataset]]:
    return [(at, item) for at, item in rig.got if isinstance(item, Dataset)]


# -- finding the speed -------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_speed_of_every_meter_is_found_in_seconds(contract: str) -> None:
    rig = Rig(contract)
    rig.run(10, until=lambda: rig.got)
    assert rig.line.detector.locked
    assert rig.line.detector.baudrate == rig.meter_line.baudrate  # type: ignore[union-attr]
    assert rig.world.t - 1000.0 <= 3.0


def test_nothing_that_came_during_the_search_is_lost() -> None:
    rig = Rig("base")
    rig.run(10, until=lambda: len(frames(rig)) >= 3)
    begun = rig.meter_line.frames  # type: ignore[union-attr]
    assert len(frames(rig)) >= begun - 2, "the first one is heard in part at the other speed, the last is under way"
    assert all(frame.complete for frame in frames(rig)[1:])


def test_a_meter_that_is_switched_is_found_again() -> None:
    rig = Rig("base")
    rig.run(10)
    switched_at = rig.world.t
    rig.meter_line.switch("linky")  # type: ignore[union-attr]
    rig.run(30, until=lambda: "ADSC" in {item.code for _, item in groups(rig)})
    assert rig.line.detector.baudrate == 9600
    assert rig.world.t - switched_at < 16
    assert rig.line.counters().mode_changes == 1


def test_with_a_mode_given_there_is_no_search() -> None:
    rig = Rig("linky", mode="historique")
    rig.run(30)
    assert {settings.baudrate for settings in rig.port.history} == {1200}
    assert groups(rig) == []


# -- how the port is read ----------------------------------------------------


def test_groups_are_awaited_once_they_come_and_bytes_before() -> None:
    rig = Rig("base")
    rig.run(10)
    assert rig.port.history[0] == SerialSettings(9600)
    assert rig.port.settings == SerialSettings(1200, line_ends=b"\x8d\x03", lf_ends=False)


def test_after_three_quiet_seconds_every_byte_counts_again() -> None:
    rig = Rig("base")
    rig.run(10)
    rig.port.silent = True
    rig.run(6.5)
    assert rig.port.settings == SerialSettings(1200)
    rig.port.silent = False
    rig.run(5)
    assert rig.port.settings.line_ends == b"\x8d\x03"


def test_where_nobody_waits_for_groups_a_frame_is_awaited_for_longer() -> None:
    rig = Rig("base", by_frames=True)
    rig.run(10)
    assert rig.port.settings == SerialSettings(1200, line_ends=b"\x03\x84", lf_ends=False)
    rig.port.silent, silent_at = True, rig.world.t
    rig.run(30, until=lambda: not rig.port.settings.line_ends)
    assert 6.0 <= rig.world.t - silent_at <= 15.0  # longer than two of the longest frames


# -- faults of the port ------------------------------------------------------


def test_a_hundred_times_unplugged_and_back_within_three_seconds() -> None:
    rig, dice = Rig("linky"), Random(12)
    frame_s = len(rig.meter_line.meter.frame()) / 960 + 0.0334  # type: ignore[union-attr]
    slowest, missing = 0.0, 0
    rig.run(5)
    for _ in range(100):
        rig.port.unplug()
        rig.run(dice.uniform(0.0, 40.0))
        rig.port.plug()
        plugged, before = rig.world.t, len(rig.got)
        rig.run(dice.uniform(3.0, 8.0))
        slowest = max(slowest, rig.got[before][0] - plugged)
        whole = [at for at, item in rig.got[before:] if isinstance(item, Frame) and item.complete]
        missing = max(missing, int((rig.world.t - rig.port.opened[-1]) / frame_s) - len(whole))
    print(f"resumed at most {slowest:.2f} s after the return")
    assert slowest <= RESUMED_S
    assert missing <= 1, "only the frame that was under way at the return is heard in part"
    assert rig.reader.state.lost == 100


def test_the_groups_before_the_plug_was_pulled_are_not_lost() -> None:
    rig = Rig("base")
    rig.run(12)
    seen = len(groups(rig))
    rig.port.unplug()
    rig.run(1)
    last = frames(rig)[-1]
    assert not last.complete
    assert sum(len(frame.datasets) for frame in frames(rig)) == len(groups(rig)) >= seen


def test_an_hour_without_the_adapter_costs_a_look_twice_a_second_and_a_line_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig("base")
    rig.run(5)
    rig.port.unplug()
    opened = len(rig.port.opened)
    rig.run(HOUR_S)
    assert len(rig.port.opened) - opened <= 2 * HOUR_S + 1
    assert len(caplog.records) <= 61


def test_an_adapter_that_comes_back_and_refuses_the_speed_is_tried_less_and_less(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig("base")
    rig.run(5)
    rig.port.unplug()
    rig.run(1)
    rig.port.trouble = lambda: ConfigError("/dev/ttyTIC cannot be set to 1200 baud 8N1")
    opened, reopened = len(rig.port.opened), rig.reader.state.reopened
    rig.run(600)
    assert "cannot be set" in rig.reader.state.trouble
    assert len(rig.port.opened) - opened <= 600 / 8 + 10
    assert len(caplog.records) <= 11
    rig.port.plug()
    rig.run(20, until=lambda: not rig.reader.state.trouble)
    assert rig.reader.state.reopened == reopened + 1


def test_a_port_that_others_hold_is_tried_less_and_less(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig("base")
    rig.port.occupy()
    with pytest.raises(OSError, match="held by process 612"):
        rig.reader.open()
    rig.run(HOUR_S)
    tries = rig.port.opened
    assert tries[2] - tries[1] <= 0.51
    assert all(later - earlier <= 10.01 for earlier, later in pairwise(tries))
    assert len(tries) <= HOUR_S / 8 + 10, "no busy loop"
    assert len(caplog.records) <= 60
    assert "process 612 (cat)" in caplog.text
    rig.port.plug()
    rig.run(15, until=lambda: rig.got)
    assert rig.got


def test_a_silent_port_is_opened_again_every_quarter_of_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig("base")
    rig.run(5)
    rig.port.silent = True
    rig.run(HOUR_S)
    assert HOUR_S / 18 - 2 <= rig.reader.state.reopened <= HOUR_S / 15
    assert len(caplog.records) <= 60
    rig.port.silent = False
    rig.run(5)
    assert rig.got[-1][0] > rig.world.t - 1


def test_closing_releases_the_port() -> None:
    rig = Rig("base")
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


@pytest.mark.parametrize("kind", ["random", "00", "ff"])
def test_an_hour_of_noise_gives_nothing_and_a_line_a_minute(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(None)
    rig.port.noise = noise(kind)  # type: ignore[assignment]
    with caplog.at_level(logging.INFO):
        rig.run(HOUR_S)
    assert rig.got == []
    assert len(caplog.records) <= 60
    assert len(rig.line._held) <= 600


def test_every_frame_in_an_hour_of_noise_is_found() -> None:
    rig = Rig("linky", mode="standard")
    frame = rig.meter_line.meter.frame()  # type: ignore[union-attr]
    rig.port.noise = noise("random", with_parity(frame), every=9600)  # type: ignore[assignment]
    rig.run(HOUR_S)
    found = frames(rig)
    assert len([f for f in found if f.address == "041861123456" and "SINSTS" in f]) == 360
    assert {f.address for f in found} == {"041861123456"}
    assert {item.raw for _, item in groups(rig)} <= set(frame[2:-2].split(b"\r\n")), "and nothing that was not sent"


def test_a_meter_is_found_after_an_hour_of_noise() -> None:
    rig = Rig("base")
    rig.port.noise = noise("random")  # type: ignore[assignment]
    rig.run(HOUR_S)
    rig.port.noise = None
    rig.run(10, until=lambda: rig.got)
    assert rig.got


# -- clocks ------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_a_jump_of_the_hosts_clock_changes_no_schedule(jump: timedelta) -> None:
    rig = Rig("linky")
    rig.run(10)
    rig.world.wall_shift = jump
    rig.run(10)
    assert len(rig.port.opened) == 1
    assert rig.line.detector.locked
    rig.port.unplug()
    rig.run(20)
    rig.world.wall_shift = -jump
    rig.run(20)
    assert all(0.4 <= later - earlier <= 0.51 for earlier, later in pairwise(rig.port.opened[1:]))
    rig.port.plug()
    rig.run(RESUMED_S)
    assert rig.got[-1][0] > rig.world.t - 0.5
