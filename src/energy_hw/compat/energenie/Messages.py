"""pyenergenie's Messages, of its first year: templates, and the answer to a JOIN through a radio."""

from __future__ import annotations

from typing import Any

from energy_hw.compat.energenie import OpenThings
from energy_hw.compat.energenie._templates import JOIN_ACK, REGISTERED_SENSOR, SWITCH

__all__ = ["JOIN_ACK", "REGISTERED_SENSOR", "SWITCH", "send_join_ack"]


def send_join_ack(radio: Any, mfrid: int, productid: int, sensorid: int) -> None:
    """Answer a JOIN, so that the light of the device goes out."""
    answer = OpenThings.Message(JOIN_ACK, header_mfrid=mfrid, header_productid=productid, header_sensorid=sensorid)
    radio.transmitter()
    radio.transmit(OpenThings.encode(answer), inner_times=2)
    radio.receiver()
