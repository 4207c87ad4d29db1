"""Every switch of the registry, as pyenergenie's control_any_reg and control_mihome do it."""

from energy_hw.compat import energenie

if __name__ == "__main__":
    energenie.init()
    try:
        for state in (False, True, False):
            for device in energenie.registry.devices():
                if device.has_switch():
                    print(f"  {device} to {state}")
                    device.set_switch(state)
    finally:
        energenie.finished()
