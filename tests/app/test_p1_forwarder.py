"""What stands between a meter and its servers, with servers in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsmr_rig import METER, raw, second
from energy_hw.app.p1_forward_settings import Settings, read_settings
from energy_hw.app.p1_forwarder import Forwarder, sample_path
from energy_hw.errors import LinkBusy
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import Telegram
from energy_hw.p1.wire import Crc
from energy_hw.reading import Report
from energy_hw.sinks.dsmr_telegram import decode
from energy_hw.sinks.limits import Limits
from outbox_rig import until
from p1_server import KEY, Server

SMALL = Limits(ballast_bytes=0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


def settings(spool: Path | str, *hosts: str, **named: str) -> Settings:
    keys = ",".join([KEY] * len(hosts))
    return read_settings({}, None, {"API_HOSTS": ",".join(hosts), "API_KEYS": keys, "SPOOL": str(spool), **named})


def report(number: int, crc: Crc = Crc.OK) -> Report:
    return to_report(Telegram(raw(number), crc, 0, 0), second(number), "here")


def test_the_refused_telegram_is_kept_for_nobody_else_to_read(
    tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.behave(answers=[[500, "Failed to parse telegram", {}]])
    before, spool = len(server.stored()), tmp_path / "s.db"
    with Forwarder(settings(spool, server.url), SMALL) as forwarder:
        for number in (1, 2):
            forwarder.take(report(number))
        assert until(lambda: forwarder.pending == 0)
        (line,) = forwarder.summary()
    assert line.endswith(": 1 sent, 0 waiting, 1 refused")
    assert len(server.stored()) == before + 1
    sample = sample_path(spool, forwarder.sinks[0].name)
    assert sample.read_bytes() == raw(1)
    assert sample.stat().st_mode & 0o777 == 0o600
    assert str(sample) in caplog.text
    assert METER not in caplog.text


def test_a_server_that_is_named_twice_gets_each_twice(server: Server) -> None:
    before = len(server.stored())
    with Forwarder(settings("memory", server.url, server.url)) as forwarder:
        forwarder.take(report(1))
        assert until(lambda: forwarder.pending == 0)
        assert len({sink.name for sink in forwarder.sinks}) == 2
    assert len(server.stored()) == before + 2


def test_a_telegram_that_was_not_checked_is_dropped_and_counted(server: Server) -> None:
    before = len(server.stored())
    with Forwarder(settings("memory", server.url)) as forwarder:
        forwarder.take(report(1, Crc.BAD))
        assert until(lambda: forwarder.pending == 0)
        assert forwarder.summary()[0].endswith("1 crc")
    assert len(server.stored()) == before


@pytest.mark.parametrize(("api", "wanted"), [("v1", False), ("v2", True)])
def test_values_are_made_where_somebody_wants_them(api: str, wanted: bool) -> None:
    with Forwarder(settings("memory", "http://127.0.0.1:9", API_VERSION=api)) as forwarder:
        made: list[bytes] = []
        put = forwarder.outbox.put
        forwarder.outbox.put = lambda body, **more: (made.append(body), put(body, **more))[1]  # type: ignore[method-assign]
        full = raw(1).replace(b"0-0:96.13.0()", b"1-0:1.7.0(00.500*kW)")
        forwarder.take(to_report(Telegram(full, Crc.OK, 0, 0), second(1), "here"))
    values = decode(made[0]).values
    assert (values is not None and values["electricity_currently_delivered"] == "0.500") is wanted


def test_memory_holds_the_newest(server: Server) -> None:
    with Forwarder(settings("memory", "http://127.0.0.1:9", QUEUE="5")) as forwarder:
        for number in range(9):
            forwarder.take(report(number))
        assert (forwarder.taken, forwarder.lost, forwarder.pending) == (9, 0, 5)
        assert ", 5 waiting, 4 memory" in forwarder.summary()[0]


def test_a_spool_has_one_forwarder(tmp_path: Path) -> None:
    some = settings(tmp_path / "s.db", "http://127.0.0.1:9")
    with Forwarder(some, SMALL), pytest.raises(LinkBusy, match="process"):
        Forwarder(some, SMALL)


def test_after_the_end_a_telegram_is_lost_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    forwarder = Forwarder(settings("memory", "http://127.0.0.1:9"))
    forwarder.close()
    assert forwarder.take(report(1)) is None
    assert forwarder.lost == 1
    assert "a telegram is lost" in caplog.text
