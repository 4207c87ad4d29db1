"""Objects for a whole house, in virtual time; and frames that no device would send."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw import Plug
from energy_hw.core import get
from energy_hw.core.message import Message, Record
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.events import Callbacks, Certainty
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.memory import Memory
from energy_hw.energenie.orders import Outcome
from energy_hw.energenie.receiver import Heard
from energy_hw.energenie.report import device_id, to_report
from energy_hw.errors import FrameError
from energy_hw.sim import plugs
from energy_hw.sim.house import PLACES, House

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_quarter_of_an_hour_of_a_house_is_known_event_by_event() -> None:
    house = House(seed=4)
    with open_engine(house.board) as engine:
        ids = [device_id(4, place.kind.product, place.sensor) for place in PLACES]
        streams = {device: engine.memory(device).stream() for device in ids}
        heard = [event for event in engine.run_s(900.0) if isinstance(event, Heard)]
        assert len(heard) > 250
        for device in ids:
            reports = [event.report for event in heard if event.report.device == device]
            assert engine[device].memory.count == len(reports) > 0
            said = [
                (r.name, r.value) for report in reports for r in report if r.code not in ("RSSI", "FREQUENCY_ERROR")
            ]
            events = iter(lambda stream=streams[device]: stream.get(0), None)
            assert [(event.name, event.value) for event in events if event.code] == said
            assert streams[device].dropped == 0
            for code, known in engine[device].memory.all_known().items():
                assert known.reading.value == next(r[code].value for r in reversed(reports) if r.get(code))


@pytest.mark.parametrize("seed", range(3))
def test_switched_again_and_again_the_object_is_never_wrong_about_the_relay(seed: int) -> None:
    """Confirmed is what the relay is, at every moment that we look; the plug's own button among it."""
    house = House(seed=seed)
    real = house.find("kettle", plugs.Plug)
    with open_engine(house.board, spacing_s=0.0) as engine:
        kettle = Plug(engine, real.sensor)
        engine.run_s(15.0)
        for number in range(30):
            if number % 7 == 6:
                real.press()
                engine.run_s(11.0)
            ticket = kettle.toggle(wait=60.0)
            assert ticket.outcome is Outcome.CONFIRMED
            assert (kettle.is_on, kettle.certainty) == (real.relay, Certainty.CONFIRMED)
            engine.run_s(number / 10)


# -- frames that no device would send --------------------------------------

RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from((0x21, 0x43, 0x59, 0x6A, 0x70, 0x73, 0x74, 0x76, 0x1F)),
        st.booleans(),
        st.integers(0, 15),
        st.binary(max_size=8),
        st.none(),
        st.just(0),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, max_size=6))
def test_whatever_a_frame_holds_it_is_merged_or_left_out(frames: list[list[Record]]) -> None:
    core, memory = get("python"), Memory("energenie:2:0x000001", Callbacks())
    stream, expected, taken = memory.stream(), {}, 0
    for at, records in enumerate(frames):
        try:
            raw = core.encode(Message(4, 2, 1, 1, tuple(records)))
            message = core.decode(raw)
        except (FrameError, ValueError):
            continue
        heard = Heard(Standing.DEVICE, None, message, to_report(message, None, NOW, raw), float(at))  # type: ignore[arg-type]
        taken += memory.heard(heard)
        for record, reading in zip(message.records, heard.report, strict=True):
            key = f"{reading.code}/{record.index}" if record.index else reading.code
            ours = record.command if record.parameter == 0x6A else not record.command
            if ours and reading.value is not None:
                expected[key] = reading.value
    known = {key: known.reading.value for key, known in memory.all_known().items() if known.reading.value is not None}
    assert known == expected
    assert memory.count == taken
    assert len([None for _ in iter(lambda: stream.get(0), None)]) + stream.dropped >= taken


def test_a_value_of_seventeen_digits_goes_through_as_it_is() -> None:
    core, memory = get("c"), Memory("energenie:2:0x000001", Callbacks())
    raw = core.encode(Message(4, 2, 1, 1, (Record(0x76, False, 6, bytes.fromhex("f0000001"), None),)))
    message = core.decode(raw)
    memory.heard(Heard(Standing.DEVICE, None, message, to_report(message, None, NOW, raw), 0.0))  # type: ignore[arg-type]
    known = memory.known("VOLTAGE")
    assert known is not None
    assert known.reading.value == Decimal(0xF0000001) / 2**24
