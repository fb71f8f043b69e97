"""How a pod is asked whether it has started, may be sent requests, and lives."""

import cdk8s
import cdk8s_plus_27 as kplus

_PERIOD = cdk8s.Duration.seconds(5)
_PATIENCE = cdk8s.Duration.seconds(4)  # Kubernetes' one second would take busy pods for dead ones
_START_UP_PERIOD = cdk8s.Duration.seconds(1)  # a pod that was killed is missed until it has answered
_START_UP_ATTEMPTS = 120  # two minutes: a first start may wait for the database
_HUNG_GRACE_SECONDS = 5


def startup(path: str, port: int) -> kplus.Probe:
    """Ask a new pod each second for its real page, for two minutes at most."""
    return _get(path, port, period=_START_UP_PERIOD, attempts=_START_UP_ATTEMPTS)


def readiness(path: str, port: int) -> kplus.Probe:
    """Ask every five seconds; after three bad answers nobody sends requests."""
    return _get(path, port)


def liveness(path: str, port: int) -> kplus.Probe:
    """Ask every five seconds; after three bad answers the container is started again."""
    return _get(path, port)


def end_at_once(workload: kplus.Workload) -> None:
    """Give containers that hang five seconds instead of the pod's grace: they finish nothing, and are missed.

    cdk8s-plus-27 has no property for it.
    """
    cdk8s.ApiObject.of(workload).add_json_patch(
        *(
            cdk8s.JsonPatch.add(
                f"/spec/template/spec/containers/{index}/livenessProbe/terminationGracePeriodSeconds",
                _HUNG_GRACE_SECONDS,
            )
            for index, _ in enumerate(workload.containers)
        )
    )


def _get(path: str, port: int, *, period: cdk8s.Duration = _PERIOD, attempts: int = 3) -> kplus.Probe:
    return kplus.Probe.from_http_get(
        path, port=port, period_seconds=period, timeout_seconds=_PATIENCE, failure_threshold=attempts
    )
