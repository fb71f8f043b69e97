"""The page as people meet it: in Chromium, with and without scripts, wide and narrow, light and dark."""

import json
from collections.abc import Callable, Iterable
from time import monotonic, sleep
from typing import Any

import pytest
import urllib3
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from rehearsal import ROOT
from rehearsal.system import System
from tests.browser.conftest import SCREENSHOTS, log

pytestmark = pytest.mark.full

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FIRST_USERS = ["Bob", "Ferg", "Jay", "Matt", "Mo"]
PATIENCE = 10.0
"""Seconds that a busy machine may take to show a page."""

WIDE, NARROW = (1280, 900), (320, 700)


def named(browser: Chrome, tag: str, name: str) -> WebElement:
    """Return the one element of this kind that assistive technology calls by this name."""
    found = [element for element in browser.find_elements(By.TAG_NAME, tag) if element.accessible_name == name]
    (only,) = found or pytest.fail(f"no <{tag}> is called {name!r}")
    return only


def users(browser: Chrome) -> list[str]:
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, "main li bdi")]


def status(browser: Chrome) -> str:
    """Return what the page announces."""
    return " ".join(element.text for element in browser.find_elements(By.CSS_SELECTOR, "[role=status], [role=alert]"))


def leave(browser: Chrome, press: Callable[[], None]) -> None:
    """Press what leads to another page, and wait for that."""
    before = browser.find_element(By.TAG_NAME, "html")
    press()
    # While one page takes the other's place, the browser may say that it belongs to neither: it is asked again.
    WebDriverWait(browser, PATIENCE, ignored_exceptions=[WebDriverException]).until(staleness_of(before))


def add(browser: Chrome, name: str) -> None:
    field = named(browser, "input", "Name")
    field.clear()
    field.send_keys(name)
    leave(browser, named(browser, "button", "Add user").click)


def put(system: System, names: Iterable[str]) -> None:
    """Add users behind the page's back."""
    for name in names:
        answer = urllib3.request("POST", f"{system.backend.url}/backend", json={"userName": name})
        assert answer.status == 201


