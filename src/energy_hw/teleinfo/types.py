"""serial_teleinfo.types: values, and the table that makes them of a key and its text.

Source: ERDF-NOI-CPT_02E, Enedis-NOI-CPT_54E v3, 5. In historique mode a key without a row raises UnknownKeyException;
the keys of the standard mode come from teleinfo.labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from energy_hw.errors import ProtocolError
from energy_hw.teleinfo.dataset import parse_dataset
from energy_hw.teleinfo.parser import ParserException, UnknownKeyException

TypeParser = Callable[[str, str, bool], "Value"]


class Value:
    """One value as it was read. unit is None for texts; end_of_frame: it was the last one of a frame."""

    def __init__(self, key: str, value: Any, unit: str | None = None, end_of_frame: bool = False) -> None:
        self.key = key
        self.value = value
        self.unit = unit
        self.end_of_frame = end_of_frame

    def __str__(self) -> str:
        shown = f'"{self.value}"' if isinstance(self.value, str) else str(self.value)
        unit = f" {self.unit}" if self.unit else ""
        return f"<{self.key}={shown}{unit}{' (END OF FRAME)' if self.end_of_frame else ''}>"


def value_converter(
    lengths: int | Iterable[int], parser: Callable[[str], Any] | None = None, unit: str | None = None
) -> TypeParser:
    """What makes a Value of a text of one of these lengths.

    parser: what it is made with; without one a number where there is a unit, else text. What it
    raises as a ValueError, and another length, is a ParserException of the converter.
    """
    allowed = (lengths,) if isinstance(lengths, int) else tuple(lengths)
    read = parser or (parse_number if unit else parse_text)

    def convert(key: str, text: str, end_of_frame: bool) -> Value:
        if len(text) not in allowed:
            expected = " or ".join(map(str, allowed))
            raise ParserException(f"{key}: expected {expected} characters, got {len(text)} in {text!r}")
        try:
            return Value(key, read(text), unit, end_of_frame)
        except ProtocolError:
            raise
        except ValueError as error:
            raise ParserException(f"{key}: {error}") from error

    return convert


def _matching(pattern: str, words: str) -> Callable[[str], str]:
    """Text that matches. The checksum does not see bit 6 ('0' becomes 'p'); the characters tell."""
    fits = re.compile(pattern).fullmatch

    def read(text: str) -> str:
        if not fits(text):
            raise ValueError(f"expected {words}, got {text!r}")
        return text

    return read


parse_digits = _matching("[0-9]+", "digits")
parse_hex = _matching("[0-9A-Fa-f]+", "hexadecimal digits")
parse_text = _matching("[ -_]*", "capitals, digits or signs")


def parse_number(text: str) -> int:
    """Digits alone: int() would take a sign, spaces and underscores as well. Raises ValueError."""
    return int(parse_digits(text))


def parse_str_remove_ellipsis(text: str) -> str:
    """`HP` of `HP..`. Raises ValueError."""
    return parse_text(text).rstrip(".")


# fmt: off
_ROWS: tuple[tuple[str, int | tuple[int, ...], Callable[[str], Any] | None, str | None], ...] = (
    # keys                                             characters  read as                    unit
    ("ADCO",                                           12,         parse_digits,              None),
    ("OPTARIF PTEC DEMAIN",                            4,          parse_str_remove_ellipsis, None),
    ("BASE HCHC HCHP EJPHN EJPHPM",                    (8, 9),     None,                      "Wh"),
    ("BBRHCJB BBRHPJB BBRHCJW BBRHPJW BBRHCJR BBRHPJR", 9,         None,                      "Wh"),
    ("GAZ AUTRE",                                      7,          None,                      "dal"),
    ("MOTDETAT",                                       (6, 10),    parse_hex,                 None),  # 10: concentrator
    ("ISOUSC",                                         2,          None,                      "A"),
    ("PEJP",                                           2,          None,                      "min"),
    ("IINST ADPS IMAX",                                3,          None,                      "A"),
    ("IINST1 IINST2 IINST3 IMAX1 IMAX2 IMAX3",         3,          None,                      "A"),
    ("ADIR1 ADIR2 ADIR3",                              3,          None,                      "A"),
    ("HHPHC",                                          1,          parse_text,                None),
    ("PAPP",                                           5,          None,                      "VA"),
    ("PMAX",                                           5,          None,                      "W"),
    ("PPOT",                                           2,          parse_hex,                 None),
)
# fmt: on

type_parsers: dict[str, TypeParser] = {
    key: value_converter(lengths, parser, unit) for keys, lengths, parser, unit in _ROWS for key in keys.split()
}


def to_value(key: str, text: str, end_of_frame: bool) -> Value:
    """The value of a parsed line. Raises UnknownKeyException; ParserException for a text that it cannot have."""
    parser = type_parsers.get(key, _standard_value)
    return parser(key, text, end_of_frame)


def _standard_value(key: str, text: str, end_of_frame: bool) -> Value:
    fields = f"{key}\t{text}\t\t " if key == "DATE" else f"{key}\t{text}\t "  # its checksum has been checked
    try:
        dataset = parse_dataset(fields.encode("ascii"))
    except ProtocolError as error:
        raise ParserException(str(error)) from error
    if not dataset.known:
        raise UnknownKeyException(key)
    return Value(key, dataset.value, dataset.unit, end_of_frame)
