"""One dataset of each label, by hand: what the meter sends, and what Enedis-NOI-CPT_54E says that it means.

Columns: label, horodate or None, data as on the wire, value, unit, name. Written from the document's tables, not
from ours; checksums in the test come from the meter's rule (`checksum` below), not from the package.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

WINTER = "H260115123000"
WINTER_ISO = "2026-01-15T12:30:00+01:00"


class Row(NamedTuple):
    label: str
    stamp: str | None
    data: str
    value: object
    unit: str | None
    name: str


# fmt: off
STANDARD = (
    Row("ADSC",      None,   "041961123456", "041961123456", None, "meter_address"),
    Row("VTIC",      None,   "02", "02", None, "tic_version"),
    Row("DATE",      WINTER, "", datetime.fromisoformat(WINTER_ISO), None, "meter_time"),
    Row("NGTF",      None,   "     TEMPO      ", "TEMPO", None, "calendar_name"),
    Row("LTARF",     None,   "   HC  BLANC    ", "HC  BLANC", None, "tariff_name"),
    Row("EAST",      None,   "021849106", 21849106, "Wh", "energy_import"),
    Row("EASF01",    None,   "004855593", 4855593, "Wh", "energy_import_t1"),
    Row("EASF02",    None,   "014090959", 14090959, "Wh", "energy_import_t2"),
    Row("EASF03",    None,   "000487131", 487131, "Wh", "energy_import_t3"),
    Row("EASF04",    None,   "001481464", 1481464, "Wh", "energy_import_t4"),
    Row("EASF05",    None,   "000227596", 227596, "Wh", "energy_import_t5"),
    Row("EASF06",    None,   "000706363", 706363, "Wh", "energy_import_t6"),
    Row("EASF07",    None,   "000000007", 7, "Wh", "energy_import_t7"),
    Row("EASF08",    None,   "000000080", 80, "Wh", "energy_import_t8"),
    Row("EASF09",    None,   "999999999", 999999999, "Wh", "energy_import_t9"),
    Row("EASF10",    None,   "000000000", 0, "Wh", "energy_import_t10"),
    Row("EASD01",    None,   "021849106", 21849106, "Wh", "energy_import_distributor_t1"),
    Row("EASD02",    None,   "000000002", 2, "Wh", "energy_import_distributor_t2"),
    Row("EASD03",    None,   "000000003", 3, "Wh", "energy_import_distributor_t3"),
    Row("EASD04",    None,   "000000004", 4, "Wh", "energy_import_distributor_t4"),
    Row("EAIT",      None,   "000123456", 123456, "Wh", "energy_export"),
    Row("ERQ1",      None,   "000001001", 1001, "VArh", "reactive_energy_q1"),
    Row("ERQ2",      None,   "000001002", 1002, "VArh", "reactive_energy_q2"),
    Row("ERQ3",      None,   "000001003", 1003, "VArh", "reactive_energy_q3"),
    Row("ERQ4",      None,   "000001004", 1004, "VArh", "reactive_energy_q4"),
    Row("IRMS1",     None,   "003", 3, "A", "current_l1"),
    Row("IRMS2",     None,   "006", 6, "A", "current_l2"),
    Row("IRMS3",     None,   "060", 60, "A", "current_l3"),
    Row("URMS1",     None,   "237", 237, "V", "voltage_l1"),
    Row("URMS2",     None,   "238", 238, "V", "voltage_l2"),
    Row("URMS3",     None,   "236", 236, "V", "voltage_l3"),
    Row("PREF",      None,   "30", 30, "kVA", "reference_power"),
    Row("PCOUP",     None,   "09", 9, "kVA", "cutoff_power"),
    Row("SINSTS",    None,   "02701", 2701, "VA", "apparent_power"),
    Row("SINSTS1",   None,   "00666", 666, "VA", "apparent_power_l1"),
    Row("SINSTS2",   None,   "01371", 1371, "VA", "apparent_power_l2"),
    Row("SINSTS3",   None,   "00664", 664, "VA", "apparent_power_l3"),
    Row("SMAXSN",    WINTER, "10802", 10802, "VA", "max_apparent_power_today"),
    Row("SMAXSN1",   WINTER, "03411", 3411, "VA", "max_apparent_power_today_l1"),
    Row("SMAXSN2",   WINTER, "03899", 3899, "VA", "max_apparent_power_today_l2"),
    Row("SMAXSN3",   WINTER, "03512", 3512, "VA", "max_apparent_power_today_l3"),
    Row("SMAXSN-1",  WINTER, "09562", 9562, "VA", "max_apparent_power_yesterday"),
    Row("SMAXSN1-1", WINTER, "03129", 3129, "VA", "max_apparent_power_yesterday_l1"),
    Row("SMAXSN2-1", WINTER, "03366", 3366, "VA", "max_apparent_power_yesterday_l2"),
    Row("SMAXSN3-1", WINTER, "03191", 3191, "VA", "max_apparent_power_yesterday_l3"),
    Row("SINSTI",    None,   "01234", 1234, "VA", "apparent_power_export"),
    Row("SMAXIN",    WINTER, "02345", 2345, "VA", "max_apparent_power_export_today"),
    Row("SMAXIN-1",  WINTER, "03456", 3456, "VA", "max_apparent_power_export_yesterday"),
    Row("CCASN",     WINTER, "01650", 1650, "W", "average_power"),
    Row("CCASN-1",   WINTER, "00786", 786, "W", "average_power_previous"),
    Row("CCAIN",     WINTER, "00012", 12, "W", "average_power_export"),
    Row("CCAIN-1",   WINTER, "00034", 34, "W", "average_power_export_previous"),
    Row("UMOY1",     WINTER, "237", 237, "V", "average_voltage_l1"),
    Row("UMOY2",     WINTER, "238", 238, "V", "average_voltage_l2"),
    Row("UMOY3",     WINTER, "236", 236, "V", "average_voltage_l3"),
    Row("STGE",      None,   "463A0800", "463A0800", None, "status_register"),
    Row("DPM1",      " 260115070000", "00", datetime.fromisoformat("2026-01-15T07:00:00+01:00"), None, "peak_1_start"),
    Row("FPM1",      " 260116010000", "00", datetime.fromisoformat("2026-01-16T01:00:00+01:00"), None, "peak_1_end"),
    Row("DPM2",      " 260715070000", "00", datetime.fromisoformat("2026-07-15T07:00:00+02:00"), None, "peak_2_start"),
    Row("FPM2",      " 260716010000", "00", datetime.fromisoformat("2026-07-16T01:00:00+02:00"), None, "peak_2_end"),
    Row("DPM3",      " 260117070000", "00", datetime.fromisoformat("2026-01-17T07:00:00+01:00"), None, "peak_3_start"),
    Row("FPM3",      " 260118010000", "00", datetime.fromisoformat("2026-01-18T01:00:00+01:00"), None, "peak_3_end"),
    Row("MSG1",      None,   "PAS DE          MESSAGE         ", "PAS DE          MESSAGE", None, "message_1"),
    Row("MSG2",      None,   "COUPURE A 14H   ", "COUPURE A 14H", None, "message_2"),
    Row("PRM",       None,   "01234567890123", "01234567890123", None, "delivery_point"),
    Row("RELAIS",    None,   "140", 140, None, "relays"),
    Row("NTARF",     None,   "03", 3, None, "tariff"),
    Row("NJOURF",    None,   "00", 0, None, "day_profile"),
    Row("NJOURF+1",  None,   "01", 1, None, "day_profile_tomorrow"),
    Row("PJOURF+1",  None,   "00004001 06004002 22004001" + " NONUTILE" * 8,
        "00004001 06004002 22004001" + " NONUTILE" * 8, None, "day_schedule_tomorrow"),
    Row("PPOINTE",   None,   "0056C001" + " NONUTILE" * 10, "0056C001" + " NONUTILE" * 10, None, "day_schedule_peak"),
)

HISTORIQUE = (
    Row("ADCO",     None, "021728123456", "021728123456", None, "meter_address"),
    Row("OPTARIF",  None, "BASE", "BASE", None, "contract"),
    Row("OPTARIF",  None, "HC..", "HC", None, "contract"),
    Row("OPTARIF",  None, "EJP.", "EJP", None, "contract"),
    Row("OPTARIF",  None, "BBR(", "BBR(", None, "contract"),
    Row("OPTARIF",  None, "BBR.", "BBR.", None, "contract"),  # water 1, heating 6: this dot is no filling
    Row("OPTARIF",  None, "BBR-", "BBR-", None, "contract"),
    Row("ISOUSC",   None, "45", 45, "A", "subscribed_current"),
    Row("BASE",     None, "002815235", 2815235, "Wh", "energy_import"),
    Row("BASE",     None, "02815235", 2815235, "Wh", "energy_import"),  # concentrator
    Row("HCHC",     None, "000000123", 123, "Wh", "energy_import_t1"),
    Row("HCHP",     None, "00000456", 456, "Wh", "energy_import_t2"),  # concentrator
    Row("EJPHN",    None, "000111222", 111222, "Wh", "energy_import_t1"),
    Row("EJPHPM",   None, "000333444", 333444, "Wh", "energy_import_t2"),
    Row("BBRHCJB",  None, "001478389", 1478389, "Wh", "energy_import_t1"),
    Row("BBRHPJB",  None, "001012295", 1012295, "Wh", "energy_import_t2"),
    Row("BBRHCJW",  None, "000134553", 134553, "Wh", "energy_import_t3"),
    Row("BBRHPJW",  None, "000213701", 213701, "Wh", "energy_import_t4"),
    Row("BBRHCJR",  None, "000025098", 25098, "Wh", "energy_import_t5"),
    Row("BBRHPJR",  None, "000006010", 6010, "Wh", "energy_import_t6"),
    Row("PEJP",     None, "30", 30, "min", "ejp_notice"),
    Row("GAZ",      None, "0001234", 1234, "daL", "gas_volume"),
    Row("AUTRE",    None, "0005678", 5678, "daL", "other_volume"),
    Row("PTEC",     None, "TH..", "TH", None, "tariff_name"),
    Row("PTEC",     None, "HP..", "HP", None, "tariff_name"),
    Row("PTEC",     None, "HPJR", "HPJR", None, "tariff_name"),
    Row("DEMAIN",   None, "BLEU", "BLEU", None, "tomorrow"),
    Row("DEMAIN",   None, "----", None, None, "tomorrow"),
    Row("DEMAIN",   None, "____", None, None, "tomorrow"),
    Row("IINST",    None, "012", 12, "A", "current_l1"),
    Row("IINST1",   None, "001", 1, "A", "current_l1"),
    Row("IINST2",   None, "002", 2, "A", "current_l2"),
    Row("IINST3",   None, "003", 3, "A", "current_l3"),
    Row("ADPS",     None, "046", 46, "A", "overload_current"),
    Row("ADIR1",    None, "031", 31, "A", "overload_current_l1"),
    Row("ADIR2",    None, "032", 32, "A", "overload_current_l2"),
    Row("ADIR3",    None, "033", 33, "A", "overload_current_l3"),
    Row("IMAX",     None, "090", 90, "A", "max_current_l1"),
    Row("IMAX1",    None, "060", 60, "A", "max_current_l1"),
    Row("IMAX2",    None, "060", 60, "A", "max_current_l2"),
    Row("IMAX3",    None, "060", 60, "A", "max_current_l3"),
    Row("PMAX",     None, "17480", 17480, "W", "max_power"),
    Row("PAPP",     None, "00540", 540, "VA", "apparent_power"),
    Row("HHPHC",    None, "A", "A", None, "timetable"),
    Row("MOTDETAT", None, "400000", "400000", None, "status_word"),
    Row("MOTDETAT", None, "400000000B", "400000000B", None, "status_word"),  # concentrator
    Row("PPOT",     None, "00", "00", None, "phase_potentials"),
)
# fmt: on


def group(*fields: str, separator: str = "\t") -> bytes:
    """A group as the parser hands it over, with the checksum by the meter's rule: mode 2 with HT, mode 1 with SP."""
    zone = separator.join(fields).encode("ascii")
    summed = zone + b"\t" if separator == "\t" else zone
    return zone + separator.encode() + bytes(((sum(summed) & 0x3F) + 0x20,))


def standard(row: Row) -> bytes:
    """The group of a row in standard mode."""
    return group(row.label, row.data) if row.stamp is None else group(row.label, row.stamp, row.data)


def historique(row: Row) -> bytes:
    """The group of a row in historique mode."""
    return group(row.label, row.data, separator=" ")
