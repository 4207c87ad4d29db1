"""When a recording is over, for the forwarder."""

from __future__ import annotations

import threading
from pathlib import Path

from dsmr_rig import raw
from energy_hw.app.p1_forward import _Watch
from energy_hw.app.p1_forward_settings import read_settings
from energy_hw.app.p1_forwarder import Forwarder
from energy_hw.app.session import Options, Session
from energy_hw.p1 import P1Meter
from energy_hw.reading import Report
from outbox_rig import until
from p1_server import KEY, Server


def test_a_recording_that_was_read_too_fast_ends_all_the_same(tmp_path: Path) -> None:
    recording, may_go = tmp_path / "meter.raw", threading.Event()
    recording.write_bytes(b"".join(map(raw, range(10))))
    with Server(tmp_path) as server:
        settings = read_settings({}, None, {"API_HOSTS": server.url, "API_KEYS": KEY, "SPOOL": "memory"})
        with Forwarder(settings) as forwarder:

            def take(report: Report) -> None:
                assert may_go.wait(60)
                forwarder.take(report)

            with P1Meter(str(recording), on_report=take, most_waiting=2) as meter:
                watch = _Watch(Session(Options(quiet=True)), forwarder, meter)
                assert until(lambda: meter.counters().ok == 10)
                assert not watch._delivered_to_the_end()
                may_go.set()
                assert until(watch._delivered_to_the_end)
                assert forwarder.taken + meter.counters().callbacks_dropped == 10
                assert meter.counters().callbacks_dropped > 0
