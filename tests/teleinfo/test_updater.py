"""serial_teleinfo's ValueUpdater: what it keeps, what it forgets, how it comes back."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from energy_hw.teleinfo import client
from energy_hw.teleinfo import updater as module
from energy_hw.teleinfo.latest import FRESH_S, STALE_S, LatestValues
from energy_hw.teleinfo.types import Value
from energy_hw.teleinfo.updater import ValueUpdater
from teleinfo_rig import BASE, Meter, historique
from web_rig import until

OVER = historique(*BASE[:6], ("ADPS", "045"), *BASE[6:])
SHORT = historique(("ADIR1", "061"), ("ADCO", "012345678901"), ("IINST1", "061"), ("IINST2", "005"))


@pytest.fixture(autouse=True)
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", (0.02, 0.1))


def test_a_warning_that_is_over_is_forgotten() -> None:
    with Meter(OVER) as meter:
        updater = ValueUpdater(meter.path)
        updater.start()
        until(lambda: "ADPS" in updater.values)
        meter.says = historique(*BASE)
        until(lambda: updater.values and "ADPS" not in updater.values)
        assert set(updater.values) == {key for key, _ in BASE}
        updater.stop()


def test_a_short_frame_leaves_the_other_values_alone() -> None:
    with Meter(historique(*BASE)) as meter:
        updater = ValueUpdater(meter.path)
        updater.start()
        until(lambda: updater.ready)
        meter.says = SHORT
        until(lambda: updater.values["ADCO"] and "IINST2" in updater.values)
        assert {"ADIR1", "PAPP", "OPTARIF"} <= set(updater.values)
        updater.stop()


def test_damage_is_passed_over_and_costs_no_connection(caplog: pytest.LogCaptureFixture) -> None:
    damaged = historique(*BASE).replace(b"PAPP 00340", b"PAPP 0034p").replace(b"IMAX 090", b"IMAX 091")
    with Meter(damaged) as meter:
        updater = ValueUpdater(meter.path)
        updater.start()
        until(lambda: updater.ready)
        assert "PAPP" not in updater.values
        assert "IMAX" not in updater.values
        meter.says = historique(*BASE)
        until(lambda: "PAPP" in updater.values)
        meter.says = damaged
        before = updater.revision
        until(lambda: updater.revision > before + 40)
        assert updater.values["IMAX"].value == 90  # its line came damaged: nobody said that it is gone
        assert not caplog.records
        updater.stop()


def test_an_unknown_key_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with Meter(historique(*BASE, ("FOO", "1"))) as meter:
        updater = ValueUpdater(meter.path)
        updater.start()
        until(lambda: updater.revision > 50)
        updater.stop()
    assert [record.message for record in caplog.records if "FOO" in record.message] == [
        f"{updater.port}: The key FOO is not known"
    ]


def test_it_comes_back_with_the_port(tmp_path: Path) -> None:
    port = tmp_path / "port"
    with Meter(historique(*BASE)) as meter:
        os.symlink(meter.path, port)
        updater = ValueUpdater(str(port))
        updater.start()
        until(lambda: updater.ready)
    until(lambda: not updater.connected)
    assert not updater.ready
    assert updater.values  # until they are stale
    with Meter(historique(*BASE)) as meter:
        port.unlink(missing_ok=True)
        os.symlink(meter.path, port)
        until(lambda: updater.ready)
        updater.stop()


def test_too_many_bad_lines_open_the_port_again(caplog: pytest.LogCaptureFixture) -> None:
    with Meter(b"PAPP 00000 X\r\n") as meter:
        updater = ValueUpdater(meter.path)
        updater.start()
        until(lambda: "17 bad or missing lines in a row" in caplog.text)
        meter.says = historique(*BASE)
        until(lambda: updater.ready)
        updater.stop()


def test_an_overridden_update_that_raises_is_told_and_reading_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(ValueUpdater):
        calls = 0

        def update_value(self, value: Value) -> None:
            self.calls += 1
            if self.calls == 3:
                raise KeyError("mine")
            super().update_value(value)

    with Meter(historique(*BASE)) as meter:
        updater = Failing(meter.path)
        updater.start()
        until(lambda: updater.ready)
        updater.stop()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "mine" in caplog.text


def test_start_and_stop_say_when_it_is_too_late_or_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 0.1)
    with Meter() as meter:
        updater = ValueUpdater(meter.path)
        with pytest.raises(AttributeError, match="before start"):
            updater.stop()
        updater.start()
        assert f"{meter.path} teleinfo updater" in {thread.name for thread in threading.enumerate() if thread.daemon}
        with pytest.raises(RuntimeError, match=r"Method start\(\) can only be called once\."):
            updater.start()
        updater.stop()
        updater.stop()


class TestLatestValues:
    """Ages, in a time of its own."""

    def test_a_meter_that_says_nothing_for_five_seconds_is_silent(self) -> None:
        latest = LatestValues({})
        assert not latest.fresh(0.0)
        latest.heard(Value("PAPP", 1), 10.0)
        assert latest.fresh(10.0 + FRESH_S)
        assert not latest.fresh(10.1 + FRESH_S)
        latest.disconnect()
        assert not latest.fresh(10.0)

    def test_what_was_not_heard_for_a_minute_is_gone(self) -> None:
        values = {"PAPP": Value("PAPP", 1), "BASE": Value("BASE", 2)}
        latest = LatestValues(values)
        latest.heard(values["PAPP"], 0.0)
        latest.heard(values["BASE"], 1.0)
        latest.expire(STALE_S + 0.5)
        assert set(values) == {"BASE"}
        assert latest.revision == 3

    def test_a_frame_that_began_before_says_nothing_of_what_is_missing(self) -> None:
        values = {key: Value(key, 1) for key in ("OPTARIF", "ADPS")}
        latest = LatestValues(values)
        latest.heard(values["ADPS"], 0.0)
        latest.disconnect()
        latest.heard(values["OPTARIF"], 1.0)
        latest.end_frame()
        assert "ADPS" in values
        latest.heard(values["OPTARIF"], 2.0)
        latest.end_frame()
        assert "ADPS" not in values
