"""What differs between countries and editions of the P1 port, as data.

A telegram can be read without a profile; it gives the base of its times, what tariffs 1 and 2 mean, which of two gas
readings counts, and how to open the port. detect() finds one from the telegram; a user may name another at any time.

    base offset   hours from UTC without daylight saving time
    unflagged     what a stamp without S or W means: by the rule of the European Union, or never daylight saving time
    tariffs       Belgium counts the day as 1, the Netherlands the night

Sources: DSMR P1 companion standard 2.2 to 5.0.2; e-MUCS-P1 2.1.1 (Fluvius); SMARTY P1 1.1.3 (Luxembourg); HAN-P1 of
Energiföretagen 2.0 (Sweden) and SK 13-1 of SESKO (Finland); P1 of ESO (Lithuania), of E.ON (Hungary), of Groupe E
(Switzerland). The rest is what meters of that country were seen to send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, Protocol

from energy_hw.p1.times import Clock


class Use(StrEnum):
    """Whether telegrams have a CRC, or are encrypted."""

    NEVER = "never"
    OPTIONAL = "optional"
    ALWAYS = "always"


class SerialSetting(NamedTuple):
    """How to open the port."""

    baud: int
    frame: str


FAST, FAST_7E1 = SerialSetting(115200, "8N1"), SerialSetting(115200, "7E1")
SLOW, MIDDLE = SerialSetting(9600, "7E1"), SerialSetting(38400, "8N1")

Tariffs = Mapping[int, str]
LOW_1ST: Tariffs = MappingProxyType({1: "low", 2: "normal"})
HIGH_1ST: Tariffs = MappingProxyType({1: "normal", 2: "low"})
NAMELESS: Tariffs = MappingProxyType({})

CENTRAL, EASTERN = Clock(1), Clock(2)
NORMAL = Clock(1, saves=False)
TC, RAW = "24.2.1", "24.2.3"


class Profile(NamedTuple):
    """One row. interval_s: between telegrams, the longest. gas: the code to prefer of a channel that sends two.

    spec: the letter of the dsmr_parser specification whose attribute names apply, see dsmr_names.py.
    """

    name: str
    title: str
    serial: tuple[SerialSetting, ...]
    interval_s: float
    clock: Clock
    tariffs: Tariffs
    gas: str
    crc: Use
    encryption: Use
    spec: str


NEVER, OPTIONAL, ALWAYS = Use.NEVER, Use.OPTIONAL, Use.ALWAYS

# fmt: off
PROFILES = {row.name: row for row in (
    #       name       title                     serial            s   clock     tariffs    gas  crc     encryption spec
    Profile("nl2",     "Netherlands, DSMR 2.2",  (SLOW,),          10, CENTRAL,  LOW_1ST,   TC,  NEVER,  NEVER,    "2"),
    Profile("nl3",     "Netherlands, DSMR 3.0",  (SLOW,),          10, CENTRAL,  LOW_1ST,   TC,  NEVER,  NEVER,    "2"),
    Profile("nl4",     "Netherlands, DSMR 4",    (FAST, FAST_7E1), 10, CENTRAL,  LOW_1ST,   TC,  ALWAYS, NEVER,    "4"),
    Profile("nl5",     "Netherlands, DSMR 5",    (FAST,),          1,  CENTRAL,  LOW_1ST,   TC,  ALWAYS, NEVER,    "5"),
    Profile("be",      "Belgium, e-MUCS-P1",     (FAST,),          1,  CENTRAL,  HIGH_1ST,  RAW, ALWAYS, NEVER,    "B"),
    Profile("be_iskra", "Belgium, Iskra MIE5T",  (FAST,),          10, CENTRAL,  HIGH_1ST,  RAW, ALWAYS, NEVER,    "I"),
    Profile("lu",      "Luxembourg, SMARTY",     (FAST,),          10, CENTRAL,  NAMELESS,  TC,  ALWAYS, OPTIONAL, "L"),
    Profile("at",      "Austria, Sagemcom T210", (FAST,),          10, CENTRAL,  NAMELESS,  TC,  ALWAYS, OPTIONAL, "A"),
    Profile("se",      "Sweden, HAN-P1",         (FAST,),          10, NORMAL,   NAMELESS,  TC,  ALWAYS, NEVER,    "S"),
    Profile("fi",      "Finland, HAN-P1",        (FAST,),          10, EASTERN,  NAMELESS,  TC,  ALWAYS, NEVER,    "S"),
    Profile("lt",      "Lithuania, ESO",         (FAST,),          10, EASTERN,  NAMELESS,  TC,  ALWAYS, OPTIONAL, "M"),
    Profile("hu",      "Hungary, E.ON and MVM",  (FAST,),          10, CENTRAL,  NAMELESS,  TC,  ALWAYS, NEVER,    "H"),
    Profile("ch",      "Switzerland, Groupe E",  (FAST,),          10, CENTRAL,  NAMELESS,  TC,  ALWAYS, NEVER,    "B"),
    Profile("si",      "Slovenia",               (FAST, MIDDLE),   10, CENTRAL,  NAMELESS,  TC,  ALWAYS, NEVER,    "5"),
    Profile("il",      "Israel",                 (FAST,),          10, EASTERN,  NAMELESS,  TC,  ALWAYS, NEVER,    "5"),
    Profile("q3d",     "Germany, EasyMeter Q3D", (SLOW, FAST),     2,  CENTRAL,  NAMELESS,  TC,  NEVER,  NEVER,    "Q"),
)}

HEADERS = (
    # what stands behind the slash           profile
    (rb"FLU5",                               "be"),
    (rb"ISk5.{1,2}MIE5T",                    "be_iskra"),
    (rb"Lux5",                               "lu"),
    (rb"EST5",                               "at"),
    (rb"(?:ELL5|ADN9|KAM5)",                 "se"),  # meters in Finland have the same headers: say fi
    (rb"(?:HLY5|SAG5SAG-METER)",             "hu"),
    (rb"ESO",                                "lt"),
    (rb"GRE5",                               "ch"),
    (rb"ESY5Q3",                             "q3d"),
)

VERSIONS = (
    # mark in the telegram                   profile
    (b"\n0-0:96.1.4(",                       "be"),
    (b"\n1-3:0.2.8(5",                       "nl5"),
    (b"\n1-3:0.2.8(4",                       "nl4"),
)
# fmt: on
NO_CRC, NO_VERSION = "nl3", "nl5"

_HEADERS = tuple((re.compile(rb"/" + pattern, re.DOTALL), PROFILES[name]) for pattern, name in HEADERS)


class HasRaw(Protocol):
    """A telegram, as bytes from `/` to its end."""

    @property
    def raw(self) -> bytes:
        """The bytes."""


def detect(telegram: HasRaw) -> Profile:
    """The profile of a telegram: by its header, else by its version, else by whether it has a CRC."""
    raw = telegram.raw
    found = _by_header(raw[: raw.find(b"\n")])
    return found or _by_version(raw)


@lru_cache(maxsize=64)
def _by_header(header: bytes) -> Profile | None:
    return next((profile for pattern, profile in _HEADERS if pattern.match(header)), None)


def _by_version(raw: bytes) -> Profile:
    name = next((name for mark, name in VERSIONS if mark in raw), None)
    return PROFILES[name or (NO_VERSION if re.search(rb"![0-9A-Fa-f]+\s*\Z", raw) else NO_CRC)]
