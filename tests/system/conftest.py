"""The whole application as it ships, on a real MariaDB, for tests that look at it from outside."""

from collections.abc import Callable, Iterator

import pytest

from rehearsal.mariadb import MariaDB
from rehearsal.system import System

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB for all tests of the run that leave it running."""
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as database:
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
