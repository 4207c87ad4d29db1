"""Telegrams through an outbox to servers in processes of their own, on good days and bad ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsmr_rig import BEGIN, METER, SetClock, batch, raw, second, telegram
from energy_hw.sinks import dsmr_reader
from energy_hw.sinks.dsmr_http import Server, Version
from energy_hw.sinks.dsmr_reader import RUN, DsmrReader, Sample
from energy_hw.sinks.dsmr_telegram import KIND
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Order
from outbox_rig import until
from p1_server import KEY
from p1_server import Server as Reader


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with Reader(tmp_path_factory.mktemp("reader")) as reader:
        yield reader


@pytest.fixture
def reader(process: Reader) -> Reader:
    process.behave()
    return process


@contextmanager
def sink(reader: Reader, key: str = KEY, timeout_s: float = 10.0, **options: Any) -> Iterator[DsmrReader]:
    """A sink that is closed at the end; version goes to its server."""
    version = options.pop("version", Version.V1)
    one = DsmrReader(Server(reader.url, key, version, timeout_s=timeout_s), run="now", clock=SetClock(), **options)
    try:
        yield one
    finally:
        one.close()


def test_a_batch_in_order(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader) as one:
        result = one.deliver(batch(telegram(number) for number in range(3)))
    assert (result.done, result.failed, one.counts["sent"]) == (3, False, 3)
    assert reader.stored()[before:] == [second(number) for number in range(3)]


def test_a_lost_answer_doubles_nothing_where_it_may_be_asked(reader: Reader) -> None:
    before = len(reader.stored())
    some = batch(telegram(number) for number in range(200, 203))
    with sink(reader) as one:
        reader.behave(lose=1)
        assert one.deliver(some).failed
        result = one.deliver(some)
    assert (result.done, one.counts) == (3, {"found": 1, "sent": 2, "thinned": 0})
    assert reader.stored()[before:] == [second(number) for number in range(200, 203)]


def test_a_lost_answer_is_counted_where_it_may_not_be_asked(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    before = len(reader.stored())
    some = batch([telegram(210)])
    with sink(reader) as one:
        reader.behave(lose=1, may_ask=False)
        assert one.deliver(some).failed
        assert one.deliver(some).done == 1
    assert (one.counts["sent"], one.counts["unasked"]) == (1, 1)
    assert reader.stored()[before:] == [second(210), second(210)]
    assert "may be there twice" in caplog.text


def test_what_another_process_left_is_asked_about(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader) as one:
        one.deliver(batch(telegram(number) for number in range(220, 222)))
        one.deliver(batch(telegram(number, run="before") for number in range(220, 224)))
    assert one.counts["found"] == 2
    assert reader.stored()[before:] == [second(number) for number in range(220, 224)]


@pytest.mark.parametrize(
    ("behaviour", "after_s", "words"),
    [
        ({"enabled": False}, 60.0, "enable the API"),
        ({"answers": [[401, "", {}]]}, 60.0, "check the API key"),
        ({"answers": [[404, "", {}]]}, 60.0, "check the address"),
        ({"answers": [[301, "", {"Location": "https://x/"}]]}, 60.0, "moved"),
        ({"answers": [[429, "", {"Retry-After": "5"}]]}, 5.0, "429 Too Many Requests"),
        ({"answers": [[503, "", {}]]}, None, "503 Service Unavailable"),
        ({"answers": [[504, "", {}]]}, None, "504 Gateway Timeout"),
        ({"answers": [[500, "<h1>Server Error</h1>", {}]]}, None, "500 Internal Server Error"),
        ({"lose": 1}, None, "the answer was lost"),
    ],
)
def test_a_bad_day_costs_nothing(reader: Reader, behaviour: dict[str, Any], after_s: float | None, words: str) -> None:
    some = batch([telegram(230), telegram(231)])
    with sink(reader) as one:
        reader.behave(**behaviour)
        result = one.deliver(some)
        assert (result.done, result.drop, result.failed, result.pause) == (0, {}, True, False)
        assert result.after_s == after_s
        assert words in result.reason
        reader.behave()
        assert one.deliver(some).done == 2


@pytest.mark.parametrize("answer", [[400, "Invalid data", {}], [500, "Failed to parse telegram", {}], [413, "", {}]])
def test_a_refused_telegram_goes_and_one_sample_stays(
    reader: Reader, answer: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    samples: list[Sample] = []
    with sink(reader, on_refused=samples.append) as one:
        reader.behave(answers=[answer, answer])
        result = one.deliver(batch(telegram(number) for number in range(240, 243)))
    assert (result.done, result.drop) == (3, {1: "refused", 2: "refused"})
    assert samples == [one.refused]
    assert samples[0].raw == raw(240)
    assert METER not in caplog.text


def test_a_telegram_that_the_server_fails_on_does_not_hold_up_the_rest(reader: Reader) -> None:
    before = len(reader.stored())
    some = batch([telegram(250, text="4249"), telegram(251)])
    with sink(reader) as one:
        reader.behave(poison="(4249)")
        for _ in range(2):
            assert one.deliver(some).failed
        result = one.deliver(some)
    assert (result.done, result.drop) == (2, {1: "server_error"})
    assert reader.stored()[before:] == [second(251)]


@pytest.mark.parametrize("integrity", ["none", "checksum", ""])
def test_a_telegram_that_was_not_checked_is_not_sent(reader: Reader, integrity: str) -> None:
    before = len(reader.stored())
    with sink(reader) as one:
        result = one.deliver(batch([telegram(260, integrity=integrity)]))
    assert (result.done, result.drop) == (1, {1: "crc"})
    assert len(reader.stored()) == before


def test_without_a_time_it_is_sent_at_once_or_never(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader) as one:
        clock = one._clock
        assert isinstance(clock, SetClock)
        clock.now_s = 100.0
        some = [telegram(1, timed=False, received_s=at, integrity="absent") for at in (39.9, 40.1)]
        result = one.deliver(batch(some))
    assert (result.done, result.drop) == (2, {1: "late"})
    assert len(reader.stored()) == before + 1


def test_v2_sends_values_and_drops_what_has_none(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader, version=Version.V2) as one:
        result = one.deliver(batch([telegram(270), telegram(271, values=None), telegram(272)]))
    assert (result.done, result.drop) == (3, {2: "incomplete"})
    assert reader.stored()[before:] == [second(270), second(272)]


def test_fewer_telegrams_of_a_backlog(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader, interval_s=10.0) as one:
        result = one.deliver(batch(telegram(number) for number in range(40)))
    assert (result.done, result.drop, one.counts["thinned"]) == (40, {}, 36)
    assert len(reader.stored()) == before + 4


def test_one_that_may_not_go_takes_no_others_turn(reader: Reader) -> None:
    before = len(reader.stored())
    with sink(reader, version=Version.V2, interval_s=10.0) as one:
        result = one.deliver(batch([telegram(285), telegram(286), telegram(287, values=None)]))
    assert (result.done, result.drop, one.counts["thinned"]) == (3, {3: "incomplete"}, 1)
    assert reader.stored()[before:] == [second(286)]


def test_rows_that_are_no_telegrams_go() -> None:
    one = DsmrReader(Server("http://127.0.0.1:9", KEY), run="now")
    rows = batch([telegram(0), telegram(1)]).rows
    broken = [rows[0]._replace(kind="report"), rows[1]._replace(body=b"{}")]
    assert one.deliver(batch([])._replace(rows=tuple(broken))).drop == {1: "no_telegram", 2: "no_telegram"}
    one.close()


def test_the_key_is_in_no_log(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with sink(reader) as one, sink(reader, key="another-key-to-hide") as stranger:
        reader.behave(answers=[[403, f"Token {KEY}", {}]])
        said = [one.deliver(batch([telegram(280)])).reason, stranger.deliver(batch([telegram(280)])).reason]
    for secret in (KEY, "another-key-to-hide", METER):
        assert secret not in caplog.text + "".join(said)


def test_a_server_that_dies_and_comes_back_gets_all_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dsmr_reader, "HIGH_S", 0.1)
    monkeypatch.setattr(dsmr_reader, "LOW_S", 0.02)
    with ExitStack() as stack:
        server = stack.enter_context(Reader(tmp_path))
        one = DsmrReader(Server(server.url, KEY, timeout_s=10.0))
        stack.callback(one.close)
        outbox = stack.enter_context(Outbox(tmp_path / "o.sqlite3", [one.target()]))
        for number in range(90):
            if number == 30:
                assert until(lambda: len(server.stored()) == 30)
                server.kill()
            if number == 60:
                assert until(lambda: outbox.health().targets[one.name].failures > 0)
                server.start()
            body = telegram(number, run=RUN).encode()
            outbox.put(body, key="p1:1", kind=KIND, time=BEGIN)
        assert until(lambda: outbox.health().targets[one.name].pending == 0)
    assert server.stored() == [second(number) for number in range(90)]
    assert one.counts["unasked"] == 0


def test_a_server_on_a_bad_day_has_each_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dsmr_reader, "HIGH_S", 0.01)
    monkeypatch.setattr(dsmr_reader, "LOW_S", 0.001)
    with ExitStack() as stack:
        server = stack.enter_context(Reader(tmp_path))
        server.behave(chaos=30)
        one = DsmrReader(Server(server.url, KEY, timeout_s=10.0))
        stack.callback(one.close)
        outbox = stack.enter_context(Outbox(None, [one.target()]))
        for number in range(200):
            outbox.put(telegram(number, run=RUN).encode(), key="p1:1", kind=KIND, time=BEGIN)
        assert until(lambda: outbox.health().targets[one.name].pending == 0)
        assert outbox.health().targets[one.name].failures > 20
    assert server.stored() == [second(number) for number in range(200)]
    assert one.counts["found"] > 5
    assert one.counts["unasked"] == 0


def test_a_server_that_hangs_delays_no_other(tmp_path: Path, reader: Reader) -> None:
    before = len(reader.stored())
    with Reader(tmp_path) as slow, ExitStack() as stack:
        slow.behave(hang_s=120)
        sinks = [
            DsmrReader(Server(slow.url, KEY, timeout_s=1.0), name="slow"),
            DsmrReader(Server(reader.url, KEY), name="fast", order=Order.NEWEST),
        ]
        for one in sinks:
            stack.callback(one.close)
        outbox = stack.enter_context(Outbox(None, [one.target() for one in sinks]))
        for number in range(300, 320):
            outbox.put(telegram(number, run=RUN).encode(), key="p1:1", kind=KIND)
        assert until(lambda: outbox.health().targets["fast"].pending == 0)
        assert outbox.health().targets["slow"].pending == 20
    assert sorted(reader.stored()[before:]) == [second(number) for number in range(300, 320)]
