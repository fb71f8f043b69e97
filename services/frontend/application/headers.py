"""Headers of every answer: what a browser may do with our pages, and which release they come from."""

from flask import Flask, Response

from application.caching import NEVER

# A browser shows our pages with our own style sheet and icon, and does nothing else with them.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def init_app(app: Flask) -> None:
    """Send the headers with every answer; the pipeline recognises its release by `X-Release`."""
    headers = [*SECURITY.items(), ("X-Release", app.config["RELEASE"])]

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(headers)
        response.headers.setdefault("Cache-Control", NEVER)
        return response
