"""Values as a column can take them, or not at all: nothing is rounded, cut off or guessed on the way in.

The server itself would round 57.6 into an integer column, or drop digits behind a numeric(6,1). Limits: PostgreSQL
documentation, chapter 8; what is behind pg_attribute.atttypmod: src/backend/utils/adt/numeric.c and varchar.c there.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation

WHOLE = Context(prec=40, traps=[])
EXACT = Context(prec=2000)
REAL_DIGITS = 6
"""What a real (float4) gives back as it came."""


class Unfit(ValueError):
    """A value that a column cannot hold. reason: one word to count it under."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column is. base: pg_type.typname; modifier: atttypmod; rounds: a number may lose digits, as was asked."""

    base: str
    modifier: int = -1
    rounds: bool = False

    def fit(self, value: object) -> object:
        """The value for this column. Raises Unfit."""
        return None if value is None else FITS.get(self.base, _other)(value, self)


def _number(value: object) -> Decimal:
    if isinstance(value, (bool, int, Decimal)):
        return Decimal(value)
    raise Unfit("type", f"expected a number, got {value!r}")


def _whole(bits: int) -> Callable[[object, Kind], object]:
    def fit(value: object, kind: Kind) -> object:
        number = _number(value)
        if not number.is_finite() or number.adjusted() > 20:
            raise Unfit("range", f"expected a whole number of {bits} bits, got {number}")
        if number != number.to_integral_value(ROUND_DOWN, WHOLE):
            raise Unfit("digits", f"expected a whole number, got {number}")
        if not -(1 << bits - 1) <= int(number) < 1 << bits - 1:
            raise Unfit("range", f"expected a whole number of {bits} bits, got {number}")
        return int(number)

    return fit


def _double(value: object, kind: Kind) -> object:
    number = _number(value)
    if not number.is_finite():
        return float(number)
    real = float(number)
    if math.isinf(real) or (real == 0 and number != 0):
        raise Unfit("range", f"expected a number for double precision, got {number}")
    if not kind.rounds and Decimal(repr(real)) != number and Decimal(real) != number:
        raise Unfit("digits", f"expected what double precision holds exactly, got {number}")
    return real


def _real(value: object, kind: Kind) -> object:
    number = _number(value)
    try:
        short = struct.unpack("f", struct.pack("f", float(number)))[0]
    except OverflowError:
        short = math.inf
    if number.is_finite() and (math.isinf(short) or (short == 0 and number != 0)):
        raise Unfit("range", f"expected a number for real, got {number}")
    if number.is_finite() and len(number.normalize(EXACT).as_tuple().digits) > REAL_DIGITS and Decimal(short) != number:
        raise Unfit("digits", f"expected what real holds exactly, got {number}")
    return float(number)


def _numeric(value: object, kind: Kind) -> object:
    number = _number(value)
    if kind.modifier < 0 or not number.is_finite():
        return number
    precision, scale = (kind.modifier - 4) >> 16 & 0xFFFF, ((kind.modifier - 4 & 0x7FF) ^ 1024) - 1024
    try:
        cut = number.quantize(Decimal(1).scaleb(-scale), ROUND_DOWN, EXACT)
    except InvalidOperation:
        raise Unfit("range", f"expected a number of numeric({precision},{scale}), got {number:.20}") from None
    if cut != number:
        raise Unfit("digits", f"expected at most {scale} digits behind the point, got {number}")
    if number and number.adjusted() >= precision - scale:
        raise Unfit("range", f"expected a number of numeric({precision},{scale}), got {number}")
    return number


def _text(value: object, kind: Kind) -> object:
    text = value if isinstance(value, str) else _plain(value)
    if "\0" in text:
        raise Unfit("text", "expected text without NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("text", f"expected text that is Unicode, got {text!r}") from None
    if kind.base in LIMITED and 4 <= kind.modifier < len(text) + 4:
        raise Unfit("length", f"expected at most {kind.modifier - 4} characters, got {len(text)}")
    return text


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _truth(value: object, kind: Kind) -> object:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise Unfit("type", f"expected True or False, got {value!r}")


def _time(value: object, kind: Kind) -> object:
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Unfit("type", f"expected a time, got {value!r}") from None
    if time.utcoffset() is None:
        raise Unfit("type", f"expected a time with its zone, got {value!r}")
    return time.astimezone(UTC) if kind.base == "timestamptz" else time.astimezone(UTC).replace(tzinfo=None)


def _other(value: object, kind: Kind) -> object:
    """A type that we know nothing of may take text; the server decides."""
    if isinstance(value, str):
        return _text(value, kind)
    raise Unfit("type", f"expected text for {kind.base}, got {value!r}")


LIMITED = ("varchar", "bpchar")
FITS: dict[str, Callable[[object, Kind], object]] = {
    "int2": _whole(16),
    "int4": _whole(32),
    "int8": _whole(64),
    "float4": _real,
    "float8": _double,
    "numeric": _numeric,
    "text": _text,
    "varchar": _text,
    "bpchar": _text,
    "bool": _truth,
    "timestamptz": _time,
    "timestamp": _time,
}
