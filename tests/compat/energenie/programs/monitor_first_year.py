"""Every packet decoded, below the devices, as the program of pyenergenie's first README does it."""

import os
import time

from energy_hw.compat.energenie import Devices, Logger, Messages, OpenThings, Registry, radio

Logger.LOG_FILENAME = os.environ["LOG"]


def monitor(packets):
    radio.receiver()
    while packets:
        if not radio.is_receive_waiting():
            time.sleep(0.01)
            continue
        try:
            decoded = OpenThings.decode(radio.receive())
        except OpenThings.OpenThingsException as error:
            print(f"not decoded: {error}")
            continue
        packets -= 1
        OpenThings.showMessage(decoded, timestamp=time.time())
        Registry.update(decoded)
        Logger.logMessage(decoded)
        if decoded["recs"] and decoded["recs"][0]["paramid"] == OpenThings.PARAM_JOIN:
            ids = [OpenThings.getFromMessage(decoded, "header_" + key) for key in ("mfrid", "productid", "sensorid")]
            Messages.send_join_ack(radio, *ids)


if __name__ == "__main__":
    radio.init()
    OpenThings.init(Devices.CRYPT_PID)
    try:
        monitor(4)
        print(f"heard {Registry.size()}")
    finally:
        radio.finished()
