"""Style sheet and icon under URLs that change with their content, so that browsers ask for each but once."""

from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request

from application.caching import IMMUTABLE

_DIGITS = 12


def init_app(app: Flask) -> None:
    """Give templates `assets`, the URL of each static file by its name, and those URLs a long life."""
    assets = {
        path.name: f"{app.static_url_path}/{path.name}?v={sha256(path.read_bytes()).hexdigest()[:_DIGITS]}"
        for path in Path(app.static_folder or "").iterdir()
    }
    app.jinja_env.globals["assets"] = assets
    urls = frozenset(assets.values())

    @app.after_request
    def keep(response: Response) -> Response:
        """Leave out URLs of another release, for which pods of this one may be asked during a roll-out."""
        if request.endpoint == "static" and request.full_path in urls:
            response.headers["Cache-Control"] = IMMUTABLE
        return response
