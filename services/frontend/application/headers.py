"""Headers of every answer: what a browser may do with our pages, and which release they come from."""

from flask import Flask, Response, current_app

# A browser shows our pages with our own style sheet and icon, and does nothing else with them.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def init_app(app: Flask) -> None:
    """Send the headers with every answer; the pipeline recognises its release by `X-Release`."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.update(SECURITY, **{"X-Release": current_app.config["RELEASE"]})
    return response
