"""mate3 0.6's client: what is written, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.errors import IdentityChanged, NotWritable, OutOfRange
from energy_hw.sim.mate3 import SimMate3

Connect = Callable[..., Mate3Client]
Written = Callable[[], list[Any]]


def test_a_value_is_written_and_read_back(house: SimMate3, client: Mate3Client) -> None:
    settings, mate3 = client.devices.charge_controllers[3].config, client.devices.mate3
    settings.absorb_volts.write(57.6)
    settings.grid_tie_mode.write(settings.grid_tie_mode.enum["Grid Tie Mode enabled"])
    settings.aux_control.write("Auto")
    mate3.system_name.write(b"New system name")
    mate3.set_time_zone.write(-3.5)
    mate3.smtp_server_name.write("mail.example")  # empty before, which 0.6 took for not implemented
    assert (settings.absorb_volts.value, house.get(64112, "absorb_volts", 3)) == (57.6, 576)
    assert (house.get(64112, "grid_tie_mode", 3), house.get(64112, "aux_control", 3)) == (1, 1)
    assert (mate3.system_name.value, mate3.smtp_server_name.value) == ("New system name", "mail.example")
    assert (mate3.set_time_zone.value, house.get(64110, "set_time_zone")) == (-3.5, -350)


REFUSED = [
    ("absorb_volts", 57.65, OutOfRange, "57.6"),
    ("absorb_volts", "much", OutOfRange, "much"),
    ("absorb_volts", float("nan"), OutOfRange, "nan"),
    ("mppt_mode", 9, OutOfRange, "one of"),
    ("absorb_end_amps", 5, NotWritable, "force"),
    ("faults", 1, NotWritable, "read-only"),
    ("battery_voltage_calibrate_offset", 0.1, NotWritable, "calibration"),
]


@pytest.mark.parametrize(("name", "value", "kind", "said"), REFUSED, ids=lambda item: str(item))
def test_what_must_not_be_written_is_refused(
    client: Mate3Client, name: str, value: object, kind: type[Exception], said: str, written: Written
) -> None:
    with pytest.raises(kind, match=said) as caught:
        getattr(client.devices.charge_controllers[3].config, name).write(value)
    assert isinstance(caught.value, ValueError if kind is OutOfRange else RuntimeError)
    assert written() == []


def test_force_and_allow_open_what_is_closed(house: SimMate3, client: Mate3Client) -> None:
    settings = client.devices.charge_controllers[3].config
    settings.absorb_end_amps.write(5, force=True)
    settings.battery_voltage_calibrate_offset.write(0.1, allow=["calibration"])
    assert house.get(64112, "absorb_end_amps", 3) == settings.absorb_end_amps.raw_value
    assert house.get(64112, "battery_voltage_calibrate_offset", 3) == 1


def test_assigned_values_wait_for_write(house: SimMate3, client: Mate3Client, written: Written) -> None:
    three, four = (client.devices.charge_controllers[port].config.absorb_volts for port in (3, 4))
    three.value = three.value + 0.1  # 58.9, or 58.900000000000006
    four.value = 57.0
    assert (three.dirty, written()) == (True, [])
    client.write()
    assert (house.get(64112, "absorb_volts", 3), house.get(64112, "absorb_volts", 4)) == (589, 570)
    assert (three.value, three.dirty, four.dirty) == (58.9, False, False)
    client.write()
    assert len(written()) == 2


def test_only_what_may_be_written_takes_a_value(client: Mate3Client) -> None:
    with pytest.raises(RuntimeError, match="read-only"):
        client.devices.fndc.battery_voltage.value = 50.0
    with pytest.raises(RuntimeError, match="not implemented"):
        client.devices.mate3.smtp_ssl_enable.value = 1


def test_swapped_ports_refuse(house: SimMate3, client: Mate3Client, written: Written) -> None:
    volts = client.devices.charge_controllers[3].config.absorb_volts
    house.swap_ports(3, 4)
    with pytest.raises(IdentityChanged) as caught:
        volts.write(57.6)
    volts.value = 57.6
    with pytest.raises(RuntimeError):
        client.write()
    assert isinstance(caught.value, RuntimeError)
    assert (written(), volts.dirty) == ([], True)


def test_a_swap_between_the_look_and_the_write_is_told(house: SimMate3, client: Mate3Client) -> None:
    """What nobody can prevent is told: which device got the value."""
    house.faults.arm(then=lambda: house.swap_ports(3, 4), functions=(6, 16))
    with pytest.raises(IdentityChanged, match="port 4"):
        client.devices.charge_controllers[3].config.absorb_volts.write(57.6)
