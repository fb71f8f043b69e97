"""A release fits together, and each way in which it might not is found and named in one line."""

import re
from collections.abc import Callable

import pytest

from k8s_charts import nginx
from k8s_charts.wiring import WiringError
from tests.charts.objects import Objects, container, forbid, rewrite, rules, the_release, variable


def test_the_shipped_release_fits_together(objects: Objects) -> None:
    the_release(objects)


def renamed_service(objects: Objects) -> None:
    objects["Service", "frontend"]["metadata"]["name"] = "flask-frontend-service"


def renamed_upstream(objects: Objects) -> None:
    rewrite(objects, "frontend.slipway.svc.cluster.local:5000", "flask-app:5000")


def renamed_backend(objects: Objects) -> None:
    variable(objects, "frontend", "BACKEND_URL")["value"] = "http://backend:5001"
    objects["Service", "backend"]["metadata"]["name"] = "flask-backend-service"


def upstream_of_another_port(objects: Objects) -> None:
    rewrite(objects, "svc.cluster.local:5000", "svc.cluster.local:5005")


def url_of_another_port(objects: Objects) -> None:
    url = variable(objects, "frontend", "BACKEND_URL")
    url["value"] = url["value"].replace(":5001", ":5000")


def url_of_another_namespace(objects: Objects) -> None:
    url = variable(objects, "frontend", "BACKEND_URL")
    url["value"] = url["value"].replace(".slipway.", ".default.")


def selector_that_matches_nothing(objects: Objects) -> None:
    objects["Service", "backend"]["spec"]["selector"] = {"app.kubernetes.io/name": "back-end"}


def selector_that_matches_two(objects: Objects) -> None:
    for name in ("backend", "frontend"):
        objects["Deployment", name]["spec"]["template"]["metadata"]["labels"]["tier"] = "web"
    objects["Service", "backend"]["spec"]["selector"] = {"tier": "web"}


def target_port_that_no_container_declares(objects: Objects) -> None:
    objects["Service", "frontend"]["spec"]["ports"][0]["targetPort"] = 5050


def headless_service_that_translates(objects: Objects) -> None:
    objects["Service", "frontend"]["spec"]["ports"][0]["port"] = 80
    rewrite(objects, "svc.cluster.local:5000", "svc.cluster.local:80")


def declared_port_that_nobody_listens_on(objects: Objects) -> None:
    container(objects, "backend")["ports"][1]["containerPort"] = 9100


def nginx_that_listens_elsewhere(objects: Objects) -> None:
    rewrite(objects, "listen 8080", "listen 80")


def probe_of_another_port(objects: Objects) -> None:
    container(objects, "frontend")["readinessProbe"]["httpGet"]["port"] = 5001


def caller_that_is_not_let_out(objects: Objects) -> None:
    forbid(objects, "proxy", "egress", 5000)


def callee_that_lets_nobody_in(objects: Objects) -> None:
    forbid(objects, "backend", "ingress", 5001)


def callee_that_lets_another_in(objects: Objects) -> None:
    (rule,) = rules(objects, "backend", "ingress", 5001)
    rule["from"] = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "proxy"}}}]


def no_way_to_the_names(objects: Objects) -> None:
    forbid(objects, "frontend", "egress", 53)


def no_way_to_the_database(objects: Objects) -> None:
    forbid(objects, "backend", "egress", 3306)


def no_way_to_credentials(objects: Objects) -> None:
    forbid(objects, "migration", "egress", 80)


def load_balancer_that_is_kept_out(objects: Objects) -> None:
    forbid(objects, "proxy", "ingress", 8080)


def pods_that_no_policy_closes(objects: Objects) -> None:
    for name in ("frontend", "default-deny"):
        del objects["NetworkPolicy", name]


def binding_to_another_service(objects: Objects) -> None:
    objects["TargetGroupBinding", "proxy"]["spec"]["serviceRef"]["name"] = "nginx"


def binding_to_another_port(objects: Objects) -> None:
    objects["TargetGroupBinding", "proxy"]["spec"]["serviceRef"]["port"] = 80


def configuration_of_another_hash(objects: Objects) -> None:
    objects["ConfigMap", "proxy"]["metadata"]["name"] = "proxy-0123456789"


def configuration_under_another_name(objects: Objects) -> None:
    data = objects["ConfigMap", "proxy"]["data"]
    data["default.conf"] = data.pop(nginx.FILE)


def configuration_that_cannot_be_read(objects: Objects) -> None:
    rewrite(objects, "events {", "events {{")


def secret_that_nobody_made(objects: Objects) -> None:
    uri = variable(objects, "backend", "DATABASE_URI")
    uri["valueFrom"] = {"secretKeyRef": {"name": "database-uri", "key": "DATABASE_URI"}}
    del uri["value"]


def service_account_that_is_not_there(objects: Objects) -> None:
    del objects["ServiceAccount", "frontend"]


def service_account_without_a_role(objects: Objects) -> None:
    objects["Deployment", "backend"]["spec"]["template"]["spec"]["serviceAccountName"] = "frontend"


def autoscaler_of_nothing(objects: Objects) -> None:
    objects["HorizontalPodAutoscaler", "backend"]["spec"]["scaleTargetRef"]["name"] = "api"


def budget_of_nothing(objects: Objects) -> None:
    objects["PodDisruptionBudget", "proxy"]["spec"]["selector"]["matchLabels"] = {"app": "proxy"}


