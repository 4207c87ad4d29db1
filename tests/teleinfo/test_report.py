"""From a frame to the Report: identity, names, times, and what codes mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import teleinfo_corpus as corpus
from energy_hw.reading import Quantity, Report, dumps
from energy_hw.teleinfo.frame import Mark
from energy_hw.teleinfo.report import Frame, FrameBuilder, to_report
from teleinfo_corpus import group

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TEMPO = {
    "ADCO": "021728123456", "OPTARIF": "BBR(", "ISOUSC": "45", "BBRHCJB": "001478389", "PTEC": "HPJW",
    "DEMAIN": "ROUG", "IINST": "012", "IMAX": "090", "PAPP": "02840", "HHPHC": "A", "MOTDETAT": "000000",
}  # fmt: skip


def old(values: dict[str, str]) -> list[bytes]:
    return [group(label, data, separator=" ") for label, data in values.items()]


def frame_of(*groups: bytes, end: Mark = Mark.END) -> Frame:
    builder = FrameBuilder()
    frames = [frame for event in (Mark.START, *groups, end) if (frame := builder.feed(event))]
    return frames[0]


def report_of(*groups: bytes, end: Mark = Mark.END, doubts: dict[str, str] | None = None) -> Report:
    return to_report(frame_of(*groups, end=end), NOON, "/dev/ttyUSB0", doubts)


def values(report: Report) -> dict[str, object]:
    return {reading.name: reading.value for reading in report}


def test_report_of_a_tempo_meter() -> None:
    report = report_of(*old(TEMPO))
    assert (report.source, report.device) == ("teleinfo", "teleinfo:021728123456")
    assert (report.model, report.integrity) == ("Sagemcom single-phase, model 2007", "checksum")
    assert (report.time, report.received) == (None, NOON)
    assert [(r.code, r.name, r.value, r.unit, r.phase, r.tariff) for r in report] == [
        ("ADCO", "meter_address", "021728123456", None, None, None),
        ("OPTARIF", "contract", "BBR(", None, None, None),
        ("ISOUSC", "subscribed_current", 45, "A", None, None),
        ("BBRHCJB", "energy_import_t1", 1478389, "Wh", None, 1),
        ("PTEC", "tariff_name", "HPJW", None, None, None),
        ("DEMAIN", "tomorrow", "ROUG", None, None, None),
        ("IINST", "current_l1", 12, "A", 1, None),
        ("IMAX", "max_current_l1", 90, "A", 1, None),
        ("PAPP", "apparent_power", 2840, "VA", None, None),
        ("HHPHC", "timetable", "A", None, None, None),
        ("MOTDETAT", "status_word", "000000", None, None, None),
        ("PTEC/tariff", "tariff", 4, None, None, None),
        ("PTEC/colour", "tempo_today", "white", None, None, None),
        ("DEMAIN/colour", "tempo_tomorrow", "red", None, None, None),
        ("ADPS/over_power", "over_power", False, None, None, None),
    ]


def test_meter_without_an_address_goes_by_its_link() -> None:
    report = report_of(*old({"JAUNE": "07:45:16:11:HPH:HPE:012345:1", "ENERG": "012345"}))
    assert (report.device, report.model) == ("teleinfo:/dev/ttyUSB0", "unknown meter")
    assert [(r.code, r.name, r.quantity, r.value) for r in report] == [
        ("JAUNE", "unknown_jaune", Quantity.OTHER, "07:45:16:11:HPH:HPE:012345:1"),
        ("ENERG", "unknown_energ", Quantity.OTHER, "012345"),
    ]


def test_every_label_of_a_linky_is_one_reading_in_its_order() -> None:
    report = report_of(*map(corpus.standard, corpus.STANDARD))
    assert [(r.code, r.name, r.value, r.unit) for r in report][:71] == [
        (row.label, row.name, row.value, row.unit) for row in corpus.STANDARD
    ]
    assert report.time == datetime(2026, 1, 15, 11, 30, tzinfo=UTC)
    assert all("/" in reading.code for reading in report.readings[71:])


def test_what_the_status_register_means() -> None:
    found = values(report_of(group("STGE", "463A0800")))
    assert found == {
        "status_register": "463A0800",
        "dry_contact_open": False,
        "breaker": "closed",
        "cover_open": False,
        "over_voltage": False,
        "over_power": False,
        "producer": False,
        "exporting": False,
        "tariff_distributor": 1,
        "clock_degraded": False,
        "euridis": "on, secured",
        "plc": "new/lock",
        "plc_synchronised": False,
        "tempo_today": "white",
        "tempo_tomorrow": "blue",
        "peak_notice": 0,
        "peak_running": 1,
    }


def test_relays_are_switches() -> None:
    report = report_of(group("RELAIS", "140"))
    assert [(r.code, r.name, r.quantity, r.value, r.channel) for r in report][1:] == [
        (f"RELAIS/{n}", f"relay_{n}", Quantity.SWITCH, n in (3, 4, 8), n) for n in range(1, 9)
    ]


def test_relays_that_cannot_be_are_only_the_number() -> None:
    assert values(report_of(group("RELAIS", "999"))) == {"relays": 999}


def test_missing_phases() -> None:
    found = values(report_of(*old({"PPOT": "04"})))
    assert [found[f"phase_missing_l{n}"] for n in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(("data", "colour"), [("BLEU", "blue"), ("BLAN", "white"), ("ROUG", "red"), ("----", None)])
def test_tomorrows_colour(data: str, colour: str | None) -> None:
    assert report_of(*old({"DEMAIN": data}))["tempo_tomorrow"].value == colour


# ---- times ----


def test_horodate_is_the_time_of_a_reading() -> None:
    report = report_of(group("SMAXSN", "E261025023000", "01234"), group("SMAXSN-1", "H261025023000", "01234"))
    today, yesterday = report["SMAXSN"].time, report["SMAXSN-1"].time
    assert today == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert yesterday == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # an hour later on the same face of the clock


def test_a_mobile_peak_is_a_moment_itself() -> None:
    reading = report_of(group("DPM1", " 260115070000", "00"))["peak_1_start"]
    assert (reading.value, reading.time) == (datetime(2026, 1, 15, 6, tzinfo=UTC), None)


def test_a_degraded_clock_is_no_time_to_file_anything_under() -> None:
    report = report_of(
        group("DATE", "h260115123000", ""), group("SMAXSN", "h260115120000", "01234"), group("STGE", "00010000")
    )
    assert (report.time, report["SMAXSN"].time) == (None, None)
    assert report["meter_time"].value == datetime(2026, 1, 15, 11, 30, tzinfo=UTC)
    assert report["clock_degraded"].value is True


def test_json_has_times_in_utc() -> None:
    text = dumps(report_of(group("DATE", "E260715123000", "")).to_json())
    assert '"time":"2026-07-15T10:30:00Z"' in text
    assert '"value":"2026-07-15T10:30:00Z"' in text


# ---- overload ----


@pytest.mark.parametrize("warning", ["ADPS", "ADIR1", "ADIR3"])
def test_overload_is_the_same_reading_in_either_mode(warning: str) -> None:
    assert report_of(*old(TEMPO | {warning: "046"}))["over_power"].value is True
    assert report_of(group("STGE", "00000080"))["over_power"].value is True


def test_only_a_complete_long_frame_says_that_there_is_no_overload() -> None:
    assert report_of(*old(TEMPO))["over_power"].value is False
    assert report_of(*old(TEMPO), end=Mark.INTERRUPTED).get("over_power") is None
    assert report_of(*old(TEMPO)[:3], end=Mark.INTERRUPTED).get("over_power") is None
    assert report_of(*old({"ADCO": "021728123456"})).get("over_power") is None


def test_three_phase_short_frame() -> None:
    currents = {"IINST1": "003", "IINST2": "062", "IINST3": "001"}
    report = report_of(*old({"ADIR2": "062", "ADCO": "041526123456"} | currents))
    assert values(report) == {
        "overload_current_l2": 62,
        "meter_address": "041526123456",
        "current_l1": 3,
        "current_l2": 62,
        "current_l3": 1,
        "over_power": True,
    }


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("041526123456", ("max_power", "W")),
        ("041976123456", ("max_apparent_power_yesterday", "VA")),
    ],
)
def test_pmax_is_another_thing_in_a_linky(address: str, expected: tuple[str, str]) -> None:
    reading = report_of(*old({"ADCO": address, "PMAX": "17480"}))["PMAX"]
    assert (reading.name, reading.unit, reading.value) == (*expected, 17480)


# ---- doubts ----


def test_doubtful_value_is_neither_hidden_nor_taken_for_a_good_one() -> None:
    report = report_of(*old(TEMPO), doubts={"BBRHCJB": "fell from 2 to 1"})
    assert report.get("energy_import_t1") is None
    assert report.get("BBRHCJB") is None
    doubtful = report["energy_import_t1_doubtful"]
    assert (doubtful.code, doubtful.quantity, doubtful.value, doubtful.unit) == (
        "BBRHCJB?",
        Quantity.OTHER,
        1478389,
        "Wh",
    )
    assert report["apparent_power"].value == 2840
