"""A test script in the manner of the training project, to show that such scripts run as they are."""
# ruff: noqa: PT009 - such a script asserts in unittest's manner
# mypy: ignore-errors

from os import getenv

from flask import url_for
from flask_testing import TestCase

from application import app, db
from application.models import Users


class TestBase(TestCase):
    def create_app(self):
        app.config.update(
            SQLALCHEMY_DATABASE_URI=getenv("TEST_DATABASE_URI"),
            SECRET_KEY=getenv("SECRET_KEY"),
            WTF_CSRF_ENABLED=False,
            DEBUG=True,
        )
        return app

    def setUp(self):
        db.session.commit()
        db.drop_all()
        db.create_all()
        db.session.add(Users(userName="Sample"))
        db.session.commit()

    def tearDown(self):
        db.session.remove()
        db.drop_all()
        db.engine.dispose()


class TestViews(TestBase):
    def test_get_users(self):
        response = self.client.get(url_for("get_users"))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json, [{"userName": "Sample"}])

    def test_user_not_yet_committed(self):
        db.session.add(Users(userName="Another"))
        response = self.client.get(url_for("get_users"))
        self.assertEqual(response.json, [{"userName": "Another"}, {"userName": "Sample"}])
        self.assertEqual([user.userName for user in Users.query.order_by(Users.userName)], ["Another", "Sample"])
