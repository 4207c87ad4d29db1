"""OBIS codes of the meter itself: who it is, its switches and messages, what hangs on its M-Bus.

Sources: DSMR P1 companion standard 5.0.2, 6.12 (identifiers, messages, M-Bus), 4.0 (breaker, valve), 3.0 (24.3.0);
e-MUCS-P1 2.1.1 (EAN, 96.1.1 of M-Bus devices, 24.2.3); SMARTY P1 1.1.3 (42.0.0, messages 2 to 5, relays).
"""

from __future__ import annotations

from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.reading import Quantity as Q

HEX, TEXT, SWITCH = Kind.HEX, Kind.TEXT, Kind.SWITCH


# fmt: off
METER = (
    #    code              name                          quantity          unit     kind
    Obis("1-3:0.2.8",      "p1_version",                 Q.TEXT,           None,    Kind.VERSION),
    Obis("0-0:96.1.4",     "emucs_version",              Q.TEXT,           None,    Kind.VERSION),
    Obis("1-0:0.2.0",      "firmware_version",           Q.TEXT,           None,    TEXT),
    Obis("1-0:0.2.8",      "firmware_checksum",          Q.TEXT,           None,    TEXT),
    Obis("1-1:0.2.0",      "firmware_version_2",         Q.TEXT,           None,    TEXT),
    Obis("1-1:0.2.8",      "firmware_checksum_2",        Q.TEXT,           None,    TEXT),
    Obis("0-0:1.0.0",      "meter_time",                 Q.OTHER,          None,    Kind.TIME),
    Obis("0-0:96.1.1",     "equipment_id",               Q.TEXT,           None,    HEX),
    Obis("0-0:96.1.0",     "serial_number",              Q.TEXT,           None,    HEX),
    Obis("0-0:96.1.2",     "delivery_point",             Q.TEXT,           None,    HEX),
    Obis("0-0:96.1.255",   "serial_number",              Q.TEXT,           None,    TEXT),
    Obis("0-0:42.0.0",     "logical_device_name",        Q.TEXT,           None,    HEX),
    Obis("0-0:0.0.0",      "meter_address",              Q.TEXT,           None,    TEXT),
    Obis("1-0:0.0.0",      "meter_address",              Q.TEXT,           None,    TEXT),
    Obis("1-0:96.5.5",     "status",                     Q.TEXT,           None,    TEXT),
    Obis("0-0:96.14.0",    "tariff",                     Q.TARIFF,         None,    Kind.TARIFF),
    Obis("0-0:96.14.1",    "tariff",                     Q.TARIFF,         None,    Kind.TARIFF),  # Israel
    Obis("0-0:96.3.10",    "breaker",                    Q.SWITCH,         None,    SWITCH),
    Obis("0-0:96.50.68",   "relay",                      Q.SWITCH,         None,    SWITCH),
    Obis("0-0:96.13.0",    "message",                    Q.TEXT,           None,    HEX),
    Obis("0-0:96.13.1",    "message_code",               Q.TEXT,           None,    HEX),
    Obis("0-0:96.13.2",    "message_2",                  Q.TEXT,           None,    HEX),
    Obis("0-0:96.13.3",    "message_3",                  Q.TEXT,           None,    HEX),
    Obis("0-0:96.13.4",    "message_4",                  Q.TEXT,           None,    HEX),
    Obis("0-0:96.13.5",    "message_5",                  Q.TEXT,           None,    HEX),
    Obis("0-n:24.1.0",     "mbus_type_chn",              Q.TEXT,           None,    Kind.MBUS_TYPE),
    Obis("0-n:96.1.0",     "mbus_id_chn",                Q.TEXT,           None,    HEX),
    Obis("0-n:96.1.1",     "mbus_id_chn",                Q.TEXT,           None,    HEX),
    Obis("0-n:96.1.2",     "delivery_point_chn",         Q.TEXT,           None,    HEX),
    Obis("0-n:24.2.1",     "mbus_reading_chn",           Q.OTHER,          "m3",    Kind.MBUS),
    Obis("0-n:24.2.3",     "mbus_reading_chn",           Q.OTHER,          "m3",    Kind.MBUS),
    Obis("0-n:24.3.0",     "mbus_reading_chn",           Q.OTHER,          "m3",    Kind.MBUS_OLD),
    Obis("0-n:24.3.1",     "mbus_reading_chn",           Q.OTHER,          "m3",    Kind.MBUS_OLD),
    Obis("0-n:24.4.0",     "valve_chn",                  Q.SWITCH,         None,    SWITCH),
    Obis("0-n:96.3.10",    "relay_n",                    Q.SWITCH,         None,    SWITCH),
)
# fmt: on
