"""The status register, relays and day schedules, against the standard's own examples and captured ones."""

from __future__ import annotations

from datetime import time

import pytest

from energy_hw.teleinfo.status import parse_relays, parse_schedule, parse_status


def test_status_of_a_producer_with_its_contact_open() -> None:
    status = parse_status("013AC501")  # vector of linkytic's tests
    assert (status.contact_open, status.breaker, status.cover_open) == (True, "closed", False)
    assert (status.over_voltage, status.over_power) == (False, False)
    assert (status.producer, status.energy_negative) == (True, False)
    assert (status.tariff, status.distributor_tariff) == (2, 4)
    assert (status.clock_degraded, status.standard_mode) == (False, True)
    assert (status.euridis, status.plc, status.plc_synchronised) == ("on, secured", "new/lock", False)
    assert (status.tempo_today, status.tempo_tomorrow) == ("blue", None)
    assert (status.peak_notice, status.peak_running) == (0, 0)


def test_status_with_almost_nothing_in_it() -> None:
    status = parse_status("003AC000")
    assert (status.contact_open, status.producer, status.tariff, status.distributor_tariff) == (False, False, 1, 4)
    assert (status.tempo_today, status.tempo_tomorrow) == (None, None)


def test_status_with_almost_every_bit() -> None:
    status = parse_status("FFDFE7FD")
    assert (status.contact_open, status.cover_open) == (True, True)
    assert status.breaker == "open: overheated, switching below Imax"
    assert (status.over_voltage, status.over_power, status.producer, status.energy_negative) == (True, True, True, True)
    assert (status.tariff, status.distributor_tariff) == (10, 4)
    assert (status.clock_degraded, status.standard_mode) == (True, True)
    assert (status.euridis, status.plc, status.plc_synchronised) == ("on, secured", "registered", True)
    assert (status.tempo_today, status.tempo_tomorrow, status.peak_notice, status.peak_running) == ("red", "red", 3, 3)


def test_status_of_a_tempo_meter_on_a_white_day() -> None:
    status = parse_status("463A0800")  # captured, with NTARF 03 and LTARF HC BLANC beside it
    assert (status.tariff, status.tempo_today, status.tempo_tomorrow) == (3, "white", "blue")
    assert (status.peak_notice, status.peak_running) == (0, 1)


def test_status_of_a_producer_that_injects() -> None:
    status = parse_status("002A0301")
    assert (status.producer, status.energy_negative, status.contact_open) == (True, True, True)


@pytest.mark.parametrize(
    ("bits", "field", "value"),
    [
        (0x00000002, "breaker", "open: over-power"),
        (0x00000004, "breaker", "open: over-voltage"),
        (0x00000006, "breaker", "open: load shedding"),
        (0x00000008, "breaker", "open: by order"),
        (0x0000000A, "breaker", "open: overheated, switching above Imax"),
        (0x0000000C, "breaker", "open: overheated, switching below Imax"),
        (0x0000000E, "breaker", "code 7"),  # the standard has no seventh
        (0x00000010, "cover_open", True),
        (0x00000040, "over_voltage", True),
        (0x00000080, "over_power", True),
        (0x00010000, "clock_degraded", True),
        (0x00080000, "euridis", "on, unsecured"),
        (0x00100000, "euridis", "code 2"),
        (0x00600000, "plc", "code 3"),
        (0x08000000, "tempo_tomorrow", "white"),
        (0x20000000, "peak_notice", 2),
        (0x80000000, "peak_running", 2),
    ],
)
def test_each_bit_is_one_field(bits: int, field: str, value: object) -> None:
    nothing, something = parse_status("00000000"), parse_status(f"{bits:08X}")
    assert getattr(something, field) == value
    assert [name for name in nothing._fields[1:] if getattr(nothing, name) != getattr(something, name)] == [field]


@pytest.mark.parametrize("data", ["", "463A080", "463A08000", "463A080x"])
def test_no_status(data: str) -> None:
    with pytest.raises(ValueError, match=r"8 hexadecimal digits|invalid literal"):
        parse_status(data)


def test_relays_of_the_standards_example() -> None:
    assert [number for number, closed in enumerate(parse_relays(140), 1) if closed] == [3, 4, 8]
    assert parse_relays(1) == (True, *(False,) * 7)
    assert parse_relays(0) == (False,) * 8


@pytest.mark.parametrize("value", [-1, 256, 999])
def test_no_relays(value: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 255"):
        parse_relays(value)


def test_block_of_the_standards_example() -> None:
    (action,) = parse_schedule("0056C001" + " NONUTILE" * 10)
    assert (action.at, action.tariff, action.contact, action.raw) == (time(0, 56), 1, "closed", "0056C001")
    assert action.virtual == (False,) * 7


def test_captured_schedule() -> None:
    actions = parse_schedule("00004001 06004002 22004001" + " NONUTILE" * 8)
    assert [(f"{action.at:%H:%M}", action.tariff, action.contact) for action in actions] == [
        ("00:00", 1, "tempo"),
        ("06:00", 2, "tempo"),
        ("22:00", 1, "tempo"),
    ]


def test_virtual_contacts_and_no_change_of_tariff() -> None:
    one, other = parse_schedule("06008450 2200000B")
    assert (one.tariff, one.contact) == (None, "open")
    assert [number for number, closed in enumerate(one.virtual, 1) if closed] == [1, 3, 7]
    assert (other.tariff, other.contact) == (None, "no change")


@pytest.mark.parametrize("data", ["0056C00", "0056C001 " * 12, "2560C001", "0056C0G1", "0060C001"])
def test_no_schedule(data: str) -> None:
    with pytest.raises(ValueError, match=r"expected up to 11|must be in|invalid literal"):
        parse_schedule(data)


def test_a_schedule_without_anything_used() -> None:
    assert parse_schedule(" ".join(["NONUTILE"] * 11)) == ()
