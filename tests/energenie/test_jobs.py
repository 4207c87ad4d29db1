"""Work for the radio's thread: done there, its errors raised here, and nobody left waiting."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import Future

import pytest

from energy_hw.energenie.jobs import Jobs
from energy_hw.errors import LinkClosed, LinkTimeout

BOUND_S = 20.0


class Caller:
    """A thread that has something done."""

    def __init__(self, jobs: Jobs, work: object) -> None:
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._call, args=(jobs, work))
        self.thread.start()

    def _call(self, jobs: Jobs, work: object) -> None:
        try:
            jobs.do(work)  # type: ignore[arg-type]
        except Exception as error:
            self.error = error

    def end(self) -> type[BaseException] | None:
        self.thread.join(BOUND_S)
        assert not self.thread.is_alive()
        return None if self.error is None else type(self.error)


def test_work_is_done_by_whoever_runs_it_and_its_errors_are_the_callers() -> None:
    woken, threads = threading.Semaphore(0), []
    jobs = Jobs(woken.release)
    good = Caller(jobs, lambda: threads.append(threading.get_ident()))
    bad = Caller(jobs, lambda: 1 // 0)
    assert woken.acquire(timeout=BOUND_S)
    assert woken.acquire(timeout=BOUND_S)
    jobs.run()
    assert (good.end(), bad.end()) == (None, ZeroDivisionError)
    assert threads == [threading.get_ident()]


def test_what_waits_when_it_is_closed_is_not_done() -> None:
    woken, done = threading.Semaphore(0), []
    jobs = Jobs(woken.release)
    caller = Caller(jobs, lambda: done.append(1))
    assert woken.acquire(timeout=BOUND_S)
    jobs.close()
    jobs.run()
    jobs.refuse()
    assert (caller.end(), done) == (LinkClosed, [])
    with pytest.raises(LinkClosed, match="open a new one"):
        jobs.do(lambda: None)


def test_a_thread_that_does_not_come_is_a_time_out_and_the_work_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_hw.energenie.jobs.DONE_S", 0.01)
    jobs, done = Jobs(lambda: None), []
    with pytest.raises(LinkTimeout, match="expected the radio's thread"):
        jobs.do(lambda: done.append(1))
    jobs.run()
    assert done == []


def test_what_comes_when_nobody_looks_any_more_is_refused_at_once() -> None:
    jobs: list[Jobs] = []

    def close_meanwhile() -> None:
        jobs[0].close()
        jobs[0].refuse()

    jobs.append(Jobs(close_meanwhile))
    with pytest.raises(LinkClosed):
        jobs[0].do(lambda: None)


def test_what_was_handed_in_before_ctrl_c_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, done = Jobs(lambda: None), []
    monkeypatch.setattr(Future, "result", lambda _self, _timeout: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        jobs.do(lambda: done.append(1))
    jobs.run()
    assert done == []


def test_in_a_forked_process_nobody_would_do_it() -> None:
    jobs = Jobs(lambda: None)
    jobs._pid += 1
    with pytest.raises(LinkClosed, match="after a fork open one here"):
        jobs.do(lambda: None)
