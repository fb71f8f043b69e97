"""Sending clients away before the service stops; that none is dropped is tested with the service."""

import struct

import pytest
from flask import Flask

from application import draining


class Time:
    """Passes when it is waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.answers_until = 0.0
        monkeypatch.setattr(draining, "monotonic", lambda: self.now)

    def wait(self, seconds: float) -> None:
        begin, self.now = self.now, self.now + seconds
        if begin < self.answers_until:  # another answer, a moment before the wait is over
            struct.pack_into("d", draining._last_answer, 0, self.now - 0.01)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    monkeypatch.setattr(draining, "_last_answer", bytearray(8))
    return Time(monkeypatch)


def drain(time: Time) -> float:
    begun = time.now
    draining.drain(lambda: time.now, time.wait)
    return time.now - begun


def test_an_idle_service_is_drained_at_once(time: Time) -> None:
    assert drain(time) == pytest.approx(draining.QUIET)


def test_it_lasts_until_the_last_answer_is_some_time_ago(time: Time) -> None:
    time.answers_until = time.now + 1
    assert 1 + draining.QUIET / 2 < drain(time) < 1 + 2 * draining.QUIET


def test_it_comes_to_an_end_whatever_clients_do(time: Time) -> None:
    time.answers_until = time.now + 60
    assert drain(time) == pytest.approx(draining.LONGEST)


def test_answers_send_away_once_it_has_begun(time: Time) -> None:
    app = Flask(__name__, static_folder=None)
    draining.init_app(app)
    client = app.test_client()
    assert "Connection" not in client.get("/").headers
    draining.begin()
    time.now += 1
    assert client.get("/").headers["Connection"] == "close"
    assert draining._moment() == time.now
