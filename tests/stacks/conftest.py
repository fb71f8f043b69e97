import pytest

from tests.stacks.synthesis import Synthesis, synthesise


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The app as it comes, with no setting; synthesised once a session."""
    return synthesise(tmp_path_factory.mktemp("synthesis"))
