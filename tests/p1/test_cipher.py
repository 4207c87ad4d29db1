"""Encrypted frames: what real and made ones say under which key, and what is said when they say nothing."""

from __future__ import annotations

import builtins
import json
import logging
import pickle
from pathlib import Path

import pytest

from energy_hw.app.exits import exit_code
from energy_hw.errors import ConfigError, DecryptionError, ExtraMissing
from energy_hw.p1.cipher import Aes128, Decipher, Policy, as_key, no_key
from energy_hw.p1.ciphered import Ciphered, encode_ciphered
from energy_hw.p1.crc import crc16
from energy_hw.p1.encode import encrypt
from energy_hw.p1.telegram import Ciphered as Frame
from energy_hw.p1.telegram import P1Framer, Telegram

CAPTURES = Path(__file__).parents[1] / "captures" / "p1" / "encrypted"
SINGLE = ("esphome_sagemcom_t210", "node_lux_with_aad", "gen_lux_tag_unknown_ak")
KEY, OTHER_KEY = "000102030405060708090A0B0C0D0E0F", "FF0102030405060708090A0B0C0D0E0F"
AUTH_KEY = "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
TITLE = bytes.fromhex("4D4D4D0000BC614E")
BODY = b"/Lux5\\253694471_M\r\n\r\n1-0:1.7.0(00.005*kW)\r\n!"
TELEGRAM = BODY + b"%04X\r\n" % crc16(BODY)


def case(name: str) -> tuple[bytes, dict[str, object]]:
    folder = CAPTURES / name
    return (folder / "input.bin").read_bytes(), json.loads((folder / "expected.json").read_text())


def of(expected: dict[str, object], **options: object) -> Decipher:
    return Decipher(expected["key"], expected["auth_key"], **options)  # type: ignore[arg-type]


def sealed(invocation: int = 1, **options: object) -> bytes:
    return encrypt(TELEGRAM, KEY, title=TITLE, invocation=invocation, **options)  # type: ignore[arg-type]


# ---- what must come out ----


@pytest.mark.parametrize("name", SINGLE)
def test_captured_frame(name: str) -> None:
    frame, expected = case(name)
    opened = of(expected).decipher(frame)
    assert opened.plain == (CAPTURES / name / "plain.bin").read_bytes()
    assert opened.verified == expected["verified"]
    assert (opened.invocation, opened.system_title.hex()) == (expected["invocation"], expected["system_title"])


def test_captured_stream() -> None:
    stream, expected = case("lux_encrypted_20")
    first, every = int(str(expected["first_at"])), int(str(expected["every"]))
    frames = [stream[at : at + every] for at in range(first, len(stream) - every + 1, every)]
    decipher = of(expected, policy=Policy.TAG)
    opened = [decipher.decipher(frame) for frame in frames]
    assert [one.invocation for one in opened] == list(range(1001, 1020))
    assert {(one.verified, one.plain[:6], one.replayed) for one in opened} == {("tag", b"/Lux5\\", False)}
    assert (decipher.accepted, decipher.unverified, decipher.replays, decipher.refused) == (19, 0, 0, 0)
    checksums = [(crc16(one.plain[:-6]), int(one.plain[-6:-2], 16)) for one in opened]
    assert all(computed == printed for computed, printed in checksums)


def test_captured_stream_through_the_framer() -> None:
    stream, expected = case("lux_encrypted_20")
    framer, decipher = P1Framer(), of(expected)
    events = [event for at in range(0, len(stream), 7) for event in framer.feed(stream[at : at + 7])]
    opened = [decipher.decipher(event.raw) for event in events if isinstance(event, Frame)]
    assert [one.invocation for one in opened] == list(range(1001, 1020))
    assert not [event for event in events if isinstance(event, Telegram)]


GREEN_BOOK = bytes.fromhex(
    "DB08 4D4D4D0000BC614E 1E 30 01234567 411312FF935A47566827C467BC 7D825C3BE4A77C3FCC056B6B".replace(" ", "")
)
"""The ciphertext, the tag and the keys above are the worked example of the DLMS UA Green Book (authenticated encryption
of a get-request, security suite 0)."""


def test_the_worked_example_of_the_standard() -> None:
    opened = Decipher(KEY, AUTH_KEY).decipher(GREEN_BOOK)
    assert opened.plain == bytes.fromhex("C0010000080000010000FF0200")
    assert (opened.verified, opened.invocation, opened.system_title) == ("tag", 0x01234567, TITLE)
    assert encrypt(opened.plain, KEY, title=TITLE, invocation=0x01234567, auth_key=AUTH_KEY) == GREEN_BOOK


# ---- which proof fits ----


def sealed_with(aad: bytes, control: int = 0x30) -> bytes:
    nonce = TITLE + (1).to_bytes(4)
    ciphertext, tag = Aes128(as_key(KEY)).seal(nonce, TELEGRAM, aad, 12)
    return encode_ciphered(Ciphered(TITLE, control, 1, ciphertext, tag))


@pytest.mark.parametrize(
    ("frame", "auth_key", "verified"),
    [
        (sealed(), None, "tag"),
        (sealed(auth_key=AUTH_KEY), AUTH_KEY, "tag"),
        (sealed(), AUTH_KEY, "tag-published-ak"),
        (sealed_with(b""), None, "tag-no-aad"),
        (sealed_with(b""), AUTH_KEY, "tag-no-aad"),
        (sealed(auth_key=AUTH_KEY), None, "crc-only"),
        (sealed(with_tag=False), None, "crc-only"),
    ],
    ids=("published", "own", "published-instead", "none", "none-instead", "unknown", "no-tag"),
)
def test_what_vouches_for_a_frame(frame: bytes, auth_key: str | None, verified: str) -> None:
    decipher = Decipher(KEY, auth_key)
    opened = decipher.decipher(frame)
    assert (opened.plain, opened.verified) == (TELEGRAM, verified)
    assert decipher.unverified == (verified == "crc-only")


