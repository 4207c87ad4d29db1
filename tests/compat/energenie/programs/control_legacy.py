"""Green-button sockets without a registry, as pyenergenie's control_legacy and control_any_noreg do it."""

import time

from energy_hw.compat import energenie

every = energenie.Devices.ENER002(0)
first = energenie.Devices.ENER002(1)
learned = energenie.Devices.ENER002((0x1234, 1))
plug = energenie.Devices.MIHO005(0x373)
sockets = [every, first, learned, plug]

if __name__ == "__main__":
    energenie.init()
    try:
        for number, socket in enumerate(sockets):
            print(f"socket {number} off", socket.turn_off())
            time.sleep(0.01)
            print(f"socket {number} on", socket.turn_on())
            time.sleep(0.01)
    finally:
        energenie.finished()
