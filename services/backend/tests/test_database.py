"""The handle follows the configuration, and never falls back to a database that nobody asked for."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from application import create_app, db
from application.config import SettingError
from application.models import Users


def sqlite(file: Path) -> dict[str, str]:
    return {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}", "DATABASE_AUTH": "password"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Flask:
    return create_app(sqlite(tmp_path / "first.db"))


def test_the_engine_follows_the_uri(elsewhere: Flask, tmp_path: Path) -> None:
    with elsewhere.app_context():
        assert db.engine.url.database == str(tmp_path / "first.db")
        elsewhere.config.update(sqlite(tmp_path / "second.db"))
        assert db.engine.url.database == str(tmp_path / "second.db")


def test_the_engine_stays_while_the_settings_do(elsewhere: Flask) -> None:
    with elsewhere.app_context():
        assert db.engine is db.engine


def test_threads_share_one_engine(elsewhere: Flask) -> None:
    def engine(_: int) -> int:
        with elsewhere.app_context():
            return id(db.engine)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(engine, range(64)))) == 1


def test_applications_do_not_share_a_database(tmp_path: Path) -> None:
    one, other = create_app(sqlite(tmp_path / "one.db")), create_app(sqlite(tmp_path / "other.db"))
    with one.app_context():
        db.create_all()
        db.session.add(Users(userName="Bob"))
        db.session.commit()
        db.engine.dispose()
    with other.app_context():
        db.create_all()
        assert db.session.query(Users).count() == 0
        db.engine.dispose()


def test_dropping_tables_with_no_test_database_harms_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    production = tmp_path / "production.db"
    monkeypatch.setenv("DATABASE_URI", f"sqlite:///{production}")
    monkeypatch.delenv("DATABASE_AUTH", raising=False)
    app = create_app()
    with app.app_context():
        db.create_all()
        db.engine.dispose()
        before = production.read_bytes()
        app.config.update(SQLALCHEMY_DATABASE_URI=None)  # what os.getenv gives for an unset TEST_DATABASE_URI
        with pytest.raises(SettingError, match="TEST_DATABASE_URI"):
            db.drop_all()
    assert production.read_bytes() == before


def test_the_package_imports_with_nothing_set() -> None:
    code = "import application, sys; assert not {'boto3', 'botocore', 'alembic', 'flask_migrate'} & set(sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_boto3_is_not_imported_for_a_password() -> None:
    code = "import application, sys; application.app.test_client().get('/readyz'); assert 'boto3' not in sys.modules"
    environ = {"DATABASE_URI": "mysql+pymysql://user:password@host/schema"}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.usefixtures("tables")
def test_a_request_within_a_script_works_in_the_scripts_transaction(app: Flask) -> None:
    with app.app_context():
        db.session.add(Users(userName="Mo"))
        assert app.test_client().post("/backend", json={"userName": "Bob"}).status_code == 201
        db.session.rollback()
        assert [user["userName"] for user in app.test_client().get("/backend").get_json()] == ["Bob", "Mo"]
        assert app.test_client().post("/backend", json={"userName": "Bob"}).status_code == 409
        assert app.test_client().delete("/backend/Bob").status_code == 204
        db.session.rollback()
        assert app.test_client().delete("/backend/Bob").status_code == 404
