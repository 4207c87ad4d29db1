"""Labels of the historique mode, in the order in which a meter sends those that it has.

Sources: Enedis-NOI-CPT_54E v3, 6.1 (Linky in historique mode); ERDF-NOI-CPT_02E and EDF HN44S812 (meters before Linky);
the manuals of the Sagem C2000-4 (single-phase) and the Landis+Gyr ZMD126 (three-phase). The concentrator's
indexes have 8 digits and its status word 10. ADPS comes after the group under way when it first comes.

Tariffs are numbered as a Linky numbers the same contract in standard mode (EASF01, EASF02...): HC 1, HP 2;
EJP normal 1, peak 2; Tempo blue HC 1, HP 2, white 3, 4, red 5, 6.
"""

from __future__ import annotations

from energy_hw.reading import Quantity as Q
from energy_hw.teleinfo.rows import Format, Label, Presence

N, D, H, C, T = Format.NUMBER, Format.DIGITS, Format.HEX, Format.CODE, Format.TEXT
CONTRACT, WHILE = Presence.CONTRACT, Presence.WHILE

# fmt: off
HISTORIQUE = {row.code: row for row in (
    #     label      name                       quantity           unit   format, chars    phase, tariff, presence
    Label("ADCO",    "meter_address",           Q.TEXT,            None,  D, (12,)),
    Label("OPTARIF", "contract",                Q.TEXT,            None,  C, (4,)),  # BASE, HC.., EJP., BBRx
    Label("ISOUSC",  "subscribed_current",      Q.CURRENT,         "A",   N, (2,)),
    Label("BASE",    "energy_import",           Q.ENERGY_IMPORT,   "Wh",  N, (8, 9),   None, None,  CONTRACT),
    Label("HCHC",    "energy_import_t1",        Q.ENERGY_IMPORT,   "Wh",  N, (8, 9),   None, 1,     CONTRACT),
    Label("HCHP",    "energy_import_t2",        Q.ENERGY_IMPORT,   "Wh",  N, (8, 9),   None, 2,     CONTRACT),
    Label("EJPHN",   "energy_import_t1",        Q.ENERGY_IMPORT,   "Wh",  N, (8, 9),   None, 1,     CONTRACT),
    Label("EJPHPM",  "energy_import_t2",        Q.ENERGY_IMPORT,   "Wh",  N, (8, 9),   None, 2,     CONTRACT),
    Label("BBRHCJB", "energy_import_t1",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 1,     CONTRACT),
    Label("BBRHPJB", "energy_import_t2",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 2,     CONTRACT),
    Label("BBRHCJW", "energy_import_t3",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 3,     CONTRACT),
    Label("BBRHPJW", "energy_import_t4",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 4,     CONTRACT),
    Label("BBRHCJR", "energy_import_t5",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 5,     CONTRACT),
    Label("BBRHPJR", "energy_import_t6",        Q.ENERGY_IMPORT,   "Wh",  N, (9,),     None, 6,     CONTRACT),
    Label("GAZ",     "gas_volume",              Q.GAS_VOLUME,      "daL", N, (7,),     None, None,  CONTRACT),
    Label("AUTRE",   "other_volume",            Q.OTHER,           "daL", N, (7,),     None, None,  CONTRACT),
    Label("PEJP",    "ejp_notice",              Q.DURATION,        "min", N, (2,),     None, None,  WHILE),  # 30
    Label("PTEC",    "tariff_name",             Q.TEXT,            None,  C, (4,)),  # TH.., HC.., PM.., HCJB
    Label("DEMAIN",  "tomorrow",                Q.TEXT,            None,  C, (4,),     None, None,  CONTRACT),  # BLEU
    Label("ADIR1",   "overload_current_l1",     Q.CURRENT,         "A",   N, (3,),     1,    None,  WHILE),
    Label("ADIR2",   "overload_current_l2",     Q.CURRENT,         "A",   N, (3,),     2,    None,  WHILE),
    Label("ADIR3",   "overload_current_l3",     Q.CURRENT,         "A",   N, (3,),     3,    None,  WHILE),
    Label("IINST",   "current_l1",              Q.CURRENT,         "A",   N, (3,),     1,    None,  CONTRACT),
    Label("IINST1",  "current_l1",              Q.CURRENT,         "A",   N, (3,),     1,    None,  CONTRACT),
    Label("IINST2",  "current_l2",              Q.CURRENT,         "A",   N, (3,),     2,    None,  CONTRACT),
    Label("IINST3",  "current_l3",              Q.CURRENT,         "A",   N, (3,),     3,    None,  CONTRACT),
    Label("ADPS",    "overload_current",        Q.CURRENT,         "A",   N, (3,),     None, None,  WHILE),
    Label("IMAX",    "max_current_l1",          Q.CURRENT,         "A",   N, (3,),     1,    None,  CONTRACT),
    Label("IMAX1",   "max_current_l1",          Q.CURRENT,         "A",   N, (3,),     1,    None,  CONTRACT),
    Label("IMAX2",   "max_current_l2",          Q.CURRENT,         "A",   N, (3,),     2,    None,  CONTRACT),
    Label("IMAX3",   "max_current_l3",          Q.CURRENT,         "A",   N, (3,),     3,    None,  CONTRACT),
    Label("PMAX",    "max_power",               Q.POWER,           "W",   N, (5,),     None, None,  CONTRACT),
    Label("PAPP",    "apparent_power",          Q.APPARENT_POWER,  "VA",  N, (5,),     None, None,  CONTRACT),
    Label("HHPHC",   "timetable",               Q.TEXT,            None,  C, (1,),     None, None,  CONTRACT),
    Label("MOTDETAT", "status_word",            Q.TEXT,            None,  H, (6, 10)),
    Label("PPOT",    "phase_potentials",        Q.TEXT,            None,  H, (2,),     None, None,  CONTRACT),
)}
# fmt: on

LINKY_PMAX = HISTORIQUE["PMAX"]._replace(name="max_apparent_power_yesterday", quantity=Q.APPARENT_POWER, unit="VA")
"""PMAX of a Linky is yesterday's largest apparent power in VA (Enedis-NOI-CPT_54E v3, 6.1)."""
