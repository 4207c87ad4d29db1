"""Who ordered what: in memory, in a file, and when the file cannot be written."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from control_rig import control, light, plug, switch
from energy_hw.energenie.audit import Audit
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.errors import NotConfirmed, QueueFull

BOUND_S = 20.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def settled(number: int = 0, value: object = True) -> Ticket:
    ticket = Ticket("energenie:2:0x000373", "switch", value, origin="cli")
    ticket.asked = NOW
    ticket.note_try(float(number))
    ticket.settle(Outcome.CONFIRMED)
    return ticket


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_entry_says_who_when_what_and_the_result(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(lambda: NOW, path)
    audit.note(settled(value=Decimal("20.5")))
    audit.close()
    assert lines(path) == [
        {
            "asked": "2026-01-01T00:00:00Z",
            "settled": "2026-01-01T00:00:00Z",
            "origin": "cli",
            "device": "energenie:2:0x000373",
            "name": "switch",
            "value": "20.5",
            "outcome": "confirmed",
            "tries": 1,
            "error": None,
        }
    ]


def test_memory_keeps_the_last_ones() -> None:
    audit = Audit(lambda: NOW, most=3)
    for number in range(10):
        audit.note(settled(value=number))
    assert [entry.value for entry in audit.entries()] == [7, 8, 9]


def test_the_file_is_rotated_by_size_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    audit = Audit(lambda: NOW, tmp_path / "audit.jsonl", most_bytes=2000, old_files=2)
    for number in range(100):
        audit.note(settled(value=number))
    audit.close()
    audit.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(file.stat().st_size <= 2000 for file in files)
    kept = [row["value"] for name in (".2", ".1", "") for row in lines(tmp_path / f"audit.jsonl{name}")]
    assert kept == list(range(100))[-len(kept) :]
    assert audit.failures == 0


def test_lines_are_appended_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for _ in range(2):
        audit = Audit(lambda: NOW, path)
        audit.note(settled())
        audit.close()
    assert len(lines(path)) == 2


def test_a_file_that_cannot_be_written_is_counted_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    audit = Audit(lambda: NOW, tmp_path / "missing" / "audit.jsonl")
    for _ in range(5):
        audit.note(settled())
    audit.close()
    assert (audit.failures, len(audit.entries())) == (5, 5)
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 1
    assert "missing/audit.jsonl" in told[0].getMessage()


def test_a_disk_that_hangs_delays_nobody_and_lines_beyond_a_thousand_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr("energy_hw.energenie.audit._File.emit", lambda *_: release.wait(BOUND_S))
    audit = Audit(lambda: NOW, tmp_path / "audit.jsonl")
    for _ in range(1100):
        audit.note(settled())
    assert 99 <= audit.failures <= 100
    release.set()
    audit.close()


def test_every_order_is_noted_once_whatever_becomes_of_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(lambda: datetime.now(UTC), path)
    with control(audit=audit) as (engine, board, _):
        plug(board)
        engine.submit(switch(True))
        engine.submit(switch(False)).wait(2.0)
        engine.submit(light()).wait(2.0)
        engine.submit(switch(True, 0x999)).cancel()
        order = switch(True, 0x888)
        order.build = lambda: b""
        engine.submit(order)
        engine.run_s(0.5)
        engine.submit(switch(True, 0x777))
    assert [row["outcome"] for row in lines(path)] == [
        "replaced",
        "confirmed",
        "assumed",
        "cancelled",
        "failed",
        "failed",
    ]
    assert [entry.outcome.value for entry in audit.entries()] == [row["outcome"] for row in lines(path)]
    assert "LinkClosed: the hub was closed" in str(lines(path)[-1]["error"])
    assert all(str(row["asked"]).endswith("Z") for row in lines(path))


def test_an_order_that_was_refused_is_noted_too() -> None:
    with control() as (engine, _, _):
        for sensor in range(256):
            engine.submit(switch(True, sensor))
        with pytest.raises(QueueFull):
            engine.submit(switch(True, 999))
        (entry,) = engine.audit.entries()
        assert (entry.outcome, entry.device) == (Outcome.FAILED, "energenie:2:0x0003E7")
        assert entry.error is not None
        assert entry.error.startswith("QueueFull: expected at most 256")


def test_a_failing_audit_file_does_not_stop_control(tmp_path: Path) -> None:
    audit = Audit(lambda: NOW, tmp_path / "missing" / "audit.jsonl")
    with control(audit=audit) as (engine, board, _):
        device = plug(board)
        assert engine.submit(switch(False)).wait(2.0) is Outcome.CONFIRMED
        with pytest.raises(NotConfirmed):
            engine.submit(switch(True, 0x999)).wait(0.5)
    assert device.relay is False
    assert audit.failures == 2
