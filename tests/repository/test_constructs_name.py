"""Our folder `constructs/` must not hide PyPI's `constructs`, on which aws-cdk-lib stands.

The folder is a source root: it has no __init__.py, so Python treats it as a namespace package at best, and a regular
package anywhere on the path wins over that. With an __init__.py the folder would win, and `import aws_cdk` would fail
with "No module named 'constructs._jsii'".
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_folder_is_no_package() -> None:
    assert (ROOT / "constructs").is_dir()
    assert not (ROOT / "constructs" / "__init__.py").exists(), "constructs/__init__.py hides the library constructs"


def test_the_name_means_the_library_even_in_the_root_of_the_repository() -> None:
    program = "import constructs, slipway; print(constructs.__file__, constructs.Construct.__name__, slipway.__file__)"
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "site-packages" in output[0]
    assert output[1] == "Construct"
    assert Path(output[2]) == ROOT / "constructs" / "slipway" / "__init__.py"
