"""What cannot work is refused when the charts are made, with one line."""

import cdk8s
import pytest

from k8s_charts import Application, ChartError, Database, Images, Network
from k8s_charts.arguments import check_image, check_ports, check_replicas

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize("image", [f"registry.example.com:5000/a/b@{DIGEST}", "nginx:1.30.5", "${Token[Image.1]}"])
def test_one_certain_image_is_taken(image: str) -> None:
    check_image("backend", image)


@pytest.mark.parametrize(
    "image", ["", "nginx", "nginx:latest", "registry.example.com:5000/nginx", "ng inx:1", "a@sha256:1"]
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


@pytest.mark.parametrize("service", ["backend", "frontend", "proxy"])
def test_the_charts_ask(service: str) -> None:
    images = {"backend": "b:1", "frontend": "f:1", "proxy": "p:1"} | {service: "x:latest"}
    asks = "migration" if service == "backend" else service  # which runs the backend's image, and comes first
    with pytest.raises(ChartError, match=f"^{asks}: image='x:latest' is not allowed"):
        Application(
            cdk8s.App(),
            images=Images(**images),
            database=Database(uri="sqlite://"),
            network=Network(resolver="10.0.0.10", entrances=[], databases=[]),
            release="r",
            namespace="n",
        )
