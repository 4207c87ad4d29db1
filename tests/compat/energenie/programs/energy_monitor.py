"""Log, toggle and show power, as pyenergenie's mihome_energy_monitor does it."""

import os

from energy_hw.compat import energenie
from energy_hw.compat.energenie import Logger

Logger.LOG_FILENAME = os.environ["LOG"]
heard = []


def incoming(address, message):
    heard.append(address)
    Logger.logMessage(message)


if __name__ == "__main__":
    energenie.init()
    energenie.fsk_router.when_incoming(incoming)
    state = False
    try:
        while len(heard) < 4:
            energenie.loop(0.1)
        for _ in range(2):
            for device in energenie.registry.devices():
                if device.has_switch():
                    device.set_switch(state)
            state = not state
        for device in energenie.registry.devices():
            try:
                print(f"Power: {device.get_power()}")
            except (RuntimeError, AttributeError):
                print("Power: none")
    finally:
        energenie.finished()
