"""The API over HTTP; `openapi.yaml` beside this file describes it to clients."""

import json
import re
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from flask import Flask, Request, Response, request, url_for
from werkzeug.exceptions import BadRequest, Conflict, NotFound, UnprocessableEntity, UnsupportedMediaType
from werkzeug.routing import BaseConverter

from application import answers, users
from application.names import NAME_LENGTH, InvalidNameError, clean

LONGEST_PAGE = 1000
"""The most users that a page holds, and how many are read at a time where all are asked for."""

LONGEST_BODY = 16 * 1024
"""Bytes. Longer requests are refused unread; the longest name takes a fortieth of it."""

_NUMBER = re.compile("[0-9]{1,4}")

_DESCRIPTION = Path(__file__).with_name("openapi.yaml")


def init_app(app: Flask) -> None:
    """Add the API's routes. Their endpoints are the functions' plain names: clients build URLs by them."""
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.url_map.converters["name"] = _NameConverter
    app.add_url_rule("/backend", view_func=get_users)
    app.add_url_rule("/backend", view_func=add_user, methods=["POST"])
    app.add_url_rule("/backend/<name:name>", view_func=remove_user, methods=["DELETE"])
    app.add_url_rule("/openapi.yaml", view_func=get_description)


class _NameConverter(BaseConverter):
    """The rest of the path, whatever it holds: slashes too, at its beginning and in a row."""

    regex = ".+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


def get_users() -> Response:
    """Answer users as a JSON array of `{"userName": …}`, in the order of their names' code points.

    Without `limit` these are all users (after `after`), read and sent batch by batch. With it they are a page, and
    the header `Link` names the next one, if there is one.
    """
    after, limit = _window(request)
    if limit is None:
        return _all_users(after)
    names = users.page(after, limit + 1)
    response = answers.array(names[:limit])
    if len(names) > limit:
        following = f"{request.path}?limit={limit}&after={quote(names[limit - 1], safe='')}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def add_user() -> Response:
    """Add the user whom the body names, and answer the name as it was stored."""
    try:
        name = clean(_name_in_body(request))
    except InvalidNameError as error:
        raise UnprocessableEntity(str(error)) from error
    if not users.add(name):
        raise Conflict(f"There is a user called {name} already.")
    response = answers.one(name, HTTPStatus.CREATED)
    response.headers["Location"] = url_for("remove_user", name=name)
    return response


def remove_user(name: str) -> Response:
    """Remove the user of exactly this name."""
    if not _is_utf8(request.environ["PATH_INFO"].encode("latin-1")):  # and `name` is only what was made of it
        raise NotFound("The path is not UTF-8, so it is no user's.")
    if not users.remove(name):
        raise NotFound(f"There is no user called {name}.")
    return Response(status=HTTPStatus.NO_CONTENT)


def get_description() -> Response:
    """Answer the API's description, an OpenAPI 3.1 document."""
    return Response(_DESCRIPTION.read_bytes(), mimetype="application/yaml")


def _all_users(after: str) -> Response:
    batches = users.batches(after, LONGEST_PAGE)
    first = next(batches)  # now, so that a database that is away is an error yet
    return answers.array(first) if len(first) < LONGEST_PAGE else answers.stream(chain((first,), batches))


def _window(request: Request) -> tuple[str, int | None]:
    """Read which users a request asks for: after whom, '' for all, and how many at most, None for all."""
    if not _is_utf8(unquote_to_bytes(request.query_string)):
        raise UnprocessableEntity("The query is not UTF-8.")
    after, limit = request.args.get("after", ""), request.args.get("limit")
    if len(after) > NAME_LENGTH:
        raise UnprocessableEntity(f"after has {len(after)} characters; no name has more than {NAME_LENGTH}.")
    if limit is None:
        return after, None
    if not (_NUMBER.fullmatch(limit) and 0 < int(limit) <= LONGEST_PAGE):
        raise UnprocessableEntity(f"limit must be a whole number from 1 to {LONGEST_PAGE}.")
    return after, int(limit)


def _name_in_body(request: Request) -> str:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("The body must be JSON, of the type application/json.")
    try:
        body = json.loads(request.get_data().decode())
    except (ValueError, RecursionError) as error:  # no UTF-8 or no JSON; too deep for the parser
        raise BadRequest("The body is no JSON in UTF-8.") from error
    match body:
        case {"userName": str(name), **others} if not others:
            return name
    raise UnprocessableEntity('The body must be an object with the one member "userName", a string.')


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
