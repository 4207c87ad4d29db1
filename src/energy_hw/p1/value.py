"""A telegram as a user sees it: by name, by code, by channel; unknown and bad lines too.

>>> telegram = P1Telegram(raw)
>>> telegram["1-0:1.8.1"].value, telegram["energy_import_t1"].unit
>>> telegram.gas, telegram.net_power, telegram.to_dict("seed")
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from energy_hw.p1.cosem import BadLine, CosemObject, cosem_object, header_of
from energy_hw.p1.derived import derive
from energy_hw.p1.dicts import dsmr_dict, seed_dict
from energy_hw.p1.profiles import Profile, detect
from energy_hw.p1.readings import Context, to_readings
from energy_hw.p1.redact import crc_state, redact
from energy_hw.p1.report import profile_of, to_report
from energy_hw.p1.telegram import Line, scan_lines
from energy_hw.reading import Reading, Readings, Report


class P1Telegram:
    """One telegram. raw: from `/` to `!` or beyond. profile: its own by default. The rest is read when asked for.

    received: when it came, which decides the hour that October has twice where the meter sends no letter.
    Immutable. Thread safety: any thread.
    """

    def __init__(self, raw: bytes, profile: Profile | None = None, received: datetime | None = None) -> None:
        self.raw = raw
        self.received = received
        self.profile = profile or detect(self)
        self._origin: Report | None = None

    @classmethod
    def of(cls, report: Report, profile: Profile | None = None) -> P1Telegram:
        """The telegram of a report of the P1 source. profile: the report's own by default."""
        telegram = cls(report.raw, profile or profile_of(report), report.received)
        telegram._origin = report if profile is None else None
        return telegram

    @property
    def crc(self) -> str:
        """`ok`, `bad` or `absent`: what the printed digits say of the bytes."""
        return crc_state(self.raw)

    @cached_property
    def _lines(self) -> list[Line]:
        return scan_lines(self.raw)

    @cached_property
    def _read(self) -> tuple[Readings, tuple[BadLine, ...]]:
        return to_readings(self._lines, self.profile.clock, self.received)

    @property
    def header(self) -> str:
        """What stands behind the slash."""
        return header_of(self.raw)

    @property
    def manufacturer(self) -> str:
        """Its three letters, as in the header: the third may be a small one."""
        return self.header[:3]

    @property
    def version(self) -> str | None:
        """Of the P1 port, `50`, or of e-MUCS, `50217`; None of meters that send none."""
        found = self.get("p1_version") or self.get("emucs_version")
        return None if found is None else str(found.value)

    @cached_property
    def objects(self) -> tuple[CosemObject, ...]:
        """Every line that is an object, groups as sent."""
        return tuple(cosem_object(line) for line in self._lines if line[0])

    @property
    def _believed(self) -> tuple[CosemObject, ...]:
        """The objects without those that the report doubts."""
        doubted = {reading.code[:-1] for reading in self._origin or () if reading.code.endswith("?")}
        return tuple(item for item in self.objects if item.code not in doubted) if doubted else self.objects

    @property
    def bad_lines(self) -> tuple[BadLine, ...]:
        """Lines that give no reading, and why."""
        return self._read[1]

    @property
    def unknown(self) -> Readings:
        """Readings of codes that no table knows."""
        return tuple(reading for reading in self._read[0] if reading.name.startswith("unknown_"))

    @cached_property
    def readings(self) -> Readings:
        """In the order of the lines, then the derived ones."""
        return self._read[0] + derive(self._read[0], self.profile)

    @cached_property
    def time(self) -> datetime | None:
        """What the meter's clock says; None if it sends no time, or none that is one."""
        found = self.get("meter_time")
        return found.value if found and isinstance(found.value, datetime) else None

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def get(self, name: str) -> Reading | None:
        """The first reading with this name or code, or None."""
        return next((reading for reading in self.readings if name in (reading.name, reading.code)), None)

    def __getitem__(self, name: str) -> Reading:
        """The first reading with this name or code. Raises KeyError that lists what there is."""
        found = self.get(name)
        if found is None:
            raise KeyError(f"{name}; this telegram has {', '.join(reading.name for reading in self.readings)}")
        return found

    def mbus(self, channel: int) -> Readings:
        """What one M-Bus device or relay says."""
        return tuple(reading for reading in self._read[0] if reading.channel == channel)

    @property
    def gas(self) -> Reading | None:
        """The freshest gas meter's reading."""
        return self.get("gas_volume")

    @property
    def water(self) -> Reading | None:
        """The freshest water meter's reading."""
        return self.get("water_volume")

    @property
    def heat(self) -> Reading | None:
        """The freshest heat meter's reading."""
        return self.get("heat")

    @property
    def net_power(self) -> Reading | None:
        """Import minus export, in the unit of the meter."""
        return self.get("net_power")

    def signed_current(self, phase: int) -> Reading | None:
        """The current of a phase, below zero while it exports."""
        return self.get(f"signed_current_l{phase}")

    def to_dict(
        self, style: Literal["canonical", "dsmr_parser", "seed"] = "canonical", strict: bool = False
    ) -> dict[str, Any]:
        """The telegram for JSON.

        canonical: the shape of the whole package, whose numbers reading.dumps() writes with the digits sent.
        dsmr_parser, seed: see dicts.py; json.dumps() writes them. strict: with seed, its own keys alone. What the
        report doubts (a code with `?` behind) is left out of these.
        """
        moment = Context(self.profile.clock, None, self.received).time
        if style == "dsmr_parser":
            return dsmr_dict(self._believed, self.profile.spec, moment)
        if style == "seed":
            return seed_dict(self._believed, self.profile.spec, moment, self.gas.channel if self.gas else None, strict)
        report = self._origin or to_report(self, self.received or datetime.now(UTC), "unknown", self.profile)
        return report.to_json()

    def redacted(self) -> P1Telegram:
        """The same without ids and messages, with a CRC that fits: to show to others."""
        return P1Telegram(redact(self.raw), self.profile, self.received)

    def to_bytes(self) -> bytes:
        """As it came."""
        return self.raw
