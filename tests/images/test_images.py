"""The images hold what they need and no more, and the three pods serve the page as their manifests restrict them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import urllib3

from k8s_charts import __main__ as synthesis
from k8s_charts import nginx
from rehearsal import manifests
from tests.images.conftest import ROOT, inspect, podman

pytestmark = pytest.mark.container

SERVICES = ["backend", "frontend"]
COMPILERS = ("cc", "gcc", "make")
INSTALLERS = ("pip", "pip3", "uv")
START_SECONDS = 30
LARGEST = 110
"""Megabytes that an image may add to its base."""


@pytest.mark.parametrize("name", SERVICES)
def test_the_process_is_nobody_special(name: str, images: dict[str, str]) -> None:
    assert inspect(images[name])["Config"]["User"].split(":")[0] == "10001"


@pytest.mark.parametrize("name", SERVICES)
def test_no_tool_is_left_that_builds_or_installs(name: str, images: dict[str, str], base: str) -> None:
    assert _found(images[name], COMPILERS) == set()
    # the public base brings a pip of its own
    assert _found(images[name], INSTALLERS) <= _found(base, INSTALLERS)


def _found(image: str, programs: tuple[str, ...]) -> set[str]:
    """Return where those of the programs that the image has are."""
    look = f"for program in {' '.join(programs)}; do command -v $program; done; exit 0"
    return set(podman("run", "--rm", "--entrypoint=sh", image, "-c", look).split())


@pytest.mark.parametrize("name", SERVICES)
def test_the_image_says_which_release_it_is(name: str, images: dict[str, str]) -> None:
    assert inspect(images[name])["Labels"]["org.opencontainers.image.revision"] == "test"


@pytest.mark.parametrize("name", SERVICES)
def test_the_same_content_in_another_release_says_so(name: str, images: dict[str, str], base: str) -> None:
    """An engine that keeps what it has built must not take the other release's image for this one's."""
    image = f"{images[name].rpartition(':')[0]}:another"
    arguments = (f"--build-arg=BASE={base}", "--build-arg=RELEASE=another", "--target=runtime", f"--tag={image}")
    podman("build", "--network=host", *arguments, str(ROOT / "services" / name))
    assert "RELEASE=another" in inspect(image)["Config"]["Env"]
    assert "RELEASE=test" in inspect(images[name])["Config"]["Env"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_an_image_adds_to_its_base_is_bounded(name: str, images: dict[str, str], base: str) -> None:
    added = (inspect(images[name])["Size"] - inspect(base)["Size"]) / 1e6
    assert 10 < added < LARGEST, f"{name} adds {added:.0f} MB"


def test_the_backends_image_can_sign_login_tokens(images: dict[str, str]) -> None:
    """What was left out of botocore is nothing that a token takes."""
    sign = "from application.iam import rds_token; print(rds_token('db.example', 3306, 'application', 'eu-west-2'))"
    keys = ("--env=AWS_ACCESS_KEY_ID=id", "--env=AWS_SECRET_ACCESS_KEY=secret")
    token = podman("run", "--rm", "--network=none", *keys, images["backend"], "python", "-c", sign)
    assert token.startswith("db.example:3306/?Action=connect&DBUser=application&")
    describe = "from application.iam import _client; print(_client('secretsmanager', 'eu-west-2').meta.endpoint_url)"
    endpoint = podman("run", "--rm", "--network=none", *keys, images["backend"], "python", "-c", describe)
    assert endpoint == "https://secretsmanager.eu-west-2.amazonaws.com"


@pytest.fixture
def entrance(images: dict[str, str], network: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    """Yield the URL of NGINX in front of one pod of each service, run as the manifests say."""
    name, resolver = network
    synthesis.example(tmp_path)
    told = manifests.read(tmp_path)
    mounted = tmp_path / "configuration"
    mounted.mkdir(mode=0o755)  # the pod's user reads it
    (configuration,) = manifests.of_kind(told, "ConfigMap")
    upstream = manifests.addresses(told)["frontend"]
    (mounted / nginx.FILE).write_text(nginx.render(listen="8080", upstream=upstream, resolver=resolver))
    assert f"server {upstream} resolve" in configuration["data"][nginx.FILE]

    database = "sqlite:////tmp/users.db"
    prepare = "flask --app application prepare-database"
    extra = {
        "backend": ["--env=DATABASE_AUTH=password", f"--env=DATABASE_URI={database}"],
        "frontend": [],
        "proxy": [f"--volume={mounted}:/etc/slipway:ro", "--publish=127.0.0.1::8080"],
    }
    pods = []
    try:
        for deployment in manifests.of_kind(told, "Deployment"):
            pod = deployment["metadata"]["name"]
            command = list(manifests.container(deployment).get("command") or inspect(images[pod])["Config"]["Cmd"])
            if pod == "backend":
                command = ["sh", "-c", f"{prepare} && exec {' '.join(command)}"]
            alias = manifests.addresses(told)[pod].partition(":")[0]
            pods.append(
                podman(
                    "run",
                    "--detach",
                    f"--network={name}:alias={alias}",
                    *_restrictions(deployment),
                    *(f"--env={key}={value}" for key, value in manifests.environment(deployment).items()),
                    *extra[pod],
                    images[pod],
                    *command,
                )
            )
        yield f"http://{podman('port', pods[-1], '8080')}"
    finally:
        for pod in pods:
            subprocess.run(["podman", "logs", pod], check=True)  # pytest shows it when a test fails
            podman("rm", "--force", "--time=5", pod)


def _restrictions(deployment: manifests.Manifest) -> list[str]:
    """Return the pod's security context and limits as the engine's arguments."""
    container: dict[str, Any] = dict(manifests.container(deployment))
    context = container["securityContext"]
    arguments = [
        f"--user={context['runAsUser']}:{context['runAsGroup']}",
        f"--memory={container['resources']['limits']['memory'].replace('Mi', 'm')}",
        *(f"--cap-drop={capability}" for capability in context["capabilities"]["drop"]),
        "--tmpfs=/tmp:mode=1777,size=64m",
    ]
    if context["readOnlyRootFilesystem"]:
        arguments.append("--read-only")
    if not context["allowPrivilegeEscalation"]:
        arguments.append("--security-opt=no-new-privileges")
    return arguments


def test_the_three_pods_serve_the_page_under_their_restrictions(entrance: str) -> None:
    page = _page_once_it_serves(f"{entrance}/")
    assert all(name in page for name in ("Bob", "Jay", "Matt", "Ferg", "Mo"))


def _page_once_it_serves(url: str) -> str:
    deadline = monotonic() + START_SECONDS
    while True:
        try:
            answer = urllib3.request("GET", url, timeout=5, retries=False)
            if answer.status == 200:
                return answer.data.decode()
            seen = f"{answer.status}"
        except urllib3.exceptions.HTTPError as error:
            seen = str(error)
        assert monotonic() < deadline, f"{url} did not answer 200 within {START_SECONDS} s: {seen}"
        sleep(0.2)
