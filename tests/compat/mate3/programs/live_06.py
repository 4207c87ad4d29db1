"""What programs for mate3 0.6 do: read, look, compare, write. In our words, with another package name."""

import time

from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.compat.mate3.devices import DeviceValues
from energy_hw.compat.mate3.field_values import FieldValue
from energy_hw.compat.mate3.sunspec.fields import IntegerField, Mode

host = "192.168.0.123"
port = 502

with Mate3Client(host=host, port=port) as client:
    devices: DeviceValues = client.devices
    voltage: FieldValue = devices.fndc.battery_voltage
    print(f"battery {voltage.value} {voltage.field.units}, {voltage.value * 1.5:.2f} at half as much again")
    for hub_port, inverter in devices.single_phase_radian_inverters.items():
        print(f"inverter {hub_port}: {inverter.output_kw.value} kW, {inverter.inverter_operating_mode.value.name}")
    before = voltage.last_read
    time.sleep(0.01)
    voltage.read()
    print("read again", voltage.last_read > before, f"{voltage.last_read:%Y}" > "2000")
    integers = [value for value in devices.fndc.fields([Mode.R]) if isinstance(value.field, IntegerField)]
    print("integers", len(integers), "decimals", -voltage.scale_factor)
    for name, found in vars(devices).items():
        if type(found) == dict and found:  # noqa: E721
            first = next(iter(found.values()))
            print(name, list(found), sum(type(value) == FieldValue for value in vars(first).values()))  # noqa: E721
    generator = devices.mate3.ags_generator_type
    print([member.name for member in generator.field.options], generator.value == generator.enum["AC Gen"])
    generator.write(generator.enum["DC Gen"])
    devices.charge_controllers[3].config.absorb_volts.write(57.6)
    print(generator.value, devices.charge_controllers[3].config.absorb_volts.value)
    volts = devices.charge_controllers[4].config.absorb_volts
    volts.value = volts.value + 0.1
    client.write()
    print("assigned", volts.value, volts.dirty)
