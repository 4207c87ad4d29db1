"""pyenergenie's radio: raw frames. The hub receives all the time; modulation here is that of the next transmit().

    radio.init()
    radio.transmitter(ook=True)
    radio.transmit(TwoBit.encode_switch_message(True, 1))
    if radio.is_receive_waiting(): frame = radio.receive()
    radio.finished()

isReceiveWaiting and mode are names of its first year.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from energy_hw.compat.energenie import _session

RADIO_MODULATION_OOK = 0
RADIO_MODULATION_FSK = 1
MAX_RX_SIZE = 66
VERSION = 0x24
"""What register 0x10 of an RFM69 reads; the hub opens on no other."""
RECEIVE_S = 1.0

mode = ""
_modulation = RADIO_MODULATION_FSK


def init() -> None:
    """Open the radio, unless it is open. Raises as Hub does."""
    _session.start()


def reset() -> None:
    """Close the radio and open it again, which resets the chip. Raises as Hub does."""
    _session.stop()
    _session.start()


def get_ver() -> int:
    """The version of the chip, 0x24. Raises LinkClosed before init()."""
    _session.current()
    return VERSION


def modulation(fsk: bool | None = None, ook: bool | None = None) -> None:
    """What transmit() sends with. Raises RuntimeError if neither is chosen."""
    global _modulation
    if not fsk and not ook:
        raise RuntimeError("expected fsk=True or ook=True")
    _modulation = RADIO_MODULATION_OOK if ook else RADIO_MODULATION_FSK


def transmitter(fsk: bool | None = None, ook: bool | None = None) -> None:
    """transmit() follows, with FSK unless ook is set."""
    global mode
    modulation(fsk=not ook, ook=ook)
    mode = "TRANSMITTER"


def transmit(payload: Sequence[int], outer_times: int = 1, inner_times: int = 8, outer_delay: float = 0) -> None:
    """Send a frame: outer_times bursts of inner_times, outer_delay seconds after each; returns when it is done.

    FSK: an OpenHEMS frame of up to 66 bytes; OOK: 16 bytes. Raises ValueError, LinkClosed, AirtimeExceeded, LinkError.
    """
    data, hub = bytes(payload), _session.current().hub
    if not 1 <= len(data) <= 255:
        raise ValueError(f"expected a frame of 1 to 255 bytes, got {len(data)}")
    if outer_times < 1 or not 1 <= inner_times <= 255:
        raise ValueError(f"expected outer_times above 0 and inner_times of 1 to 255, got {outer_times}, {inner_times}")
    for _ in range(outer_times):
        if _modulation == RADIO_MODULATION_OOK:
            hub.send_ook(data, inner_times)
        else:
            for _ in range(inner_times):
                hub.send_fsk(data)
        if outer_delay:
            time.sleep(outer_delay)


send_payload = transmit


def receiver(fsk: bool | None = None, ook: bool | None = None) -> None:
    """receive() follows. MiHome devices are heard all the time; for OOK there is loop(ook=True).

    Raises ValueError for ook.
    """
    global mode
    if ook:
        raise ValueError("expected fsk: hand controllers are heard with energenie.loop(ook=True)")
    mode = "RECEIVER"


def is_receive_waiting() -> bool:
    """Whether receive() has a frame at once. Raises LinkClosed before init()."""
    return _session.current().waiting()


isReceiveWaiting = is_receive_waiting


def receive(size: int | None = None) -> list[int]:
    """The next frame from its length byte on, at most `size` bytes of it.

    Raises RuntimeError if none comes within a second, LinkClosed before init().
    """
    heard = _session.current().receive(RECEIVE_S)
    if heard is None:
        raise RuntimeError(f"expected a frame within {RECEIVE_S:g} s, none came: ask is_receive_waiting() first")
    return list(heard.frame.data[:size])


def receive_cbp() -> list[int]:
    """receive(): a frame begins with its length."""
    return receive()


def receive_len(size: int) -> list[int]:
    """receive(size)."""
    return receive(size)


def standby() -> None:
    """Nothing: the hub knows when the radio may rest."""


def finished() -> None:
    """Close the radio. May be called twice."""
    _session.stop()
