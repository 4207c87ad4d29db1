"""serial_teleinfo's parse_line, and what it raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import ProtocolError
from energy_hw.teleinfo.frame import Mode, encode_group
from energy_hw.teleinfo.parser import InvalidChecksumException, ParserException, UnknownKeyException, parse_line


def line(*fields: str, mode: Mode = Mode.HISTORIQUE, end: bytes = b"\n") -> bytes:
    return encode_group(*fields, mode=mode)[1:] + end


@pytest.mark.parametrize(("end", "is_last"), [(b"\n", False), (b"\x03\x02\n", True), (b"\x04\x02\n", True)])
def test_the_end_tells_whether_the_frame_ends(end: bytes, is_last: bool) -> None:
    assert parse_line(line("PAPP", "00540", end=end)) == ("PAPP", "00540", is_last)


def test_a_checksum_may_be_a_space() -> None:
    text = line("PTEC", "HP..")
    assert text == b"PTEC HP..  \r\n"
    assert parse_line(text) == ("PTEC", "HP..", False)


def test_data_may_hold_spaces() -> None:
    assert parse_line(line("MESURES1", "BT 4 SUP36")) == ("MESURES1", "BT 4 SUP36", False)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("EAST", "001234567"), ("EAST", "001234567")),
        (("SMAXSN", "E240615123456", "01234"), ("SMAXSN", "01234")),
        (("DATE", "E240615123456", ""), ("DATE", "E240615123456")),
    ],
)
def test_standard_mode(fields: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert parse_line(line(*fields, mode=Mode.STANDARD))[:2] == expected


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\r\n",
        b"PAPP 00540 ,",
        b"PAPP 00540 ,\n",
        b"PAPP 00540 ,\r",
        b"\x02PAPP 00540 ,\r\n",
        b"PAPP 00540 ,\r\x03\n",
        b"PAPP\xb0 00540 ,\r\n",
        line("PAPP", "00540") + b"x",
        line("PAPP"),
        line("", "00540"),
        line("A", "B", "C", "D", mode=Mode.STANDARD),
        line("", "B", mode=Mode.STANDARD),
    ],
)
def test_another_shape_is_a_parser_exception(bad: bytes) -> None:
    with pytest.raises(ParserException):
        parse_line(bad)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_wrong_checksum_says_both(mode: Mode) -> None:
    bad = line("PAPP", "00540", mode=mode).replace(b"00540", b"00541")
    with pytest.raises(InvalidChecksumException, match=r"expected checksum '.+', got '.+'"):
        parse_line(bad)


@given(st.binary(max_size=40))
def test_whatever_comes_only_parser_exceptions_come_out(data: bytes) -> None:
    for text in (data, data + b"\r\n", data + b"\r\x03\x02\n"):
        try:
            key, value, _ = parse_line(text)
        except ParserException:
            continue
        assert key
        assert value.isprintable()


def test_an_unknown_key_says_so_in_words() -> None:
    error = UnknownKeyException("FOO")
    assert (error.key, error.message, str(error)) == ("FOO", "The key FOO is not known", "The key FOO is not known")
    assert isinstance(error, ProtocolError)
