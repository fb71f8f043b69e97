"""What objects are meant by, and what they mean to be about."""

from k8s_charts.wiring.view import Manifest, View, WiringError, matches, namespace_of


def check(view: View) -> None:
    """Refuse what is about nothing.

    Raises:
        WiringError: a workload does not select its own pods, spreads none of them or lives nowhere; an autoscaler has
            no target, one that says itself how many pods it has, or one that reserves nothing to measure by; a
            disruption budget selects no pods.
    """
    for workload in view.workloads:
        if workload.namespace != "default" and view.find("Namespace", "default", workload.namespace) is None:
            raise WiringError(f"{workload.name}: no Namespace is called {workload.namespace}")
        for spread in workload.spec.get("topologySpreadConstraints", []):
            if not matches(spread.get("labelSelector", {}), workload.labels):
                raise WiringError(f"{workload.name}: what spreads over {spread['topologyKey']} are not its own pods")
    for item in view.of_kind("Deployment", "StatefulSet", "DaemonSet"):
        labels = item["spec"]["template"].get("metadata", {}).get("labels", {})
        if not matches(item["spec"]["selector"], labels):
            raise WiringError(f"the {item['kind']} {item['metadata']['name']} does not select its own pods")
    for scaler in view.of_kind("HorizontalPodAutoscaler"):
        wanted, name = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["name"]
        target = view.find(wanted["kind"], namespace_of(scaler), wanted["name"])
        if target is None:
            raise WiringError(f"the autoscaler {name}: no {wanted['kind']} {wanted['name']}")
        if "replicas" in target["spec"]:
            raise WiringError(f"the autoscaler {name}: its {wanted['kind']} states replicas, which undo what it does")
        _check_measures(scaler, target)
    for budget in view.of_kind("PodDisruptionBudget"):
        if not view.selected(namespace_of(budget), budget["spec"]["selector"]):
            raise WiringError(f"the disruption budget {budget['metadata']['name']} selects no pods")


def _check_measures(scaler: Manifest, target: Manifest) -> None:
    """Refuse to scale by a share of what some container does not reserve."""
    measures = {metric["resource"]["name"] for metric in scaler["spec"].get("metrics", []) if "resource" in metric}
    for container in target["spec"]["template"]["spec"]["containers"]:
        if missing := measures - set(container.get("resources", {}).get("requests", {})):
            raise WiringError(
                f"the autoscaler {scaler['metadata']['name']}: {container['name']} requests no {min(missing)}, "
                "of which a share is measured"
            )
