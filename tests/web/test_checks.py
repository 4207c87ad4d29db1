"""What headers tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.web.checks import foreign, host_check, host_name, not_json


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"pi.local:8000", "pi.local"),
        (b"PI.LOCAL.", "pi.local"),
        (b"[::1]:80", "::1"),
        (b"[fe80::1%25eth0]", "fe80::1%25eth0"),
        (b"127.0.0.1:", "127.0.0.1"),
        (b"", ""),
        (b"[::1", ""),
        (b"a/b", ""),
        (b"user@localhost", ""),
        (b"localhost:99999", ""),
        (b"localhost:8o", ""),
        (b"localhost\\evil", "localhost\\evil"),
    ],
)
def test_the_name_in_a_host_header(host: bytes, name: str) -> None:
    assert host_name(host) == name


@given(st.binary(max_size=60))
def test_no_host_header_raises(host: bytes) -> None:
    assert host_check(("pi",))(host) in (True, False)


@pytest.mark.parametrize("name", [b"evil.example", b"localhost.evil", b"127.1", b"0x7f000001", b".local.evil", b""])
def test_names_that_only_look_like_ours(name: bytes) -> None:
    assert not host_check(())(name)


@given(st.dictionaries(st.sampled_from([b"origin", b"sec-fetch-site", b"host"]), st.binary(max_size=40)))
def test_no_origin_raises(headers: dict[bytes, bytes]) -> None:
    foreign(headers)


@pytest.mark.parametrize(
    ("origin", "host", "refused"),
    [
        (b"http://pi.local:8000", b"pi.local:8000", False),
        (b"https://PI.local", b"pi.LOCAL", False),
        (b"http://pi.local", b"pi.local:8000", True),
        (b"http://", b"", True),
    ],
)
def test_the_origin_is_the_host(origin: bytes, host: bytes, refused: bool) -> None:
    assert (foreign({b"origin": origin, b"host": host}) is not None) is refused


def test_json_may_name_its_charset() -> None:
    assert not_json({b"content-type": b"Application/JSON; charset=utf-8", b"content-length": b"2"}) is None
    assert not_json({b"transfer-encoding": b"chunked"}) is not None
