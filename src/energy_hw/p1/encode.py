"""Telegrams as bytes: what a meter would send for values. For simulator and tests; nothing here reads a meter.

    telegram(STYLES["nl5"], {"0-0:1.0.0": now, "1-0:1.8.1": Decimal("123.456"), "1-0:1.7.0": 0.42})
    encrypt(that, key, title=b"SAG...", invocation=1)

Sources: those of forms.py; failure log: DSMR 5.0.2, 6.12; peaks: e-MUCS-P1 2.1.1; gas of 2.2 and 3.0: DSMR P1 3.0, 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from energy_hw.errors import OutOfRange
from energy_hw.p1.cipher import PUBLISHED_AK, Aes128, as_key
from energy_hw.p1.ciphered import AUTHENTICATED, ENCRYPTED, GCM_TAG_BYTES, TITLE_BYTES, Ciphered, encode_ciphered
from energy_hw.p1.crc import crc16
from energy_hw.p1.forms import Form, Style
from energy_hw.p1.obis import find
from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.p1.times import Clock
from energy_hw.reading import Quantity

__all__ = [
    "belgian_peaks",
    "demand",
    "encrypt",
    "failure_log",
    "frame",
    "hungarian_month",
    "line",
    "mbus",
    "number",
    "stamp",
    "telegram",
]

CRLF = "\r\n"
PLAIN = {Kind.COUNT: Form(5, 0, ""), Kind.TARIFF: Form(4, 0, ""), Kind.MBUS_TYPE: Form(3, 0, "")}
COUNTERS = (Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT, Quantity.ENERGY, Quantity.REACTIVE_ENERGY)
Value = Decimal | float | int | str | bool | datetime | Sequence[str]
"""What a code says; a tuple: its groups, as they are to be sent."""


def telegram(style: Style, values: Mapping[str, Value], header: str | None = None) -> bytes:
    """The whole telegram, in the order of values, from `/` to CR LF. Raises OutOfRange for what does not fit."""
    return frame(header or style.header, (line(style, code, value) for code, value in values.items()), style)


def frame(header: str, lines: Iterable[str], style: Style) -> bytes:
    """A telegram of lines that are written already."""
    head = f"/{header}{CRLF}{CRLF if style.blank else ''}"
    body = (head + "".join(f"{text}{CRLF}" for text in lines) + "!").encode("latin-1")
    return body + (b"%04X\r\n" % crc16(body) if style.crc else b"\r\n")


def line(style: Style, code: str, value: Value) -> str:
    """`code(group)(group)`; the value as the code's row in the OBIS tables demands. Raises OutOfRange."""
    row = find(code)
    if row is None:
        raise OutOfRange(f"expected an OBIS code like 1-0:1.8.1, got {code!r}")
    groups = value if isinstance(value, tuple) else (_group(style, row, value),)
    return code + style.suffix + "".join(group if group.startswith(CRLF) else f"({group})" for group in groups)


def _group(style: Style, row: Obis, value: Value) -> str:
    if isinstance(value, datetime):
        return stamp(value, style.clock, style.letter)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return value.encode("latin-1").hex().upper() if row.kind is Kind.HEX else value
    form = PLAIN.get(row.kind) or (style.limit if row.kind is Kind.LIMIT else style.forms.get(row.quantity))
    if form is None or isinstance(value, Sequence):
        raise OutOfRange(f"{row.code}: expected text for a {row.kind.value}, got {value!r}")
    return number(value, form, is_counter=row.quantity in COUNTERS)


def number(value: Decimal | float, form: Form, *, is_counter: bool = False) -> str:
    """`000123.456*kWh`; a counter is cut, as it never runs ahead, anything else is rounded. Raises OutOfRange."""
    exact = (Decimal(str(value)) * form.scale).quantize(
        Decimal(1).scaleb(-form.after), ROUND_FLOOR if is_counter else ROUND_HALF_UP
    )
    width = form.before + form.after + (form.after > 0)
    text = ("-" if exact < 0 else "") + f"{abs(exact):f}".rjust(width, "0")
    if abs(exact) >= 10**form.before:
        raise OutOfRange(f"expected at most {form.before} digits before the point, got {value}", high=10**form.before)
    return f"{text}*{form.unit}" if form.unit else text


