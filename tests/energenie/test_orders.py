"""A ticket: what its holder may do, and what is told."""

from __future__ import annotations

import pickle
import threading

import pytest

from energy_hw.energenie.orders import FINAL, Outcome, Ticket, ordered_by
from energy_hw.errors import LinkClosed, LinkTimeout, NotConfirmed

BOUND_S = 20.0


def ticket() -> Ticket:
    return Ticket("energenie:2:0x000373", "switch", True)


def test_a_ticket_says_what_was_asked_and_by_whom() -> None:
    one = Ticket("energenie:2:0x000373", "switch", True, origin="mqtt")
    assert (str(one), one.origin, ticket().origin) == ("energenie:2:0x000373 switch=True", "mqtt", "python")
    assert str(Ticket("light", "identify")) == "light identify"


def test_what_is_ordered_on_behalf_of_somebody_carries_the_name() -> None:
    with ordered_by("mqtt"):
        ours = ticket()
        with ordered_by("rest"):
            assert ticket().origin == "rest"
        others: list[Ticket] = []
        thread = threading.Thread(target=lambda: others.append(ticket()))
        thread.start()
        thread.join(BOUND_S)
    assert [ours.origin, others[0].origin, ticket().origin] == ["mqtt", "python", "python"]


def test_two_outcomes_are_on_the_way_and_the_rest_is_final() -> None:
    assert set(Outcome) - FINAL == {Outcome.QUEUED, Outcome.SENT}


def test_the_first_final_outcome_stays() -> None:
    one = ticket()
    assert one.settle(Outcome.CONFIRMED)
    assert not one.settle(Outcome.EXPIRED, NotConfirmed("late"))
    assert not one.cancel()
    assert (one.wait(), one.error) == (Outcome.CONFIRMED, None)


def test_a_try_after_the_end_is_counted_and_changes_nothing() -> None:
    one = ticket()
    one.note_try(5.0)
    one.settle(Outcome.REPLACED, NotConfirmed("newer"))
    one.note_try(6.0)
    assert (one.outcome, one.tries, one.sent_at) == (Outcome.REPLACED, 2, 5.0)


def test_waiting_raises_what_kept_it_from_being_sent() -> None:
    one = ticket()
    one.settle(Outcome.FAILED, LinkClosed("gone"))
    with pytest.raises(LinkClosed, match="gone"):
        one.wait(1.0)


def test_waiting_too_long_raises_with_the_ticket_that_goes_on() -> None:
    one = ticket()
    with pytest.raises(NotConfirmed, match=r"switch=True to be confirmed within 0.01 s, it is queued") as raised:
        one.wait(0.01)
    assert raised.value.ticket is one
    assert not one.done


def test_a_scheduler_that_hangs_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_hw.energenie.orders.BOUND_S", 0.01)
    with pytest.raises(LinkTimeout, match="expected the scheduler to settle"):
        ticket().wait()


def test_cancelling_ends_the_wait_of_another_thread() -> None:
    one, raised = ticket(), []

    def wait() -> None:
        try:
            one.wait(BOUND_S)
        except NotConfirmed as error:
            raised.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert one.cancel()
    waiting.join(BOUND_S)
    assert one.outcome is Outcome.CANCELLED
    assert "cancelled after 0 tries" in str(raised[0])


def test_callbacks_are_called_once_also_when_it_is_over_already() -> None:
    one, called = ticket(), []
    one.when_done(called.append)
    one.settle(Outcome.CONFIRMED)
    one.when_done(called.append)
    one.settle(Outcome.FAILED)
    assert called == [one, one]


def test_a_callback_that_fails_keeps_nobody_else_from_being_called(caplog: pytest.LogCaptureFixture) -> None:
    one, called = ticket(), []
    one.when_done(lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    one.when_done(called.append)
    assert one.settle(Outcome.CONFIRMED)
    assert called == [one]
    assert "a callback failed on" in caplog.text


def test_the_error_can_leave_the_process_and_the_ticket_stays() -> None:
    error = pickle.loads(pickle.dumps(NotConfirmed("not confirmed", ticket())))  # noqa: S301 - our own bytes
    assert (str(error), error.ticket) == ("not confirmed", None)
