"""What a meter's address (ADCO, ADSC) says: CC AA TT NNNNNN, maker, year, device type, serial number.

Sources: Enedis-NOI-CPT_54E v3 (Linky types); the Euridis association's lists of makers and device types, as
linkytic (hekmon) has them.
"""

from __future__ import annotations

from typing import NamedTuple

# fmt: off
MAKERS = {
    1: "Crouzet/Monetel", 2: "Sagemcom", 3: "Schlumberger/Actaris/Itron", 4: "Landis+Gyr",
    5: "Sauter/Stepper/Zellweger", 6: "Itron", 7: "MAEC", 8: "Matra-Chauvin Arnoux/Enerdis", 9: "Faure-Herman",
    10: "Sevme/SIS", 11: "Magnol/Elster/Honeywell", 12: "Gaz Thermique", 14: "Ghielmetti/Dialog/Micronique",
    15: "Mecelec", 16: "Legrand/Baco", 17: "SERD-Schlumberger", 18: "Schneider/Merlin Gerin/Gardy",
    19: "GE/Power Control", 20: "Nuovo Pignone/Dresser", 21: "SCLE", 22: "EDF", 23: "GDF-Suez", 24: "Hager-GE",
    25: "Delta Dore", 26: "RIZ", 27: "Iskraemeco", 28: "GMT", 29: "Analog Device", 30: "Michaud", 31: "Hexing",
    32: "Siame", 33: "Larsen & Toubro", 34: "Elster/Honeywell", 35: "Electronic Afzar Azma",
    36: "Advanced Electronic Company", 37: "AEM", 38: "Zhejiang Chint", 39: "ZIV", 70: "Landis+Gyr",
    71: "Stepper", 81: "Sagemcom", 82: "Landis+Gyr", 83: "Elster/Honeywell", 84: "Sagemcom", 85: "Itron",
}
# fmt: on


class DeviceType(NamedTuple):
    """phases: 0 where the type does not say. linky: whether it is one."""

    code: int
    name: str
    phases: int = 0
    linky: bool = False


# fmt: off
TYPES = {row.code: row for row in (
    DeviceType(1,  "single-phase multi-tariff, 1st generation", 1),
    DeviceType(3,  "concentrator"),
    DeviceType(4,  "concentrator"),
    DeviceType(5,  "single-phase single-tariff, 1st generation", 1),
    DeviceType(6,  "CJE (yellow tariff)", 3),
    DeviceType(7,  "ICE/PRISME (green tariff)", 3),
    DeviceType(9,  "three-phase, 1st generation", 3),
    DeviceType(10, "CJE (yellow tariff)", 3),
    DeviceType(15, "single-phase multi-tariff without Tempo", 1),
    DeviceType(19, "concentrator"),
    DeviceType(20, "half-rate single-phase, 1st generation", 1),
    DeviceType(21, "half-rate three-phase, 1st generation", 3),
    DeviceType(22, "single-phase, 2nd generation", 1),
    DeviceType(23, "single-phase, 2nd generation", 1),
    DeviceType(25, "single-phase single-tariff, 2nd generation", 1),
    DeviceType(26, "three-phase, model 2000", 3),
    DeviceType(27, "three-phase, model 2000", 3),
    DeviceType(28, "single-phase, model 2007", 1),
    DeviceType(29, "single-phase, model 2007", 1),
    DeviceType(30, "three-phase, model 2007", 3),
    DeviceType(31, "three-phase, model 2007", 3),
    DeviceType(33, "CJE (yellow tariff)", 3),
    DeviceType(34, "ICE 4Q (green tariff)", 3),
    DeviceType(36, "PME-PMI", 3),
    DeviceType(60, "Linky single-phase 60 A G1", 1, True),
    DeviceType(61, "Linky single-phase 60 A G3, top entry", 1, True),
    DeviceType(62, "Linky single-phase 90 A G1", 1, True),
    DeviceType(63, "Linky three-phase 60 A G1", 3, True),
    DeviceType(64, "Linky single-phase 60 A G3", 1, True),
    DeviceType(65, "Linky G3, trial", 0, True),
    DeviceType(67, "Linky single-phase, pilot", 1, True),
    DeviceType(68, "Linky three-phase, pilot", 3, True),
    DeviceType(70, "Linky G3, interoperability", 0, True),
    DeviceType(71, "Linky G3, interoperability", 0, True),
    DeviceType(75, "Linky single-phase 90 A G3", 1, True),
    DeviceType(76, "Linky three-phase 60 A G3", 3, True),
    DeviceType(86, "Linky SEI (islands) single-phase", 1, True),
    DeviceType(87, "Linky SEI (islands) three-phase", 3, True),
)}
# fmt: on


class MeterAddress(NamedTuple):
    """An address taken apart. maker, type: None where no list knows the code; year: as of this century."""

    digits: str
    maker: str | None
    year: int
    type: DeviceType | None

    @property
    def model(self) -> str:
        """`Sagemcom Linky single-phase 60 A G1`, or the codes that nobody knows."""
        maker = self.maker or f"maker {self.digits[:2]}"
        return f"{maker} {self.type.name if self.type else f'type {self.digits[4:6]}'}"


def parse_address(digits: str) -> MeterAddress:
    """The parts of an address of 12 digits. Raises ValueError."""
    if len(digits) != 12 or not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"expected an address of 12 digits, got {digits!r}")
    maker, year, kind = (int(digits[at : at + 2]) for at in (0, 2, 4))
    return MeterAddress(digits, MAKERS.get(maker), (1900 if year >= 70 else 2000) + year, TYPES.get(kind))


def address_key(digits: str) -> str:
    """The two check digits that are printed behind the address on the meter, and never sent.

    With N1 the last digit: the sum of Ni, and that of i * Ni, each modulo 11; 10 becomes 0.
    """
    reverse = [int(digit) for digit in reversed(digits)]
    sums = sum(reverse), sum(place * digit for place, digit in enumerate(reverse, 1))
    return "".join(str(total % 11 % 10) for total in sums)
