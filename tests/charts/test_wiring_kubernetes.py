"""The wiring is judged as Kubernetes does: by protocol, address and label, through whatever a pod can be made from."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from k8s_charts.wiring import WiringError
from tests.charts.objects import Manifest, Objects, container, forbid, rewrite, rules, the_release, variable

BACKEND = "backend.slipway.svc.cluster.local"
FRONTEND = "frontend.slipway.svc.cluster.local"
PROXY_TO_FRONTEND = f"proxy calls {FRONTEND}:5000 (nginx.conf): "
FRONTEND_TO_BACKEND = f"frontend calls {BACKEND}:5001 (BACKEND_URL): "

Mutation = Callable[[Objects], None]


def pod(objects: Objects, name: str) -> Manifest:
    spec: Manifest = objects["Deployment", name]["spec"]["template"]["spec"]
    return spec


def service_port(objects: Objects, **values: Any) -> None:
    objects["Service", "frontend"]["spec"]["ports"][0] |= values


def rule(name: str, direction: str, port: int, **values: Any) -> Mutation:
    """Change the rule of a policy that names a port."""

    def mutate(objects: Objects) -> None:
        (found,) = rules(objects, name, direction, port)
        found |= values

    return mutate


def port(name: str, direction: str, number: int, **values: Any) -> Mutation:
    return rule(name, direction, number, ports=[{"protocol": "TCP", "port": number} | values])


def url(value: str) -> Mutation:
    return lambda objects: variable(objects, "frontend", "BACKEND_URL").update(value=value)


def env(name: str, **variables: str) -> Mutation:
    return lambda objects: container(objects, name)["env"].extend(
        {"name": key, "value": value} for key, value in variables.items()
    )


def config_map(name: str = "settings", **data: str) -> Mutation:
    """Add a ConfigMap that the frontend takes its environment from."""

    def mutate(objects: Objects) -> None:
        objects["ConfigMap", name] = {
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "slipway"},
            "data": data,
        }
        container(objects, "frontend")["envFrom"] = [{"configMapRef": {"name": name}}]

    return mutate


def env_from(kind: str, **values: Any) -> Mutation:
    return lambda objects: container(objects, "frontend").update(envFrom=[{kind: {"name": "settings", **values}}])


def volume(**source: Any) -> Mutation:
    return lambda objects: pod(objects, "frontend")["volumes"].append({"name": "more", **source})


def configuration(old: str, new: str) -> Mutation:
    return lambda objects: rewrite(objects, old, new)


def location(directive: str) -> Mutation:
    return configuration("location /static/ {", f"location /more {{ {directive}; }}\nlocation /static/ {{")


def selecting(label: str) -> Any:
    return {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": [label]}]}


def probe(how: str, number: int | str) -> Mutation:
    return lambda objects: container(objects, "frontend").update(readinessProbe={how: {"port": number}})


def key_that_is_not_in_its_config_map(objects: Objects) -> None:
    config_map(url="x")(objects)
    container(objects, "frontend")["env"].append(
        {"name": "MORE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "uri"}}}
    )


def url_that_a_config_map_holds(objects: Objects) -> None:
    config_map(url="http://nobody:5001")(objects)
    del container(objects, "frontend")["envFrom"]
    container(objects, "frontend")["env"].append(
        {"name": "MORE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "url"}}}
    )


def container_that_runs_first_and_calls_nobody(objects: Objects) -> None:
    first = {"name": "wait", "env": [{"name": "FOR", "value": "http://nobody:5001"}]}
    pod(objects, "frontend")["initContainers"] = [first]


def another(kind: str) -> Mutation:
    """Add a workload of another kind that is like the frontend and calls nobody."""

    def mutate(objects: Objects) -> None:
        spec = copy.deepcopy(objects["Deployment", "frontend"]["spec"])
        spec["template"]["spec"]["containers"][0]["env"][0]["value"] = "http://nobody:5001"
        spec["template"]["metadata"]["labels"] = {"app": "more"}
        if kind == "CronJob":
            spec = {"jobTemplate": {"spec": spec}}
        objects[kind, "more"] = {"kind": kind, "metadata": {"name": "more", "namespace": "slipway"}, "spec": spec}

    return mutate


def policy_for_nobody(objects: Objects) -> None:
    objects["NetworkPolicy", "default-deny"]["metadata"]["namespace"] = "other"
    objects["NetworkPolicy", "frontend"]["spec"]["podSelector"] = selecting("nobody")


def second_service_of_the_same_name(objects: Objects) -> None:
    objects["Service", "again"] = copy.deepcopy(objects["Service", "frontend"])


def service_that_translates(objects: Objects) -> None:
    objects["Service", "frontend"]["spec"]["clusterIP"] = "172.20.0.20"
    service_port(objects, port=80)
    rewrite(objects, "svc.cluster.local:5000", "svc.cluster.local:80")


def ports_without_names(objects: Objects) -> None:
    for declared in container(objects, "frontend")["ports"]:
        del declared["name"]


@pytest.mark.parametrize(
    ("mutation", "message"),
    [
        # what network policies mean
        (
            port("backend", "ingress", 5001, protocol="UDP"),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend in at backend",
        ),
        (
            port("proxy", "egress", 5000, protocol="UDP"),
            f"{PROXY_TO_FRONTEND}no network policy lets proxy out to frontend",
        ),
        (
            port("frontend", "egress", 53),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend ask the cluster's DNS",
        ),
        (
            rule("frontend", "egress", 53, to=[{"ipBlock": {"cidr": "172.20.0.99/32"}}]),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend ask the cluster's DNS",
        ),
        (
            rule("frontend", "egress", 53, to=[{"ipBlock": {"cidr": "172.20.0.0/16", "except": ["172.20.0.10/32"]}}]),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend ask the cluster's DNS",
        ),
        (
            rule("backend", "ingress", 5001, **{"from": [{"podSelector": selecting("proxy")}]}),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend in at backend",
        ),
        (
            rule("backend", "ingress", 5001, **{"from": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}]}),
            f"{FRONTEND_TO_BACKEND}no network policy lets frontend in at backend",
        ),
        (policy_for_nobody, "frontend: no network policy closes its pods"),
        (
            service_that_translates,
            f"proxy calls {FRONTEND}:80 (nginx.conf): the Service frontend is judged by EKS's network policies, "
            "so its port 80 must be the pods', 5000",
        ),
        # what is called without a Service
        (
            lambda objects: forbid(objects, "backend", "egress", 53),
            "backend calls database.example.com:3306 (DATABASE_URI): no network policy lets backend ask the cluster",
        ),
        (
            lambda objects: forbid(objects, "migration", "egress", 443),
            "migration-example calls secretsmanager.amazonaws.com:443 (DATABASE_ADMIN_SECRET): no network policy lets",
        ),
        (
            port("backend", "egress", 80, port=8080),
            "backend needs AWS credentials; no network policy lets it out to Pod Identity",
        ),
        (
            configuration("resolver 172.20.0.10", "resolver 172.20.0.11"),
            "proxy calls 172.20.0.11:53 (nginx.conf): no network policy lets it out to port 53",
        ),
        # where processes listen
        (
            configuration("listen 8080", "listen 127.0.0.1:8080"),
            "proxy declares port 8080, its process listens on none",
        ),
        (configuration("listen 8080", "listen unix:/tmp/x"), "proxy declares port 8080, its process listens on none"),
        (configuration("listen 8080", "listen 0.0.0.0"), "proxy declares port 8080, its process listens on 80"),
        (env("backend", GRANIAN_PORT="6000"), "backend declares port 5001, its process listens on 5101, 6000"),
        (env("backend", GRANIAN_HOST="127.0.0.1"), "backend declares port 5001, its process listens on 5101"),
        (probe("tcpSocket", 1234), "frontend: its readinessProbe asks port 1234, which the container does not declare"),
        (probe("grpc", 1234), "frontend: its readinessProbe asks port 1234, which the container does not declare"),
        # where calls are written down
        (url("http://backnd.slipway.svc:5001"), "frontend calls backnd.slipway.svc:5001 (BACKEND_URL): no Service is"),
        (url("http://backnd.slipway:5001"), "frontend calls backnd.slipway:5001 (BACKEND_URL): no Service is called"),
        (url(f"http://{BACKEND}:500x"), f"frontend calls {BACKEND} (BACKEND_URL): Port could not be cast"),
        (url(f"http://{BACKEND}:70000"), f"frontend calls {BACKEND} (BACKEND_URL): Port out of range"),
        (env("frontend", MORE=f"http://{BACKEND}:5001,http://nobody:1"), "frontend calls nobody:1 (MORE): no Service"),
        (env("frontend", MORE="postgresql+psycopg://me@nobody/db"), "frontend calls nobody:5432 (MORE): no Service"),
        (env("frontend", CACHE_HOST="nobody"), "frontend calls nobody (CACHE_HOST): no Service is called nobody"),
        (
            env("frontend", CACHE_HOST="backend", CACHE_PORT="6379"),
            "frontend calls backend:6379 (CACHE_HOST): the Service backend offers 5001",
        ),
        (config_map(API="http://nobody:5001"), "frontend calls nobody:5001 (API): no Service is called nobody"),
        (url_that_a_config_map_holds, "frontend calls nobody:5001 (MORE): no Service is called nobody"),
        (
            lambda objects: container(objects, "frontend").update(args=["--api=http://nobody:5001"]),
            "frontend calls nobody:5001 (command): no Service is called nobody",
        ),
        (location("grpc_pass grpc://nobody:1"), "proxy calls nobody:1 (nginx.conf): no Service is called nobody"),
        (location("fastcgi_pass nobody:9000"), "proxy calls nobody:9000 (nginx.conf): no Service is called nobody"),
        (location("proxy_pass http://$to"), "nginx.conf passes requests to http://$to, which cannot be followed"),
        (
            configuration("server_tokens off;", "include conf.d/*.conf;"),
            "nginx.conf includes conf.d/*.conf, which is not followed; keep it in one file",
        ),
        # what pods are made from
        (env_from("configMapRef"), "frontend refers to the ConfigMap settings, which does not exist"),
        (env_from("secretRef"), "frontend refers to the Secret settings, which does not exist"),
        (
            key_that_is_not_in_its_config_map,
            "frontend refers to uri in the ConfigMap settings, which has no such key",
        ),
        (
            volume(projected={"sources": [{"configMap": {"name": "more"}}]}),
            "frontend refers to the ConfigMap more, which does not exist",
        ),
        (
            volume(persistentVolumeClaim={"claimName": "disk"}),
            "frontend refers to the PersistentVolumeClaim disk, which does not exist",
        ),
        (
            lambda objects: pod(objects, "frontend").update(imagePullSecrets=[{"name": "registry"}]),
            "frontend refers to the Secret registry, which does not exist",
        ),
        (
            lambda objects: container(objects, "proxy")["volumeMounts"].insert(0, {"name": "x", "mountPath": "/x"}),
            "proxy mounts the volume x, which its pod does not have",
        ),
        (container_that_runs_first_and_calls_nobody, "frontend calls nobody:5001 (FOR): no Service is called nobody"),
        (another("StatefulSet"), "more calls nobody:5001 (BACKEND_URL): no Service is called nobody"),
        (another("DaemonSet"), "more calls nobody:5001 (BACKEND_URL): no Service is called nobody"),
        (another("CronJob"), "more calls nobody:5001 (BACKEND_URL): no Service is called nobody"),
        # what selects and is selected
        (
            lambda objects: objects["Deployment", "frontend"]["spec"].update(selector=selecting("web")),
            "the Deployment frontend does not select its own pods",
        ),
        (
            lambda objects: pod(objects, "frontend")["topologySpreadConstraints"][0].update(
                labelSelector=selecting("x")
            ),
            "frontend: what spreads over kubernetes.io/hostname are not its own pods",
        ),
        (
            lambda objects: objects["Namespace", "slipway"]["metadata"].update(name="other"),
            "migration-example: no Namespace is called slipway",
        ),
        (second_service_of_the_same_name, "two objects are the Service frontend in namespace slipway"),
        (lambda objects: service_port(objects, protocol="UDP"), f"{PROXY_TO_FRONTEND}the Service frontend offers no"),
        (
            lambda objects: objects["Service", "frontend"].update(spec={"type": "ExternalName"}),
            f"{PROXY_TO_FRONTEND}the Service frontend offers no TCP port",
        ),
        (
            lambda objects: objects["Deployment", "backend"]["spec"].update(replicas=3),
            "the autoscaler backend: its Deployment states replicas, which undo what it does",
        ),
        (
            lambda objects: container(objects, "backend")["resources"]["requests"].pop("cpu"),
            "the autoscaler backend: backend requests no cpu, of which a share is measured",
        ),
        (
            lambda objects: objects["PodDisruptionBudget", "proxy"]["spec"].update(selector=selecting("nginx")),
            "the disruption budget proxy selects no pods",
        ),
    ],
)
def test_a_broken_edge_is_named(mutation: Mutation, message: str, objects: Objects) -> None:
    mutation(objects)
    with pytest.raises(WiringError) as told:
        the_release(objects)
    assert str(told.value).startswith(message)
    assert "\n" not in str(told.value)


def test_a_role_for_a_service_account_that_is_not_there_is_refused(objects: Objects) -> None:
    with pytest.raises(WiringError, match=r"^a Pod Identity is for the service account api, which does not exist$"):
        the_release(objects, identities=[("slipway", name) for name in ("backend", "migration", "api")])


@pytest.mark.parametrize(
    "change",
    [
        port("backend", "ingress", 5001, port="http"),
        port("backend", "ingress", 5001, port=5000, endPort=5010),
        rule("backend", "ingress", 5001, **{"from": [{"podSelector": selecting("frontend")}]}),
        rule("backend", "ingress", 5001, **{"from": [{"namespaceSelector": {}}]}),
        rule("backend", "egress", 3306, to=[]),
        lambda objects: objects["NetworkPolicy", "backend"]["spec"].pop("policyTypes"),
        ports_without_names,
        lambda objects: service_port(objects, targetPort="http"),
        lambda objects: objects["TargetGroupBinding", "proxy"]["spec"]["serviceRef"].update(port="http"),
        lambda objects: pod(objects, "frontend").pop("serviceAccountName"),
        env_from("configMapRef", optional=True),
        url("http://backend:5001"),
        url("http://backend.slipway.svc:5001"),
        url(f"http://{BACKEND}.:5001"),
        env("frontend", WINDOW="12:30", STATSD="localhost:8125", AGENT="http://127.0.0.1:8126"),
        location("proxy_pass http://127.0.0.1:9000"),
        configuration("server_tokens off;", "include /etc/nginx/mime.types;"),
    ],
)
def test_what_kubernetes_takes_is_taken(change: Mutation, objects: Objects) -> None:
    change(objects)
    the_release(objects)
