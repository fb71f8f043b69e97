"""What every pod of ours has in common, jobs included."""

import cdk8s
import cdk8s_plus_27 as kplus

USER = 10001
"""The user and group that containers run as; the services' Dockerfiles create it."""

TEMPORARY_DIRECTORY = "/tmp"  # noqa: S108 - in the container, on a volume of its own
"""The only directory that a container of ours may write to."""


def security_context() -> kplus.PodSecurityContextProps:
    """Return the pod-level half of Pod Security 'restricted'."""
    return kplus.PodSecurityContextProps(ensure_non_root=True, user=USER, group=USER, fs_group=USER)


def container_security_context() -> kplus.ContainerSecurityContextProps:
    """Return the container-level half of Pod Security 'restricted', on a read-only root file system."""
    return kplus.ContainerSecurityContextProps(
        ensure_non_root=True,
        user=USER,
        group=USER,
        read_only_root_filesystem=True,
        allow_privilege_escalation=False,
    )


def restrict(workload: kplus.Workload) -> None:
    """Give a workload what 'restricted' asks for and cdk8s-plus-27 has no property for.

    The containers that `workload` has at synthesis lose all capabilities, and its pods get the runtime's default
    seccomp profile. What a container says last, when it ends with an error, is kept with its exit code, where those who
    wait for it find it without leave to read logs.
    """
    template = "/spec/template/spec"
    cdk8s.ApiObject.of(workload).add_json_patch(
        cdk8s.JsonPatch.add(f"{template}/securityContext/seccompProfile", {"type": "RuntimeDefault"}),
        *(
            patch
            for index, _ in enumerate(workload.containers)
            for patch in (
                cdk8s.JsonPatch.add(f"{template}/containers/{index}/securityContext/capabilities", {"drop": ["ALL"]}),
                cdk8s.JsonPatch.add(f"{template}/containers/{index}/terminationMessagePolicy", "FallbackToLogsOnError"),
            )
        ),
    )


def mount_temporary_directory(workload: kplus.Workload, container: kplus.Container) -> None:
    """Mount a small in-memory volume at `TEMPORARY_DIRECTORY`."""
    volume = kplus.Volume.from_empty_dir(
        workload, "tmp", "tmp", medium=kplus.EmptyDirMedium.MEMORY, size_limit=cdk8s.Size.mebibytes(64)
    )
    container.mount(TEMPORARY_DIRECTORY, volume)
