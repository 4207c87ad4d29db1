"""Same verdict on noise: both cores give the same message, or refuse with the same class.

A third of the frames are sound, a third carry a valid CRC over broken records, and a
third are damaged or random. EHW_NOISE_FRAMES sets how many (the slow stage: a million).
"""

from __future__ import annotations

import binascii
import os
from collections import Counter
from random import Random

from energy_hw import core as cores
from energy_hw.core.message import KEYS, Message, Record, encode_value
from energy_hw.core.python.openhems import crypt
from energy_hw.errors import FrameError

FRAMES = int(os.environ.get("EHW_NOISE_FRAMES", "100000"))
INTEGER_TYPES = (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11)
SOUND, BROKEN, DAMAGED, RANDOM = "sound", "valid CRC over broken records", "damaged", "random"


def sealed(dice: Random, records: bytes) -> bytes:
    """A frame with these record bytes (terminator included or not) and a CRC that holds."""
    manufacturer, product = (4 if dice.random() < 0.9 else dice.randrange(128)), dice.randrange(256)
    pip = 0 if dice.random() < 0.02 else dice.randrange(1, 0xF200)
    body = dice.randbytes(3) + records
    body += binascii.crc_hqx(body, 0).to_bytes(2, "big")
    if manufacturer in KEYS and not (pip == 0 and dice.random() < 0.5):
        body = crypt(body, KEYS[manufacturer], pip)
    head = bytes([manufacturer, product]) + pip.to_bytes(2, "big")
    return bytes([len(head + body)]) + head + body


def sound_record(dice: Random) -> bytes:
    kind, length = dice.choice(INTEGER_TYPES), dice.randrange(6)
    return bytes([dice.randrange(1, 256), kind << 4 | length]) + dice.randbytes(length)


def sound(dice: Random) -> bytes:
    records = b"".join(sound_record(dice) for _ in range(dice.randrange(7)))
    return sealed(dice, records[:54] + b"\0") if len(records) <= 54 else sealed(dice, b"\0")


def broken(dice: Random) -> bytes:
    """Record bytes at random: overruns, no terminator, reserved types, odd floats, enumerations in all shapes."""
    records = bytearray(dice.randbytes(dice.randrange(40)))
    for at in range(1, len(records), 2):
        if dice.random() < 0.5:
            records[at] = dice.choice((0xC1, 0xC0, 0xC2, 0xD1, 0xE2, 0xF3, 0xF2, 0x01, 0x00, 0x9F))
    return sealed(dice, bytes(records) + (b"\0" if dice.random() < 0.7 else b""))


def damaged(dice: Random) -> bytes:
    frame = bytearray(sound(dice))
    verb = dice.randrange(4)
    if verb == 0:
        frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
    elif verb == 1:
        del frame[dice.randrange(len(frame)) :]
    elif verb == 2:
        frame += dice.randbytes(dice.randrange(1, 9))
    else:
        frame[0] = dice.randrange(256)
    return bytes(frame)


def noise(dice: Random) -> bytes:
    frame = bytearray(dice.randbytes(dice.randrange(80)))
    if frame and dice.random() < 0.7:
        frame[0] = len(frame) - 1
    return bytes(frame)


MAKERS = ((SOUND, sound), (BROKEN, broken), (BROKEN, broken), (DAMAGED, damaged), (RANDOM, noise))


def verdict(core: object, frame: bytes) -> Message | str:
    try:
        return core.decode(frame)  # type: ignore[attr-defined,no-any-return]
    except FrameError as error:
        return type(error).__name__ if error.raw == frame else f"{type(error).__name__} with another frame"


def test_both_cores_give_the_same_verdict_on_noise() -> None:
    dice, python, c = Random(20260101), cores.get("python"), cores.get("c")
    kinds: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for number in range(FRAMES):
        kind, make = MAKERS[number % len(MAKERS)]
        frame = make(dice)
        expected, got = verdict(python, frame), verdict(c, frame)
        assert got == expected, f"{kind} frame {frame.hex()}: python {expected}, c {got}"
        kinds[kind] += 1
        verdicts[expected if isinstance(expected, str) else "message"] += 1
    assert kinds[BROKEN] >= FRAMES / 3
    assert set(verdicts) == {"message", "FrameTruncated", "FrameTooLong", "ChecksumError", "RecordError"}
    assert min(verdicts.values()) >= FRAMES / 100, verdicts


def test_what_one_core_encodes_the_other_decodes() -> None:
    dice = Random(1)
    for _ in range(2000):
        records = []
        for _ in range(dice.randrange(5)):
            kind, length = dice.choice(INTEGER_TYPES), dice.randrange(1, 8)
            data = dice.randbytes(length)
            value = (
                cores.get("python").decode(sealed(dice, bytes([1, kind << 4 | length]) + data + b"\0")).records[0].value
            )
            assert encode_value(kind, length, value) == data
            records.append(Record(dice.randrange(1, 128), dice.random() < 0.5, kind, data, value))
        message = Message(4, dice.randrange(256), dice.randrange(0xF200), dice.randrange(1 << 24), tuple(records))
        frames = {cores.get(name).encode(message) for name in cores.NAMES}
        assert len(frames) == 1
        assert {cores.get(name).decode(frame) for name in cores.NAMES for frame in frames} == {message}
