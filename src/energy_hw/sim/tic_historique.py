"""The groups of a simulated meter in historique mode. Order: the table's, which is the wire's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energy_hw.sim.tic_contract import PERIODS, colour
from energy_hw.teleinfo.encode import dataset
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.labels_historique import HISTORIQUE

if TYPE_CHECKING:
    from energy_hw.sim.tic_meter import TicMeter

OPTARIF = {"base": "BASE", "hc": "HC", "ejp": "EJP", "tempo": "BBR("}
INDEXES = {
    "base": ("BASE",),
    "hc": ("HCHC", "HCHP"),
    "ejp": ("EJPHN", "EJPHPM"),
    "tempo": ("BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR"),
}
DEMAIN = ("BLEU", "BLAN", "ROUG")
PUBLISHED = 20  # tomorrow's colour is known from 20:00 on
Values = dict[str, int | str]


def groups(meter: TicMeter, is_warned: bool = False) -> list[bytes]:
    """Those of a long frame; is_warned: with ADPS at its place."""
    values = {"ADCO": meter.contract.address} if meter.contract.veille else _values(meter, is_warned)
    return [_group(meter, label, values[label]) for label in HISTORIQUE if label in values]


def short_groups(meter: TicMeter) -> list[bytes]:
    """Those of a short frame: the phases that are over, the address, the currents."""
    amperes = meter.amperes()
    over = [_group(meter, f"ADIR{phase}", amperes[phase - 1]) for phase in meter.over()]
    currents = [_group(meter, f"IINST{phase}", value) for phase, value in enumerate(amperes, 1)]
    return [*over, _group(meter, "ADCO", meter.contract.address), *currents]


def warning(meter: TicMeter) -> bytes:
    """ADPS."""
    return _group(meter, "ADPS", meter.amperes()[0])


def _group(meter: TicMeter, label: str, value: int | str) -> bytes:
    width = meter.contract.digits if HISTORIQUE[label].unit == "Wh" else 6 if label == "MOTDETAT" else None
    return dataset(label, value, mode=Mode.HISTORIQUE, width=width)


def _values(meter: TicMeter, is_warned: bool) -> Values:
    contract = meter.contract
    values: Values = {
        "ADCO": contract.address,
        "OPTARIF": OPTARIF[contract.tariff],
        "ISOUSC": contract.amperes,
        "PTEC": PERIODS[contract.tariff][meter.tariff - 1],
        "PAPP": round(sum(meter.phase_va()), -1),
        "HHPHC": "A",
        "MOTDETAT": "000000",
    }
    for label, energy_wh in zip(INDEXES[contract.tariff], meter.energy_wh, strict=False):
        values[label] = int(energy_wh) % 10**contract.digits
    if contract.tariff == "tempo":
        values["DEMAIN"] = DEMAIN[colour(meter.now, 1)] if meter.now.hour >= PUBLISHED else "----"
    if contract.tariff == "ejp" and contract.notice:
        values["PEJP"] = 30
    return values | (_three_phase(meter) if contract.phases == 3 else _single_phase(meter, is_warned))


def _single_phase(meter: TicMeter, is_warned: bool) -> Values:
    (amperes,) = meter.amperes()
    values: Values = {"IINST": amperes, "IMAX": 90}
    return values | {"ADPS": amperes} if is_warned else values


def _three_phase(meter: TicMeter) -> Values:
    currents: Values = {f"IINST{phase}": amperes for phase, amperes in enumerate(meter.amperes(), 1)}
    return currents | {"IMAX1": 60, "IMAX2": 60, "IMAX3": 60, "PMAX": meter.peaks[1][0][0], "PPOT": "00"}
