"""How the meters of each country write a telegram: header, number forms, clock. For simulator and tests.

A Form is `Fn(x,x)` of the companion standards by digits: 6, 3, kWh is `(000123.456*kWh)`.

Sources: DSMR P1 2.2, 3.0, 4.0, 4.2.2 and 5.0.2, 6.12; e-MUCS-P1 2.1.1; SMARTY P1 1.1.3; HAN-P1 2.0; and, where these
say nothing or differ from the field, telegrams of the meters that the headers name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from energy_hw.p1.profiles import PROFILES, Use
from energy_hw.p1.times import Clock
from energy_hw.reading import Quantity as Q


class Form(NamedTuple):
    """Digits before and after the point, the unit sent, and how many of it are one kW, kWh, A or V."""

    before: int
    after: int
    unit: str
    scale: int = 1


# fmt: off
DUTCH = {
    Q.ENERGY_IMPORT:   Form(6, 3, "kWh"),
    Q.ENERGY_EXPORT:   Form(6, 3, "kWh"),
    Q.ENERGY:          Form(6, 3, "kWh"),
    Q.REACTIVE_ENERGY: Form(6, 3, "kvarh"),
    Q.POWER:           Form(2, 3, "kW"),
    Q.REACTIVE_POWER:  Form(2, 3, "kvar"),
    Q.APPARENT_POWER:  Form(2, 3, "kVA"),
    Q.POWER_FACTOR:    Form(1, 3, ""),
    Q.CURRENT:         Form(3, 0, "A"),
    Q.VOLTAGE:         Form(3, 1, "V"),
    Q.FREQUENCY:       Form(2, 2, "Hz"),
    Q.DURATION:        Form(5, 0, "s"),
    Q.GAS_VOLUME:      Form(5, 3, "m3"),
    Q.WATER_VOLUME:    Form(5, 3, "m3"),
    Q.HEAT:            Form(6, 2, "GJ"),
}
# fmt: on


def _forms(energy: Form, power: Form, reactive_energy: Form, reactive_power: Form) -> dict[Q, Form]:
    energies = dict.fromkeys((Q.ENERGY_IMPORT, Q.ENERGY_EXPORT, Q.ENERGY), energy)
    return DUTCH | energies | {Q.POWER: power, Q.REACTIVE_ENERGY: reactive_energy, Q.REACTIVE_POWER: reactive_power}


KILOWATTS = Form(3, 1, "kW")
OLD = _forms(Form(5, 3, "kWh"), Form(4, 2, "kW"), Form(5, 3, "kvarh"), Form(4, 2, "kvar"))
NORDIC = _forms(Form(8, 3, "kWh"), Form(4, 3, "kW"), Form(8, 3, "kvarh"), Form(4, 3, "kvar"))
AUSTRIAN = _forms(Form(9, 0, "Wh", 1000), Form(9, 0, "W", 1000), Form(9, 0, "varh", 1000), Form(9, 0, "var", 1000))
GERMAN = _forms(Form(8, 7, "kWh"), Form(6, 2, "W", 1000), Form(8, 7, "kvarh"), Form(6, 2, "var", 1000))


@dataclass(frozen=True, slots=True)
class Style:
    """One country's way. name: the profile's. header: of a meter seen there. suffix: behind each code.

    limit: 0-0:17.0.0, whose unit differs. letter: stamps end in S or W. blank: an empty line follows the header.
    is_old: gas as in DSMR 3.0.
    """

    name: str
    header: str
    forms: dict[Q, Form] = field(default_factory=lambda: dict(DUTCH), repr=False)
    limit: Form = KILOWATTS
    letter: bool = True
    blank: bool = True
    suffix: str = ""
    is_old: bool = False

    @property
    def clock(self) -> Clock:
        """The profile's."""
        return PROFILES[self.name].clock

    @property
    def crc(self) -> bool:
        """Whether a checksum ends it."""
        return PROFILES[self.name].crc is not Use.NEVER


ONE_DECIMAL = {Q.CURRENT: Form(3, 1, "A")}
TWO_DECIMALS = {Q.CURRENT: Form(3, 2, "A")}
OLD_STYLE = Style("nl3", "ISk5\\2MT382-1003", OLD, limit=Form(4, 2, "kW"), letter=False, is_old=True)

# fmt: off
STYLES = {style.name: style for style in (
    replace(OLD_STYLE, name="nl2", header="KMP5 KA6U001660297912"),
    OLD_STYLE,
    Style("nl4", "KFM5KAIFA-METER"),
    Style("nl5", "ISK5\\2M550T-1012"),
    Style("be",  "FLU5\\253769484_A", DUTCH | TWO_DECIMALS, limit=Form(2, 3, "kW")),
    Style("lu",  "Lux5\\253694471_M", limit=Form(3, 1, "kVA")),
    Style("at",  "EST5\\123456789_A", AUSTRIAN),
    Style("se",  "ELL5\\253833635_A", NORDIC | ONE_DECIMAL),
    Style("fi",  "ADN9 6534",         NORDIC | ONE_DECIMAL),
    Style("lt",  "ESO5\\VMMmm",       DUTCH | {Q.FREQUENCY: Form(2, 1, "Hz")}),
    Style("hu",  "HLY5/D545-METER",   limit=Form(2, 3, "kW")),
    Style("ch",  "GRE5\\\\12341234_A", DUTCH | TWO_DECIMALS),
    Style("q3d", "ESY5Q3DB1024 V3.04", GERMAN, letter=False, suffix="*255"),
)}
# fmt: on
