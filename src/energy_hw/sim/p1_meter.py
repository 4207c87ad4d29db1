"""A simulated P1 meter: the telegrams that it makes of what its house measures.

    meter = P1Meter(Setup("nl5", devices=("gas",)), start, seed=3)
    meter.advance_to(12.5)              # seconds since start
    meter.telegram()                    # `/` .. CR LF; with a key in the setup, DB 08 ..

Pure: time is what advance_to() says, chance what the seed says. Thread safety: one thread at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import hypot

from energy_hw.p1 import encode
from energy_hw.p1.cipher import PUBLISHED_AK
from energy_hw.p1.obis import find
from energy_hw.sim.p1_house import House, quadrant
from energy_hw.sim.p1_setup import CHANNELS, DEVICES, LAYOUTS, SIGNED, USUAL, Setup

Values = dict[str, encode.Value]
"""By the names of the OBIS tables."""

TITLES = {"lu": b"SAG", "at": b"SAG", "lt": b"ELG"}
FIRST_INVOCATION = 1000
EAN = "541440110025746018"
# fmt: off
FIXED: Values = {
    "status": "80", "message": "", "message_code": "",
    "message_2": "", "message_3": "", "message_4": "", "message_5": "",
    "delivery_point": EAN, "nominal_voltage": ("230",), "breaker": True, "fuse_threshold": ("100*A", "-063*A"),
}
# fmt: on
VERSIONS = {"nl4": "42", "nl5": "50", "lu": "42", "at": "50", "be": "50217", "ch": "12345"}
NEVER_READ = "632525252525"
LIMITS = {"nl2": 999.0, "nl3": 999.0, "be": 99.999, "lu": 69.0, "hu": 90.0}


class P1Meter:
    """house: what it measures, and the faults of its counters and its clock. telegrams: how many it has made."""

    def __init__(self, setup: Setup, start: datetime, seed: int = 0) -> None:
        self.setup, self.house = setup, House(setup, start, seed)
        self.telegrams = 0
        self.invocation = FIRST_INVOCATION
        """Counter of the last encrypted frame; setting it back is a replay."""
        self._failures = [(self.house.local(start - timedelta(days=days)), s) for days, s in ((210, 4982), (97, 240))]
        self._identity: Values = {
            "equipment_id": f"E00260000241{(53615 + seed) % 100000:05}",
            "serial_number": f"890088220000{(12160 + seed) % 100000:05}",
            "logical_device_name": f"SAG10307900{(2574 + seed) % 100000:05}",
            "meter_address": f"02720313{(12565 + seed) % 100000:05}",
        }
        self._title = TITLES.get(setup.name, b"SIM") + (0x671B055C0F + seed & 0xFFFFFFFFFF).to_bytes(5)

    def advance_to(self, seconds: float) -> None:
        """Let time pass until so many seconds after the start."""
        self.house.advance_to(seconds)

    def telegram(self, *, wrong_crc: bool = False) -> bytes:
        """The next one, as it is at this moment. wrong_crc: a fault, under encryption too."""
        self.telegrams += 1
        plain = self.plain()
        if wrong_crc:
            plain = _with_wrong_crc(plain)
        if not self.setup.key:
            return plain
        self.invocation += 1
        key, auth_key = self.setup.key, self.setup.auth_key or PUBLISHED_AK
        return encode.encrypt(plain, key, title=self._title, invocation=self.invocation, auth_key=auth_key)

    def plain(self) -> bytes:
        """A telegram, not encrypted."""
        values = self.values()
        named = ((code, row.name) for code in LAYOUTS[self.setup.name] if (row := find(code)))
        objects = {code: values[name] for code, name in named if name in values}
        return encode.telegram(self.setup.style, objects | self._channels())

    # ---- values ----

    def values(self) -> Values:
        """What its objects say now."""
        version = VERSIONS.get(self.setup.name, "")
        return (
            FIXED
            | self._identity
            | {"p1_version": version, "emucs_version": version, "limiter_threshold": LIMITS.get(self.setup.name, 17.25)}
            | {"meter_time": self.house.now, "tariff": self.house.tariff, "frequency": self.house.frequency()}
            | self._energies()
            | self._powers()
            | self._by_phase()
            | self._events()
            | self._demands()
        )

    def _energies(self) -> Values:
        house = self.house
        values: Values = {f"energy_import_t{tariff}": kwh for tariff, kwh in house.import_kwh.items()}
        values |= {f"energy_export_t{tariff}": kwh for tariff, kwh in house.export_kwh.items()}
        values |= {f"reactive_energy_q{number}": kvarh for number, kvarh in house.quadrant_kvarh.items()}
        total_in, total_out = sum(house.import_kwh.values()), sum(house.export_kwh.values())
        q = house.quadrant_kvarh
        return values | {
            "energy_import": total_in,
            "energy_export": total_out,
            "energy_absolute": total_in + total_out,
            "reactive_energy_import": q[1] + q[2],
            "reactive_energy_export": q[3] + q[4],
        }

    def _powers(self) -> Values:
        net_kw, net_kvar = sum(self.house.net_w()) / 1000, sum(self.house.net_var()) / 1000
        apparent = hypot(net_kw, net_kvar)
        quadrants: Values = {f"reactive_power_q{number}": 0.0 for number in (1, 2, 3, 4)}
        quadrants[f"reactive_power_q{quadrant(net_kw, net_kvar)}"] = abs(net_kvar)
        return quadrants | {
            "power_import": net_kw if self.setup.name in SIGNED else max(net_kw, 0.0),
            "power_export": max(-net_kw, 0.0),
            "reactive_power_import": max(net_kvar, 0.0),
            "reactive_power_export": max(-net_kvar, 0.0),
            "apparent_power": apparent if net_kw >= 0 else 0.0,
            "apparent_power_export": apparent if net_kw < 0 else 0.0,
            "power_factor": net_kw / apparent,
        }

    def _by_phase(self) -> Values:
        house = self.house
        rows = zip(house.net_w(), house.net_var(), house.voltages(), strict=True)
        phases = [_phase(f"_l{number}", *row, self.setup.name in SIGNED) for number, row in enumerate(rows, 1)]
        return {name: value for phase in phases for name, value in phase.items()}

    def _events(self) -> Values:
        """Two long failures before the start, and a few sags."""
        style = self.setup.style
        log = encode.failure_log(style, self._failures) if style.letter else ()
        values: Values = {"power_failures": 3, "long_power_failures": 2, "power_failure_log": log}
        for phase in range(1, self.setup.phases + 1):
            values |= {f"voltage_sags_l{phase}": 4 - phase, f"voltage_swells_l{phase}": 0}
        return values

    def _demands(self) -> Values:
        house, style = self.house, self.setup.style
        if not style.letter:
            return {}
        values: Values = {
            "demand_import": house.demand_kw(),
            "max_demand_import": encode.demand(style, house.peak.time, house.peak.power_kw),
        }
        last = _month_start(house.now)
        ends = [house.local(end) for end in (_month_start(last - timedelta(days=1)), last)]
        if self.setup.name == "hu":
            return values | {"demand_history": encode.hungarian_month(style, ends[1], self._month())}
        months = [(end, house.local(end - timedelta(days=8)), 3.695 + number) for number, end in enumerate(ends)]
        return values | {"demand_history": encode.belgian_peaks(style, months)}

    def _month(self) -> list[float]:
        """19 values of a month gone by."""
        q = (0.205, 0.048, 39.199, 35.020)
        return [40.777, 8.950, 31.827, 142.250, 111.164, 31.086, q[0] + q[1], q[2] + q[3], *q, 183.027, *(3.564,) * 6]

    # ---- M-Bus ----

    def _channels(self) -> Values:
        codes = CHANNELS.get(self.setup.name, USUAL)
        rows = ((f"0-{channel}:{code}", channel, code) for channel in self._numbers() for code in codes)
        return {code: value for code, channel, short in rows if (value := self._channel(channel, short)) is not None}

    def _numbers(self) -> range:
        return range(1, len(self.setup.devices) + 1)

    def _channel(self, channel: int, code: str) -> encode.Value | None:
        device, gauge = DEVICES[self.setup.devices[channel - 1]], self.house.gauges[channel - 1]
        if code.startswith(("24.2", "24.3")):
            groups = encode.mbus(self.setup.style, channel, gauge.time, gauge.value, device.quantity)
            return groups if device.id else (NEVER_READ + groups[0][12:], *groups[1:])
        if code == "24.1.0":
            return (f"{device.type}",) if self.setup.style.is_old else device.type
        if code == "24.4.0":
            return True
        return EAN if code == "96.1.2" and device.id else device.id


def _phase(suffix: str, net_w: float, net_var: float, volts: float, signed: bool) -> Values:
    kw, kvar = net_w / 1000, net_var / 1000
    apparent = hypot(kw, kvar)
    values: Values = {
        "power_import": kw if signed else max(kw, 0.0),
        "power_export": max(-kw, 0.0),
        "reactive_power_import": max(kvar, 0.0),
        "reactive_power_export": max(-kvar, 0.0),
        "apparent_power": apparent if kw >= 0 else 0.0,
        "apparent_power_export": apparent if kw < 0 else 0.0,
        "power_factor": kw / apparent if apparent else 1.0,
        "voltage": volts,
        "current": apparent * 1000 / volts,
    }
    return {name + suffix: value for name, value in values.items()}


def _month_start(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _with_wrong_crc(telegram: bytes) -> bytes:
    """Another digit at the end; a telegram without a checksum gets a wrong one."""
    head, _, digits = telegram.rpartition(b"!")
    return b"%b!%04X\r\n" % (head, int(digits.strip() or b"0", 16) ^ 0x1)
