"""Jenkins, configured in the two ways that the settings offer."""

import pytest

from tests.ci.jenkins.rendered import BARE, WHOLE, Rendered, rendered


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Jenkins with no token for GitHub and no provider to sign in through."""
    return rendered(tmp_path_factory.mktemp("bare"), BARE)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Jenkins with both."""
    return rendered(tmp_path_factory.mktemp("whole"), WHOLE)


@pytest.fixture(params=[pytest.param("bare", marks=pytest.mark.full), "whole"])
def jenkins(request: pytest.FixtureRequest) -> Rendered:
    """Jenkins in either way."""
    either: Rendered = request.getfixturevalue(request.param)
    return either
