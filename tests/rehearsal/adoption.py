"""Another application in place of ours: what docs/adopt.md says is all that it takes."""

import shutil
from pathlib import Path

OTHER = Path(__file__).with_name("second_application")
OF_OURS = {"backend": ("requirements.txt", "rds-ca.pem"), "frontend": ("requirements.txt",)}
"""What the other application takes over: the packages, and the authorities of RDS."""


def adopt(root: Path) -> None:
    """Put the other application's services in place of ours, in a copy of the repository."""
    for service, kept in OF_OURS.items():
        here = root / "services" / service
        ours = here.rename(root / f"{service}-before")
        shutil.copytree(OTHER / service, here, ignore=shutil.ignore_patterns("__pycache__"))
        for name in kept:
            shutil.copy(ours / name, here)
        shutil.rmtree(ours)
