"""The page of the training project: a new connection to the backend per hit, and Flask's development server."""

import os

import requests
from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def get_users() -> str:
    """Show all users."""
    users = requests.get(f"{os.environ['BACKEND_URL']}/backend", timeout=30).json()
    return render_template("users.html", users=users)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
