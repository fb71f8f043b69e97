"""Every edge of the request path leads to a Service that exists, and from there to a pod that listens."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_charts import nginx
from rehearsal import dockerfile

Manifest = dict[str, Any]

SERVICES = Path(__file__).parents[2] / "services"
ADDRESS = re.compile(r"([a-z-]+)\.([a-z-]+)\.svc\.cluster\.local:(\d+)")


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] == kind}


def callers(manifests: list[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield each pod that calls another, with the text that names whom it calls."""
    for name, deployment in of_kind(manifests, "Deployment").items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        for variable in container.get("env", []):
            if variable["name"].endswith("_URL"):
                yield name, variable["value"]
    for configuration in of_kind(manifests, "ConfigMap").values():
        yield "proxy", configuration["data"][nginx.FILE]


def ports(container: Manifest) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container["ports"]}


def test_the_request_path_is_proxy_frontend_backend(manifests: list[Manifest]) -> None:
    edges = {(caller, match[1]) for caller, text in callers(manifests) for match in ADDRESS.finditer(text)}
    assert edges == {("proxy", "frontend"), ("frontend", "backend")}


def test_every_edge_leads_to_a_port_that_a_pod_declares(manifests: list[Manifest]) -> None:
    services, deployments = of_kind(manifests, "Service"), of_kind(manifests, "Deployment")
    for caller, text in callers(manifests):
        for name, namespace, port in ADDRESS.findall(text):
            assert name in services, f"{caller} calls {name}, which no Service is called"
            service = services[name]
            assert service["metadata"]["namespace"] == namespace
            (entry,) = service["spec"]["ports"]
            assert entry["port"] == int(port), f"{caller} calls {name}:{port}, the Service offers {entry['port']}"
            # a headless Service leads straight to the pods: port and targetPort must be the same
            assert service["spec"]["clusterIP"] == "None"
            assert entry["targetPort"] == entry["port"]
            pods = [
                deployment["spec"]["template"]
                for deployment in deployments.values()
                if service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
            ]
            assert len(pods) == 1, f"the Service {name} selects {len(pods)} Deployments"
            (container,) = pods[0]["spec"]["containers"]
            assert ports(container)["http"] == entry["targetPort"]


def test_no_service_leads_to_metrics(manifests: list[Manifest]) -> None:
    deployments = of_kind(manifests, "Deployment")
    for name, service in of_kind(manifests, "Service").items():
        (container,) = deployments[name]["spec"]["template"]["spec"]["containers"]
        assert {entry["targetPort"] for entry in service["spec"]["ports"]} == {ports(container)["http"]}


def test_every_service_selects_its_own_pods(manifests: list[Manifest]) -> None:
    for name, service in of_kind(manifests, "Service").items():
        labels = of_kind(manifests, "Deployment")[name]["spec"]["template"]["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items(), f"the Service {name} selects none of its pods"


@pytest.mark.parametrize("name", ["backend", "frontend"])
def test_the_image_listens_on_the_ports_that_the_pod_declares(name: str, manifests: list[Manifest]) -> None:
    (container,) = of_kind(manifests, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
    image = dockerfile.read(SERVICES / name / "Dockerfile")
    assert ports(container) == {
        "http": int(image.environment["GRANIAN_PORT"]),
        "metrics": int(image.environment["METRICS_PORT"]),
    }


def test_the_proxy_listens_on_the_port_that_the_pod_declares(manifests: list[Manifest]) -> None:
    (configuration,) = of_kind(manifests, "ConfigMap").values()
    (container,) = of_kind(manifests, "Deployment")["proxy"]["spec"]["template"]["spec"]["containers"]
    (listen,) = re.findall(r"listen (\d+)", configuration["data"][nginx.FILE])
    assert ports(container) == {"http": int(listen)}


def test_the_proxy_mounts_the_configuration_that_it_is_started_with(manifests: list[Manifest]) -> None:
    (configuration,) = of_kind(manifests, "ConfigMap")
    pod = of_kind(manifests, "Deployment")["proxy"]["spec"]["template"]["spec"]
    (volume,) = (volume for volume in pod["volumes"] if "configMap" in volume)
    assert volume["configMap"]["name"] == configuration
    (container,) = pod["containers"]
    (mount,) = (mount for mount in container["volumeMounts"] if mount["name"] == volume["name"])
    assert f"{mount['mountPath']}/{nginx.FILE}" in container["command"]
