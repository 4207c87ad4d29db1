"""Logger: messages as lines of CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw.compat.energenie import Devices, Logger
from energy_hw.compat.energenie.OpenThings import Message


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "energenie.csv"
    monkeypatch.setattr(Logger, "LOG_FILENAME", str(path))
    monkeypatch.setattr(Logger, "log_file", None)
    yield path
    Logger.close()


def report() -> Message:
    message = Message(Devices.MIHO005_REPORT, header_sensorid=0x68B, recs_VOLTAGE_value=240, recs_REAL_POWER_value=3)
    message.set(recs_REACTIVE_POWER_value=-4, recs_FREQUENCY_value=49.9, recs_SWITCH_STATE_value=1)
    message["recs"] = [rec for rec in message["recs"] if rec["paramid"] not in (0x69, 0x50)]
    message["rxtimestamp"] = 1464000000.25
    return message


def test_a_message_is_a_line_in_pyenergenies_columns(file: Path) -> None:
    Logger.logMessage(report())
    Logger.logMessage(report().pydict)
    head, *lines = file.read_text().splitlines()
    assert (
        head
        == Logger.HEADINGS
        == ("timestamp,mfrid,prodid,sensorid,flags,switch,voltage,freq,reactive,real,apparent,current,temperature")
    )
    assert lines == ["1464000000.250,4,2,1675,11111000,1,240,49.9,-4,3,5.0,0.021,None"] * 2


def test_what_a_message_has_not_is_none(file: Path) -> None:
    message = Message(Devices.REGISTERED_SENSOR, header_productid=3, header_sensorid=9)
    message.append_rec(0x74, wr=False, value=18.5)
    message.append_rec(0x73, wr=True, value=1)  # told, not said
    message.append_rec(0x76, wr=False)
    Logger.logMessage(message)
    row = next(csv.DictReader(file.read_text().splitlines()))
    assert (row["flags"], row["temperature"], row["switch"], row["voltage"]) == ("00000001", "18.5", "None", "None")
    assert float(row["timestamp"]) > 1.6e9


def test_a_file_is_continued(file: Path) -> None:
    Logger.logMessage(report())
    Logger.close()
    Logger.logMessage(report())
    assert [line[:4] for line in file.read_text().splitlines()] == ["time", "1464", "1464"]


def test_a_file_that_cannot_be_written_is_an_error(file: Path) -> None:
    file.mkdir()
    with pytest.raises(OSError, match="directory"):
        Logger.logMessage(report())
