"""What an answer of DSMR-reader means for the telegram, and for those behind it.

    TAKEN     201, 200 of very old servers                        done
    REFUSED   400, 413, 422, 500 "Failed to parse telegram"       this telegram will never be taken: dropped, counted
    CLOSED    401, 403, 404, 405, a redirection, a web page       nothing will, until somebody changes a setting: 60 s
    BUSY      408, 425, 429, 502, 503, 504, no answer at all      later: Retry-After, or a growing pause
    BROKEN    everything else                                     the telegram's fault or the server's: dsmr_course.py

Source: DSMR-reader, views and tests of dsmr_api (v1 and v2), 2016 to 2024; RFC 9110, 10.2.3 (Retry-After).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

CLOSED_S = 60.0
MOST_TEXT = 160
NOT_PARSED = "Failed to parse"


class Verdict(StrEnum):
    """See the table above."""

    TAKEN = "taken"
    REFUSED = "refused"
    CLOSED = "closed"
    BUSY = "busy"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Answer:
    """status: 0 if none came; then text says why. unclear: the server may have stored it all the same."""

    status: int
    text: str = ""
    retry_after: str = ""
    unclear: bool = False


# fmt: off
_VERDICTS = {
    200: Verdict.TAKEN,   201: Verdict.TAKEN,
    400: Verdict.REFUSED, 413: Verdict.REFUSED, 422: Verdict.REFUSED,
    401: Verdict.CLOSED,  403: Verdict.CLOSED,  404: Verdict.CLOSED,  405: Verdict.CLOSED,
    301: Verdict.CLOSED,  302: Verdict.CLOSED,  303: Verdict.CLOSED,  307: Verdict.CLOSED,  308: Verdict.CLOSED,
    0:   Verdict.BUSY,    408: Verdict.BUSY,    425: Verdict.BUSY,    429: Verdict.BUSY,
    502: Verdict.BUSY,    503: Verdict.BUSY,    504: Verdict.BUSY,
}
CURES = {
    401: "check the API key",
    403: "check the API key, and that the API is enabled in DSMR-reader's settings",
    404: "check the address: it is that of the server alone, without /api",
    405: "enable the API in DSMR-reader's settings",
    301: "use the address that it moved to",
    302: "use the address that it moved to",
    307: "use the address that it moved to",
    308: "use the address that it moved to",
}
# fmt: on
PHRASES = {int(status): status.phrase for status in HTTPStatus}
MAYBE_STORED = (408, 500, 502, 504)
"""After these nobody can tell whether the telegram was stored before something went wrong."""


def judge(answer: Answer) -> Verdict:
    """What an answer means."""
    if answer.status == 500 and NOT_PARSED in answer.text:
        return Verdict.REFUSED
    if answer.status == 200 and answer.text.lstrip().startswith("<"):  # the log-in page of a proxy
        return Verdict.CLOSED
    return _VERDICTS.get(answer.status, Verdict.BROKEN)


def wait_s(answer: Answer, now: datetime | None = None) -> float | None:
    """When to try again: what a server that is busy asked for, None lets the back-off decide."""
    if judge(answer) is Verdict.CLOSED:
        return CLOSED_S
    return retry_after_s(answer.retry_after, now or datetime.now(UTC))


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which has a number or a date; None for one that has neither."""
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def words(answer: Answer) -> str:
    """One line about an answer, with what to do about it."""
    text = "".join(c if c.isprintable() else "?" for c in " ".join(answer.text.split())[:MOST_TEXT])
    if answer.status == 0:
        return text
    if answer.status == 200:
        return "a web page came instead of an answer: is there a proxy that wants a log-in?"
    name = PHRASES.get(answer.status, "unknown")
    cure = CURES.get(answer.status, "")
    return f"{answer.status} {name}" + (f" ({text})" if text else "") + (f": {cure}" if cure else "")
