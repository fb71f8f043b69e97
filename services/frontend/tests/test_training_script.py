"""A test script in the manner of the training project, to show that such scripts run as they are."""
# ruff: noqa: PT009 - such a script asserts in unittest's manner
# mypy: ignore-errors

from os import getenv

from flask import url_for
from flask_testing import TestCase

from application import app


class TestBase(TestCase):
    def create_app(self):
        app.config.update(SECRET_KEY=getenv("SECRET_KEY"), WTF_CSRF_ENABLED=False, DEBUG=True)
        return app


class TestViews(TestBase):
    def test_get_users(self):
        response = self.client.get(url_for("get_users"))
        self.assertEqual(response.status_code, 200)
        self.assertIn(b"Bob", response.data)
        self.assertTemplateUsed("users.html")
