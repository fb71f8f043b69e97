"""What cannot work is refused when the charts are made, with one line."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cdk8s
import pytest

from k8s_charts import nginx
from k8s_charts.application import Application, Images
from k8s_charts.arguments import ChartError, check_image, check_ports, check_replicas
from k8s_charts.database import Database
from k8s_charts.network import Network
from k8s_charts.web_service import WebService

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    "image", [f"registry.example.com:5000/a/b@{DIGEST}", f"a:1@{DIGEST}", "nginx:1.30.5", "${Token[Image.1]}"]
)
def test_one_certain_image_is_taken(image: str) -> None:
    check_image("backend", image)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "nginx",
        "nginx:latest",
        "registry.example.com:5000/nginx",
        "ng inx:1",
        "a@sha256:1",
        f"@{DIGEST}",
        f"a b@{DIGEST}",
        f"a@{DIGEST}0",
        f"a@{DIGEST.upper()}",
        "https://registry.example.com/a:1",
        "a:1:2",
        "Nginx:1",
        "a//b:1",
    ],
)
def test_an_image_that_moves_or_is_none_is_refused(image: str) -> None:
    with pytest.raises(ChartError) as told:
        check_image("backend", image)
    assert str(told.value) == (
        f"backend: image={image!r} is not allowed; give one certain image, name@sha256:… or name:tag, and never latest"
    )


@pytest.mark.parametrize(("ports", "listed"), [((80, None), "80"), ((5001, 5001), "5001, 5001"), ((65536,), "65536")])
def test_ports_that_clash_or_need_privileges_are_refused(ports: tuple[int | None, ...], listed: str) -> None:
    with pytest.raises(ChartError) as told:
        check_ports("backend", *ports)
    assert str(told.value) == f"backend: ports {listed} are not allowed; give different ones from 1024 to 65535"


@pytest.mark.parametrize(("fewest", "most"), [(0, 3), (3, 2)])
def test_numbers_of_pods_that_cannot_be_are_refused(fewest: int, most: int) -> None:
    with pytest.raises(ChartError, match=f"^proxy: {fewest} to {most} pods are not allowed; give at least 1, and"):
        check_replicas("proxy", fewest, most)


NETWORK = Network(resolver="10.0.0.10", entrances=["10.0.0.0/24"], databases=["10.0.1.0/24"])


def application(**changes: Any) -> Application:
    arguments: dict[str, Any] = {
        "images": Images(backend="b:1", frontend="f:1"),
        "database": Database(uri="sqlite://"),
        "network": NETWORK,
        "release": "r",
        "namespace": "n",
    }
    return Application(cdk8s.App(), **arguments | changes)


@pytest.mark.parametrize("service", ["backend", "frontend", "proxy"])
def test_the_charts_ask(service: str) -> None:
    images = {"backend": "b:1", "frontend": "f:1", "proxy": "p:1"} | {service: "x:latest"}
    asks = "migration" if service == "backend" else service  # which runs the backend's image, and comes first
    with pytest.raises(ChartError, match=f"^{asks}: image='x:latest' is not allowed"):
        application(images=Images(**images))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"namespace": "Slipway"}, "namespace='Slipway' is not allowed; give up to 63 lower-case letters"),
        ({"namespace": ""}, "namespace='' is not allowed"),
        ({"namespace": "n" * 64}, "namespace='nnn"),
        ({"release": "feature/x"}, "release='feature/x' is not allowed; give up to 40 lower-case letters"),
        ({"release": "r" * 41}, "release='rrr"),
        ({"release": ""}, "release='' is not allowed"),
    ],
)
def test_names_that_kubernetes_refuses_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ChartError) as told:
        application(**changes)
    assert str(told.value).startswith(message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"resolver": "172.20.0.10/32"}, "network: resolver='172.20.0.10/32' is not allowed; give an IPv4 address"),
        ({"entrances": []}, "network: entrances='' is not allowed; give one or more IPv4 ranges"),
        ({"databases": []}, "network: databases='' is not allowed; give one or more IPv4 ranges"),
        ({"databases": ["10.0.1.5/24"]}, "network: databases='10.0.1.5/24' is not allowed"),
        ({"databases": ["${Token[Cidr.1]}", "x"]}, "network: databases='${Token[Cidr.1]}, x' is not allowed"),
    ],
)
def test_a_network_without_addresses_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ChartError) as told:
        dataclasses.replace(NETWORK, **changes)
    assert str(told.value).startswith(message)


def test_what_cloudformation_fills_in_may_be_a_range() -> None:
    dataclasses.replace(NETWORK, databases=["${Token[Cidr.1]}"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "database: give either uri or uri_secret"),
        ({"uri": "sqlite://", "uri_secret": "s"}, "database: give either uri or uri_secret"),
        ({"uri": "mysql+pymysql://a@b/c", "auth": "iam"}, 'database: auth="iam" needs region'),
    ],
)
def test_a_database_that_no_pod_could_sign_in_to_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ChartError) as told:
        Database(**arguments)
    assert str(told.value).startswith(message)


def test_a_service_by_a_name_that_dns_has_no_place_for_is_refused() -> None:
    with pytest.raises(ChartError, match=r"^service='my_service' is not allowed"):
        WebService(
            cdk8s.Chart(cdk8s.App(), "chart", namespace="n"),
            "my_service",
            image="a:1",
            port=5000,
            startup_path="/",
            surroundings=NETWORK,
            callers=[],
            calls=[],
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("frontend.PORT = 80", "frontend: ports 80, 5100 are not allowed; give different ones from 1024 to 65535"),
        ("backend.PORT = 5002", "backend declares port 5002, its process listens on 5001, 5101"),
    ],
)
def test_what_is_refused_is_told_in_one_line_and_nothing_is_written(change: str, message: str, tmp_path: Path) -> None:
    code = f"""
import runpy
from k8s_charts import backend, frontend
{change}
runpy.run_module("k8s_charts.__main__", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == message
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_image_of_nginx_is_pinned_by_digest() -> None:
    assert re.fullmatch(r"\S+/nginx:1\.\d+\.\d+-\w+@sha256:[0-9a-f]{64}", nginx.IMAGE)
