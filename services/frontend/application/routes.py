"""The pages."""

from flask import Flask, render_template

from application.backend import user_names


def init_app(app: Flask) -> None:
    """Add the pages. Their endpoints are the functions' plain names: test scripts build URLs by them."""
    app.add_url_rule("/", view_func=get_users)


def get_users() -> str:
    """Show all users."""
    return render_template("users.html", names=user_names())
