import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.bootstrap.policies import Policies
from tests.stacks.bootstrap.samples import ZONE
from tests.stacks.synthesis import PACKAGE_CACHE, ROOT


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """What `make bootstrap` makes for a system with a domain."""
    directory = tmp_path_factory.mktemp("bootstrap")
    subprocess.run(
        [sys.executable, "-m", "bootstrap"],
        cwd=ROOT,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "CDK_OUTDIR": str(directory),
            "CDK_CONTEXT_JSON": f'{{"domain": "users.example.com", "domain_zone_id": "{ZONE}"}}',
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(PACKAGE_CACHE),
        },
        check=True,
        timeout=120,
    )
    return Policies(directory / "BootstrapStack.template.json")
