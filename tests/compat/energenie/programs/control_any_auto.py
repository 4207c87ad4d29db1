"""Variables made from the registry, as pyenergenie's control_any_auto does it."""

import sys

from energy_hw.compat import energenie

if __name__ == "__main__":
    energenie.init()
    energenie.registry.load_into(sys.modules[__name__])
    try:
        fan.turn_off()  # noqa: F821
        tv.turn_on()  # noqa: F821
        fan.turn_on()  # noqa: F821
        tv.turn_off()  # noqa: F821
        print(fan, tv)  # noqa: F821
    finally:
        energenie.finished()
