"""pyenergenie's OpenThings: messages as dictionaries to bytes and back, parameters, values.

    payload = OpenThings.encode(Message(Devices.SWITCH, header_sensorid=0x373, recs_SWITCH_STATE_value=1))
    message = OpenThings.decode(payload)

What is broken raises OpenThingsException, whatever is broken about it; a record of a type that nobody knows keeps
its bytes and has the value None.
"""

from __future__ import annotations

import logging
from binascii import crc_hqx
from collections.abc import Mapping, Sequence
from typing import Any

from energy_hw import core as cores
from energy_hw.compat.energenie._message import Message, as_pydict, text_of
from energy_hw.compat.energenie._parameters import (
    PARAMS,
    param_info,
    paramid_to_paramname,
    paramname_to_paramid,
)
from energy_hw.compat.energenie._values import Value
from energy_hw.core.message import ENERGENIE, KEYS
from energy_hw.core.message import Message as Decoded
from energy_hw.energenie.pydict import from_pydict
from energy_hw.energenie.report import to_pydict
from energy_hw.errors import FrameError

__all__ = [
    *PARAMS,
    "Message",
    "OpenThingsException",
    "Value",
    "alterMessage",
    "calcCRC",
    "decode",
    "encode",
    "getFromMessage",
    "init",
    "param_info",
    "paramid_to_paramname",
    "paramname_to_paramid",
    "showMessage",
    "trace",
    "warning",
]

logger = logging.getLogger(__name__)

globals().update(PARAMS)
crypt_pid = KEYS[ENERGENIE]
"""What decode() and encode() encrypt with; see init()."""


class OpenThingsException(FrameError):
    """A payload was refused; value says why."""

    def __init__(self, value: object, raw: bytes = b"") -> None:
        super().__init__(str(value), raw)
        self.value = value


def init(pid: int) -> None:
    """Encrypt and decrypt with this id from now on; 242 is Energenie's, and the default."""
    global crypt_pid
    crypt_pid = pid


def decode(payload: Sequence[int], decrypt: bool = True, receive_timestamp: float | None = None) -> Message:
    """The message of a frame, from its length byte on; the payload itself stays as it is.

    decrypt: False for one that is plain. receive_timestamp: kept as `rxtimestamp`. Raises OpenThingsException.
    """
    try:
        frame = bytes(payload)
        keys = {frame[1]: crypt_pid} if decrypt and len(frame) > 1 else {}
        message = cores.get().decode(frame, keys)
    except FrameError as error:
        raise OpenThingsException(str(error), error.raw) from error
    except (TypeError, ValueError) as error:
        raise OpenThingsException(f"expected a list of bytes, got {payload!r}") from error
    return from_decoded(message, receive_timestamp)


def encode(spec: Any, encrypt: bool = True) -> list[int]:
    """The frame of a Message or dictionary. Without encryptPIP a fresh one is taken.

    Raises ValueError that names the field that does not fit.
    """
    message = to_decoded(spec)
    return list(cores.get().encode(message, {message.manufacturer: crypt_pid} if encrypt else {}))


def from_decoded(message: Decoded, receive_timestamp: float | None = None) -> Message:
    """A message of the radio core as a dictionary, with pyenergenie's units."""
    pydict = to_pydict(message)
    for rec in pydict["recs"]:
        rec["paramunit"] = param_info.get(rec["paramid"], {"u": "UNKNOWN_UNIT"})["u"]
    if receive_timestamp is not None:
        pydict["rxtimestamp"] = receive_timestamp
    return Message(pydict)


def to_decoded(spec: Any) -> Decoded:
    """The way back. Raises ValueError that names the field."""
    pydict = as_pydict(spec)
    if not isinstance(pydict, Mapping):
        raise ValueError(f"expected a Message, or a dictionary with header and recs, got {spec!r}")
    return from_pydict({**pydict, "recs": [_with_bytes(rec) for rec in pydict.get("recs", [])]})


def _with_bytes(rec: dict[str, Any]) -> dict[str, Any]:
    """A record whose value, if it has one, is bytes already."""
    fields = {**rec, "typeid": rec.get("typeid", 0) & 0xF0}
    value = fields.pop("value", None)
    if value is not None:
        fields["valuebytes"] = Value.encode(value, rec.get("typeid", 0), rec.get("length"))
        fields.pop("length", None)
    return fields


def calcCRC(payload: Sequence[int], start: int, length: int) -> int:
    """CRC-16, polynomial 0x1021, of some plain bytes of a payload."""
    return crc_hqx(bytes(payload[start : start + length]), 0)


def showMessage(msg: Any, timestamp: float | None = None) -> None:
    """Print a message."""
    print(text_of(msg, timestamp))


def alterMessage(message: Any, **kwargs: Any) -> Any:
    """Set fields of a message or dictionary by their paths, in place, and give it back. See Message.set()."""
    if isinstance(message, Message):
        return message.alter(**kwargs)
    message.update(Message(message, **kwargs).pydict)
    return message


def getFromMessage(message: Any, keypath: str) -> Any:
    """What is at a path such as `header_sensorid`."""
    return Message(message).get(keypath)


def warning(msg: object) -> None:
    """Log it."""
    logger.warning("%s", msg)


def trace(msg: object) -> None:
    """Log it, for those who want to see more."""
    logger.debug("%s", msg)
