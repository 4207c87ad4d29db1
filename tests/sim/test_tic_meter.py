"""What simulated Teleinfo meters send is what the standard says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from energy_hw.sim.tic_contract import CONTRACTS, colour, tariff_number
from energy_hw.teleinfo.frames import Kind
from energy_hw.teleinfo.horodate import legal_time
from energy_hw.teleinfo.labels_standard import STANDARD
from energy_hw.teleinfo.status import parse_status
from tic_rig import START, frame_of, frames_in, line_of, listen, meter_of, values

WORDS = {"blue": "BLEU", "white": "BLANC", "red": "ROUGE"}

# ---- contracts ----


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_sends_whole_frames_of_its_mode(name: str) -> None:
    frame = frame_of(meter_of(name))
    assert (frame.complete, frame.rejected, frame.mode) == (True, 0, CONTRACTS[name].mode)
    assert all(dataset.known for dataset in frame.values()) == (not CONTRACTS[name].samples)


@pytest.mark.parametrize(
    ("name", "size"),
    [  # bytes of a frame, by the lengths in Enedis-NOI-CPT_54E
        ("veille", 23), ("base", 152), ("hc", 170), ("tempo", 275), ("three-tempo", 356), ("linky", 865),
        ("linky-three", 1214), ("linky-three-producer", 1442), ("linky-everything", 1727),
    ],
)  # fmt: skip
def test_size_of_a_frame(name: str, size: int) -> None:
    assert len(meter_of(name).frame()) == size


@pytest.mark.parametrize(
    ("name", "phases", "producer"),
    [("linky", 1, False), ("linky-producer", 1, True), ("linky-three", 3, False), ("linky-three-producer", 3, True)],
)
def test_what_a_linky_says_of_itself(name: str, phases: int, producer: bool) -> None:
    frame = frame_of(meter_of(name))
    assert (frame.phases, frame.producer, "EAIT" in frame) == (phases, producer, producer)


def test_pilot_has_labels_of_its_own() -> None:
    labels = [dataset.label for dataset in frame_of(meter_of("pilot")).values()]
    assert {"SINST1", "SMAXN", "SMAXN-1"} <= set(labels)
    assert not {"SINSTS", "SMAXSN", "SMAXSN-1"} & set(labels)


def test_announced_peak() -> None:
    frame = frame_of(meter_of("linky-three-peak"))
    assert frame["DPM1"].value == datetime(2026, 1, 16, 6, tzinfo=UTC)
    assert frame["FPM1"].value == datetime(2026, 1, 17, 0, tzinfo=UTC)
    assert (frame["DPM1"].season_ambiguous, "PPOINTE" in frame) == (True, True)
    assert values(meter_of("linky-three-peak"))["peak_notice"] == 1


def test_warned_of_a_peak_in_historique_mode() -> None:
    meter = meter_of("ejp")
    assert "PEJP" not in frame_of(meter)
    meter.contract = replace(meter.contract, notice=1)
    assert frame_of(meter)["PEJP"].value == 30
    meter.is_peak = True
    assert values(meter)["tariff_name"] == "PM"


def test_the_longest_frame_has_every_label_and_its_message_once() -> None:
    meter = meter_of("linky-everything")
    first, second = frame_of(meter), frame_of(meter)
    assert list(first) == list(STANDARD)
    assert first["MSG2"].value == "COUPURE A 14H"
    assert set(first) - set(second) == {"MSG2"}


def test_meter_in_veille_sends_its_address_alone() -> None:
    assert frame_of(meter_of("veille")).kind is Kind.VEILLE


def test_other_meters_come_as_text() -> None:
    assert frame_of(meter_of("pme-pmi"))["EA_s"].value == "72Wh"
    assert frame_of(meter_of("cje"))["JAUNE"].known is False


# ---- time ----


@pytest.mark.parametrize("pair", [("hc", "linky"), ("tempo", "linky-tempo"), ("ejp", "linky-three-peak")])
def test_both_modes_agree_at_every_hour(pair: tuple[str, str]) -> None:
    """A week, which has a day of each colour."""
    meters = [meter_of(name) for name in pair]
    for hour in range(0, 7 * 24, 3):
        for meter in meters:
            meter.is_peak = hour % 24 < 18
            meter.advance_to(hour * 3600.0)
        old, new = (values(meter) for meter in meters)
        assert old["tariff"] == new["tariff"]
        assert parse_status(str(new["status_register"])).tariff == new["tariff"]
        assert old.get("tempo_today") == new["tempo_today"]
        if new["tempo_today"]:
            assert WORDS[str(new["tempo_today"])] in str(new["tariff_name"])
        assert new["peak_running"] == meters[1].is_peak


def test_registers_of_a_linky_add_up() -> None:
    meter = meter_of("linky-tempo")
    meter.advance_to(7200)
    frame = frame_of(meter)
    suppliers = [frame[f"EASF{n:02}"].value for n in range(1, 11)]
    assert frame["EAST"].value == sum(suppliers)  # type: ignore[arg-type]
    assert [frame[f"EASD{n:02}"].value for n in range(1, 5)] == [frame["EAST"].value, 0, 0, 0]


def test_what_is_injected_is_counted_and_told() -> None:
    meter = meter_of("linky-producer")
    before = values(meter)
    meter.injection_va = 3000.0
    meter.advance_to(3600)
    after = values(meter)
    assert (before["exporting"], after["exporting"]) == (False, True)
    assert after["energy_export"] == before["energy_export"] + 3000  # type: ignore[operator]
    assert (after["apparent_power_export"], after["producer"]) == (3000, True)


def test_state_of_the_ports_of_a_linky() -> None:
    found = values(meter_of("linky"))
    assert (found["euridis"], found["plc"], found["plc_synchronised"]) == ("on, secured", "registered", True)
    assert (found["relay_1"], found["relay_2"], found["breaker"]) == (True, False, "closed")


def test_tomorrows_colour_is_known_in_the_evening() -> None:
    meter = meter_of("tempo", datetime(2026, 1, 15, 18, 59, tzinfo=UTC))  # 19:59 in Paris
    assert frame_of(meter)["DEMAIN"].value is None
    meter.advance_to(120)
    assert frame_of(meter)["DEMAIN"].value in ("BLEU", "BLAN", "ROUG")


@pytest.mark.parametrize(("name", "amperes"), [("base", 45), ("three-phase", 30)])
def test_subscribed_current_of_a_phase(name: str, amperes: int) -> None:
    assert frame_of(meter_of(name))["ISOUSC"].value == amperes


def test_concentrator_has_shorter_indexes() -> None:
    assert len(frame_of(meter_of("concentrator"))["HCHC"].data) == 8


def test_load_curve_is_stamped_with_the_half_hours_before() -> None:
    meter = meter_of("linky", datetime(2026, 1, 15, 11, 44, 10, tzinfo=UTC))
    frame = frame_of(meter)
    assert [frame[code].stamp for code in ("CCASN", "CCASN-1")] == ["H260115123000", "H260115120000"]


def test_energy_goes_to_the_index_of_the_tariff() -> None:
    meter = meter_of("hc", datetime(2026, 1, 15, 20, 30, tzinfo=UTC))  # 21:30 in Paris; off-peak from 22:00
    meter.loads_va = [2000.0]
    before = frame_of(meter)
    meter.advance_to(1800)
    between = frame_of(meter)
    meter.advance_to(3600)
    after = frame_of(meter)
    assert [f["PTEC"].value for f in (before, between, after)] == ["HP", "HC", "HC"]
    assert [frame["HCHP"].value - before["HCHP"].value for frame in (between, after)] == [1000, 1000]
    assert [frame["HCHC"].value - before["HCHC"].value for frame in (between, after)] == [0, 1000]


@pytest.mark.parametrize(("hour", "tariff"), [(5, 5), (6, 2), (12, 2), (21, 2), (22, 1)])
def test_tempo_day_begins_at_six(hour: int, tariff: int) -> None:
    days = [legal_time(START) + timedelta(days=n) for n in range(14)]
    day = next(day for day in days if colour(day) == 0 and colour(day, -1) == 2)  # blue after red
    assert tariff_number(CONTRACTS["tempo"], day.replace(hour=hour)) == tariff


def test_both_hours_of_october_have_their_letter() -> None:
    meter = meter_of("linky", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    first = frame_of(meter)
    meter.advance_to(3600)
    second = frame_of(meter)
    assert [frame["DATE"].stamp for frame in (first, second)] == ["E261025023000", "H261025023000"]
    assert second.time - first.time == timedelta(hours=1)  # type: ignore[operator]


def test_new_day_moves_the_peaks() -> None:
    meter = meter_of("linky", datetime(2026, 1, 15, 22, 59, 50, tzinfo=UTC))
    meter.loads_va = [5000.0]
    meter.advance_to(5)
    meter.loads_va = [1000.0]
    meter.advance_to(15)
    frame = frame_of(meter)
    assert (frame["SMAXSN"].value, frame["SMAXSN-1"].value) == (1000, 5000)


def test_degraded_clock() -> None:
    meter = meter_of("linky-degraded")
    assert frame_of(meter)["DATE"].clock_degraded
    assert values(meter)["clock_degraded"] is True


# ---- overload ----


def test_overload_of_a_single_phase_meter_comes_first_at_any_place() -> None:
    meter = meter_of("base")
    meter.loads_va = [12_000.0]  # 51 A of 45
    places = [list(frame_of(meter)).index("ADPS") for _ in range(3)]
    assert places[1:] == [6, 6]  # after IINST
    assert frame_of(meter)["ADPS"].value == 51
    meter.loads_va = [500.0]
    assert "ADPS" not in frame_of(meter)


def test_overload_of_three_phases_is_a_burst_of_short_frames() -> None:
    line = line_of("three-phase")
    line.meter.loads_va = [500.0, 9000.0, 500.0]  # 38 A of 30
    frames = frames_in(listen(line, 1, 41))
    assert frames[0].complete
    kinds = ["EOT" if frame.interrupted else str(frame.kind) for frame in frames[:45]]
    start = kinds.index("EOT")
    assert kinds[start + 1 : start + 43] == ["short"] * 20 + ["long"] + ["short"] * 20 + ["long"]
    assert list(frames[start + 1]) == ["ADIR2", "ADCO", "IINST1", "IINST2", "IINST3"]


def test_burst_ends_a_minute_after_the_overload() -> None:
    line = line_of("three-phase")
    line.meter.loads_va = [9000.0, 500.0, 500.0]
    listen(line, 1, 6)
    line.meter.loads_va = [500.0, 500.0, 500.0]
    during = frames_in(listen(line, 6, 60))
    after = frames_in(listen(line, 60, 90))
    assert Kind.SHORT in {frame.kind for frame in during}
    assert not any("ADIR1" in frame for frame in during)
    assert {frame.kind for frame in after[-3:]} == {Kind.LONG}


def test_overload_of_a_linky_is_a_bit() -> None:
    meter = meter_of("linky")
    assert values(meter)["over_power"] is False
    meter.loads_va = [12_000.0]
    assert values(meter)["over_power"] is True
