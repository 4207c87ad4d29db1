"""What pyenergenie's setup_tool does, one after the other."""

from energy_hw.compat import energenie


def learn(house_code, index):
    device = energenie.Devices.ENER002((house_code, index))
    device.turn_on()
    device.turn_off()


def discover(*names):
    energenie.discovery_auto()
    while not all(name in energenie.registry for name in names):
        energenie.loop(0.1)
    energenie.discovery_none()


def status(name):
    print(f"{name}: {energenie.registry.get(name).get_readings_summary()}")


if __name__ == "__main__":
    energenie.init()
    try:
        plug, monitor = "auto_0x2_0x373", "auto_0x1_0x68b"
        discover(plug, monitor)
        learn(None, 1)
        energenie.registry.list()
        energenie.registry.fsk_router.list()
        kettle = energenie.registry.get(plug)
        kettle.turn_off()
        status(plug)
        energenie.registry.rename(plug, "kettle")
        energenie.registry.delete(monitor)
        print("names", *energenie.registry.names())
        ceiling = energenie.Devices.DeviceFactory.get_device_from_name("MiHomeLightWhiteDimmer", (0xA0170, 1))
        ceiling.brightness(60)
    finally:
        energenie.finished()