FRONTEND = "frontend.slipway.svc.cluster.local"
BACKEND = "backend.slipway.svc.cluster.local"


@pytest.mark.parametrize(
    ("mutation", "message"),
    [
        # the first three are the training project's own
        (
            renamed_service,
            f"proxy calls {FRONTEND}:5000 (nginx.conf): no Service is called frontend in namespace slipway",
        ),
        (
            renamed_upstream,
            "proxy calls flask-app:5000 (nginx.conf): no Service is called flask-app in namespace slipway",
        ),
        (
            renamed_backend,
            "frontend calls backend:5001 (BACKEND_URL): no Service is called backend in namespace slipway",
        ),
        (upstream_of_another_port, f"proxy calls {FRONTEND}:5005 (nginx.conf): the Service frontend offers 5000"),
        (url_of_another_port, f"frontend calls {BACKEND}:5000 (BACKEND_URL): the Service backend offers 5001"),
        (
            url_of_another_namespace,
            "frontend calls backend.default.svc.cluster.local:5001 (BACKEND_URL): "
            "no Service is called backend in namespace default",
        ),
        (
            selector_that_matches_nothing,
            f"frontend calls {BACKEND}:5001 (BACKEND_URL): "
            "the Service backend selects the pods of 0 Deployments, not of one",
        ),
        (
            selector_that_matches_two,
            f"frontend calls {BACKEND}:5001 (BACKEND_URL): "
            "the Service backend selects the pods of 2 Deployments, not of one",
        ),
        (
            target_port_that_no_container_declares,
            f"proxy calls {FRONTEND}:5000 (nginx.conf): "
            "the Service frontend leads to port 5050, which no container declares",
        ),
        (
            headless_service_that_translates,
            f"proxy calls {FRONTEND}:80 (nginx.conf): "
            "the Service frontend is headless, so its port 80 must be the pods', 5000",
        ),
        (declared_port_that_nobody_listens_on, "backend declares port 9100, its process listens on 5001, 5101"),
        (nginx_that_listens_elsewhere, "proxy declares port 8080, its process listens on 80"),
        (probe_of_another_port, "frontend: its readinessProbe asks port 5001, which the container does not declare"),
        (
            caller_that_is_not_let_out,
            f"proxy calls {FRONTEND}:5000 (nginx.conf): no network policy lets proxy out to frontend",
        ),
        (
            callee_that_lets_nobody_in,
            f"frontend calls {BACKEND}:5001 (BACKEND_URL): no network policy lets frontend in at backend",
        ),
        (
            callee_that_lets_another_in,
            f"frontend calls {BACKEND}:5001 (BACKEND_URL): no network policy lets frontend in at backend",
        ),
        (
            no_way_to_the_names,
            f"frontend calls {BACKEND}:5001 (BACKEND_URL): no network policy lets frontend ask the cluster's DNS",
        ),
        (
            no_way_to_the_database,
            "backend calls database.example.com:3306 (DATABASE_URI): no network policy lets it out to port 3306",
        ),
        (
            no_way_to_credentials,
            "migration-example needs AWS credentials; no network policy lets it out to Pod Identity",
        ),
        (
            load_balancer_that_is_kept_out,
            "the load balancer's binding calls proxy:8080: no network policy lets the load balancer in at proxy",
        ),
        (pods_that_no_policy_closes, "frontend: no network policy closes its pods"),
        (
            binding_to_another_service,
            "the load balancer's binding calls nginx:8080: no Service is called nginx in namespace slipway",
        ),
        (binding_to_another_port, "the load balancer's binding calls proxy:80: the Service proxy offers 8080"),
        (configuration_of_another_hash, "proxy refers to the ConfigMap proxy-HASH, which does not exist"),
        (
            configuration_under_another_name,
            "proxy starts NGINX with /etc/slipway/nginx.conf: no ConfigMap that is mounted there holds it",
        ),
        (configuration_that_cannot_be_read, "nginx.conf cannot be read: "),
        (secret_that_nobody_made, "backend refers to the Secret database-uri, which does not exist"),
        (service_account_that_is_not_there, "frontend refers to the ServiceAccount frontend, which does not exist"),
        (
            service_account_without_a_role,
            "backend needs AWS credentials; its service account frontend has no Pod Identity",
        ),
        (autoscaler_of_nothing, "the autoscaler backend: no Deployment api"),
        (budget_of_nothing, "the disruption budget proxy selects no pods"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_broken_edge_is_named(mutation: Callable[[Objects], None], message: str, objects: Objects) -> None:
    mutation(objects)
    with pytest.raises(WiringError) as told:
        the_release(objects)
    text = re.sub("proxy-[0-9a-f]{10},", "proxy-HASH,", str(told.value))
    assert text.startswith(message) if message.endswith(": ") else text == message
    assert "\n" not in text


def test_a_secret_that_somebody_else_makes_may_be_referred_to(objects: Objects) -> None:
    secret_that_nobody_made(objects)
    the_release(objects, secrets=[("slipway", "database-uri")])


def test_no_service_leads_to_metrics(objects: Objects) -> None:
    for name in ("backend", "frontend"):
        declared = {port["name"]: port["containerPort"] for port in container(objects, name)["ports"]}
        offered = {entry["targetPort"] for entry in objects["Service", name]["spec"]["ports"]}
        assert offered == {declared["http"]}