def stamp(moment: datetime, clock: Clock, letter: bool = True) -> str:
    """YYMMDDhhmmssX of an aware datetime in one of the clock's offsets, which the letter tells. Raises OutOfRange."""
    letters = {clock.winter.utcoffset(None): "W", clock.summer.utcoffset(None): "S"}
    offset = moment.utcoffset()
    if offset not in letters:
        raise OutOfRange(f"expected a time in one of the clock's offsets, got {moment.isoformat()}")
    return moment.strftime("%y%m%d%H%M%S") + (letters[offset] if letter else "")


def mbus(style: Style, channel: int, moment: datetime, value: Decimal | float, quantity: Quantity) -> tuple[str, ...]:
    """Groups of an M-Bus reading: time and value; in the old style six of a profile and the value in the next line."""
    form = style.forms[quantity]
    time = stamp(moment, style.clock, style.letter)
    if not style.is_old:
        return time, number(value, form, is_counter=True)
    bare = number(value, form._replace(unit=""), is_counter=True)
    return time, "00", "60", "1", f"0-{channel}:24.2.1", form.unit, f"{CRLF}({bare})"


def failure_log(style: Style, failures: Sequence[tuple[datetime, int]]) -> tuple[str, ...]:
    """Groups of 1-0:99.97.0: how many, then the end of each failure and its seconds."""
    pairs = [(stamp(end, style.clock), number(seconds, Form(10, 0, "s"))) for end, seconds in failures]
    return str(len(failures)), "0-0:96.7.19", *(group for pair in pairs for group in pair)


def demand(style: Style, moment: datetime, power_kw: Decimal | float) -> tuple[str, str]:
    """Groups of 1-0:1.6.0: when, and how much."""
    return stamp(moment, style.clock), number(power_kw, style.forms[Quantity.POWER])


def belgian_peaks(style: Style, months: Sequence[tuple[datetime, datetime, Decimal | float]]) -> tuple[str, ...]:
    """Groups of the Belgian 0-0:98.1.0: end of each month, when its peak was, kW; one empty group without any."""
    rows = [(stamp(end, style.clock), *demand(style, at, power)) for end, at, power in months]
    head = (str(len(months)), "1-0:1.6.0", "1-0:1.6.0")
    return (*head, *(group for row in rows for group in row)) if rows else (*head, "")


HUNGARIAN_MONTH = (
    *(Quantity.ENERGY_IMPORT,) * 3,
    *(Quantity.ENERGY_EXPORT,) * 3,
    *(Quantity.REACTIVE_ENERGY,) * 6,
    Quantity.ENERGY,
    *(Quantity.POWER,) * 6,
)
"""Import, export: total, T1, T2; kvarh +R, -R, Q1 to Q4; kWh combined; peaks of import, export: total, T1, T2."""


def hungarian_month(style: Style, end: datetime, values: Sequence[Decimal | float]) -> tuple[str, ...]:
    """Groups of the Hungarian 0-0:98.1.0: the month's end, and 19 values."""
    numbers = [
        number(value, style.forms[quantity], is_counter=quantity in COUNTERS)
        for quantity, value in zip(HUNGARIAN_MONTH, values, strict=True)
    ]
    return stamp(end, style.clock), *numbers


def encrypt(
    plain: bytes,
    key: bytes | str,
    *,
    title: bytes,
    invocation: int,
    auth_key: bytes | str = PUBLISHED_AK,
    with_tag: bool = True,
) -> bytes:
    """A telegram as an encrypted frame. title: 8 bytes. Raises OutOfRange, ConfigError."""
    if len(title) != TITLE_BYTES or not 0 <= invocation < 1 << 32:
        raise OutOfRange(f"expected a title of 8 bytes and a counter of 32 bits, got {len(title)} and {invocation}")
    aes = Aes128(as_key(key))
    empty = Ciphered(title, ENCRYPTED | (AUTHENTICATED if with_tag else 0), invocation, b"", b"")
    aad = bytes((empty.control,)) + as_key(auth_key, "authentication key")
    ciphertext, tag = aes.seal(empty.nonce, plain, aad, GCM_TAG_BYTES)
    return encode_ciphered(Ciphered(title, empty.control, invocation, ciphertext, tag if with_tag else b""))
