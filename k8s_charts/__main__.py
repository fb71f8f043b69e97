"""Writes the manifests as plain Kubernetes YAML, a file a chart, numbered in the order to apply them.

`python -m k8s_charts` fills dist/manifests; example values stand where AWS would fill in.
"""

from pathlib import Path
from sys import stdout

import cdk8s

from k8s_charts import Application, Database, Images, Network

DIRECTORY = Path("dist/manifests")


def example(directory: Path) -> Application:
    """Define the application with example values; synthesising its scope writes YAML into `directory`."""
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
        network=Network(resolver="172.20.0.10", entrances=["10.40.0.0/18"], databases=["10.40.128.0/18"]),
        release="example",
        namespace="slipway",
    )
    scope.synth()
    return application


if __name__ == "__main__":
    example(DIRECTORY)
    for path in sorted(DIRECTORY.glob("*.yaml")):
        stdout.write(f"{path}\n")
