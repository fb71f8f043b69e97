"""The API."""

from flask import Flask, Response, jsonify
from sqlalchemy import select

from application.database import db
from application.errors import database_answered
from application.models import Users


def init_app(app: Flask) -> None:
    """Add the API's routes. Their endpoints are the functions' plain names: clients build URLs by them."""
    app.add_url_rule("/backend", view_func=get_users)


def get_users() -> Response:
    """Answer all users as a JSON array of `{"userName": …}`, in the order of their names."""
    names = db.session.scalars(select(Users.userName).order_by(Users.userName)).all()
    database_answered()
    return jsonify([{"userName": name} for name in names])
