"""No secret stands in a file that git keeps or would keep, nor in what Ansible makes of the playbooks."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.repository.plants import PLANTS
from tests.repository.playbooks import render
from tests.repository.scanner import Scan, files_below, is_text, kept, scan

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "ansible"


@pytest.fixture(scope="module")
def working_tree() -> Scan:
    return scan(ROOT, kept(ROOT))


def test_the_working_tree_holds_no_secret(working_tree: Scan) -> None:
    assert working_tree.secrets == [], working_tree.report()


def test_every_exception_is_still_needed(working_tree: Scan) -> None:
    assert working_tree.unused("repository") == []


def test_every_file_of_the_working_tree_can_be_read() -> None:
    """An archive or a key store would be passed over."""
    assert [path for path in kept(ROOT) if not is_text((ROOT / path).read_bytes())] == []


def test_a_secret_in_the_working_tree_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored*\n")
    for name in ("ignored.yaml", "settings.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(dict(enumerate(PLANTS.values()))))
    found = scan(tmp_path, kept(tmp_path)).secrets
    assert {finding.kind for finding in found} >= set(PLANTS)
    assert {finding.path for finding in found} == {"settings.yaml"}


def test_the_rendered_playbooks_hold_no_secret(tmp_path: Path) -> None:
    render(PLAYBOOKS, tmp_path)
    files = files_below(tmp_path)
    assert "jenkins/jenkins_controller/jenkins.yaml" in files
    rendered = scan(tmp_path, files)
    assert rendered.secrets == [], rendered.report()
    assert rendered.unused("playbooks") == []


def test_a_secret_in_the_playbooks_is_found_where_only_ansible_puts_it_together(tmp_path: Path) -> None:
    playbooks, rendered = tmp_path / "playbooks", tmp_path / "rendered"
    shutil.copytree(PLAYBOOKS, playbooks)
    pieces = {f"planted_{number}": wrapped(text) for number, text in enumerate(PLANTS.values())}
    with (playbooks / "roles/base/defaults/main.yml").open("a") as variables:
        variables.write(yaml.safe_dump(pieces))
    joined = "".join(f"{name}: \"{{{{ {name} | join('') }}}}\"\n" for name in pieces)
    (playbooks / "roles/base/templates/planted.yml.j2").write_text(joined)
    assert {finding.kind for finding in scan(playbooks, files_below(playbooks)).secrets}.isdisjoint(PLANTS)
    render(playbooks, rendered)
    assert {finding.kind for finding in scan(rendered, files_below(rendered)).secrets} >= set(PLANTS)


def wrapped(text: str) -> list[str]:
    """Return a text in pieces that look like nothing."""
    return [text[start : start + 6] for start in range(0, len(text), 6)]
