"""A web service: one Deployment, the Service in front of it, and the identity that its pods have."""

from collections.abc import Mapping, Sequence

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import pod

REPLICAS = 3
"""One pod on each of three nodes."""

CLUSTER_DOMAIN = "cluster.local"
"""The DNS domain of Kubernetes' own names; its default everywhere, EKS included."""

_PROBE_PERIOD = cdk8s.Duration.seconds(5)
_START_UP_ATTEMPTS = 24  # two minutes: a first start may wait for the database
_DRAIN_SECONDS = 15  # endpoints and load balancers stop sending before the process is told to stop
_GRACE = cdk8s.Duration.seconds(45)  # the drain, then thirty seconds for requests under way


class WebService(Construct):
    """A stateless HTTP service of three replicas, one on each of three nodes.

    Guarantees: pods meet Pod Security 'restricted'; a pod takes requests only once `startup_path` has answered 200,
    and a roll-out never has fewer ready pods than replicas; a pod that is stopped gets time to finish; the Service
    is headless, so whoever resolves its name sees every pod and can retry on another one.

    Attributes:
        deployment: the Deployment.
        service: the headless Service, named after the construct.
        address: `host:port` that other pods reach the service at, fully qualified.
    """

    def __init__(
        self,
        scope: cdk8s.Chart,
        id_: str,
        *,
        image: str,
        port: int,
        startup_path: str,
        readiness_path: str = "/readyz",
        metrics_port: int | None = None,
        environment: Mapping[str, kplus.EnvValue] | None = None,
        command: Sequence[str] | None = None,
        cpu_request: kplus.Cpu | None = None,
        memory: cdk8s.Size | None = None,
    ) -> None:
        """Define the service.

        Args:
            scope: the chart; its namespace is where the service lives.
            id_: the service's name, in DNS too.
            image: the image of its one container.
            port: the port that the container listens on and the Service offers.
            startup_path: the page or API call that proves a release works; asked until it answers 200.
            readiness_path: says whether this process can take requests; looks at nothing beyond the pod.
            metrics_port: where the container offers its Prometheus metrics, if it does. The Service does not lead
                there: a Prometheus in the cluster finds the pods by the port's name, `metrics`.
            environment: settings of the container.
            command: replaces the image's own command.
            cpu_request: share of a CPU that is reserved; 100 millicores by default. There is no CPU limit: a limit
                throttles a pod while the node idles.
            memory: request and limit; 256 MiB by default.
        """
        super().__init__(scope, id_)
        memory = memory or cdk8s.Size.mebibytes(256)
        labels = {"app.kubernetes.io/name": id_}

        self.deployment = kplus.Deployment(
            self,
            "deployment",
            metadata=cdk8s.ApiObjectMetadata(name=id_, labels=labels),
            pod_metadata=cdk8s.ApiObjectMetadata(labels=labels),
            select=False,
            replicas=REPLICAS,
            strategy=kplus.DeploymentStrategy.rolling_update(
                max_surge=kplus.PercentOrAbsolute.absolute(1),
                max_unavailable=kplus.PercentOrAbsolute.absolute(0),
            ),
            service_account=kplus.ServiceAccount(
                self, "identity", metadata=cdk8s.ApiObjectMetadata(name=id_), automount_token=False
            ),
            automount_service_account_token=False,
            security_context=pod.security_context(),
            termination_grace_period=_GRACE,
        )
        self.deployment.select(kplus.LabelSelector.of(labels=labels))
        container = self.deployment.add_container(
            name=id_,
            image=image,
            image_pull_policy=kplus.ImagePullPolicy.IF_NOT_PRESENT,
            command=list(command) if command else None,
            ports=[
                kplus.ContainerPort(number=port, name="http"),
                *([kplus.ContainerPort(number=metrics_port, name="metrics")] if metrics_port else []),
            ],
            env_variables=dict(environment or {}),
            security_context=pod.container_security_context(),
            resources=kplus.ContainerResources(
                cpu=kplus.CpuResources(request=cpu_request or kplus.Cpu.millis(100)),
                memory=kplus.MemoryResources(request=memory, limit=memory),
            ),
            startup=kplus.Probe.from_http_get(
                startup_path, port=port, period_seconds=_PROBE_PERIOD, failure_threshold=_START_UP_ATTEMPTS
            ),
            readiness=kplus.Probe.from_http_get(readiness_path, port=port, period_seconds=_PROBE_PERIOD),
            liveness=kplus.Probe.from_http_get("/healthz", port=port, period_seconds=_PROBE_PERIOD),
            lifecycle=kplus.ContainerLifecycle(pre_stop=kplus.Handler.from_command(["sleep", str(_DRAIN_SECONDS)])),
        )
        pod.mount_temporary_directory(self.deployment, container)
        pod.restrict(self.deployment)
        self._spread_over_nodes(labels)

        self.service = kplus.Service(
            self,
            "service",
            metadata=cdk8s.ApiObjectMetadata(name=id_, labels=labels),
            cluster_ip="None",
            ports=[kplus.ServicePort(name="http", port=port, target_port=port)],
        )
        for key, value in labels.items():
            self.service.select_label(key, value)
        self.address = f"{id_}.{scope.namespace}.svc.{CLUSTER_DOMAIN}:{port}"

    def _spread_over_nodes(self, labels: Mapping[str, str]) -> None:
        """Put at most one more pod on a node than on the emptiest of three; cdk8s-plus-27 has no property for it."""
        constraint = {
            "topologyKey": "kubernetes.io/hostname",
            "maxSkew": 1,
            "minDomains": 3,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": dict(labels)},
            # counted per revision, so that the surge pod of a roll-out finds a place beside the old ones
            "matchLabelKeys": ["pod-template-hash"],
        }
        cdk8s.ApiObject.of(self.deployment).add_json_patch(
            cdk8s.JsonPatch.add("/spec/template/spec/topologySpreadConstraints", [constraint])
        )
