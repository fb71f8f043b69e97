"""Settings: where they come from, what they default to, and which of them cannot work."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


class SettingError(RuntimeError):
    """A setting cannot work. The message is one line for whoever sets it."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Translate the environment into Flask's configuration. An empty variable counts as unset.

    - `BACKEND_URL`: where the users API is, as scheme://host:port; default `http://backend:5001`.
    - `SECRET_KEY`: optional, nothing here signs with it.
    - `RELEASE`: what `/healthz` and the header `X-Release` say; default `dev`.
    """
    return {
        "BACKEND_URL": environ.get("BACKEND_URL") or "http://backend:5001",
        "SECRET_KEY": environ.get("SECRET_KEY") or None,
        "RELEASE": environ.get("RELEASE") or "dev",
    }


def backend_url(config: Mapping[str, Any]) -> str:
    """Return the backend's address, with no slash at its end.

    Raises:
        SettingError: it is more or less than scheme, host and port.
    """
    value = str(config["BACKEND_URL"])
    try:
        parts = urlsplit(value)
        sound = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0  # raises for a port that is no port
            and parts.path in ("", "/")
            and not (parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        sound = False
    if not sound:
        raise SettingError(f"BACKEND_URL is {value!r}; allowed is scheme://host:port, as in http://backend:5001")
    return f"{parts.scheme}://{parts.netloc}"
