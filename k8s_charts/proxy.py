"""The proxy: NGINX, the only thing that faces users."""

from collections.abc import Mapping
from hashlib import sha256

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network, nginx, pod
from k8s_charts.frontend import FrontendChart
from k8s_charts.network import Network
from k8s_charts.web_service import WebService

_CONFIGURATION = "/etc/slipway"

# A pod is registered within seconds of being ready, and a load balancer sends nothing before two checks went well.
_KNOWN_TO_LOAD_BALANCER = cdk8s.Duration.seconds(20)


class ProxyChart(cdk8s.Chart):
    """NGINX's pods, Service and configuration.

    The ConfigMap's name carries the hash of its content: a changed configuration is a new ConfigMap and rolls the
    pods, and the one that the running pods use stays until they are gone.

    Attributes:
        service_name: the Service that a load balancer's target group is bound to.
        port: the Service's port.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: str,
        upstream: FrontendChart,
        surroundings: Network,
        labels: Mapping[str, str],
    ) -> None:
        """Define the proxy.

        Args:
            scope: the cdk8s app.
            id_: the chart's name.
            namespace: where the proxy lives.
            image: an NGINX of 1.28 or newer, which resolves an upstream's names while it runs.
            upstream: the frontend.
            surroundings: the network that it runs in.
            labels: on every object.
        """
        super().__init__(scope, id_, namespace=namespace, labels=dict(labels))
        text = nginx.render(
            listen=str(nginx.PORT),
            upstream=upstream.address,
            resolver=surroundings.resolver,
            entrances=surroundings.entrances,
        )
        configuration = kplus.ConfigMap(
            self,
            "configuration",
            metadata=cdk8s.ApiObjectMetadata(name=f"proxy-{sha256(text.encode()).hexdigest()[:10]}"),
            data={nginx.FILE: text},
            immutable=True,
        )
        service = WebService(
            self,
            "proxy",
            image=image,
            port=nginx.PORT,
            startup_path="/",
            readiness_path="/healthz",
            command=[
                "nginx",
                *nginx.arguments(prefix=pod.TEMPORARY_DIRECTORY, file=f"{_CONFIGURATION}/{nginx.FILE}"),
            ],
            memory=cdk8s.Size.mebibytes(128),
            min_ready=_KNOWN_TO_LOAD_BALANCER,
            surroundings=surroundings,
            callers=[network.addresses(surroundings.entrances, nginx.PORT)],
            calls=[upstream.edge],
        )
        service.deployment.containers[0].mount(
            _CONFIGURATION,
            kplus.Volume.from_config_map(self, "configuration-volume", configuration, name="configuration"),
            read_only=True,
        )
        self.service_name = service.service.name
        self.port = nginx.PORT
