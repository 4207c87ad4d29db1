"""From one poll to rows, over the registers of the captured Mate3s: two inverters, two controllers, a FLEXnet-DC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from energy_hw.app.mate3_pg_sample import Sampler
from energy_hw.app.mate3_pg_settings import default_outbox, limits
from energy_hw.app.mate3_pg_ticks import Ticks
from energy_hw.app.pg_definitions import Definitions, read_definitions
from energy_hw.outback.poll import Poller
from energy_hw.sim.mate3_map import Mate3Map
from mate3_rig import CountingRegisters

SOC = "port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc"
CURRENT = "port: 5, device: flexnet_dc, field: shunt_b_current, db_column: amps"
VOLTS = "port: 5, device: flexnet_dc, field: battery_voltage, db_column: volts"


class House:
    """A controller, and what definitions make of its polls."""

    def __init__(self, tmp_path: Path, *columns: str, compat_raw: bool = False) -> None:
        path = tmp_path / "d.yaml"
        path.write_text("tables:\n  power:\n" + "".join(f"    - {{{column}}}\n" for column in columns))
        self.definitions: Definitions = read_definitions(path, compat_raw)
        self.map = Mate3Map(CountingRegisters().registers)
        self.registers = CountingRegisters(self.map.registers)
        self.poller = Poller(self.registers, sleep=lambda _: None)
        self.sampler = Sampler(self.definitions)

    def poll(self) -> dict[str, Any]:
        """The row of the one table; {} for none."""
        poll = self.poller.read_blocks(self.sampler.keys(self.definitions.tables, self.poller.layout))
        return dict(next((values for _, values in self.sampler.rows(poll, self.definitions.tables)), {}))

    @contextmanager
    def counted(self) -> Iterator[list[tuple[int, int, int | tuple[int, ...]]]]:
        """The requests that are made meanwhile."""
        before = len(self.registers.requests)
        found: list[tuple[int, int, int | tuple[int, ...]]] = []
        yield found
        found += self.registers.requests[before:]


def test_values_are_scaled_and_keep_their_digits(tmp_path: Path) -> None:
    house = House(
        tmp_path,
        SOC,
        VOLTS,
        CURRENT,
        "port: 3, device: charge_controller, field: charger_state, db_column: state",
        "port: 1, device: radian_inverter_configuration, field: model_number, db_column: model",
    )
    row = house.poll()
    assert row == {
        "soc": 96,
        "volts": Decimal("50.6"),
        "amps": Decimal("-16.6"),
        "state": "bulk",
        "model": "VFXR3048E",
    }
    assert str(row["volts"]) == "50.6"


def test_raw_values_are_those_of_the_registers(tmp_path: Path) -> None:
    house = House(
        tmp_path,
        VOLTS,
        CURRENT,
        "port: 3, device: charge_controller, field: charger_state, db_column: state",
        "port: 1, device: radian_inverter_configuration, field: model_number, db_column: model",
        VOLTS.replace("volts", "scaled") + ", scale: true",
        compat_raw=True,
    )
    assert house.poll() == {"volts": 506, "amps": -166, "state": 2, "model": "VFXR3048E", "scaled": Decimal("50.6")}


def test_only_what_the_definitions_need_is_read(tmp_path: Path) -> None:
    house = House(tmp_path, SOC, VOLTS)
    house.poll()
    with house.counted() as requests:
        house.poll()
    assert requests == [(3, 41144, 78)]


def test_of_alternatives_only_the_one_that_is_there_is_read(tmp_path: Path) -> None:
    house = House(tmp_path, "port: 1, device: inverter, field: battery_voltage, db_column: volts")
    house.poll()
    with house.counted() as requests:
        assert house.poll() == {"volts": Decimal("50.8")}
    assert len(requests) == 1


def test_an_unplugged_device_leaves_its_columns_empty_and_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watts = "port: 3, device: charge_controller, field: watts, db_column: watts"
    array = "port: 3, device: charge_controller, field: array_voltage, db_column: array"
    house = House(tmp_path, SOC, watts, array)
    assert set(house.poll()) == {"soc", "watts", "array"}
    all_devices = dict(house.map.registers)
    house.map.replug(without=[3])
    house.map.registers.update((at, 0xFFFF) for at in all_devices if at not in house.map.registers)
    assert house.poll() == house.poll() == {"soc": 96}
    told = [record.getMessage() for record in caplog.records if "stays empty" in record.getMessage()]
    assert told == [
        f"{tmp_path}/d.yaml, line 4: charge_controller.watts: there is no charge_controller on port 3; there is one on "
        "port 4; its column stays empty"
    ]
    assert house.sampler.counts.missing == 4
    house.map.registers.clear()
    house.map.registers.update(all_devices)
    assert set(house.poll()) == {"soc", "watts", "array"}
    assert "charge_controller on port 3 is there now" in caplog.text


def test_nothing_at_all_makes_no_row(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, "port: 9, device: fx_inverter, field: battery_voltage, db_column: volts")
    assert house.poll() == house.poll() == {}
    assert (house.sampler.counts.rows, house.sampler.counts.empty) == (0, 2)
    assert caplog.text.count("there is no fx_inverter on port 9; there are 1, 64110, 64120") == 1


def test_a_point_that_the_firmware_has_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, "port: 1, device: inverter, field: gt_number, db_column: gt", SOC)
    assert house.poll() == {"soc": 96}  # mate3 took the next block's number for it
    assert "the firmware of 64117 at 40630 (port 1) has no such point" in caplog.text


def test_a_point_without_a_value_is_left_out(tmp_path: Path) -> None:
    house = House(tmp_path, SOC, VOLTS)
    house.map.registers[house.map.address_of(64118, "battery_voltage", 5)] = 0xFFFF
    assert house.poll() == {"soc": 96}
    assert house.sampler.counts.missing == 1


def test_a_value_that_its_column_cannot_hold_is_left_out_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, SOC, CURRENT + ", type: integer")
    assert house.poll() == house.poll() == {"soc": 96}
    assert house.sampler.counts.misfits == 2
    assert caplog.text.count("flexnet_dc.shunt_b_current: left out: expected a whole number, got -16.6") == 1


def test_blocks_that_move_are_found(tmp_path: Path) -> None:
    house = House(tmp_path, SOC)
    house.poll()
    house.map.replug(order=[5, 4, 3, 2, 1])
    assert house.poll() == {"soc": 96}


def tables(tmp_path: Path, *intervals: float | None) -> Definitions:
    column = "[{device: gateway, field: year, db_column: year}]"
    lines = [
        f"  t{number}: {{{f'interval: {interval}, ' if interval else ''}columns: {column}}}"
        for number, interval in enumerate(intervals)
    ]
    (tmp_path / "t.yaml").write_text("tables:\n" + "\n".join(lines))
    return read_definitions(tmp_path / "t.yaml")


def polled(ticks: Ticks, times: list[float]) -> list[list[str]]:
    found = []
    for now in times:
        due = ticks.due(now)
        ticks.done(due, now)
        found.append([table.table.name for table in due])
    return found


def test_each_table_in_its_own_interval(tmp_path: Path) -> None:
    ticks = Ticks(tables(tmp_path, None, 12, 5).tables, 5)
    assert ticks.tick_s == 5
    often, seldom = ["t0", "t2"], ["t0", "t1", "t2"]
    assert polled(ticks, [0, 5.01, 10.02, 15.03, 20.04, 25.05]) == [seldom, often, seldom, often, often, seldom]


def test_the_shortest_interval_is_that_of_the_polls(tmp_path: Path) -> None:
    assert Ticks(tables(tmp_path, None, 2).tables, 60).tick_s == 2
    assert Ticks(tables(tmp_path, 60, 300).tables, 5).tick_s == 60


def test_what_was_missed_is_not_made_up_for(tmp_path: Path) -> None:
    ticks = Ticks(tables(tmp_path, None, 60).tables, 5)
    assert polled(ticks, [0, 1000, 1005, 1010, 1060]) == [["t0", "t1"], ["t0", "t1"], ["t0"], ["t0"], ["t0", "t1"]]


def test_how_much_may_wait() -> None:
    on_disk, in_memory = limits(False, None, 90), limits(True, 2, 1)
    assert (on_disk.most_bytes, on_disk.most_age_s) == (500_000_000, 90 * 86400)
    assert (in_memory.memory_bytes, in_memory.most_age_s) == (2_000_000, 86400)
    assert on_disk.thin is in_memory.thin
    assert on_disk.thin([], 10_000) == set()


def test_where_rows_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENERGY_HW_STATE", str(tmp_path))
    assert default_outbox({"STATE_DIRECTORY": "/var/lib/x:/var/lib/y"}) == Path("/var/lib/x/mate3-pg.sqlite3")
    assert default_outbox({}) == tmp_path / "mate3-pg.sqlite3"
