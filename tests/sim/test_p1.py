"""A simulated P1 meter as a serial link, by its URL, and on a real pseudo terminal."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest

from energy_hw.errors import ConfigError, LinkClosed
from energy_hw.links.serial import open_serial
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.sim.p1 import P1Simulator, make_setup, open_link, open_pty
from energy_hw.sim.p1_line import Faults
from energy_hw.sim.p1_setup import LAYOUTS, Setup
from p1_sim_rig import line_of, telegrams_in, text

FAST, SLOW = SerialSettings(115200), SerialSettings(9600, 7, "E")
WITH_PARITY = b"\xaf\xc9S\xeb5"
"""`/ISk5`, even parity in bit 7."""
BOUND_S = 20.0
"""Longer than anything takes on a loaded machine."""


class Time:
    """A clock that moves when one looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


@pytest.fixture
def link() -> Iterator[P1Simulator]:
    simulator = P1Simulator(line_of("nl5"), FAST, now=Time())
    yield simulator
    simulator.close()


def read_for(link: SerialLink, telegrams: int) -> list[bytes]:
    data, deadline = b"", monotonic() + BOUND_S
    while len(telegrams_in(data)) < telegrams and monotonic() < deadline:
        data += link.read(1.0)
    return telegrams_in(data)


def read_on(link: SerialLink) -> None:
    """Until the link refuses, or the bound."""
    deadline = monotonic() + BOUND_S
    while monotonic() < deadline:
        link.read(0.1)


# ---- as a link ----


def test_telegrams_through_the_link() -> None:
    assert len(read_for(P1Simulator(line_of("nl5"), FAST, speed=20), 3)) >= 3


def test_read_gives_parts_of_a_telegram(link: P1Simulator) -> None:
    assert 0 < len(link.read(0.5)) <= 300


def test_7e1_until_it_is_configured() -> None:
    link = P1Simulator(line_of("nl3"), SerialSettings(115200), speed=100)
    assert not telegrams_in(b"".join(link.read(0.2) for _ in range(10)))
    link.configure(SLOW)
    assert len(read_for(link, 1)) >= 1


def test_wake_ends_a_read(link: P1Simulator) -> None:
    link.line.pause(1e6)
    link.wake()
    assert link.read(1e6) == b""


@pytest.mark.parametrize("end", ["hang_up", "close"])
def test_a_link_that_is_gone(link: P1Simulator, end: str) -> None:
    getattr(link, end)()
    with pytest.raises(LinkClosed, match="open it again"):
        link.read(1e6)


# ---- by URL ----


def test_options_of_a_url() -> None:
    link = open_link(
        FAST,
        profile="be",
        phases="1",
        devices="gas,water",
        pv="4000",
        interval="10",
        speed="50",
        cut="0.1",
        noise="0.01",
    )
    assert link.meter.setup == Setup("be", 1, ("gas", "water"), 4000.0, interval_s=10.0)
    assert (link.speed, link.line.faults, link.name) == (50.0, Faults(0.01, 0.1), "sim:p1?profile=be")


def test_gas_where_such_meters_have_it() -> None:
    assert make_setup().devices == make_setup("be").devices == ("gas",)
    assert make_setup("se").devices == make_setup("nl5", devices="none").devices == ()


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_profile_by_its_url(name: str) -> None:
    settings = SLOW if name in ("nl2", "nl3", "q3d") else FAST
    link = open_serial(f"sim:p1?profile={name}&speed=1000&start=2026-10-25T00:59:30Z&seed=3", settings)
    assert read_for(link, 1)
    link.close()


def test_start_of_a_url() -> None:
    raw = open_link(FAST, start="2026-10-25T00:59:30Z").meter.plain()
    assert text(raw, "0-0:1.0.0") == "261025025930S"


@pytest.mark.parametrize(
    "query",
    [
        "profile=nl9",
        "phases=2",
        "devices=steam",
        "speed=0",
        "noise=2",
        "cut=often",
        "start=2026-10-25T00:59:30",
        "start=noon",
        "colour=red",
        "pv=lots",
    ],
)
def test_options_that_mean_nothing(query: str) -> None:
    with pytest.raises(ConfigError, match=r"expected something like .*sim:p1\?profile=nl5"):
        open_serial(f"sim:p1?{query}", FAST)


def test_a_key_is_told_to_nobody() -> None:
    key = "00112233445566778899AABBCCDDEE"
    with pytest.raises(ConfigError, match="30 hex digits") as caught:
        open_serial(f"sim:p1?profile=lu&key={key}&auth_key={key}&seed=1", FAST)
    assert key[:6] not in str(caught.value)
    assert open_link(FAST, profile="lu", key=key + "FF").name == "sim:p1?profile=lu"


# ---- on a pseudo terminal ----


@pytest.mark.parametrize(("name", "settings"), [("nl5", FAST), ("nl3", SLOW), ("q3d", SLOW)])
def test_telegrams_through_a_tty(name: str, settings: SerialSettings) -> None:
    with open_pty(Setup(name), speed=10) as port:
        link = open_serial(port.path, settings)
        found = read_for(link, 2)
        link.close()
    assert len(found) >= 2


def test_a_7e1_meter_on_a_port_with_eight_bits() -> None:
    with open_pty(Setup("nl3"), speed=10, bits=8) as port:
        link = open_serial(port.path, SerialSettings(9600))
        data, deadline = b"", monotonic() + BOUND_S
        while WITH_PARITY not in data and monotonic() < deadline:
            data += link.read(1.0)
        link.close()
    assert WITH_PARITY in data


def test_closing_is_pulling_the_adapter() -> None:
    port = open_pty(Setup("nl5"), speed=10)
    link = open_serial(port.path, FAST)
    assert link.read(BOUND_S)
    port.close()
    with pytest.raises(LinkClosed):
        read_on(link)
    link.close()
