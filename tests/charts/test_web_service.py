"""What every pod of a release guarantees."""

import json
from typing import Any

import pytest

Manifest = dict[str, Any]

WORKLOADS = ["migration", "backend", "frontend", "proxy"]
SERVICES = WORKLOADS[1:]


@pytest.fixture
def workloads(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Return Deployments and the Job by the name of their pods."""
    return {
        manifest["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]: manifest["spec"]
        for manifest in manifests
        if manifest["kind"] in ("Deployment", "Job")
    }


@pytest.mark.parametrize("name", WORKLOADS)
def test_pods_meet_pod_security_restricted(name: str, workloads: dict[str, Manifest]) -> None:
    pod = workloads[name]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["hostNetwork"] is False
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", WORKLOADS)
def test_memory_is_limited_and_cpu_is_not(name: str, workloads: dict[str, Manifest]) -> None:
    for container in workloads[name]["template"]["spec"]["containers"]:
        assert container["resources"]["limits"] == {"memory": container["resources"]["requests"]["memory"]}
        assert container["resources"]["requests"]["cpu"].endswith("m")


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_container_says_last_is_kept_for_whoever_waits_for_it(name: str, workloads: dict[str, Manifest]) -> None:
    for container in workloads[name]["template"]["spec"]["containers"]:
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


@pytest.mark.parametrize("name", SERVICES)
def test_a_whole_name_is_looked_up_once(name: str, workloads: dict[str, Manifest]) -> None:
    """By default a name with four dots, as a Service's is, is looked for in three other domains first."""
    assert workloads[name]["template"]["spec"]["dnsConfig"] == {"options": [{"name": "ndots", "value": "1"}]}


@pytest.mark.parametrize("name", SERVICES)
def test_one_pod_on_each_of_three_nodes_and_in_each_zone_that_is_there(
    name: str, workloads: dict[str, Manifest]
) -> None:
    nodes, zones = workloads[name]["template"]["spec"]["topologySpreadConstraints"]
    assert (nodes["topologyKey"], nodes["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "DoNotSchedule")
    assert (nodes["maxSkew"], nodes["minDomains"]) == (1, 3)
    assert (zones["topologyKey"], zones["whenUnsatisfiable"]) == ("topology.kubernetes.io/zone", "ScheduleAnyway")
    for spread in (nodes, zones):
        assert spread["labelSelector"] == workloads[name]["selector"]
        assert spread["matchLabelKeys"] == ["pod-template-hash"]


@pytest.mark.parametrize("name", SERVICES)
def test_the_autoscaler_alone_says_how_many_pods_there_are(
    name: str, workloads: dict[str, Manifest], manifests: list[Manifest]
) -> None:
    assert "replicas" not in workloads[name]
    (scaler,) = (
        item["spec"]
        for item in manifests
        if (item["kind"], item["metadata"]["name"]) == ("HorizontalPodAutoscaler", name)
    )
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 9)
    (metric,) = scaler["metrics"]
    assert metric["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


@pytest.mark.parametrize("name", SERVICES)
def test_nodes_are_drained_one_pod_at_a_time(
    name: str, workloads: dict[str, Manifest], manifests: list[Manifest]
) -> None:
    (budget,) = (
        item["spec"] for item in manifests if (item["kind"], item["metadata"]["name"]) == ("PodDisruptionBudget", name)
    )
    assert budget == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": workloads[name]["selector"],
    }


def test_no_node_is_taken_away_from_under_a_migration(workloads: dict[str, Manifest]) -> None:
    annotations = workloads["migration"]["template"]["metadata"]["annotations"]
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"


def test_every_object_says_which_release_it_is_of(manifests: list[Manifest]) -> None:
    assert {item["metadata"]["labels"]["app.kubernetes.io/version"] for item in manifests} == {"example"}


@pytest.mark.parametrize("name", ["migration", "backend", "frontend"])
def test_pods_of_an_image_of_the_release_say_so_too(name: str, workloads: dict[str, Manifest]) -> None:
    assert workloads[name]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] == "example"


def test_a_release_that_leaves_the_proxy_as_it_is_does_not_roll_it(workloads: dict[str, Manifest]) -> None:
    assert "example" not in json.dumps(workloads["proxy"]["template"]["metadata"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_roll_out_never_has_fewer_ready_pods(name: str, workloads: dict[str, Manifest]) -> None:
    assert workloads[name]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize(("name", "page"), [("backend", "/backend?limit=1"), ("frontend", "/"), ("proxy", "/")])
def test_a_pod_starts_with_the_real_page_and_lives_by_local_checks(
    name: str, page: str, workloads: dict[str, Manifest]
) -> None:
    (container,) = workloads[name]["template"]["spec"]["containers"]
    assert container["startupProbe"]["httpGet"]["path"] == page
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] in ("/readyz", "/healthz")


@pytest.mark.parametrize("name", SERVICES)
def test_a_start_is_noticed_at_once_and_may_take_two_minutes(name: str, workloads: dict[str, Manifest]) -> None:
    (container,) = workloads[name]["template"]["spec"]["containers"]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] == 1
    assert probe["periodSeconds"] * probe["failureThreshold"] == 120


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_that_hangs_is_not_waited_for(name: str, workloads: dict[str, Manifest]) -> None:
    (container,) = workloads[name]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["terminationGracePeriodSeconds"] == 5


@pytest.mark.parametrize("name", SERVICES)
def test_what_crashes_at_its_first_requests_is_rolled_out_no_further(name: str, workloads: dict[str, Manifest]) -> None:
    assert workloads[name]["minReadySeconds"] >= 5


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_that_is_slow_once_is_not_taken_for_dead(name: str, workloads: dict[str, Manifest]) -> None:
    (container,) = workloads[name]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert 1 < container[probe]["timeoutSeconds"] <= container["livenessProbe"]["periodSeconds"]
        assert container[probe]["failureThreshold"] >= 3


@pytest.mark.parametrize("name", SERVICES)
def test_a_stopped_pod_has_time_left_after_its_drain(name: str, workloads: dict[str, Manifest]) -> None:
    pod = workloads[name]["template"]["spec"]
    (container,) = pod["containers"]
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    assert pod["terminationGracePeriodSeconds"] - int(seconds) >= 30


def test_no_manifest_holds_a_password_or_a_moving_tag(files: dict[str, str]) -> None:
    for text in files.values():
        assert "password" not in text.lower()
        assert ":latest" not in text


def test_the_namespace_admits_only_pods_that_meet_pod_security_restricted(manifests: list[Manifest]) -> None:
    (namespace,) = (item for item in manifests if item["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", SERVICES)
def test_whoever_asks_for_a_service_sees_every_pod(name: str, manifests: list[Manifest]) -> None:
    (service,) = (item["spec"] for item in manifests if (item["kind"], item["metadata"]["name"]) == ("Service", name))
    assert service["clusterIP"] == "None"
    assert "publishNotReadyAddresses" not in service


def test_a_migration_is_tried_again_in_a_new_pod_and_not_for_ever(workloads: dict[str, Manifest]) -> None:
    job = workloads["migration"]
    assert job["backoffLimit"] >= 3
    assert job["template"]["spec"]["restartPolicy"] == "Never"  # each attempt's last words are kept
    assert job["activeDeadlineSeconds"] == 600
    assert "ttlSecondsAfterFinished" not in job  # the gate looks for it
