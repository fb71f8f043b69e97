"""Documents that are made from the code say what the code says."""

import pytest

from cdk_app import settings_reference
from cdk_app.settings import known_settings


def test_the_settings_reference_is_up_to_date() -> None:
    assert settings_reference.FILE.read_text("utf-8") == settings_reference.render(), "stale; renew it: make docs"


def test_every_setting_stands_in_the_reference_with_its_default() -> None:
    settings, _, profiles = settings_reference.render().partition("## Profiles")
    rows = [line.split(" | ") for line in settings.splitlines() if line.startswith("| `")]
    assert [row[0].strip("|` ") for row in rows] == [name for name, _, _ in known_settings()]
    defaults = {row[0].strip("|` "): row[1].strip() for row in rows}
    assert defaults["protect"] == "`true`"
    assert defaults["network.nat_gateways"] == "`1`"
    assert defaults["cluster.node_types"] == "`t4g.medium,c7g.large,m7g.large`"
    assert defaults["domain"] == ""
    assert "| `network.nat_gateways` | `1` | `1` | `3` |\n" in profiles


@pytest.mark.parametrize("mark", ["|", "\n"])
def test_no_description_breaks_the_table(mark: str) -> None:
    assert [name for name, description, _ in known_settings() if mark in description] == []
