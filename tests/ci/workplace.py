"""A scratch clone in which the pipeline's scripts really run; only docker, skopeo, cdk and make are stood in for."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Workplace:
    """A clone of the repository's pipeline and what happens in it."""

    root: Path
    tools: Path
    commit: str

    def run(self, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a script of ci/ to its end."""
        return subprocess.run(
            [f"ci/{script}", *arguments], cwd=self.root, env=self.environment(settings), capture_output=True, text=True
        )

    def start(self, script: str, **settings: str) -> subprocess.Popen[str]:
        """Start a script of ci/ in a process group of its own."""
        return subprocess.Popen(
            [f"ci/{script}"],
            cwd=self.root,
            env=self.environment(settings),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        path = f"{self.tools}:{Path(sys.executable).parent}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.root), "GIT_CONFIG_GLOBAL": "/dev/null", **settings}

    def order(self, *orders: tuple[list[str], str]) -> None:
        """Make the first call that holds all the words fail or hang."""
        (self.tools / "orders.json").write_text(json.dumps(orders))

    @property
    def registry(self) -> dict[str, str]:
        content: dict[str, str] = json.loads((self.tools / "registry.json").read_text())
        return content

    @registry.setter
    def registry(self, content: dict[str, str]) -> None:
        (self.tools / "registry.json").write_text(json.dumps(content))

    @property
    def calls(self) -> list[list[str]]:
        """The calls of the stand-ins, in order."""
        path = self.tools / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def called(self, *words: str) -> list[list[str]]:
        """The calls that hold all the words."""
        return [call for call in self.calls if all(any(word in argument for argument in call) for word in words)]


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(directory), "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, *folders: str) -> Path:
    """Make a repository of one commit, which holds these folders of ours, and return it."""
    for folder in folders:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
    shutil.copy(ROOT / ".gitignore", root)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "a commit to release")
    return root
