"""The circuit breaker: who is let through, who is refused, and what the log says."""

import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from threading import Barrier, Thread

import pytest

from application.outage import TRIAL_INTERVAL, Outage, UnavailableError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage("the dependency", logging.getLogger("test.outage"), clock)


def ask(outage: Outage, work: Callable[[], None] = lambda: None) -> bool:
    """Whether an attempt was let through; what the dependency said to it is left aside."""
    admitted = []
    with suppress(UnavailableError, LookupError), outage.attempt():
        admitted.append(True)
        work()
    return bool(admitted)


def prove_nothing() -> None:
    raise LookupError


def test_all_are_let_through_while_all_is_well(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as attempts:
        for _ in range(3):
            attempts.enter_context(outage.attempt())
    assert caplog.messages == []


def test_an_outage_refuses_at_once_and_says_why(outage: Outage) -> None:
    outage.began("no route\n to it")
    with pytest.raises(UnavailableError, match=r"^the dependency is unavailable: no route to it$"), outage.attempt():
        pytest.fail("it was let through")


def test_a_trial_comes_once_an_interval(outage: Outage, clock: Clock) -> None:
    outage.began("gone")
    clock.now += TRIAL_INTERVAL - 0.01
    assert not ask(outage, prove_nothing)
    clock.now += 0.01
    assert ask(outage, prove_nothing)
    assert not ask(outage, prove_nothing)
    clock.now += TRIAL_INTERVAL
    assert ask(outage, prove_nothing)


def test_a_trial_is_alone_however_long_it_takes(outage: Outage, clock: Clock) -> None:
    outage.began("gone")
    clock.now += TRIAL_INTERVAL
    with outage.attempt():
        clock.now += 10 * TRIAL_INTERVAL
        assert not ask(outage, prove_nothing)


def test_a_trial_that_fails_changes_nothing(outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    outage.began("gone")
    clock.now += TRIAL_INTERVAL

    def fail() -> None:
        outage.began("still gone")
        raise LookupError

    assert ask(outage, fail)
    assert not ask(outage, prove_nothing)
    clock.now += TRIAL_INTERVAL
    assert ask(outage, prove_nothing)
    assert caplog.messages == ["the dependency is unavailable: gone"]


def test_a_trial_that_succeeds_lets_all_through(outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    outage.began("gone")
    clock.now += 2.5
    with outage.attempt():
        pass
    assert all(ask(outage, prove_nothing) for _ in range(3))
    assert caplog.messages == ["the dependency is unavailable: gone", "the dependency is back after 2.5 s"]


def test_an_error_that_is_an_answer_ends_it(outage: Outage, clock: Clock) -> None:
    outage.began("gone")
    clock.now += TRIAL_INTERVAL

    def answer_by_an_error() -> None:
        outage.ended()
        raise LookupError

    assert ask(outage, answer_by_an_error)
    assert all(ask(outage, prove_nothing) for _ in range(3))


def in_threads(work: Callable[[], None]) -> None:
    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_of_many_threads_is_the_trial(outage: Outage, clock: Clock) -> None:
    outage.began("gone")
    clock.now += TRIAL_INTERVAL
    all_have_asked = Barrier(8)
    admitted = []

    def wait_for_the_others() -> None:
        all_have_asked.wait(5)

    def be_one_of_many() -> None:
        if ask(outage, wait_for_the_others):
            admitted.append(True)
        else:
            wait_for_the_others()

    in_threads(be_one_of_many)
    assert admitted == [True]


def test_many_failures_are_one_line(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    in_threads(lambda: outage.began("gone"))
    assert caplog.messages == ["the dependency is unavailable: gone"]
