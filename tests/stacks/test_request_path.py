"""What the cluster is told of the network is what the network is, and waits along the request path add up."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.synthesis import ROOT, Synthesis, flat

CLUSTER_DNS_TTL = 5  # seconds that CoreDNS lets an answer about pods be kept; its cache keeps to that
ENDPOINT_UPDATE = 1  # seconds until the cluster's DNS knows of a change
RESOLVER = ROOT / "services/frontend/application/resolver.py"
LOAD_BALANCER_IDLE = 60  # seconds after which an ALB closes a connection, unless it is told otherwise


def _subnets(synthesis: Synthesis, kind: str) -> set[str]:
    """Return the ranges of the VPC's subnets of one kind."""
    return {
        resource["Properties"]["CidrBlock"]
        for _, _, resource in synthesis.resources("AWS::EC2::Subnet")
        if {"Key": "aws-cdk:subnet-type", "Value": kind} in resource["Properties"]["Tags"]
    }


def _object(synthesis: Synthesis, kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        item for item in synthesis.manifests() if item["kind"] == kind and item["metadata"]["name"].startswith(name)
    )
    return found


def _ranges(synthesis: Synthesis, name: str, direction: str, port: int) -> set[str]:
    """Return the ranges that a policy's rules for a port name."""
    spec = _object(synthesis, "NetworkPolicy", name)["spec"]
    rules = [rule for rule in spec[direction] if port in [entry["port"] for entry in rule["ports"]]]
    peers = "to" if direction == "egress" else "from"
    return {peer["ipBlock"]["cidr"] for rule in rules for peer in rule[peers]}


def _nginx(synthesis: Synthesis) -> str:
    return str(_object(synthesis, "ConfigMap", "proxy")["data"]["nginx.conf"])


@pytest.mark.parametrize("name", ["backend", "migration"])
def test_pods_are_let_out_to_the_subnets_that_the_database_is_in_and_to_no_others(
    name: str, synthesis: Synthesis
) -> None:
    isolated = _subnets(synthesis, "Isolated")
    assert len(isolated) == 3
    assert _ranges(synthesis, name, "egress", 3306) == isolated


def test_the_proxy_takes_requests_and_clients_addresses_from_the_load_balancers_subnets_alone(
    synthesis: Synthesis,
) -> None:
    public = _subnets(synthesis, "Public")
    assert len(public) == 3
    assert _ranges(synthesis, "proxy", "ingress", 8080) == public
    assert set(re.findall(r"set_real_ip_from (\S+);", _nginx(synthesis))) == public


def test_names_are_asked_of_the_clusters_own_dns(synthesis: Synthesis) -> None:
    ((_, _, cluster),) = synthesis.resources("AWS::EKS::Cluster")
    services = cluster["Properties"]["KubernetesNetworkConfig"]["ServiceIpv4Cidr"]
    resolver = services.replace("0.0/16", "0.10")  # where EKS puts it
    assert re.findall(r"resolver (\S+) ", _nginx(synthesis)) == [resolver]
    for name in ("proxy", "frontend", "backend", "migration"):
        spec = _object(synthesis, "NetworkPolicy", name)["spec"]
        assert f"{resolver}/32" in str(spec["egress"])


@pytest.mark.parametrize("name", ["backend", "frontend"])
def test_a_pod_serves_until_nobody_finds_it_any_more(name: str, synthesis: Synthesis) -> None:
    (container,) = _object(synthesis, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    drain = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    text, pattern = {
        "frontend": (_nginx(synthesis), r"resolver \S+ valid=(\d+)s"),
        "backend": (RESOLVER.read_text(), r"(?m)^REFRESH_SECONDS = ([\d.]+)$"),
    }[name]
    (kept,) = re.findall(pattern, text)
    assert drain >= ENDPOINT_UPDATE + CLUSTER_DNS_TTL + float(kept)


def test_nginx_keeps_a_connection_for_longer_than_the_load_balancer_does(synthesis: Synthesis) -> None:
    """Else a request that is under way meets a connection that is being closed, and fails."""
    ((_, _, balancer),) = synthesis.resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    told = {
        item["Key"]: flat(item["Value"])
        for item in balancer["Properties"]["LoadBalancerAttributes"]
        if isinstance(item["Value"], str)
    }
    idle = int(told.get("idle_timeout.timeout_seconds", LOAD_BALANCER_IDLE))
    (kept,) = re.findall(r"\n    keepalive_timeout (\d+)s;", _nginx(synthesis))
    assert int(kept) > idle


@pytest.mark.full
def test_a_release_that_does_not_fit_together_is_refused_at_synthesis(tmp_path: Path) -> None:
    code = "import runpy; from k8s_charts import backend; backend.PORT = 5002; runpy.run_path('app.py')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "backend declares port 5002, its process listens on 5001, 5101"
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.template.json"))
