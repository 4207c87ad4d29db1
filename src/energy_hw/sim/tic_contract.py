"""Contracts of simulated Teleinfo meters: what kind of meter, under which tariff, and the timetable of that tariff.

Sources: Enedis-NOI-CPT_54E v3 (labels, order, tariffs by number), manual of the Landis+Gyr ZMD126 (three phases).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_hw.teleinfo.frame import Mode

HISTORIQUE, STANDARD = Mode.HISTORIQUE, Mode.STANDARD


@dataclass(frozen=True, slots=True)
class Contract:
    """One meter. tariff: base, hc, ejp or tempo. kva: subscribed. digits: of an index.

    notice: EJP warning, or how many mobile peaks are announced (1 to 3). message: MSG1 and MSG2. degraded: the
    clock has lost its backup.
    veille: switched off, the address alone. pilot: labels of the pilot Linky. power_curve: CCASN is sent.
    samples: fixed groups of a meter that is not simulated further (fields of each).
    """

    name: str
    mode: Mode = STANDARD
    tariff: str = "base"
    phases: int = 1
    kva: int = 9
    address: str = "041961123456"
    producer: bool = False
    notice: int = 0
    degraded: bool = False
    message: str = ""
    veille: bool = False
    pilot: bool = False
    power_curve: bool = True
    digits: int = 9
    speed: int = 0
    samples: tuple[tuple[str, str], ...] = ()

    @property
    def baudrate(self) -> int:
        """Speed of the line."""
        return self.speed or (9600 if self.mode is STANDARD else 1200)

    @property
    def amperes(self) -> int:
        """Subscribed current of a phase: power over 200 V."""
        return self.kva * 1000 // 200 // self.phases


CJE = (
    ("JAUNE", "07:45:16:11:HPH:HPE:012345:1"),
    ("ENERG", "012345:023456:034567:045678:000000:000000"),
    ("PERCC", "01:11:00:00"),
    ("PMAXC", "00120:00118:00000:00000"),
    ("PSOUSC", "00120:00120:00120:00120"),
    ("FCOU", "08:00:12"),
)
"""Fields as the yellow meter's data sheets order them, values invented: no capture is published."""

PME_PMI = (
    ("TRAME", "1"),
    ("ADS", "021036123456"),
    ("MESURES1", "BT 4 SUP36"),
    ("DATE", "15/07/15 17:59:40"),
    ("EA_s", "72Wh"),
    ("ER+_s", "11varh"),
    ("ER-_s", "0varh"),
    ("EAPP_s", "73VAh"),
    ("EA_i", "0Wh"),
    ("PTCOUR1", "HPH"),
    ("PA1_s", "24kW"),
    ("EAP-1_s", "1049kWh"),
    ("PS", "100kVA"),
)
"""Units and spaces stand in the data."""

# fmt: off
CONTRACTS = {contract.name: contract for contract in (
    Contract("base",           HISTORIQUE, "base",  address="021728123456"),
    Contract("hc",             HISTORIQUE, "hc",    address="021728123456"),
    Contract("ejp",            HISTORIQUE, "ejp",   address="021728123456"),
    Contract("tempo",          HISTORIQUE, "tempo", address="021728123456"),
    Contract("concentrator",   HISTORIQUE, "hc",    address="021703123456", digits=8),
    Contract("three-phase",    HISTORIQUE, "base",  3, 18, "041526123456"),
    Contract("three-ejp",      HISTORIQUE, "ejp",   3, 18, "041526123456"),
    Contract("three-tempo",    HISTORIQUE, "tempo", 3, 18, "041526123456"),
    Contract("linky-historique", HISTORIQUE, "base", address="041861123456"),
    Contract("linky",          STANDARD,   "hc",    address="041861123456"),
    Contract("linky-tempo",    STANDARD,   "tempo", address="041861123456"),
    Contract("linky-producer", STANDARD,   "base",  address="041861123456", producer=True),
    Contract("linky-three",    STANDARD,   "hc",    3, 18, "041976123456"),
    Contract("linky-three-peak", STANDARD, "ejp",   3, 18, "041976123456", notice=1),
    Contract("linky-three-producer", STANDARD, "base", 3, 18, "041976123456", producer=True),
    Contract("linky-degraded", STANDARD,   "hc",    address="041861123456", degraded=True),
    Contract("linky-everything", STANDARD, "tempo", 3, 18, "041976123456", True, 3, message="COUPURE A 14H"),
    Contract("pilot",          STANDARD,   "base",  address="040967123456", pilot=True),
    Contract("veille",         HISTORIQUE, "base",  address="021728123456", veille=True),
    Contract("cje",            HISTORIQUE, "base",  3, 36, samples=CJE),
    Contract("pme-pmi",        HISTORIQUE, "base",  3, 36, samples=PME_PMI),
)}
# fmt: on

PERIODS = {
    "base": ("TH",),
    "hc": ("HC", "HP"),
    "ejp": ("HN", "PM"),
    "tempo": ("HCJB", "HPJB", "HCJW", "HPJW", "HCJR", "HPJR"),
}
NAMES = {  # LTARF
    "base": ("BASE",),
    "hc": ("HEURE  CREUSE", "HEURE  PLEINE"),
    "ejp": ("HEURE NORMALE", "POINTE MOBILE"),
    "tempo": ("HC  BLEU", "HP  BLEU", "HC  BLANC", "HP  BLANC", "HC  ROUGE", "HP  ROUGE"),
}
NIGHT = (22, 6)
TEMPO_DAY = timedelta(hours=6)  # a Tempo day begins at six


def colour(local: datetime, days: int = 0) -> int:
    """Tempo colour of the day that a local time falls in: 0 blue, 1 white, 2 red. A week has one of each but blue."""
    return {4: 1, 5: 2}.get((local - TEMPO_DAY + timedelta(days=days)).toordinal() % 7, 0)


def tariff_number(contract: Contract, local: datetime, is_peak: bool = False) -> int:
    """The supplier's index that counts at a local time, from 1."""
    is_day = NIGHT[1] <= local.hour < NIGHT[0]
    if contract.tariff == "hc":
        return 1 + is_day
    if contract.tariff == "ejp":
        return 1 + is_peak
    return 1 + 2 * colour(local) + is_day if contract.tariff == "tempo" else 1
