"""Writes the manifests as plain Kubernetes YAML, a file a chart, numbered in the order to apply them.

`python -m k8s_charts` fills dist/manifests; example values stand where AWS would fill in. What cannot work, or does not
fit together, is refused with one line, and nothing is written.
"""

import sys
from pathlib import Path

import cdk8s

from k8s_charts import dockerfile
from k8s_charts.application import Application, Images
from k8s_charts.arguments import ChartError
from k8s_charts.database import Database
from k8s_charts.network import Network
from k8s_charts.wiring import WiringError, check

DIRECTORY = Path("dist/manifests")
_SERVICES = Path(__file__).parents[1] / "services"
_RESOLVER = "172.20.0.10"
_NAMESPACE = "slipway"


def example(directory: Path) -> Application:
    """Define the application with example values, and write its manifests into `directory`.

    Raises:
        ChartError: an argument cannot work.
        WiringError: the manifests do not fit together.
    """
    registry = "registry.example.com/slipway"
    scope = cdk8s.App(
        outdir=str(directory),
        output_file_extension=".yaml",
        yaml_output_type=cdk8s.YamlOutputType.FILE_PER_CHART,
    )
    application = Application(
        scope,
        images=Images(backend=f"{registry}/backend:example", frontend=f"{registry}/frontend:example"),
        database=Database(
            uri="mysql+pymysql://application@database.example.com:3306/users?charset=utf8mb4",
            auth="iam",
            region="eu-west-2",
            admin_secret="arn:aws:secretsmanager:eu-west-2:111122223333:secret:example",  # noqa: S106 - names one, holds none
        ),
        network=Network(resolver=_RESOLVER, entrances=["10.40.0.0/18"], databases=["10.40.128.0/18"]),
        release="example",
        namespace=_NAMESPACE,
    )
    check(
        [item for chart in application.charts for item in chart.to_json()],
        starts={name: dockerfile.read(_SERVICES / name / "Dockerfile") for name in ("backend", "frontend")},
        identities=[(_NAMESPACE, account) for account in ("backend", "migration")],
        resolver=_RESOLVER,
    )
    scope.synth()
    return application


if __name__ == "__main__":
    try:
        example(DIRECTORY)
    except (ChartError, WiringError) as error:
        sys.exit(str(error))
    for path in sorted(DIRECTORY.glob("*.yaml")):
        sys.stdout.write(f"{path}\n")
