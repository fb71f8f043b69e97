"""A real browser, Debian's Chromium without a window, in front of the whole application."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from rehearsal import ROOT
from rehearsal.system import System

SCREENSHOTS = ROOT / ".slipway" / "screenshots"
"""Where the pictures of a run are kept."""

MISSING = "no Chromium here: apt-get install chromium chromium-driver"


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[bool], Chrome]]:
    """Return a function that opens a browser, with scripts or without; all are closed at the end."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip(MISSING)
    opened: dict[bool, Chrome] = {}

    def open_browser(scripts: bool) -> Chrome:
        if scripts not in opened:
            options = ChromeOptions()
            options.binary_location = program
            for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
                options.add_argument(argument)
            options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
            if not scripts:
                blocked = {"profile.managed_default_content_settings.javascript": 2}
                options.add_experimental_option("prefs", blocked)
            opened[scripts] = Chrome(options=options, service=Service(driver))
        return opened[scripts]

    yield open_browser
    for browser in opened.values():
        browser.quit()


@pytest.fixture
def browser(browsers: Callable[[bool], Chrome]) -> Chrome:
    """A browser as people have it."""
    return fresh(browsers(True))


@pytest.fixture
def plain_browser(browsers: Callable[[bool], Chrome]) -> Chrome:
    """A browser in which no script runs."""
    return fresh(browsers(False))


def fresh(browser: Chrome) -> Chrome:
    """Forget what an earlier test has left."""
    browser.delete_all_cookies()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    for kind in ("browser", "performance"):
        log(browser, kind)
    return browser


def log(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has logged since it was last asked."""
    untyped: Any = browser
    return list(untyped.get_log(kind))


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """The application with its five first users, for this test alone."""
    with System(tmp_path, f"sqlite:///{tmp_path}/users.db") as system:
        yield system
