"""NGINX's copies of the page: whom they are good for, how old they get, and what they are worth in an outage."""

import json
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep, time
from urllib.parse import quote

import pytest

from rehearsal.system import System, proxy, service
from tests.system.client import Page, ask, cookie_of, get, submit

pytestmark = pytest.mark.full

OLDEST = 2.0
"""Seconds: no one ever sees a page that is older, while the backend is up."""

STALE = "may be out of date"
"""What a page says of itself when it is shown for want of a fresh one."""


def address(system: System, after: str) -> str:
    """Return a page that no other test asks for."""
    return f"{system.proxy.url}/?after={quote(after)}"


def add(system: System, name: str) -> None:
    """Add a user behind the page's back."""
    body = json.dumps({"userName": name}).encode()
    answer = ask("POST", f"{system.backend.url}/backend", headers={"Content-Type": "application/json"}, body=body)
    assert answer.status == 201, answer


def times_asked(system: System, uri: str) -> int:
    """Return how often the backend was asked for this, by its log."""
    lines = [json.loads(line) for line in system.backend.log.read_text().splitlines() if line.startswith("{")]
    return sum(line.get("uri") == uri for line in lines)


def wait_for_the_beginning_of_a_second() -> None:
    """Copies die when a second does: give the test one whole second."""
    sleep(1.05 - time() % 1)


