"""What polls ask for."""

from __future__ import annotations

import pytest

from energy_hw.errors import UnknownDevice, UnknownPoint
from energy_hw.outback.plan import Mode, Span
from energy_hw.outback.wanted import by_device, by_mode, by_point, plan, with_identity
from outback_rig import CHARGER, CHARGER_SETTINGS, Controller

LAYOUT = Controller().layout


@pytest.mark.parametrize(("max_read", "everything", "live"), [(125, 11, 6), (100, 13, 6), (50, 26, 8)])
def test_requests_of_the_capture(max_read: int, everything: int, live: int) -> None:
    assert len(plan(by_mode(LAYOUT, Mode.EVERYTHING), max_read)) == everything
    assert len(plan(by_mode(LAYOUT, Mode.LIVE), max_read)) == live


@pytest.mark.parametrize("max_read", range(4, 126, 7))
def test_no_header_and_no_number_of_two_registers_is_cut(max_read: int) -> None:
    found = plan(by_mode(LAYOUT, Mode.EVERYTHING), max_read)
    starts = {span.address for span in found}
    for block in LAYOUT.blocks:
        assert not starts & set(range(block.address + 1, block.address + len(block.header)))
    monitor = LAYOUT.find(64118)
    assert monitor is not None
    assert not starts & {monitor.address + 40, monitor.address + 43}  # min and max battery time, second halves


def test_everything_asks_for_marker_and_end() -> None:
    found = plan(by_mode(LAYOUT, Mode.EVERYTHING), 100)
    assert (found[0].address, found[-1].end) == (40000, 41278)


def test_a_device_with_its_settings_by_port() -> None:
    wanted = by_device(LAYOUT, CHARGER, 4, settings=True)
    assert [(block.did, block.port) for block in wanted.blocks] == [(CHARGER, 4), (CHARGER_SETTINGS, 4)]
    assert len(by_device(LAYOUT, CHARGER_SETTINGS, 4, settings=True).blocks) == 1


def test_a_point_with_header_and_scale_in_one_span() -> None:
    assert plan(by_point(LAYOUT, CHARGER_SETTINGS, 3, "absorb_volts"), 100) == (Span(40936, 11),)


@pytest.mark.parametrize(("name", "requests"), [("mac_address", 1), ("error", 2), ("measured_system_voltage", 3)])
def test_a_point_far_from_its_header_or_from_its_scale(name: str, requests: int) -> None:
    found = plan(by_point(LAYOUT, 64110, None, name), 100)
    assert len(found) == requests
    assert found[0].address == 40069


def test_a_point_of_the_gateways_older_layout() -> None:
    with pytest.raises(UnknownPoint):
        by_point(LAYOUT, 64110, None, "alarm_email_subject_line")


def test_nobody_knows_a_name() -> None:
    with pytest.raises(UnknownPoint, match=r"did you mean .*absorb_volts"):
        by_point(LAYOUT, CHARGER_SETTINGS, 3, "absorb_volt")
    with pytest.raises(UnknownDevice):
        by_point(LAYOUT, 64113, 1, "output_kw")


def test_identity_adds_what_is_missing() -> None:
    live = with_identity(by_mode(LAYOUT, Mode.LIVE), LAYOUT)
    assert (live.blocks[0].did, live.headers) == (1, (LAYOUT.tail,))
    everything = by_mode(LAYOUT, Mode.EVERYTHING)
    assert with_identity(everything, LAYOUT).blocks == everything.blocks
