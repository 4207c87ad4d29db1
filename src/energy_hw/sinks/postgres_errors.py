"""What an error of the server means for the rows. Source: PostgreSQL documentation, appendix A (SQLSTATE).

A server that cannot be reached gives no SQLSTATE, and its words may be of any language: they are only used for hints.
"""

from __future__ import annotations

from enum import StrEnum

import psycopg


class Verdict(StrEnum):
    """row: one of the rows is at fault. slow: somebody has to change something. wait: it may work again by itself."""

    ROW = "row"
    SLOW = "slow"
    WAIT = "wait"


# fmt: off
MEANINGS = (
    #  SQLSTATE begins with
    ("22",    Verdict.ROW),   # data exception: out of range, invalid text
    ("23",    Verdict.ROW),   # a constraint of the table
    ("44",    Verdict.ROW),   # WITH CHECK OPTION
    ("54",    Verdict.ROW),   # too large for an index
    ("P0001", Verdict.ROW),   # a trigger says no
    ("42P01", Verdict.WAIT),  # a table, column or index went away under us: looked at afresh
    ("42703", Verdict.WAIT),
    ("42P10", Verdict.WAIT),
    ("42",    Verdict.SLOW),  # no permission, among others
    ("0A",    Verdict.SLOW),  # not supported there
    ("28",    Verdict.SLOW),  # role or password
    ("3D",    Verdict.SLOW),  # no such database
    ("3F",    Verdict.SLOW),  # no such schema
)

HINTS = (
    # of the server, in English                  what to do
    ("password authentication failed",           "check user and password (in the URL, PGPASSWORD or ~/.pgpass)"),
    ("no password supplied",                     "give a password (in the URL, PGPASSWORD or ~/.pgpass)"),
    ("authentication failed",                    "check the user, and the server's pg_hba.conf"),
    ("no pg_hba.conf entry",                     "allow this machine in the server's pg_hba.conf"),
    ("is not permitted to log in",               "ALTER ROLE ... LOGIN"),
    ("could not translate host name",            "check the name of the host"),
    ("Name or service not known",                "check the name of the host"),
    ("Connection refused",                       "is the server running, and listening there?"),
    ("No such file or directory",                "is the server running? Without a host its socket is looked for"),
)
SLOW_HINTS = (
    ("role",     "does not exist", "create it: CREATE ROLE ... LOGIN PASSWORD ..."),
    ("database", "does not exist", "create it: CREATE DATABASE ..."),
)
STATES = {
    "53100": "the server's disk is full",
    "53300": "raise max_connections, or end other connections",
    "25006": "a standby? Name both hosts in the URL, with target_session_attrs=read-write",
    "42501": "see docs/postgres.md for what the role needs",
}
# fmt: on
SLOW_WORDS = ("password", "authentication", "pg_hba", "log in")
ASKS = "Is the server running on that host"  # what libpq adds to a refusal, as HINTS do
MOST_CHARACTERS = 300


def verdict(error: psycopg.Error) -> Verdict:
    """What to do about it."""
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.DataError):
            return Verdict.ROW  # psycopg itself did not want to send it
        slow = bool(_hint(str(error))) and any(word in str(error) for word in SLOW_WORDS)
        return Verdict.SLOW if slow or _missing(str(error)) else Verdict.WAIT
    return next((meaning for start, meaning in MEANINGS if state.startswith(start)), Verdict.WAIT)


def explain(error: psycopg.Error) -> str:
    """One line: what the server said, without the values of a row, and what to do."""
    primary = error.diag.message_primary
    text = primary if primary else "; ".join(line.strip() for line in str(error).splitlines() if ASKS not in line)
    text = text[:MOST_CHARACTERS] or type(error).__name__
    hint = STATES.get(error.sqlstate or "") or (_hint(text) or _missing(text) if error.sqlstate is None else "")
    state = f" ({error.sqlstate})" if error.sqlstate else ""
    return f"{text}{state}" + (f": {hint}" if hint else "")


def reason(error: psycopg.Error) -> str:
    """A word to count a refused row under, such as check_violation."""
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _hint(text: str) -> str:
    return next((hint for words, hint in HINTS if words in text), "")


def _missing(text: str) -> str:
    return next((hint for what, words, hint in SLOW_HINTS if what in text and words in text), "")
