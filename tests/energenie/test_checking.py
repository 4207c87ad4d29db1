"""What a product takes is known before anything is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.energenie.checking import check, control
from energy_hw.energenie.profiles import PROFILES, Command, by_product
from energy_hw.errors import OutOfRange


def command(product: int, code: str) -> Command:
    profile = by_product(product)
    found = profile.command(code) if profile else None
    assert found is not None
    return found


SWITCH, TARGET, VALVE = command(2, "SWITCH_STATE"), command(3, "TEMPERATURE"), command(3, "VALVE_STATE")
PERIOD, IDENTIFY, MODE = command(3, "REPORT_PERIOD"), command(3, "IDENTIFY"), command(0x12, "THERMOSTAT_MODE")
COMMANDS = [row for profile in PROFILES for row in profile.obeys]


@pytest.mark.parametrize(
    ("row", "value", "sent"),
    [
        (SWITCH, True, 1),
        (SWITCH, 0, 0),
        (SWITCH, "ON", 1),
        (SWITCH, "off", 0),
        (VALVE, "Auto", 2),
        (VALVE, 1, 1),
        (VALVE, Decimal(2), 2),
        (MODE, "off", 0),
        (TARGET, 20.5, Decimal("20.5")),
        (TARGET, "21", Decimal(21)),
        (TARGET, 4, Decimal(4)),
        (TARGET, Decimal("30.0"), Decimal(30)),
        (IDENTIFY, None, None),
        (IDENTIFY, True, None),
    ],
)
def test_a_value_that_it_takes(row: Command, value: object, sent: object) -> None:
    assert check(row, value) == sent


@pytest.mark.parametrize(
    ("row", "value", "text"),
    [
        (SWITCH, 2, "SWITCH_STATE: expected True or False, got 2"),
        (SWITCH, None, "got None"),
        (VALVE, "ajar", r"expected 0 \(open\), 1 \(closed\), 2 \(auto\), got 'ajar'"),
        (VALVE, True, "got True"),  # closed? certainly not what was meant
        (VALVE, 1.5, "got 1.5"),
        (VALVE, "1", "got '1'"),
        (TARGET, 30.5, "expected 4 to 30 degC in steps of 0.5, got 30.5"),
        (TARGET, 3, "expected 4 to 30"),
        (TARGET, 20.3, "got 20.3; the nearest is 20.5"),
        (TARGET, 29.8, "the nearest is 30"),
        (TARGET, "warm", "expected a number 4 to 30 degC in steps of 0.5, got 'warm'"),
        (TARGET, True, "expected a number"),
        (TARGET, float("nan"), "expected a number"),
        (TARGET, Decimal("Infinity"), "expected a number"),
        (PERIOD, 299, "expected 300 to 3600 s in steps of 1, got 299"),
        (IDENTIFY, 1, "takes no value"),
        (IDENTIFY, False, "takes no value"),
    ],
)
def test_a_value_that_it_does_not_take(row: Command, value: object, text: str) -> None:
    with pytest.raises(OutOfRange, match=text):
        check(row, value)


def test_the_limits_are_in_the_error() -> None:
    with pytest.raises(OutOfRange) as caught:
        check(TARGET, 99)
    assert (caught.value.low, caught.value.high) == (Decimal(4), Decimal(30))


@given(
    st.sampled_from(COMMANDS),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())),
)
def test_whatever_is_given_it_is_taken_or_refused(row: Command, value: object) -> None:
    try:
        sent = check(row, value)
    except OutOfRange:
        return
    assert (sent is None) == (row.type_length == 0)
    assert not row.options or sent in row.options
    assert row.low is None or (isinstance(sent, Decimal) and row.low <= sent <= (row.high or 0))


@pytest.mark.parametrize(
    ("row", "kind"), [(SWITCH, "switch"), (VALVE, "option"), (TARGET, "number"), (IDENTIFY, "button"), (MODE, "option")]
)
def test_the_kind_of_a_control(row: Command, kind: str) -> None:
    assert control("d", "n", row).kind == kind


def test_a_control_says_what_may_be_asked() -> None:
    target = control("energenie:3:0x00097F", "target", TARGET)
    assert (target.unit, target.low, target.high, target.step) == ("degC", 4, 30, Decimal("0.5"))
    assert control("d", "n", VALVE).options == ("open", "closed", "auto")
    assert (control("d", "n", SWITCH).confirmed, target.confirmed) == (True, False)


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.code)
def test_every_option_of_every_control_is_taken(row: Command) -> None:
    for option in control("d", "n", row).options:
        assert check(row, option) in row.options
