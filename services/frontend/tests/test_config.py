"""Which settings are accepted, and what is said about the others."""

import pytest

from application.config import SettingError, backend_url, from_environment


def test_the_default_is_the_service_in_the_cluster() -> None:
    assert backend_url(from_environment({})) == "http://backend:5001"


def test_an_empty_variable_is_an_unset_one() -> None:
    assert from_environment({"BACKEND_URL": "", "SECRET_KEY": "", "RELEASE": ""}) == from_environment({})


@pytest.mark.parametrize(
    "url", ["http://backend:5001", "http://backend:5001/", "https://api.example", "http://[::1]:80"]
)
def test_scheme_host_and_port_are_an_address(url: str) -> None:
    assert backend_url(from_environment({"BACKEND_URL": url})) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "backend:5001",
        "ftp://backend",
        "http://",
        "http://:5001",
        "http://backend:port",
        "http://backend:0",
        "http://backend:99999",
        "http://backend:5001/backend",
        "http://user:pass@backend",
        "http://backend?x",
        "http://backend#x",
        "http://[::1",
    ],
)
def test_anything_else_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(
        SettingError, match=r"^BACKEND_URL is .*; allowed is scheme://host:port, as in http://backend:5001$"
    ):
        backend_url(from_environment({"BACKEND_URL": url}))
