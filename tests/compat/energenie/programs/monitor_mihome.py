"""One known plug and messages of one's own, as pyenergenie's monitor_mihome does it."""

from energy_hw.compat import energenie

MINE, NOBODYS = 0x68B, 0x111
MFR, PLUG = energenie.Devices.MFRID_ENERGENIE, energenie.Devices.PRODUCTID_MIHO005

if __name__ == "__main__":
    energenie.init()
    purple = energenie.Devices.MIHO005(MINE)
    energenie.registry.add(purple, "purple")
    energenie.fsk_router.add((MFR, PLUG, MINE), purple)

    def new_data(device, message):
        print(f"new data for {device}")
        message.dump()

    def unknown(address, message):
        print(f"unknown {hex(address[2])}")

    purple.when_updated(new_data)
    energenie.fsk_router.when_unknown(unknown)
    try:
        message = energenie.OpenThings.Message(energenie.Devices.MIHO005_REPORT)
        message[energenie.OpenThings.PARAM_VOLTAGE]["value"] = 240
        for sensor in (NOBODYS, MINE):
            message.set(header_sensorid=sensor)
            energenie.fsk_router.handle_message((MFR, PLUG, sensor), message)
        print(f"voltage:{purple.get_voltage()}")
    finally:
        energenie.finished()
