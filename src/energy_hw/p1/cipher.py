"""Encrypted P1: frames in DLMS general-glo-ciphering (Luxembourg, Austria, Lithuania on request).

    DB  08 TT*8  82 LL LL  SC  NN NN NN NN  | CC..  | AA*12
    tag, system title, length of what follows, security control, invocation counter, ciphertext, tag of GCM

    decipher = Decipher("88DB...", policy=Policy.TAG)
    decipher.decipher(frame).plain        # a telegram, with a checksum of its own

AES-128-GCM: the nonce is system title and invocation counter, the additional data security control and
authentication key, the tag cut to 12 bytes. Keys appear in no message, no repr and no log.
Sources: IEC 62056-5-3 (general-glo-ciphering, security control), Smarty P1 specification 1.1.3 (Luxembourg),
NIST SP 800-38D (GCM is CTR from counter block 2 on).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from energy_hw.errors import ConfigError, DecryptionError, ExtraMissing
from energy_hw.p1.ciphered import Ciphered, parse_ciphered
from energy_hw.p1.crc import crc16

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PUBLISHED_AK", "Aes128", "Decipher", "Deciphered", "Policy", "as_key", "no_key"]

PUBLISHED_AK = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
"""The authentication key of every meter in Luxembourg. Source: Smarty P1 specification 1.1.3, 3.2.5."""
KEY_BYTES = 16
MOST_TITLES = 64
"""System titles whose counters are remembered; a port has one."""


class Policy(StrEnum):
    """How sure one must be: the tag has to fit, or the checksum inside is enough where no tag does."""

    TAG = "tag"
    CRC = "crc"


@dataclass(frozen=True, slots=True)
class Deciphered:
    """A telegram that was encrypted.

    verified: what vouches for it. `tag`: the tag with the key given; `tag-published-ak`: with Luxembourg's;
    `tag-no-aad`: with no additional data; `crc-only`: no tag fits, the telegram's own checksum does, which shows
    that the key is right, not that nobody changed the frame. replayed: the counter did not rise.
    """

    plain: bytes
    verified: str
    invocation: int
    system_title: bytes
    replayed: bool = False


class Decipher:
    """Frames to telegrams, for one port.

    key, auth_key: 16 bytes, or 32 hex digits with blanks, colons or hyphens as one likes; auth_key None: the
    published one. Counters: accepted, unverified (of these, without a tag), replays (of these, with a counter that
    did not rise: a meter's new key sets it back, so they are counted, not refused), refused.

    Raises ConfigError for a key that is none, ExtraMissing without the package cryptography.
    Thread safety: one thread at a time.
    """

    def __init__(
        self, key: bytes | str | None, auth_key: bytes | str | None = None, policy: Policy = Policy.CRC
    ) -> None:
        self._aes = Aes128(as_key(key, "key"))
        self._auth_key = PUBLISHED_AK if auth_key is None else as_key(auth_key, "authentication key")
        self._last: OrderedDict[bytes, int] = OrderedDict()
        self.policy = Policy(policy)
        self.accepted = self.unverified = self.replays = self.refused = 0

    def __repr__(self) -> str:
        return f"Decipher(key=..., policy={self.policy.value!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a Decipher holds keys and is not pickled: make another from its configuration")

    def decipher(self, frame: bytes) -> Deciphered:
        """The telegram in one whole frame, which begins with DB 08.

        Raises DecryptionError: wrong key, a tag that the policy demands and that does not fit, a frame that is none.
        """
        try:
            ciphered = parse_ciphered(frame)
            plain, verified = self._opened(ciphered)
        except DecryptionError:
            self.refused += 1
            raise
        self.accepted += 1
        self.unverified += verified == "crc-only"
        return Deciphered(plain, verified, ciphered.invocation, ciphered.system_title, self._is_replay(ciphered))

    def _opened(self, frame: Ciphered) -> tuple[bytes, str]:
        """Plain bytes and what vouches for them: every tag that is known from meters first, then the checksum."""
        for verified, aad in self._additional_data(frame):
            plain = self._aes.open(frame.nonce, frame.ciphertext, frame.tag, aad)
            if plain is not None:
                return plain, verified
        plain = self._aes.apply(frame.nonce, frame.ciphertext)
        if not _is_telegram(plain):
            raise DecryptionError(
                f"neither tag nor checksum of a frame from a {frame.maker} meter fits: expected the key of this meter,"
                " got another one; ask the grid operator for it again (or bytes were lost on the way)"
            )
        if self.policy is Policy.TAG:
            raise DecryptionError(_unproven(frame))
        return plain, "crc-only"

    def _additional_data(self, frame: Ciphered) -> Iterator[tuple[str, bytes]]:
        if not frame.tag:
            return
        control = bytes((frame.control,))
        yield "tag", control + self._auth_key
        if self._auth_key != PUBLISHED_AK:
            yield "tag-published-ak", control + PUBLISHED_AK
        yield "tag-no-aad", b""

    def _is_replay(self, frame: Ciphered) -> bool:
        last = self._last.pop(frame.system_title, -1)
        self._last[frame.system_title] = frame.invocation
        if len(self._last) > MOST_TITLES:
            self._last.popitem(last=False)
        replayed = frame.invocation <= last
        self.replays += replayed
        return replayed


def no_key(frame: bytes) -> DecryptionError:
    """What to tell if an encrypted frame comes and nobody gave a key. Never raises."""
    try:
        maker = f"a {parse_ciphered(frame).maker} meter"
    except DecryptionError:
        maker = "this meter"
    return DecryptionError(f"{maker} encrypts and no key was given: expected 32 hex digits; the grid operator has them")


def as_key(key: bytes | str | None, what: str = "key") -> bytes:
    """16 bytes of a key as people write it. Raises ConfigError, which says everything but the key."""
    if not key:
        raise ConfigError(f"the {what} is missing: expected 32 hex digits; the grid operator gives them on request")
    if isinstance(key, bytes):
        digits, raw = 2 * len(key), key
    else:
        text = "".join(char for char in key.removeprefix("0x") if char not in " \t\r\n:-")
        digits, raw = len(text), _unhex(text, what)
    if digits != 2 * KEY_BYTES:
        raise ConfigError(f"the {what} has {digits} hex digits, expected 32 (AES-128): is it the whole one, and once?")
    return raw


def _unhex(text: str, what: str) -> bytes:
    wrong = [at for at, char in enumerate(text, 1) if char not in "0123456789abcdefABCDEF"]
    if wrong:
        raise ConfigError(f"character {wrong[0]} of the {what} is no hex digit: expected 0-9 and A-F, 32 of them")
    return bytes.fromhex(text if len(text) % 2 == 0 else text + "0")  # an odd length is told by the caller


def _unproven(frame: Ciphered) -> str:
    if not frame.tag:
        return (
            f"a {frame.maker} meter sends no tag (security control 0x20), and the policy `tag` demands one: use `crc`"
        )
    return (
        f"the key fits a {frame.maker} meter and the tag does not: ask the grid operator for the authentication key"
        " as well, or let the checksum do (policy `crc`)"
    )


def _is_telegram(plain: bytes) -> bool:
    """Whether it begins as a telegram and its own checksum holds."""
    end = plain.rfind(b"!")
    digits = plain[end + 1 :].strip()
    if not plain.startswith(b"/") or end < 0 or len(digits) != 4:
        return False
    try:
        return int(digits, 16) == crc16(plain[: end + 1])
    except ValueError:
        return False


class Aes128:
    """AES-128 of the package cryptography, the only place that knows it."""

    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        except ImportError:
            raise ExtraMissing(
                "an encrypted meter", "crypto", "on Raspberry Pi OS apt install python3-cryptography"
            ) from None
        self._invalid, self._cipher, self._modes = InvalidTag, Cipher, modes
        self._algorithm = algorithms.AES(key)

    def open(self, nonce: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes | None:
        """Plain bytes if the tag fits, else None."""
        mode = self._modes.GCM(nonce, tag, min_tag_length=len(tag))
        decryptor = self._cipher(self._algorithm, mode).decryptor()
        decryptor.authenticate_additional_data(aad)
        plain = decryptor.update(ciphertext)
        try:
            return plain + decryptor.finalize()
        except self._invalid:
            return None

    def apply(self, nonce: bytes, data: bytes) -> bytes:
        """Encrypted or decrypted without a tag: the counter mode below GCM."""
        worker = self._cipher(self._algorithm, self._modes.CTR(nonce + (2).to_bytes(4))).encryptor()
        return worker.update(data) + worker.finalize()

    def seal(self, nonce: bytes, plain: bytes, aad: bytes, tag_bytes: int) -> tuple[bytes, bytes]:
        """Ciphertext and tag. For simulator and tests."""
        worker = self._cipher(self._algorithm, self._modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(aad)
        ciphertext = worker.update(plain) + worker.finalize()
        return ciphertext, worker.tag[:tag_bytes]
