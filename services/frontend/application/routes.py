"""The page, and the two forms on it."""

from http import HTTPStatus
from time import time

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BareResponse

from application import caching, notice
from application.backend import RefusedError, users
from application.notice import Deed, Notice
from application.outage import UnavailableError

_MAX_FORM_BYTES = 8 * 1024
"""A name and a page's name, of 50 emoji each, are 1.2 kB when percent-encoded."""

_LONGEST_CURSOR = 50
"""Characters of the name that a page begins after: no user's is longer."""


def init_app(app: Flask) -> None:
    """Add the page. Its endpoint is the function's plain name: test scripts build URLs by it."""
    app.config["MAX_CONTENT_LENGTH"] = _MAX_FORM_BYTES
    app.add_url_rule("/", view_func=get_users)
    app.add_url_rule("/users", view_func=add_user, methods=["POST"])
    app.add_url_rule("/users/remove", view_func=remove_user, methods=["POST"])
    for path in ("/users", "/users/remove"):  # for whoever enters the address of a form's answer again
        app.add_url_rule(path, f"get {path}", _go_to_users, methods=["GET"])


def get_users() -> Response:
    """Show the first page of users, or the one after the name `after`."""
    if "X-Outage" in request.headers:  # NGINX, which alone can send it: it has asked and was refused
        raise UnavailableError("asked a moment ago")
    read_at = int(time())
    response = _page(request.args.get("after"), told=notice.take(request))
    if notice.COOKIE not in request.cookies:
        caching.keep_briefly(response, read_at)
    return response


def add_user() -> BareResponse:
    """Add the user `name`, then show the page that the form was on."""
    after, name = _cursor_in_form(), request.form.get("name", "")
    try:
        stored = users().add(name)
    except RefusedError as error:
        return _page(after, error.status, error=str(error), entered=name)
    return _show(after, Notice(Deed.ADDED, stored))


def remove_user() -> BareResponse:
    """Remove the user `name`, then show the page that the form was on."""
    name = request.form.get("name", "")
    was_there = users().remove(name)
    return _show(_cursor_in_form(), Notice(Deed.REMOVED if was_there else Deed.GONE, name))


def _page(after: str | None, status: int = HTTPStatus.OK, **words: str | Notice | None) -> Response:
    """Render the page of users that begins after a name, with what there is to say on it."""
    after = after or None
    return make_response(render_template("users.html", page=users().page(after), after=after, **words), status)


def _show(after: str | None, told: Notice) -> BareResponse:
    """Send the browser back to the page, with a notice."""
    response = redirect(url_for("get_users", after=after), HTTPStatus.SEE_OTHER)
    notice.leave(response, told)
    return response


def _go_to_users() -> BareResponse:
    """Send the browser to the first page."""
    return redirect(url_for("get_users"), HTTPStatus.SEE_OTHER)


def _cursor_in_form() -> str | None:
    """Return the name that the form's page began after; what no page of ours begins after counts as none."""
    after = request.form.get("after", "")
    return after if 0 < len(after) <= _LONGEST_CURSOR else None