def test_a_page_is_asked_for_once_a_second_however_many_want_it(system: System) -> None:
    page = address(system, "once")
    get(f"{system.proxy.url}/")  # the services are awake
    wait_for_the_beginning_of_a_second()
    seen: list[Page] = []
    readers = [Thread(target=lambda: seen.append(get(page))) for _ in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert {answer.status for answer in seen} == {200}
    assert get(page).headers["x-cache"] == "HIT"
    # NGINX holds the others back for a moment, and lets them pass if the first answer takes longer
    assert 1 <= times_asked(system, "/backend?limit=50&after=once") < len(readers)


def test_no_page_is_called_stale_while_all_is_well(system: System) -> None:
    page, end, seen = address(system, "well"), monotonic() + 3.5, set()
    while monotonic() < end:
        answer = get(page)
        seen.add(answer.headers["x-cache"])
        assert STALE not in answer.text
        sleep(0.02)
    assert seen == {"MISS", "HIT", "UPDATING"}


def test_a_browser_is_told_to_ask_each_time(system: System) -> None:
    answer = get(address(system, "browser"))
    assert answer.headers["cache-control"] == "no-cache"
    assert "x-accel-expires" not in answer.headers


def test_whoever_changes_something_sees_it_in_his_next_request(system: System) -> None:
    with constant_readers(f"{system.proxy.url}/"):
        for number in range(10):
            name = f"!own {number}"
            added = submit(f"{system.proxy.url}/users", name=name)
            assert added.status == 303, added
            shown = get(f"{system.proxy.url}/", Cookie=cookie_of(added))
            assert f"<li><bdi>{name}<" in shown.text
            removed = submit(f"{system.proxy.url}/users/remove", name=name)
            shown = get(f"{system.proxy.url}/", Cookie=cookie_of(removed))
            assert f"<li><bdi>{name}<" not in shown.text


def test_a_page_made_for_one_is_shown_to_nobody_else(system: System) -> None:
    wait_for_the_beginning_of_a_second()
    added = submit(f"{system.proxy.url}/users", name="!mine")
    mine = get(f"{system.proxy.url}/", Cookie=cookie_of(added))
    assert "!mine" in mine.text
    assert 'role="status"' in mine.text
    others = [get(f"{system.proxy.url}/") for _ in range(5)]
    assert not any('role="status"' in page.text or "set-cookie" in page.headers for page in others)
    submit(f"{system.proxy.url}/users/remove", name="!mine")


@contextmanager
def constant_readers(page: str, count: int = 4) -> Iterator[None]:
    """Keep the page's copy hot while the block runs."""
    stop = Event()

    def read() -> None:
        while not stop.is_set():
            get(page)

    readers = [Thread(target=read) for _ in range(count)]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_no_one_sees_a_page_that_is_older_than_two_seconds(system: System, figure: Callable[[str], None]) -> None:
    """Names count down, so that the newest stands first; a page is as old as the oldest name that it lacks."""
    acknowledged: list[tuple[int, float]] = []
    ages: list[float] = []
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            number = 10**9 - len(acknowledged)
            add(system, f"#{number:010}")
            acknowledged.append((number, monotonic()))
            sleep(0.02)

    def read(after: str, pause: float) -> None:
        chance = random.Random(after)  # noqa: S311 - nobody is to be surprised
        while not stop.is_set():
            sent = monotonic()
            text = get(address(system, after)).text
            newest = int(text.partition("<li><bdi>#")[2].partition("<")[0])
            missed = [when for number, when in acknowledged if number < newest and when < sent]
            ages.append(sent - min(missed) if missed else 0.0)
            sleep(pause * chance.uniform(0.7, 1.3))

    add(system, f"#{10**9 + 1:010}")
    pauses = {"!": 0.0, "!!": 0.3, "!!!": 1.0, "!!!!": 1.5, "!!!!!": 1.9, "!!!!!!": 2.5}
    threads = [Thread(target=write), *(Thread(target=read, args=each) for each in pauses.items())]
    for thread in threads:
        thread.start()
    sleep(15)
    stop.set()
    for thread in threads:
        thread.join()
    figure(f"the oldest of {len(ages)} pages was {max(ages):.2f} s old")
    assert len(ages) > len(pauses) * 5
    assert 0.5 < max(ages) < OLDEST  # and a copy was used at all


def test_while_the_backend_is_down_a_copy_is_shown_and_marked(tmp_path: Path) -> None:
    with System(tmp_path, f"sqlite:///{tmp_path}/users.db") as system:
        fresh = get(f"{system.proxy.url}/")
        assert fresh.status == 200
        assert STALE not in fresh.text
        own = submit(f"{system.proxy.url}/users", name="!own")
        wait_for_the_beginning_of_a_second()
        assert get(f"{system.proxy.url}/").status == 200
        system.backend.stop()
        new = get(f"{system.proxy.url}/", Cookie=cookie_of(own))  # passes the copy by, which is still good for others
        assert (new.status, new.headers["x-cache"]) == (200, "STALE")
        assert STALE in new.text
        sleep(2.1)  # longer than a copy counts as fresh
        for _ in range(5):
            stale = get(f"{system.proxy.url}/")
            assert (stale.status, stale.headers["x-cache"]) == (200, "STALE")
            assert STALE in stale.text
            assert "Bob" in stale.text
        never_seen = get(address(system, "never seen"))
        assert never_seen.status == 503
        assert "Try again" in never_seen.text
        assert "Back in a moment" not in never_seen.text
        system.backend.start()
        deadline = monotonic() + 5
        while STALE in get(f"{system.proxy.url}/").text:
            assert monotonic() < deadline, "the page stays stale though the backend is back"
        system.frontend.stop()
        sleep(2.1)
        stale = get(f"{system.proxy.url}/")
        assert (stale.status, stale.headers["x-cache"]) == (200, "STALE")
        nothing = get(address(system, "no copy"))
        assert (nothing.status, nothing.headers["retry-after"]) == (503, "5")
        assert "Back in a moment" in nothing.text


class Fading(BaseHTTPRequestHandler):
    """A frontend that gives one page, which may be shown for two seconds when there is no fresh one, and then none."""

    asked = 0

    def do_GET(self) -> None:
        Fading.asked += 1
        self.send_response(200 if Fading.asked == 1 else 503)
        if Fading.asked == 1:
            self.send_header("X-Accel-Expires", f"@{int(time())}")
            self.send_header("Cache-Control", "max-age=1, stale-while-revalidate=1, stale-if-error=3")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"page")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_a_copy_is_shown_no_longer_than_the_frontend_allows(tmp_path: Path, figure: Callable[[str], None]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Fading) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        frontend = service("frontend", tmp_path, {})
        frontend.url = f"http://127.0.0.1:{server.server_port}"
        nginx = proxy(tmp_path, frontend)
        nginx.start()
        try:
            begun = monotonic()
            assert get(f"{nginx.url}/").status == 200
            while get(f"{nginx.url}/").status == 200:
                sleep(0.05)
            lasted = monotonic() - begun
        finally:
            nginx.stop()
            server.shutdown()
    figure(f"allowed for 3 s, shown for {lasted:.1f} s")
    assert 2 < lasted < 5  # NGINX counts whole seconds


def test_a_frontend_that_dies_while_there_is_no_list_is_a_page_too(tmp_path: Path) -> None:
    """It answers 503, NGINX finds no copy and asks once more, and then it is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            listener.close()

        Thread(target=serve).start()
        frontend = service("frontend", tmp_path, {})
        frontend.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        nginx = proxy(tmp_path, frontend)
        nginx.start()
        try:
            answer = get(f"{nginx.url}/")
        finally:
            nginx.stop()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "Back in a moment" in answer.text


def test_the_frontend_allows_five_minutes(system: System) -> None:
    told = get(f"{system.frontend.url}/").headers["cache-control"]
    assert told == "max-age=1, stale-while-revalidate=1, stale-if-error=300"
