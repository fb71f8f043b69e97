"""The migration: a Job that prepares the database before the pods of a release start."""

from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network, pod
from k8s_charts.arguments import check_image
from k8s_charts.database import Database
from k8s_charts.network import Network

COMMAND = ("flask", "--app", "application", "prepare-database")
"""The backend's command: makes the application's account, upgrades the schema, adds the first users."""

_ATTEMPTS = 4  # a database that has just been made may refuse the first sign-in
_DEADLINE = cdk8s.Duration.minutes(10)
_UNDISTURBED = {"karpenter.sh/do-not-disrupt": "true"}  # MariaDB cannot take back half a change of the schema


class MigrationChart(cdk8s.Chart):
    """The migration Job of one release.

    A Job cannot be changed once it is made, so its name carries the release: a new release makes a new Job.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: str,
        database: Database,
        surroundings: Network,
        release: str,
        labels: Mapping[str, str],
    ) -> None:
        """Define the Job, which runs the backend's `image` against `database`."""
        super().__init__(scope, id_, namespace=namespace, labels=dict(labels))
        check_image("migration", image)
        job = kplus.Job(
            self,
            "job",
            metadata=cdk8s.ApiObjectMetadata(name=f"migration-{release}"),
            pod_metadata=cdk8s.ApiObjectMetadata(
                labels={**labels, "app.kubernetes.io/name": "migration"}, annotations=_UNDISTURBED
            ),
            backoff_limit=_ATTEMPTS,
            active_deadline=_DEADLINE,
            restart_policy=kplus.RestartPolicy.NEVER,
            select=False,
            service_account=kplus.ServiceAccount(
                self, "identity", metadata=cdk8s.ApiObjectMetadata(name="migration"), automount_token=False
            ),
            automount_service_account_token=False,
            security_context=pod.security_context(),
        )
        memory = cdk8s.Size.mebibytes(256)
        container = job.add_container(
            name="migration",
            image=image,
            image_pull_policy=kplus.ImagePullPolicy.IF_NOT_PRESENT,
            command=list(COMMAND),
            env_variables=dict(database.admin_environment(self)),
            security_context=pod.container_security_context(),
            resources=kplus.ContainerResources(
                cpu=kplus.CpuResources(request=kplus.Cpu.millis(100)),
                memory=kplus.MemoryResources(request=memory, limit=memory),
            ),
        )
        pod.mount_temporary_directory(job, container)
        pod.restrict(job)
        network.close(
            self,
            "migration",
            callers=[],
            calls=[network.names(surroundings), *database.admin_edges(surroundings)],
        )
