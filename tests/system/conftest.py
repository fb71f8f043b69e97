"""The whole application as it ships, on a real MariaDB, for tests that look at it from outside."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rehearsal import mariadb
from rehearsal.mariadb import MariaDB
from rehearsal.system import System

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def database() -> Iterator[MariaDB]:
    """A MariaDB for all tests of the run that leave it running."""
    if not mariadb.available():
        pytest.skip(mariadb.MISSING)
    with TemporaryDirectory() as home, MariaDB(Path(home)) as database:  # 100 MB, which pytest would keep for a while
        yield database


@pytest.fixture(scope="session")
def system(database: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The application as shipped, for all tests of the run that leave it running."""
    with System(tmp_path_factory.mktemp("system"), database.uri()) as system:
        yield system


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell a figure that the test has measured; all are printed at the end of the run."""

    def tell(text: str) -> None:
        request.config.stash.setdefault(_FIGURES, []).append(f"{request.node.name}: {text}")

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    if figures := config.stash.get(_FIGURES, []):
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)
