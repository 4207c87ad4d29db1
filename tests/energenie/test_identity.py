"""What is a device and what a ghost."""

from __future__ import annotations

from energy_hw.core.message import Message
from energy_hw.energenie.identity import MOST_SENSORS, Identities, Standing

PLUG, VALVE, UNKNOWN, OTHER_UNKNOWN = 0x02, 0x03, 0x2A, 0x2B


def heard(product: int, sensor: int = 0x373, manufacturer: int = 4) -> Message:
    return Message(manufacturer, product, 0x0100, sensor, ())


def test_a_known_product_is_a_device_from_its_first_frame() -> None:
    assert Identities().admit(heard(PLUG)) is Standing.DEVICE


def test_an_unknown_product_is_a_device_from_its_second_frame() -> None:
    identities = Identities()
    assert identities.admit(heard(UNKNOWN)) is Standing.UNCONFIRMED
    assert identities.admit(heard(UNKNOWN)) is Standing.DEVICE
    assert identities.admit(heard(UNKNOWN)) is Standing.DEVICE


def test_two_different_unknown_products_confirm_nothing() -> None:
    identities = Identities()
    assert identities.admit(heard(UNKNOWN)) is Standing.UNCONFIRMED
    assert identities.admit(heard(OTHER_UNKNOWN)) is Standing.UNCONFIRMED


def test_an_unknown_product_of_another_sensor_confirms_nothing() -> None:
    identities = Identities()
    identities.admit(heard(UNKNOWN, sensor=1))
    assert identities.admit(heard(UNKNOWN, sensor=2)) is Standing.UNCONFIRMED


def test_a_known_sensor_is_never_a_device_of_an_unknown_product() -> None:
    identities = Identities()
    identities.admit(heard(PLUG))
    assert [identities.admit(heard(UNKNOWN)) for _ in range(5)] == [Standing.GHOST] * 5
    assert identities.admit(heard(PLUG)) is Standing.DEVICE


def test_a_confirmed_sensor_is_never_a_device_of_another_known_product() -> None:
    identities = Identities()
    identities.admit(heard(PLUG))
    identities.admit(heard(PLUG))
    assert [identities.admit(heard(VALVE)) for _ in range(5)] == [Standing.GHOST] * 5


def test_a_ghost_that_came_first_gives_way_to_the_real_device() -> None:
    """The very first frame of a plug may be the one with the bit error."""
    identities = Identities()
    assert identities.admit(heard(VALVE)) is Standing.DEVICE
    assert identities.admit(heard(PLUG)) is Standing.GHOST
    assert identities.admit(heard(PLUG)) is Standing.DEVICE
    assert identities.admit(heard(VALVE)) is Standing.GHOST


def test_a_pinned_sensor_stays_what_its_owner_said() -> None:
    identities = Identities()
    identities.pin(4, PLUG, 0x373)
    assert [identities.admit(heard(VALVE)) for _ in range(3)] == [Standing.GHOST] * 3
    assert identities.admit(heard(PLUG)) is Standing.DEVICE


def test_another_manufacturer_with_the_same_sensor_id_is_another_device() -> None:
    identities = Identities()
    identities.admit(heard(PLUG))
    assert identities.admit(heard(UNKNOWN, manufacturer=0x16)) is Standing.UNCONFIRMED


def test_every_flip_of_the_product_byte_of_a_known_sensor_is_a_ghost() -> None:
    identities = Identities()
    identities.admit(heard(PLUG))
    identities.admit(heard(PLUG))
    assert {identities.admit(heard(PLUG ^ 1 << bit)) for bit in range(8)} == {Standing.GHOST}


def test_memory_is_bounded_however_many_sensors_are_made_up() -> None:
    identities = Identities()
    for sensor in range(MOST_SENSORS + 100):
        identities.admit(heard(PLUG, sensor))
    assert len(identities._sensors) == MOST_SENSORS
    for product in range(256):
        identities.admit(heard(product, 1))
    assert len(identities._sensors[4, 1].counts) <= 16


def test_a_real_device_is_confirmed_after_any_amount_of_noise_under_its_sensor_id() -> None:
    identities = Identities()
    for product in range(0x40, 0x80):
        assert identities.admit(heard(product)) is Standing.UNCONFIRMED
    assert identities.admit(heard(UNKNOWN)) is Standing.UNCONFIRMED
    assert identities.admit(heard(UNKNOWN)) is Standing.DEVICE
    for product in range(0x40, 0x80):
        assert identities.admit(heard(product)) is Standing.GHOST
    assert identities.admit(heard(UNKNOWN)) is Standing.DEVICE


def test_a_pinned_sensor_is_not_forgotten_among_thousands() -> None:
    identities = Identities()
    identities.pin(4, PLUG, 0x373)
    for sensor in range(0x1000, 0x1000 + MOST_SENSORS + 1):
        identities.admit(heard(PLUG, sensor))
    assert identities.admit(heard(VALVE)) is Standing.GHOST
