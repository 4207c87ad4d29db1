"""Each answer of a DSMR-reader, and what it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from energy_hw.sinks.dsmr_answers import CLOSED_S, Answer, Verdict, judge, retry_after_s, wait_s, words

NOON = datetime(2021, 6, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (201, "", Verdict.TAKEN),
        (200, "", Verdict.TAKEN),  # servers of before 2017
        (200, "\n<html>Log in</html>", Verdict.CLOSED),  # a proxy's page: nothing was stored
        (400, "Invalid data", Verdict.REFUSED),
        (400, '{"timestamp":["no"]}', Verdict.REFUSED),
        (413, "", Verdict.REFUSED),
        (500, "Failed to parse telegram", Verdict.REFUSED),
        (500, "<h1>Server Error</h1>", Verdict.BROKEN),
        (501, "", Verdict.BROKEN),
        (418, "", Verdict.BROKEN),
        (401, "", Verdict.CLOSED),
        (403, "Invalid auth key", Verdict.CLOSED),
        (404, "", Verdict.CLOSED),
        (405, "API is disabled", Verdict.CLOSED),
        (301, "", Verdict.CLOSED),
        (308, "", Verdict.CLOSED),
        (429, "", Verdict.BUSY),
        (502, "", Verdict.BUSY),
        (503, "", Verdict.BUSY),
        (504, "", Verdict.BUSY),
        (0, "no answer within 20 s", Verdict.BUSY),
    ],
)
def test_the_verdict(status: int, text: str, verdict: Verdict) -> None:
    assert judge(Answer(status, text)) is verdict


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Sun, 06 Jun 2021 12:01:30 GMT", 90.0),
        ("Sun, 06 Jun 2021 11:00:00 GMT", 0.0),
        ("Sun, 06 Jun 2021 12:01:30 -0000", 90.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Sun, 06 Jun 2021 11:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, NOON) == seconds


def test_a_closed_door_is_tried_once_a_minute_whatever_it_says() -> None:
    assert wait_s(Answer(403, "", "1")) == CLOSED_S
    assert wait_s(Answer(503, "", "7")) == 7.0
    assert wait_s(Answer(503)) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(403, "Invalid auth key"), "403 Forbidden (Invalid auth key): check the API key, and that"),
        (Answer(405, "API is disabled"), "405 Method Not Allowed (API is disabled): enable the API"),
        (Answer(404), "404 Not Found: check the address"),
        (Answer(599, "what"), "599 unknown (what)"),
        (Answer(0, "cannot be reached"), "cannot be reached"),
        (Answer(200, "<html>"), "a web page came"),
    ],
)
def test_words_say_what_to_do(answer: Answer, said: str) -> None:
    assert words(answer).startswith(said)


def test_words_are_one_short_line() -> None:
    said = words(Answer(500, "<h1>\n  Server   Error\x1b[2J" + "x" * 10_000))
    assert said.isprintable()
    assert len(said) < 220
