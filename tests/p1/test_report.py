"""Reports: who the meter is, when it spoke, what vouches for it, and that nothing is read before it is asked for."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import p1_corpus as corpus
from energy_hw.p1 import report as module
from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import Crc, Telegram
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Report

NL5 = "nl_5_0_isk5_2m550t_1013_335ab0"


def report(*lines: str, header: str = corpus.HEADER, profile: str | None = None) -> Report:
    telegram = corpus.cut(corpus.raw(*lines, header=header))
    return to_report(telegram, corpus.RECEIVED, "/dev/ttyUSB0", PROFILES[profile] if profile else None)


def of(case: str, crc: Crc = Crc.OK) -> Report:
    return to_report(corpus.cut(corpus.raw_of(case), crc), corpus.RECEIVED, "/dev/ttyUSB0")


def test_report_of_a_dutch_meter() -> None:
    found = of(NL5)
    assert (found.source, found.device, found.model, found.integrity) == (
        "p1", "p1:4530303534303038353539313239303233", "ISK5\\2M550T-1013", "crc"
    )  # fmt: skip
    assert (found.time, found.received) == (datetime(2023, 10, 26, 18, 40, 15, tzinfo=UTC), corpus.RECEIVED)
    assert found.raw == corpus.raw_of(NL5)
    assert found["energy_import_t1"].value == found["1-0:1.8.1"].value == Decimal("32.159")


@pytest.mark.parametrize(("crc", "integrity"), [(Crc.OK, "crc"), (Crc.ABSENT, "absent"), (Crc.BAD, "none")])
def test_integrity(crc: Crc, integrity: str) -> None:
    assert of(NL5, crc).integrity == integrity


@pytest.mark.parametrize(
    ("lines", "device"),
    [
        (["0-0:96.1.1(4B38)", "0-0:42.0.0(5341)"], "4B38"),
        (["0-0:42.0.0(5341)", "0-0:96.1.0(3839)"], "5341"),
        (["0-0:96.1.0(3839)", "0-0:42.0.0(5341)"], "5341"),  # the better one, wherever it stands
        (["1-0:0.0.0*255(0272031312565)"], "0272031312565"),
        (["0-0:96.1.255*255(1ESY1313002565)"], "1ESY1313002565"),
        (["0-0:96.1.1()", "0-0:96.1.0(3839)"], "3839"),
        (["0-0:96.1.10(4B38)", "0-0:96.1.0(3839)"], "3839"),
        (["0-0:96.1.1(00000000000000)"], corpus.HEADER),
        (["0-1:96.1.1(4730)", "0-0:96.13.0(0-0:96.1.1(4B38))"], corpus.HEADER),  # of the gas meter; in a text
        (["1-0:1.8.1(1*kWh)"], corpus.HEADER),
    ],
)
def test_device_is_what_the_meter_calls_itself(lines: list[str], device: str) -> None:
    assert report(*lines).device == f"p1:{device}"


@pytest.mark.parametrize("code", ["0-0:1.0.0", "0-0:1.0.0*255", "0-0:1.0.0.255"])
def test_time_in_any_spelling(code: str) -> None:
    found = report(f"{code}(260115120000W)")
    assert found.time == found["meter_time"].value == datetime(2026, 1, 15, 11, tzinfo=UTC)


@pytest.mark.parametrize(("minute", "offset"), [("00:31", 2), ("01:29", 1)])
def test_time_without_a_letter_is_the_same_in_report_and_reading(minute: str, offset: int) -> None:
    received = datetime.fromisoformat(f"2016-10-30T{minute}:00+00:00")
    found = to_report(corpus.cut(corpus.raw("0-0:1.0.0(161030023000)")), received, "link")
    assert found.time == found["meter_time"].value == datetime.fromisoformat(f"2016-10-30T02:30:00+0{offset}:00")
    assert P1Telegram.of(found).time == found.time


@pytest.mark.parametrize("header", ["KAM5", "TEST"])
def test_meter_without_any_identity_has_the_name_of_its_link(header: str) -> None:
    assert report("1-0:1.8.1(1*kWh)", header=header).device == "p1:/dev/ttyUSB0"


@pytest.mark.parametrize("header", ["HLY5/D545-METER", "Ene5\\XS210 ESMR 5.0", "NWA-WARMTELINK", "XMX5LGBB\xb3"])
def test_model_is_the_header(header: str) -> None:
    assert report(header=header).model == header


@pytest.mark.parametrize(
    "line", ["0-0:1.0.0(632525252525S)", "0-0:1.0.0(000101010000W)", "0-0:1.0.0()", "1-0:1.7.0(1*kW)"]
)
def test_no_time_that_is_one(line: str) -> None:
    assert report(line).time is None


@pytest.mark.parametrize(("profile", "hour"), [(None, 16), ("nl5", 16), ("fi", 15)])
def test_time_is_that_of_the_profile(profile: str | None, hour: int) -> None:
    found = report("0-0:1.0.0(210606170840W)", "0-1:24.2.1(210606170840W)(1*m3)", header="ELL5\\2", profile=profile)
    assert (
        found.time
        == found["meter_time"].value
        == found["0-1:24.2.1"].time
        == datetime(2021, 6, 6, hour, 8, 40, tzinfo=UTC)
    )


def test_nothing_is_read_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(module, "scan_lines", lambda raw: calls.append(raw) or [[b"1-0:1.7.0", b"1*kW"]])
    found = of(NL5)
    assert not calls
    assert found["power_import"].value == 1
    assert found.readings is found.readings
    assert len(calls) == 1


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_readings_are_those_of_the_telegram(case: Path) -> None:
    found = of(case.name)
    assert found.readings == P1Telegram.of(found).readings
    assert found.time is None or found.time == P1Telegram.of(found).time


@pytest.mark.parametrize(
    "data", [b"", b"/", b"/ISK", b"!", b"/ISK5\r\n", b"\xff" * 99, b"/ISK5\n\n0-0:96.1.1(\n!", b"/a\n0-0:1.0.0(\n"]
)
def test_whatever_comes_a_report_can_be_made_of_it(data: bytes) -> None:
    found = to_report(corpus.cut(data, Crc.ABSENT), corpus.RECEIVED, "link")
    assert found.time is None
    assert isinstance(found.readings, tuple)


def test_truncated_at_every_byte() -> None:
    data = corpus.raw_of(NL5)
    whole = {reading.code for reading in of(NL5)}
    for end in range(0, len(data), 3):
        found = to_report(corpus.cut(data[:end], Crc.ABSENT), corpus.RECEIVED, "link")
        assert {reading.code for reading in found.readings} <= whole | {"derived/tariff_name"}


def test_any_byte_changed_never_raises() -> None:
    data = corpus.raw_of("be_node_emucs_p1_v2_1_1_spec_example_1")
    for at in range(0, len(data), 3):
        changed = data[:at] + bytes((data[at] ^ (1 << at % 8),)) + data[at + 1 :]
        telegram = P1Telegram(changed, None, corpus.RECEIVED)
        assert telegram.readings
        assert telegram.to_dict("seed")
        assert telegram.to_dict("dsmr_parser")


def test_two_threads_get_equal_readings() -> None:
    found, results = of(NL5), []
    threads = [threading.Thread(target=lambda: results.append(found.readings)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [found.readings] * 4


def varied(number: int) -> Telegram:
    time, power = f"{number % 86400 // 3600:02}{number % 3600 // 60:02}{number % 60:02}", f"{number % 99999:05}"
    return corpus.cut(
        corpus.raw(
            f"0-0:1.0.0(260115{time}W)", f"1-0:1.8.1({number:06}.000*kWh)", f"1-0:21.7.0({power[:2]}.{power[2:]}*kW)",
            "1-0:22.7.0(00.000*kW)", "1-0:31.7.0(001*A)", f"0-0:96.13.0({number:08X})",
            f"0-1:24.2.1(260115{time}W)(1*m3)",
        )
    )  # fmt: skip


def test_memory_does_not_grow_with_telegrams() -> None:
    def used(numbers: range) -> int:
        for number in numbers:
            assert to_report(varied(number), corpus.RECEIVED, "link").readings
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = used(range(1000))  # what is kept from telegram to telegram is full, and all of it made since the start
        assert used(range(1000, 2000)) < first + 100_000
    finally:
        tracemalloc.stop()
