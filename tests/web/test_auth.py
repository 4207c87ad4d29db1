"""Names, passwords, and how often one may guess."""

from __future__ import annotations

from base64 import b64encode

import pytest

from energy_hw.web.auth import MOST_ADDRESSES, TRIES_A_MINUTE, Tries, Users, Verdict, credentials, neighbourhood


def header(name: str, password: str, coding: str = "utf-8") -> bytes:
    return b"Basic " + b64encode(f"{name}:{password}".encode(coding))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("name", "password", "coding"),
    [
        ("Ana", "secret", "utf-8"),
        ("ana", "secret", "utf-8"),
        ("hélène", "clé:100%", "utf-8"),
        ("hélène", "clé:100%", "latin-1"),
        ("jan", "€", "utf-8"),
    ],
)
def test_who_is_known(name: str, password: str, coding: str) -> None:
    users = Users({"Ana": "secret", "hélène": "clé:100%", "jan": "€"})
    assert users.check(header(name, password, coding), "10.0.0.1") is Verdict.GOOD


@pytest.mark.parametrize(
    "tried",
    [
        header("ana", "Secret"),
        header("ana", ""),
        header("", ""),
        header("bob", "secret"),
        header("ana", "secret ")[:-2],
        b"Bearer ana:secret",
        b"Basic",
        b"Basic \xff\xfe",
        b"",
    ],
)
def test_who_is_not(tried: bytes) -> None:
    assert Users({"ana": "secret", "bob": "other"}).check(tried, "10.0.0.1") is Verdict.WRONG


def test_asking_without_a_password_is_no_guess() -> None:
    users = Users({"ana": "secret"})
    assert {users.check(None, "10.0.0.1") for _ in range(100)} == {Verdict.NONE}


def test_after_five_wrong_tries_even_the_right_one_waits(clock: Clock) -> None:
    users = Users({"ana": "secret"}, clock)
    verdicts = [users.check(header("ana", f"{guess}"), "10.0.0.1") for guess in range(TRIES_A_MINUTE + 1)]
    assert verdicts == [Verdict.WRONG] * TRIES_A_MINUTE + [Verdict.LIMITED]
    assert users.check(header("ana", "secret"), "10.0.0.1") is Verdict.LIMITED
    assert users.check(header("ana", "secret"), "10.0.0.2") is Verdict.GOOD
    clock.now += 12
    assert users.check(header("ana", "secret"), "10.0.0.1") is Verdict.GOOD


def test_in_an_hour_one_address_gets_at_most_five_a_minute(clock: Clock) -> None:
    users = Users({"ana": "secret"}, clock)
    tried = 0
    for _ in range(3600):
        clock.now += 1
        tried += users.check(header("ana", "wrong"), "10.0.0.1") is Verdict.WRONG
    assert TRIES_A_MINUTE * 60 - 5 <= tried <= TRIES_A_MINUTE * 61


def test_the_addresses_that_are_remembered_are_bounded(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(MOST_ADDRESSES + 100):
        tries.spend(f"10.0.{number // 256}.{number % 256}")
    assert len(tries._spent) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
    ],
)
def test_an_ipv6_host_counts_with_its_network(one: str, other: str, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is same


def test_credentials_are_taken_apart_by_the_scheme() -> None:
    assert credentials(b"bAsIc YTpi") == b"a:b"
    assert credentials(b"Digest YTpi") == b""
