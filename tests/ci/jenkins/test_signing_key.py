"""Only the key that Jenkins announced signs what apt installs, and only when it is alone in its file."""

from pathlib import Path

import pytest
import yaml

from tests.ci.jenkins.rendered import ROLE
from tests.play import role_variables, run_play

pytestmark = pytest.mark.full

OURS: str = role_variables(ROLE, "defaults")["jenkins_controller_apt_key_fingerprint"]
OTHER = OURS[::-1]


def listing(*fingerprints: str) -> list[str]:
    """Return what gpg lists of a file with these keys, each with a subkey."""
    return [
        line
        for fingerprint in fingerprints
        for line in (
            f"pub:-:4096:1:{fingerprint[-16:]}:",
            f"fpr:::::::::{fingerprint}:",
            "sub:-:4096:1:F:",
            "fpr:::::::::F:",
        )
    ]


@pytest.mark.parametrize(
    ("keys", "taken"), [((OURS,), True), ((OTHER,), False), ((OURS, OTHER), False), ((OTHER, OURS), False), ((), False)]
)
def test_the_key_is_compared_before_apt_sees_it(tmp_path: Path, keys: tuple[str, ...], taken: bool) -> None:
    tasks = yaml.safe_load((ROLE / "tasks/package.yml").read_text())
    (check,) = [number for number, task in enumerate(tasks) if "ansible.builtin.assert" in task]
    (source,) = [number for number, task in enumerate(tasks) if "jenkins.sources.j2" in str(task)]
    variables = {
        **role_variables(ROLE, "defaults"),
        "jenkins_controller_apt_key": {"stdout_lines": listing(*keys)},
    }

    done = run_play(tmp_path, tasks=[tasks[check]], variables=variables)

    assert (done.returncode == 0) is taken, done.stdout
    assert check < source
