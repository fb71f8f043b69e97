"""What the steps of a release leave for each other, and what AWS and the repository look like to them."""

import json
from pathlib import Path

from tests.ci.server import Server
from tests.ci.workplace import Workplace, git

REGISTRY = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/slipway"
LAST_GOOD = "/slipway/release/last-good"
SETTINGS = {"SLIPWAY_CANDIDATE_REGISTRY": f"{REGISTRY}/candidate", "SLIPWAY_RELEASE_REGISTRY": REGISTRY}


def candidate(workplace: Workplace, service: str) -> str:
    return f"{REGISTRY}/candidate/{service}:{workplace.commit}"


def images_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/release/images.env"


def approval_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/release/approval.txt"


def push_another(origin: Path) -> str:
    """Push another commit to main, from another clone, and return it."""
    other = origin.parent / "other"
    git(origin.parent, "clone", "--quiet", "--branch", "main", str(origin), str(other))
    git(other, "commit", "--quiet", "--allow-empty", "--message", "another")
    git(other, "push", "--quiet", "origin", "main")
    return git(other, "rev-parse", "HEAD")


def serve_release(workplace: Workplace, server: Server, pages: list[tuple[int, str]]) -> None:
    """Have `server` be what the deployment has made."""
    server.pages = pages
    outputs = workplace.root / ".slipway/release/outputs.json"
    outputs.write_text(json.dumps({"ProdStack": {"ApplicationUrl": f"{server.url}/"}}))