def resize(browser: Chrome, size: tuple[int, int]) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def paint(browser: Chrome, scheme: str) -> None:
    """Prefer light or dark, as the system's settings do."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def picture(browser: Chrome, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))


def axe(browser: Chrome) -> list[str]:
    """Return what axe finds, one line each."""
    browser.execute_script(AXE.read_text())
    rules = {"target-size": {"enabled": True}}
    result: dict[str, Any] = browser.execute_async_script(
        "axe.run(document, {rules: arguments[0]}).then(arguments[1])", rules
    )
    assert len(result["passes"]) > 10, "axe looked at nothing"
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def test_add_and_remove_a_user_without_scripts(system: System, plain_browser: Chrome) -> None:
    browser = plain_browser
    browser.get(system.proxy.url)
    assert users(browser) == FIRST_USERS
    add(browser, "  Zoë 🚀 ")
    assert users(browser) == [*FIRST_USERS, "Zoë 🚀"]
    assert "Zoë 🚀" in status(browser)
    leave(browser, named(browser, "button", "Remove Zoë 🚀").click)
    assert users(browser) == FIRST_USERS
    assert "Zoë 🚀" in status(browser)
    leave(browser, named(browser, "button", "Undo").click)
    assert users(browser) == [*FIRST_USERS, "Zoë 🚀"]


def test_the_keyboard_is_enough(system: System, browser: Chrome) -> None:
    browser.get(system.proxy.url)
    seen = []
    for _ in range(12):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.switch_to.active_element
        seen.append(focused.accessible_name)
        outline = focused.value_of_css_property("outline-style")
        assert outline not in ("none", ""), f"{focused.accessible_name!r} does not show that it has the focus"
        if focused.accessible_name == "Name":
            break
    assert seen[-1] == "Name"
    browser.switch_to.active_element.send_keys("Ann")
    leave(browser, lambda: browser.switch_to.active_element.send_keys(Keys.ENTER))
    assert users(browser) == ["Ann", *FIRST_USERS]


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "empty"), ("   ", "empty"), ("x" * 51, "at most 50"), ("Bob", "already")],
    ids=lambda text: text[:3],
)
def test_what_was_wrong_is_said_at_the_input_which_is_kept(
    system: System, browser: Chrome, name: str, says: str
) -> None:
    browser.get(system.proxy.url)
    # the browser's own checks stop some of these; the page must do without them
    field = named(browser, "input", "Name")
    for attribute in ("required", "maxlength", "pattern"):
        browser.execute_script("arguments[0].removeAttribute(arguments[1])", field, attribute)
    add(browser, name)
    field = named(browser, "input", "Name")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("value") == name
    assert field == browser.switch_to.active_element
    described = (field.get_attribute("aria-describedby") or "").split()
    message = " ".join(browser.find_element(By.ID, part).text for part in described)
    assert says in message
    assert users(browser) == FIRST_USERS


def test_a_name_is_text_whatever_it_holds(system: System, browser: Chrome) -> None:
    names = [
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        '<!--# echo var="uri" -->',
        "a/../b?c#d%41&e",
    ]
    browser.get(system.proxy.url)
    for name in names:
        add(browser, name)
        assert name in users(browser)
    browser.get(system.proxy.url)
    for name in names:
        leave(browser, named(browser, "button", f"Remove {name}").click)
        assert name not in users(browser)
    assert not browser.find_elements(By.TAG_NAME, "script")


def test_many_users_come_in_pages(system: System, plain_browser: Chrome) -> None:
    browser = plain_browser
    put(system, (f"User {number:03}" for number in range(120)))
    browser.get(system.proxy.url)
    seen = users(browser)
    assert len(seen) == 50
    assert not [link for link in browser.find_elements(By.TAG_NAME, "a") if link.text == "First page"]
    for _ in range(2):
        leave(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "Next").click)
        seen += users(browser)
    assert seen == FIRST_USERS + [f"User {number:03}" for number in range(120)]
    assert not browser.find_elements(By.PARTIAL_LINK_TEXT, "Next")
    leave(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "First page").click)
    assert users(browser)[0] == "Bob"


def test_removing_from_a_later_page_stays_there(system: System, plain_browser: Chrome) -> None:
    browser = plain_browser
    put(system, (f"User {number:03}" for number in range(60)))
    browser.get(system.proxy.url)
    leave(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "Next").click)
    before = users(browser)
    leave(browser, named(browser, "button", f"Remove {before[3]}").click)
    assert users(browser) == before[:3] + before[4:]


def test_no_users_is_a_state_of_its_own(system: System, plain_browser: Chrome) -> None:
    browser = plain_browser
    browser.get(system.proxy.url)
    for name in FIRST_USERS:
        leave(browser, named(browser, "button", f"Remove {name}").click)
    assert users(browser) == []
    assert "no users yet" in browser.find_element(By.TAG_NAME, "main").text
    picture(browser, "empty")


def test_nothing_is_loaded_from_another_host_and_nothing_is_refused(system: System, browser: Chrome) -> None:
    browser.get(system.proxy.url)
    add(browser, "Ann")
    messages = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 2
    assert all(url.startswith(f"{system.proxy.url}/") for url in asked), asked
    assert log(browser, "browser") == []


def long_names(system: System, browser: Chrome) -> None:
    put(system, ["W" * 50, "محمد بن سلمان آل سعود", "👩‍👩‍👧‍👦" * 6, "a b c " * 8 + "d"])
    browser.get(f"{system.proxy.url}/?after=%20")  # no copy of the list as it was


def an_error(_: System, browser: Chrome) -> None:
    add(browser, "Bob")


def a_change(_: System, browser: Chrome) -> None:
    leave(browser, named(browser, "button", "Remove Bob").click)


def a_later_page(system: System, browser: Chrome) -> None:
    put(system, (f"User {number:03}" for number in range(120)))
    browser.get(f"{system.proxy.url}/?after=%20")  # no copy of the list as it was
    leave(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "Next").click)


def nothing_there(system: System, browser: Chrome) -> None:
    browser.get(f"{system.proxy.url}/nothing")


def an_outage(system: System, browser: Chrome) -> None:
    system.backend.stop()
    browser.get(f"{system.proxy.url}/?after=never%20seen")


def a_stale_copy(system: System, browser: Chrome) -> None:
    system.backend.stop()
    deadline = monotonic() + 5
    while "out of date" not in status(browser):
        assert monotonic() < deadline, "the copy is not marked"
        sleep(0.2)
        browser.get(system.proxy.url)


STATES = [long_names, an_error, a_change, a_later_page, nothing_there, an_outage, a_stale_copy]


@pytest.mark.parametrize("state", [lambda *_: None, *STATES], ids=["list", *(state.__name__ for state in STATES)])
def test_axe_finds_nothing_wide_or_narrow_light_or_dark(
    system: System, browser: Chrome, state: Callable[[System, Chrome], None], request: pytest.FixtureRequest
) -> None:
    browser.get(system.proxy.url)
    state(system, browser)
    name = request.node.callspec.id
    for scheme in ("light", "dark"):
        paint(browser, scheme)
        for width, size in (("wide", WIDE), ("narrow", NARROW)):
            resize(browser, size)
            picture(browser, f"{name}-{width}-{scheme}")
            assert axe(browser) == [], f"{name} {width} {scheme}"
            overflow = browser.execute_script("return document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name} has to be scrolled sideways at {size[0]} px"


def test_dark_is_dark_and_light_is_light(system: System, browser: Chrome) -> None:
    browser.get(system.proxy.url)
    shades = []
    for scheme in ("light", "dark"):
        paint(browser, scheme)
        colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        shades.append(sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")))
    assert shades[0] > 600 > 200 > shades[1]
