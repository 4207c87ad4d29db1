"""The public face that the sources share."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from energy_hw.publishing import ThreadedSource
from energy_hw.reading import Report

BOUND_S = 20.0


class Ticker(ThreadedSource):
    """Says its reports when it is told to start, and ends when it is told to."""

    name = "ticker"

    def __init__(self, count: int) -> None:
        super().__init__("ticker", most_waiting=10)
        self.woken = 0
        self._count = count

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        now = datetime.now(UTC)
        for number in range(self._count):
            self._reports.publish(Report("test", str(number), "", None, now, "none", b"", tuple))
        self._stop.wait(BOUND_S)
        self._reports.close()

    def _wake(self) -> None:
        self.woken += 1


def test_readers_get_the_reports_and_end_with_close() -> None:
    with Ticker(3) as source:
        source.start()
        reports = iter(source)
        assert [next(reports).device for _ in range(3)] == ["0", "1", "2"]
    assert list(reports) == []
    assert source.woken == 1


def test_a_stream_gets_the_same_reports() -> None:
    async def first(source: Ticker) -> str:
        async for report in source.stream():
            return report.device
        raise AssertionError("the stream ended")

    with Ticker(2) as source:
        source.start()
        assert asyncio.run(asyncio.wait_for(first(source), BOUND_S)) == "0"


def test_close_may_be_called_twice_and_without_a_start() -> None:
    source = Ticker(0)
    source.close()
    source.close()
    assert source.woken == 2


def test_close_may_be_called_from_a_callback() -> None:
    closed = threading.Event()

    def close(source: Ticker) -> None:
        source.close()
        closed.set()

    source = Ticker(0)
    source.start()
    source._callbacks.call(close, source)
    assert closed.wait(BOUND_S)
    assert not source._thread.is_alive()


def test_a_thread_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Ticker):
        def _run(self) -> None:
            release.wait(BOUND_S)

    monkeypatch.setattr("energy_hw.publishing.JOIN_S", 0.01)
    release = threading.Event()
    source = Stuck(0)
    source.start()
    source.close()
    release.set()
    assert "ticker: the thread that reads does not end" in caplog.text
