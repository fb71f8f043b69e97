"""How many pods a Deployment has, and on which nodes."""

from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

_BUSY = 70  # per cent of the CPU that a pod reserves: what is left lasts until another pod serves
_CALM = cdk8s.Duration.minutes(5)  # how long fewer pods must have been enough before one is taken away


def spread(deployment: kplus.Deployment, labels: Mapping[str, str]) -> None:
    """Spread the pods; cdk8s-plus-27 has no property for how."""
    evenly = {
        "maxSkew": 1,
        "labelSelector": {"matchLabels": dict(labels)},
        # Counted per revision, so that the surge pod of a roll-out finds a place beside the old ones.
        "matchLabelKeys": ["pod-template-hash"],
    }
    constraints = [
        {**evenly, "topologyKey": "kubernetes.io/hostname", "minDomains": 3, "whenUnsatisfiable": "DoNotSchedule"},
        # A zone that is lost must not keep a release from the two that are left.
        {**evenly, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"},
    ]
    cdk8s.ApiObject.of(deployment).add_json_patch(
        cdk8s.JsonPatch.add("/spec/template/spec/topologySpreadConstraints", constraints)
    )


def scale(
    scope: Construct, name: str, deployment: kplus.Deployment, labels: Mapping[str, str], *, fewest: int, most: int
) -> None:
    """Add pods while they are busy, and let nobody take away two at a time."""
    kplus.HorizontalPodAutoscaler(
        scope,
        "scaling",
        metadata=cdk8s.ApiObjectMetadata(name=name),
        target=deployment,
        min_replicas=fewest,
        max_replicas=most,
        metrics=[kplus.Metric.resource_cpu(kplus.MetricTarget.average_utilization(_BUSY))],
        scale_down=kplus.ScalingRules(stabilization_window=_CALM),
    )
    cdk8s.ApiObject(
        scope,
        "disruption-budget",
        api_version="policy/v1",
        kind="PodDisruptionBudget",
        metadata=cdk8s.ApiObjectMetadata(name=name),
    ).add_json_patch(
        cdk8s.JsonPatch.add(
            "/spec",
            {
                "maxUnavailable": 1,
                # One that does not serve may go at any time: else a release that crashes keeps nodes from renewal.
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": dict(labels)},
            },
        )
    )
