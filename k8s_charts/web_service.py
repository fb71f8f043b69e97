"""A web service: its pods, how many there are, how they are found, who they are, and whom they talk to."""

from collections.abc import Mapping, Sequence

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network, pod, probes, replicas
from k8s_charts.arguments import check_image, check_name, check_ports, check_replicas
from k8s_charts.network import Edge, Network

FEWEST = 3
"""One pod on each of three nodes."""

MOST = 9
"""Three on each: as many as a busy hour needs, not as many as a fault could ask for."""

CLUSTER_DOMAIN = "cluster.local"
"""The DNS domain of Kubernetes' own names; its default everywhere, EKS included."""

_SETTLED = cdk8s.Duration.seconds(5)  # what crashes at its first requests is not rolled out any further
_DRAIN_SECONDS = 15  # endpoints and load balancers stop sending before the process is told to stop
_GRACE = cdk8s.Duration.seconds(45)  # the drain, then thirty seconds for requests under way
_FEWEST_DOTS = "1"  # our names are whole: by default, what has four dots is first looked for in three other domains


class WebService(Construct):
    """A stateless HTTP service of three pods or more, spread over three nodes.

    Guarantees: pods meet Pod Security 'restricted'; a pod takes requests only once `startup_path` has answered 200,
    and a roll-out never has fewer ready pods than before; a pod that is stopped gets time to finish; nodes are drained
    one pod at a time; pods are added while they are busy; they talk to `callers`, `calls`, DNS and whoever reads
    metrics, and to nobody else; the Service is headless, so whoever resolves its name sees every pod and can retry on
    another one.

    Attributes:
        deployment: the Deployment.
        service: the headless Service, named after the construct.
        address: `host:port` that other pods reach the service at, fully qualified.
        edge: the service as those who call it name it in `calls`.
    """

    def __init__(
        self,
        scope: cdk8s.Chart,
        id_: str,
        *,
        image: str,
        port: int,
        startup_path: str,
        surroundings: Network,
        callers: Sequence[Edge],
        calls: Sequence[Edge],
        readiness_path: str = "/readyz",
        metrics_port: int | None = None,
        environment: Mapping[str, kplus.EnvValue] | None = None,
        command: Sequence[str] | None = None,
        cpu_request: kplus.Cpu | None = None,
        memory: cdk8s.Size | None = None,
        min_ready: cdk8s.Duration | None = None,
        pod_labels: Mapping[str, str] | None = None,
        most: int = MOST,
    ) -> None:
        """Define the service.

        Args:
            scope: the chart; its namespace is where the service lives.
            id_: the service's name, in DNS too.
            image: the image of its one container.
            port: the port that the container listens on and the Service offers.
            startup_path: the page or API call that proves a release works; asked until it answers 200.
            surroundings: the network that it runs in.
            callers: who may connect to it, and to which of its ports.
            calls: whom it connects to.
            readiness_path: says whether this process can take requests; looks at nothing beyond the pod.
            metrics_port: where the container offers its Prometheus metrics, if it does. The Service does not lead
                there: a Prometheus in the cluster finds the pods by the port's name, `metrics`.
            environment: settings of the container.
            command: replaces the image's own command.
            cpu_request: share of a CPU that is reserved; 100 millicores by default. There is no CPU limit: a limit
                throttles a pod while the node idles.
            memory: request and limit, twice what `python -m benchmarks pod` measures; 256 MiB by default.
            min_ready: how long a new pod must have been ready before an old one goes; 5 seconds by default.
            pod_labels: labels of the pods beyond the service's name. A label that changes rolls the pods: give the
                release's to what is built anew for each release, and to nothing else.
            most: pods at the busiest.

        Raises:
            ChartError: the name, the image, the ports or the number of pods cannot work.
        """
        super().__init__(scope, id_)
        check_name("service", id_)
        check_image(id_, image)
        check_ports(id_, port, metrics_port)
        check_replicas(id_, FEWEST, most)
        memory = memory or cdk8s.Size.mebibytes(256)
        labels = {"app.kubernetes.io/name": id_}

        self.deployment = kplus.Deployment(
            self,
            "deployment",
            metadata=cdk8s.ApiObjectMetadata(name=id_, labels=labels),
            pod_metadata=cdk8s.ApiObjectMetadata(labels={**(pod_labels or {}), **labels}),
            select=False,
            min_ready=min_ready or _SETTLED,
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
            dns=kplus.PodDnsProps(options=[kplus.DnsOption(name="ndots", value=_FEWEST_DOTS)]),
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
            startup=probes.startup(startup_path, port),
            readiness=probes.readiness(readiness_path, port),
            liveness=probes.liveness("/healthz", port),
            lifecycle=kplus.ContainerLifecycle(pre_stop=kplus.Handler.from_command(["sleep", str(_DRAIN_SECONDS)])),
        )
        pod.mount_temporary_directory(self.deployment, container)
        pod.restrict(self.deployment)
        probes.end_at_once(self.deployment)
        self.edge = network.pods(id_, port)
        replicas.spread(self.deployment, labels)
        replicas.scale(self, id_, self.deployment, labels, fewest=FEWEST, most=most)
        watchers = [network.namespace(surroundings.monitoring, metrics_port)] if metrics_port else []
        network.close(self, id_, callers=[*callers, *watchers], calls=[network.names(surroundings), *calls])

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
