"""Who gets into the hosts and what they may be there."""

import pytest

from tests.hosts.conftest import CONTROLLER_KEY, TEST_HOST_KEY, BuildSide, Host

pytestmark = pytest.mark.container


def listening(host: Host) -> set[str]:
    """Return the TCP and UDP ports that others than the host itself reach."""
    sockets = [line.split()[4] for line in host.run("ss", "-Hlntu").splitlines()]
    return {socket.rpartition(":")[2] for socket in sockets if not socket.startswith(("127.", "[::1]"))}


def sign_in(build_side: BuildSide, user: str, address: str, command: str) -> str:
    """Run a command on an agent as its controller does: with its key, and knowing the host by its own."""
    jenkins = build_side.jenkins
    key = build_side.aws.parameters[TEST_HOST_KEY]
    if address == "127.0.0.1":
        key = jenkins.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    jenkins.run("sh", "-c", f"echo '{address} {key}' >/tmp/known_hosts && chmod 644 /tmp/known_hosts")
    options = ["-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/tmp/known_hosts", "-o", "StrictHostKeyChecking=yes"]
    identity = ["-i", "/var/lib/jenkins/.ssh/id_ed25519"]
    return jenkins.run("runuser", "--user=jenkins", "--", "ssh", *options, *identity, f"{user}@{address}", command)


def test_nothing_but_ssh_and_jenkins_listens(build_side: BuildSide) -> None:
    assert listening(build_side.jenkins) == {"22", "8080"}
    assert listening(build_side.test) == {"22"}


@pytest.mark.parametrize(("name", "user"), [("jenkins", "deploy"), ("test", "build")])
def test_ssh_admits_the_agents_user_alone_and_only_with_a_key(build_side: BuildSide, name: str, user: str) -> None:
    host: Host = getattr(build_side, name)
    settings = host.run("sshd", "-T").splitlines()

    assert {
        f"allowusers {user}",
        "kbdinteractiveauthentication no",
        "passwordauthentication no",
        "permitrootlogin no",
        "pubkeyauthentication yes",
    } <= set(settings)
    assert [line for line in settings if line.startswith("allowusers")] == [f"allowusers {user}"]
    assert host.run("passwd", "--status", user).split()[1] == "L"


def test_the_controller_signs_in_to_both_agents_with_the_exchanged_keys(build_side: BuildSide) -> None:
    for user, address in (("build", build_side.test.address), ("deploy", "127.0.0.1")):
        assert sign_in(build_side, user, address, "id -un") == user
        assert sign_in(build_side, user, address, "java --version").startswith("openjdk")


def test_what_is_exchanged_is_public(build_side: BuildSide) -> None:
    parameters = build_side.aws.parameters

    assert parameters[CONTROLLER_KEY].startswith("ssh-ed25519 ")
    assert parameters[TEST_HOST_KEY].startswith("ssh-ed25519 ")
    assert not any("PRIVATE" in value for value in parameters.values())


def test_a_key_of_the_controller_opens_nothing_but_a_command(build_side: BuildSide) -> None:
    keys = build_side.test.run("cat", "/home/build/.ssh/authorized_keys").splitlines()

    assert keys == [f"restrict {build_side.aws.parameters[CONTROLLER_KEY]}"]


def test_builds_may_use_docker_on_the_test_host_and_are_nobody_special_on_jenkins(build_side: BuildSide) -> None:
    assert build_side.test.run("id", "-nG", "build") == "build docker"
    assert build_side.jenkins.run("id", "-nG", "deploy") == "deploy"
    assert build_side.jenkins.run("id", "-nG", "jenkins") == "jenkins"
    for host, user in ((build_side.test, "build"), (build_side.jenkins, "deploy"), (build_side.jenkins, "jenkins")):
        assert "not allowed" in host.run("sudo", "--list", f"--other-user={user}")


def test_the_kernel_keeps_the_credentials_of_jenkins_host_from_all_but_root_and_the_deploying_agent(
    build_side: BuildSide,
) -> None:
    deploy = build_side.jenkins.run("id", "-u", "deploy")
    rules = build_side.jenkins.run("nft", "--numeric", "list", "table", "inet", "metadata")

    assert f"ip daddr 169.254.169.254 meta skuid != {{ 0, {deploy} }} reject" in rules
