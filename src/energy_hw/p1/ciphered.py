"""The envelope of an encrypted P1 frame: read and written, with no key involved.

    DB  08 TT*8  82 LL LL  SC  NN NN NN NN  CC..  AA*12

The length counts from SC on, in BER: one byte below 0x80, else 81 and one byte, or 82 and two. SC 0x30: encrypted and
with a tag; 0x20: encrypted, no tag. Sources: IEC 62056-5-3, Smarty P1 specification 1.1.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from energy_hw.errors import DecryptionError

TAG = 0xDB
TITLE_BYTES = 8
GCM_TAG_BYTES = 12
AUTHENTICATED, ENCRYPTED = 0x10, 0x20
HEAD_BYTES = 5
"""Security control and invocation counter."""


@dataclass(frozen=True, slots=True)
class Ciphered:
    """One frame taken apart. tag: empty where the meter sends none. invocation: a counter of 32 bits."""

    system_title: bytes
    control: int
    invocation: int
    ciphertext: bytes
    tag: bytes

    @property
    def nonce(self) -> bytes:
        """12 bytes, used once with a key."""
        return self.system_title + self.invocation.to_bytes(4)

    @property
    def maker(self) -> str:
        """The manufacturer's three letters (FLAG id), which begin the system title; the rest is the meter's number."""
        letters = self.system_title[:3].decode("latin-1")
        return letters if letters.isascii() and letters.isalnum() else "nameless"


def parse_ciphered(frame: bytes) -> Ciphered:
    """Take one whole frame apart. Raises DecryptionError."""
    if frame[:2] != bytes((TAG, TITLE_BYTES)):
        raise DecryptionError(f"expected an encrypted frame, DB 08 first, got {frame[:2].hex(' ') or 'nothing'}")
    announced, start = _length(frame, 2 + TITLE_BYTES)
    if announced != len(frame) - start:
        raise DecryptionError(f"an encrypted frame announces {announced} bytes and has {max(len(frame) - start, 0)}")
    control = frame[start] if announced else 0
    if control not in (ENCRYPTED, ENCRYPTED | AUTHENTICATED):
        raise DecryptionError(f"expected security control 0x30 or 0x20 (AES-128-GCM), got {control:#04x}")
    tag_bytes = GCM_TAG_BYTES if control & AUTHENTICATED else 0
    if announced <= HEAD_BYTES + tag_bytes:
        raise DecryptionError(f"an encrypted frame of {announced} bytes has nothing in it")
    end = len(frame) - tag_bytes
    body = start + HEAD_BYTES
    return Ciphered(frame[2:10], control, int.from_bytes(frame[start + 1 : body]), frame[body:end], frame[end:])


def _length(frame: bytes, at: int) -> tuple[int, int]:
    """The length that stands at `at`, and where it ends. Raises DecryptionError."""
    first = frame[at] if at < len(frame) else 0
    if first < 0x80:
        return first, at + 1
    if first not in (0x81, 0x82):
        raise DecryptionError(f"expected a length of one or two bytes (81, 82), got {first:02x}")
    start = at + 1 + (first & 0x7F)
    return int.from_bytes(frame[at + 1 : start]), start


def encode_ciphered(frame: Ciphered) -> bytes:
    """The frame's bytes, its length in the shortest form that BER has."""
    body = bytes((frame.control,)) + frame.invocation.to_bytes(4) + frame.ciphertext + frame.tag
    count = len(body)
    length = bytes((count,)) if count < 0x80 else b"\x81%c" % count if count < 0x100 else b"\x82" + count.to_bytes(2)
    return bytes((TAG, TITLE_BYTES)) + frame.system_title + length + body
