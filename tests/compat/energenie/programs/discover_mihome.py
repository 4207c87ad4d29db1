"""Ask about each device, as pyenergenie's discover_mihome does it."""

from energy_hw.compat import energenie


def ask_fn(address, message):
    answer = input(f"register {address!s}? ")
    return answer.upper() in ("", "Y", "YES")


if __name__ == "__main__":
    energenie.init()
    energenie.discovery_ask(ask_fn)
    try:
        while energenie.registry.size() < 2:
            energenie.loop(0.1)
        energenie.registry.list()
    finally:
        energenie.finished()
