"""The users API of the training project: the ORM loads every user, and Flask's development server answers."""

import os

from flask import Flask, Response, jsonify
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the models have in common."""


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URI"]
db = SQLAlchemy(app, model_class=Base)


class Users(Base):
    """A user."""

    __tablename__ = "users"

    userName: Mapped[str] = mapped_column(String(50), primary_key=True)  # noqa: N815 - the name is the API's contract


@app.get("/backend")
def get_users() -> Response:
    """Answer all users."""
    users = db.session.scalars(db.select(Users)).all()
    return jsonify([{"userName": user.userName} for user in users])


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
