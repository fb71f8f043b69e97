"""The shopping list's page."""

import json
import os
from http import HTTPStatus
from urllib.request import urlopen

from flask import Flask, Response, render_template_string

app = Flask(__name__)
PAGE = "<!doctype html><title>Shopping</title><ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>"


@app.get("/")
def page() -> str:
    """Show what the backend lists."""
    with urlopen(f"{os.environ['BACKEND_URL']}/backend", timeout=5) as answer:  # noqa: S310 - the chart's own address
        return render_template_string(PAGE, items=json.load(answer))


@app.after_request
def tell_release(response: Response) -> Response:
    """Say whose answer it is, by which a deployment recognises its own."""
    response.headers["X-Release"] = os.environ["RELEASE"]
    return response


@app.get("/healthz")
@app.get("/readyz")
def alive() -> tuple[str, int]:
    """Say that the process turns."""
    return "", HTTPStatus.NO_CONTENT
