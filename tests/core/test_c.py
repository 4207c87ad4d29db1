"""The C codecs' face: what is said of a refused frame, and what never reaches C.

That both cores give the same verdict is tested in test_openhems.py, test_ook.py and test_noise.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from binascii import crc_hqx
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from energy_hw import core as cores
from energy_hw import errors
from energy_hw._version import __version__
from energy_hw.core import c
from energy_hw.core.c import CCore
from energy_hw.core.interface import OokCode
from energy_hw.core.message import Message, Record
from energy_hw.core.python.openhems import crypt

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SOURCE = Path(c.__file__).parents[2]


def sealed(records: str) -> bytes:
    """A plain frame of manufacturer 9, of which no key is known, around these records."""
    body = bytes.fromhex("000373" + records)
    body += crc_hqx(body, 0).to_bytes(2)
    return bytes([len(body) + 4, 9, 2, 0, 1]) + body


def test_the_extension_is_of_this_version() -> None:
    assert c.built_from == __version__


def test_an_extension_of_another_version_is_not_used() -> None:
    program = "import energy_hw._version as v; v.__version__ = '9.9.9'; import energy_hw.core.c"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert f"ImportError: expected a C core of version 9.9.9, got {__version__}: build it again" in done.stderr


def test_the_core_is_chosen_by_name() -> None:
    assert isinstance(cores.get("c"), CCore)
    assert cores.get("c").name == "c"


@pytest.mark.parametrize(
    ("frame", "refusal", "said"),
    [
        (b"", errors.FrameTruncated, "expected a length byte of 10 to 65, got None"),
        (b"\x09", errors.FrameTruncated, "expected a length byte of 10 to 65, got 9"),
        (b"\x42", errors.FrameTooLong, "expected a length byte of 10 to 65, got 66"),
        (REPORT[:-1], errors.FrameTruncated, "expected 29 bytes for length byte 28, got 28"),
        (REPORT + b"\0", errors.FrameTooLong, "expected 29 bytes for length byte 28, got 30"),
        (sealed("700105"), errors.RecordError, "expected 0x00 at the end of the records, got the CRC"),
        (sealed("740f01"), errors.RecordError, "expected every record to end before the CRC, one reaches into it"),
        (sealed("70c1c10100"), errors.RecordError, "expected a plain type in an enumeration, got another enumeration"),
        (
            sealed("70e10500"),
            errors.RecordError,
            "expected a usable record, got only reserved types, odd floats or index 0",
        ),
    ],
)
def test_refused_frame_says_why(frame: bytes, refusal: type[errors.FrameError], said: str) -> None:
    with pytest.raises(refusal) as caught:
        CCore().decode(frame)
    assert (str(caught.value), caught.value.raw) == (said, frame)


def test_wrong_checksum_has_both_values_after_decryption() -> None:
    frame = REPORT[:-1] + b"\x24"
    with pytest.raises(errors.ChecksumError) as caught:
        CCore().decode(frame)
    plain = crypt(frame[5:], 0xF2, 0x580B)
    assert caught.value.expected == int.from_bytes(plain[-2:])
    assert caught.value.computed == 0x269B
    assert str(caught.value) == f"expected CRC 0x{caught.value.expected:04X}, computed 0x269B"


def test_a_manufacturer_without_a_key_is_plain() -> None:
    message = CCore().decode(sealed("73010100"))
    assert (message.manufacturer, message.encrypted) == (9, False)
    assert message.records == (Record(0x73, False, 0, b"\x01", 1),)


def test_records_keep_their_types() -> None:
    record = CCore().decode(REPORT).records[0]
    assert type(record) is Record
    assert (type(record.command), type(record.data), type(record.problem)) == (bool, bytes, str)


def message(**changes: object) -> Message:
    return CCore().decode(REPORT)._replace(**changes)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"manufacturer": 128}, "expected a manufacturer of 0 to 127, got 128"),
        ({"manufacturer": -1}, "expected a manufacturer of 0 to 127, got -1"),
        ({"product": 256}, "expected a product of 0 to 255, got 256"),
        ({"pip": 1 << 16}, "expected a pip of 0 to 65535, got 65536"),
        ({"pip": 0xF200}, "expected any pip but 0xF200"),
        ({"sensor": 1 << 24}, "expected a sensor of 0 to 16777215, got 16777216"),
        ({"records": (Record(0, False, 0, b"", None),)}, "expected a parameter of 1 to 127, got 0"),
        ({"records": (Record(1, False, 0, bytes(16), None),)}, "expected a value length of 0 to 15, got 16"),
        ({"records": (Record(1, False, 12, b"", None),)}, "expected an index instead of type C"),
        ({"records": (Record(1, False, 0, bytes(15), None),) * 4}, "expected a frame size of 11 to 66, got 79"),
        ({"records": (Record(1, False, 0, bytes(15), None),) * 20}, "expected a frame size of 11 to 66, got 351"),
        ({"records": (Record(1, False, 0, b"", None),) * 300}, "expected a frame size of 11 to 66, got 611"),
    ],
)
def test_message_that_cannot_be_sent_names_field_and_limits(changed: dict[str, object], said: str) -> None:
    with pytest.raises(errors.OutOfRange, match=said):
        CCore().encode(message(**changed))


def test_an_unencrypted_message_may_have_any_pip() -> None:
    frame = CCore().encode(message(pip=0xF200, encrypted=False))
    assert frame[5:8] == bytes.fromhex("000373")


@pytest.mark.parametrize("code", [OokCode(1 << 20, 1, True), OokCode(-1, 1, True), OokCode(1 << 40, 1, True)])
def test_house_code_out_of_range(code: OokCode) -> None:
    with pytest.raises(errors.OutOfRange, match="expected a house code of 0 to 0xFFFFF"):
        CCore().ook_encode(code)


def test_what_only_the_c_core_refuses_is_still_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c.ook, "ook_encode", lambda code: b"")
    with pytest.raises(errors.OutOfRange, match="expected a message that fits a frame"):
        CCore().ook_encode(OokCode(0, 7, True))


def test_refused_ook_frame_says_why() -> None:
    with pytest.raises(errors.FrameTruncated, match="expected 16 bytes, got 0"):
        CCore().ook_decode(b"")
    with pytest.raises(errors.FrameTooLong, match="expected 16 bytes, got 17"):
        CCore().ook_decode(bytes(17))
    with pytest.raises(errors.RecordError, match="expected sync 80000000"):
        CCore().ook_decode(bytes(16))


def test_threads_decode_side_by_side() -> None:
    """Each call has a buffer of its own; C runs without the interpreter lock."""
    core = CCore()
    frames = [core.encode(message(sensor=sensor)) for sensor in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        sensors = [seen.sensor for seen in pool.map(core.decode, frames, chunksize=50)]
    assert sensors == list(range(2000))
