"""The envelope of encrypted frames: its lengths in each form, and what is none."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from energy_hw.errors import DecryptionError
from energy_hw.p1.ciphered import Ciphered, encode_ciphered, parse_ciphered

TITLE = bytes.fromhex("4D4D4D0000BC614E")


def made(control: int, title: bytes = TITLE) -> bytes:
    return encode_ciphered(Ciphered(title, control, 1, bytes(50), bytes(12)))


SEALED = made(0x30)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"", "got nothing"),
        (b"/Lux5", "DB 08 first, got 2f 4c"),
        (SEALED[:-1], "announces 67 bytes and has 66"),
        (SEALED + b"\0", "announces 67 bytes and has 68"),
        (SEALED[:10], "announces 0 bytes|security control"),
        (SEALED[:10] + b"\x83\0\0\x43" + SEALED[11:], "81, 82"),
        (made(0x00), "security control 0x30 or 0x20.*0x00"),
        (made(0x10), "0x10"),
        (made(0xB1), "0xb1"),
        (b"\xdb\x08" + TITLE + b"\x11\x30" + bytes(16), "nothing in it"),
    ],
    ids=("nothing", "plain", "short", "long", "head", "length", "control-00", "control-10", "control-b1", "empty"),
)
def test_frames_that_are_none(frame: bytes, message: str) -> None:
    with pytest.raises(DecryptionError, match=message):
        parse_ciphered(frame)


@pytest.mark.parametrize(
    ("bytes_inside", "length"),
    [(1, "12"), (110, "7f"), (111, "8180"), (238, "81ff"), (239, "820100"), (4000, "820fb1")],
)
def test_length_in_each_of_its_forms(bytes_inside: int, length: str) -> None:
    frame = encode_ciphered(Ciphered(TITLE, 0x30, 7, bytes(bytes_inside), bytes(12)))
    assert frame[10 : 10 + len(length) // 2].hex() == length
    assert parse_ciphered(frame) == Ciphered(TITLE, 0x30, 7, bytes(bytes_inside), bytes(12))


def test_a_meter_without_letters_has_no_maker() -> None:
    assert parse_ciphered(made(0x30, bytes(8))).maker == "nameless"


def test_no_noise_raises_anything_else() -> None:
    dice = Random(5)
    for _ in range(3000):
        noise = SEALED[: dice.randrange(16)] + dice.randbytes(dice.randrange(40))
        with suppress(DecryptionError):
            assert encode_ciphered(parse_ciphered(noise))[:10] == noise[:10]