@pytest.mark.parametrize(
    ("frame", "hint"),
    [(sealed(auth_key=AUTH_KEY), "authentication key as well"), (sealed(with_tag=False), "no tag")],
    ids=("own", "no-tag"),
)
def test_policy_that_demands_a_tag(frame: bytes, hint: str) -> None:
    decipher = Decipher(KEY, policy=Policy.TAG)
    with pytest.raises(DecryptionError, match=hint):
        decipher.decipher(frame)
    assert (decipher.accepted, decipher.refused) == (0, 1)


def test_no_changed_bit_passes_as_verified() -> None:
    frame, decipher = sealed(auth_key=AUTH_KEY), Decipher(KEY, AUTH_KEY)
    for bit in range(0, 8 * len(frame), 5):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            raise_if_unverified(decipher, bytes(changed))
    assert decipher.accepted - decipher.unverified == 0


def raise_if_unverified(decipher: Decipher, frame: bytes) -> None:
    """A bit of the tag, or of control, leaves the telegram as it was: accepted by its checksum, and counted so."""
    if decipher.decipher(frame).verified == "crc-only":
        raise DecryptionError("unverified")


def test_a_checksum_alone_vouches_for_telegrams_only() -> None:
    body = b"Lux5: no telegram!"
    frame = encrypt(body + b"%04X\r\n" % crc16(body), KEY, title=TITLE, invocation=1, with_tag=False)
    with pytest.raises(DecryptionError, match="neither tag nor checksum"):
        Decipher(KEY).decipher(frame)


# ---- replay ----


def test_a_counter_that_does_not_rise_is_counted_and_told() -> None:
    decipher = Decipher(KEY)
    told = [decipher.decipher(sealed(invocation)).replayed for invocation in (5, 6, 6, 4, 5)]
    assert told == [False, False, True, True, False]
    assert (decipher.accepted, decipher.replays) == (5, 2)


def test_each_meter_has_a_counter_of_its_own_and_memory_is_bounded() -> None:
    decipher = Decipher(KEY)
    for number in range(200):
        title = b"SAG" + number.to_bytes(5)
        assert not decipher.decipher(encrypt(TELEGRAM, KEY, title=title, invocation=9)).replayed
    assert decipher.decipher(encrypt(TELEGRAM, KEY, title=title, invocation=9)).replayed
    assert len(decipher._last) <= 64


def test_a_refused_frame_leaves_the_counter_alone() -> None:
    decipher = Decipher(KEY)
    with pytest.raises(DecryptionError):
        decipher.decipher(encrypt(TELEGRAM, OTHER_KEY, title=TITLE, invocation=99))
    assert not decipher.decipher(sealed(7)).replayed


# ---- keys ----


@pytest.mark.parametrize(
    "key", [KEY, KEY.lower(), f"0x{KEY}", " ".join(KEY[at : at + 2] for at in range(0, 32, 2)), bytes(range(16))]
)
def test_a_key_as_people_write_it(key: bytes | str) -> None:
    assert Decipher(key).decipher(sealed()).plain == TELEGRAM


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "key is missing"),
        ("", "key is missing"),
        (b"", "key is missing"),
        (KEY[:30], "30 hex digits, expected 32"),
        (KEY[:31], "31 hex digits, expected 32"),
        (KEY + KEY, "64 hex digits, expected 32"),
        (bytes(15), "30 hex digits, expected 32"),
        (KEY[:4] + "O" + KEY[5:], "character 5 of the key is no hex digit"),
    ],
)
def test_what_is_no_key(key: bytes | str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Decipher(key)


def test_the_authentication_key_is_named() -> None:
    with pytest.raises(ConfigError, match="authentication key has 4 hex digits"):
        Decipher(KEY, "AABB")


def test_wrong_key() -> None:
    with pytest.raises(DecryptionError, match=r"from a MMM meter.*expected the key of this meter"):
        Decipher(OTHER_KEY).decipher(sealed())


def test_nobody_gave_a_key() -> None:
    assert "MMM meter encrypts and no key was given" in str(no_key(sealed()))
    assert "this meter encrypts" in str(no_key(b"\xdb\x08"))


def test_keys_and_meter_numbers_are_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    decipher = Decipher(KEY, AUTH_KEY)
    told = [repr(decipher), str(no_key(sealed()))]
    for call in (
        lambda: decipher.decipher(encrypt(TELEGRAM, OTHER_KEY, title=TITLE, invocation=1)),
        lambda: Decipher(KEY[:-1]),
        lambda: Decipher(KEY[:-1] + "g"),
        lambda: Decipher(KEY, policy=Policy.TAG).decipher(sealed(auth_key=AUTH_KEY)),
        lambda: pickle.dumps(decipher),
    ):
        with pytest.raises((ConfigError, DecryptionError, TypeError)) as caught:
            call()
        told += [str(caught.value), repr(caught.value), repr(caught.value.__dict__)]
        assert caught.value.__cause__ is None
    text = " ".join((*told, caplog.text)).lower()
    for secret in (KEY[:8], KEY[-8:-1], AUTH_KEY[:8], AUTH_KEY[-8:], "bc614e", "12345678"):
        assert secret.lower() not in text


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object, **options: object) -> object:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ExtraMissing, match=r"energy-hw\[crypto\]") as caught:
        Decipher(KEY)
    assert exit_code(caught.value) == 2
