"""The two build hosts as containers that run systemd, configured by the playbook as Systems Manager has them do it."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.ci.jenkins.rendered import BARE
from tests.ci.server import Server, aws_at, serve
from tests.images.conftest import ROOT, base, podman

__all__ = ["base"]

HERE = Path(__file__).parent
PASSWORD = "hush"
CONTROLLER_KEY = "/slipway/ci/controller-public-key"
TEST_HOST_KEY = "/slipway/ci/test-host-key"
# What systemd, mounts, Docker and the firewall take; neither the machine's clock nor its devices.
CAPABILITIES = "AUDIT_CONTROL,AUDIT_WRITE,NET_ADMIN,SYS_ADMIN,SYS_PTRACE"
DELIVERY = "/opt/slipway/deliver"


@dataclass
class Host:
    """A container in a host's stead.

    Attributes:
        name: its name in site.yml.
        container: the container's ID.
        address: its address, from this machine and from the other host.
        outputs: what each run of the playbook printed.
    """

    name: str
    container: str
    address: str
    outputs: list[str]

    def run(self, *command: str) -> str:
        """Run a command as root and return what it prints."""
        return podman("exec", self.container, *command)

    def try_run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root, which may fail."""
        return subprocess.run(["podman", "exec", self.container, *command], capture_output=True, text=True, check=False)

    def converge(self, archive: Path, variables: dict[str, object], environment: dict[str, str]) -> None:
        """Apply the playbooks in `archive` once, with the script that the delivery has Systems Manager run.

        It shows what it changes, so that a secret which it would show is seen.
        """
        podman("cp", str(archive), f"{self.container}:/opt/slipway/ansible.zip")
        encoded = base64.b64encode(json.dumps(variables).encode()).decode()
        shown = {"ANSIBLE_DIFF_ALWAYS": "true", **environment}
        settings = [f"--env={name}={value}" for name, value in shown.items()]
        done = subprocess.run(
            ["podman", "exec", *settings, self.container, "sh", DELIVERY, self.name, encoded],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        self.outputs.append(done.stdout)
        assert done.returncode == 0, f"{self.name}: {done.stdout[-4000:]}{done.stderr[-2000:]}"

    def recap(self, run: int) -> dict[str, int]:
        """Return how many tasks of a run came to what."""
        recap = self.outputs[run].rpartition("PLAY RECAP")[2]
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", recap)}


@dataclass
class BuildSide:
    """Both hosts after two runs of the playbook on each, and what stands in for AWS."""

    jenkins: Host
    test: Host
    aws: Server


@pytest.fixture(scope="session")
def image(base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the image of a host before the playbook; the slow part of it is Ansible's installation, once."""
    if os.geteuid() != 0:
        pytest.skip("a container that runs systemd, Docker and a firewall takes root: sudo make verify")
    context = tmp_path_factory.mktemp("host") / "image"
    shutil.copytree(HERE / "image", context)
    shutil.copy(ROOT / "ci/uv.txt", context)
    shutil.copy(ROOT / "ansible/requirements.txt", context)
    name = "localhost/slipway/host:test"
    podman("build", "--network=host", f"--build-arg=BASE={base}", f"--tag={name}", str(context))
    return name


@pytest.fixture(scope="session")
def build_side(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildSide]:
    """Bring both hosts to what site.yml says, at the same time, for they wait for each other; then once more."""
    network = f"slipway-hosts-{uuid4().hex[:8]}"
    podman("network", "create", network)
    archive = shutil.make_archive(str(tmp_path_factory.mktemp("delivery") / "ansible"), "zip", ROOT / "ansible")
    (details,) = json.loads(podman("network", "inspect", network))
    hosts: list[Host] = []
    try:
        hosts.extend(start(name, image, network) for name in ("jenkins", "test"))
        jenkins, test = hosts
        with serve(details["subnets"][0]["gateway"]) as aws, ThreadPoolExecutor() as pool:
            aws.parameters.update({CONTROLLER_KEY: "none", TEST_HOST_KEY: "none"})
            aws.secrets["secret"] = PASSWORD
            variables = variables_of(jenkins, test)
            leave_a_home(jenkins)
            for _ in range(2):
                runs = [pool.submit(host.converge, Path(archive), variables, aws_at(aws)) for host in hosts]
                for run in runs:
                    run.result()
            yield BuildSide(jenkins, test, aws)
    finally:
        for host in hosts:
            podman("rm", "--force", "--volumes", "--time=0", host.container)
        podman("network", "rm", "--force", network)


def start(name: str, image: str, network: str) -> Host:
    """Boot a host and put what applies the playbooks on it."""
    options = ["--systemd=always", f"--network={network}", f"--hostname={name}", f"--cap-add={CAPABILITIES}"]
    container = podman("run", "--detach", *options, "--volume=/var/lib/docker", image)
    (details,) = json.loads(podman("inspect", container))
    podman("cp", str(ROOT / "constructs/slipway/ansible_delivery.sh"), f"{container}:{DELIVERY}")
    return Host(name, container, details["NetworkSettings"]["Networks"][network]["IPAddress"], [])


def leave_a_home(jenkins: Host) -> None:
    """Put there what the volume of another Jenkins host brings: a plugin that is not listed any more."""
    jenkins.run("mkdir", "--parents", "/var/lib/jenkins/plugins/left")
    jenkins.run("touch", "/var/lib/jenkins/plugins/left.jpi", "/var/lib/jenkins/plugins/installed-0")


def variables_of(jenkins: Host, test: Host) -> dict[str, object]:
    """Return what CloudFormation tells the playbooks, and in place of what no package registry has, the stand-ins'."""
    downloads = "http://127.0.0.1:8000"
    archive = "kubernetes-client-linux-{}.tar.gz"
    java = "openjdk-17-jre-headless"
    return {
        **BARE,
        "slipway_name": "slipway",
        "slipway_region": "eu-west-2",
        "slipway_repository_url": "https://github.com/example/slipway.git",
        "slipway_controller_key_parameter": CONTROLLER_KEY,
        "slipway_test_host_key_parameter": TEST_HOST_KEY,
        "slipway_candidate_registry": "registry.example/slipway/candidate",
        "slipway_release_registry": "registry.example/slipway",
        "slipway_last_good_parameter": "/slipway/release/last-good",
        "slipway_jenkins_admin_secret": "secret",
        "slipway_jenkins_volume_id": "",
        "slipway_test_host_address": test.address,
        "slipway_test_database_host": "database.example",
        "slipway_test_database_secret": "test",
        "jenkins_controller_apt_url": f"{downloads}/debian-stable",
        "jenkins_controller_apt_key_fingerprint": jenkins.run("cat", "/srv/debian-stable/fingerprint"),
        "jenkins_controller_plugin_manager_url": f"{downloads}/jenkins-plugin-manager.jar",
        "jenkins_controller_plugin_manager_sha256": digest(jenkins, "sha256", "jenkins-plugin-manager.jar"),
        "toolchain_kubectl_url": downloads,
        "toolchain_kubectl_sha512": {
            name: digest(jenkins, "sha512", archive.format(name)) for name in ("amd64", "arm64")
        },
        # Debian 12 has neither Ubuntu's Java nor a package for BuildKit's client.
        "jenkins_controller_java_package": java,
        "build_agent_java_package": java,
        "docker_packages": ["docker.io"],
        "jenkins_controller_key_delay": 2,
        "build_agent_key_delay": 2,
    }


def digest(host: Host, kind: str, name: str) -> str:
    """Return the checksum of a download."""
    return host.run(f"{kind}sum", f"/srv/{name}").split()[0]
