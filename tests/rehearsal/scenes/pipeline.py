"""A stand-in for Jenkins: it builds the newest commit of a repository's main branch, as the Jenkinsfile has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from diagrams import jenkinsfile
from rehearsal.environment import of_machine
from tests.ci.workplace import git
from tests.rehearsal.clones import ASIDE, ROOT

SPARED = ("make install-dev", "make check-code", "make check-infrastructure", "ci/scan")
"""Steps that are not played: `make test` plays three of them on this very code, and the scanner is an image of others.
"""

_STASHED = Path(".slipway/release/images.env")
"""What the test host hands over to the host that deploys."""

_INSTALLED = (".venv", "node_modules")
_LONG_AGO = 10**9


@dataclass
class Build:
    """What came of a commit.

    Attributes:
        commit: its hash.
        said: what each step has said, in order.
        failed: the step that it failed in; none if it is green.
    """

    commit: str
    said: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @property
    def log(self) -> str:
        """What its last step has said."""
        return list(self.said.values())[-1] if self.said else ""


class Pipeline:
    """Builds of one repository, one after the other, with a workspace on each of two agents.

    Args:
        home: a folder of its own.
        repository: a bare repository; what its main branch holds now counts as built.
        settings: the environment of both agents, beside what every process has.
    """

    def __init__(self, home: Path, repository: Path, settings: Mapping[str, str]) -> None:
        self._home, self._repository = home, repository
        self._settings = {**of_machine(), **settings, "BRANCH_NAME": "main", "CI": "true"}
        self._built = self._newest()

    def look(self) -> Build | None:
        """Build what is new, as Jenkins does when it is told to look for changes; None if nothing is."""
        commit = self._newest()
        if commit == self._built:
            return None
        self._built = commit
        build = Build(commit)
        for agent, step in self._steps():
            workspace = self._workspace(agent, commit)
            done = subprocess.run(
                [*ASIDE, "bash", "-c", step],
                cwd=workspace,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            build.said[step] = done.stdout
            if done.returncode:
                build.failed = step
                break
        for workspace in self._home.glob(f"*/{commit}"):
            subprocess.run(["ci/clean"], cwd=workspace, env=self._settings, capture_output=True, check=True)
        return build

    def _newest(self) -> str:
        return git(self._repository, "rev-parse", "main")

    @staticmethod
    def _steps() -> Iterator[tuple[str, str]]:
        """Yield what the Jenkinsfile has done for a push to main, and where."""
        found = [
            (agent, command)
            for _, agent, runs, stage in jenkinsfile.leaves(jenkinsfile.read()["main"], "main")
            if runs
            for command in jenkinsfile.commands(stage)
        ]
        assert {command for _, command in found} >= set(SPARED)
        yield from ((agent, command) for agent, command in found if command not in SPARED)

    def _workspace(self, agent: str, commit: str) -> Path:
        """Return an agent's checkout of a commit, with what is installed, and what the other agent has handed over."""
        workspace = self._home / agent / commit
        if not workspace.exists():
            workspace.parent.mkdir(exist_ok=True)
            git(self._home, "clone", "--quiet", str(self._repository), str(workspace))
            for name in git(workspace, "ls-files").splitlines():
                os.utime(workspace / name, (_LONG_AGO, _LONG_AGO))  # older than what make has installed
            for installed in _INSTALLED:
                (workspace / installed).symlink_to(ROOT / installed)
            for handed_over in self._home.glob(f"*/{commit}/{_STASHED}"):
                (workspace / _STASHED).parent.mkdir(parents=True)
                shutil.copy(handed_over, workspace / _STASHED)
        return workspace
