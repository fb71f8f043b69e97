"""A client of this machine's AWS goes nowhere else."""

from pathlib import Path

import pytest

from rehearsal.aws.client import connect

TOLD = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-2",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


def test_no_variable_and_no_file_of_the_shell_leads_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[profile work]\nregion = us-east-1\nendpoint_url = http://elsewhere.invalid\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
    for profile in ("work", "unknown"):
        monkeypatch.setenv("AWS_PROFILE", profile)
        client = connect(TOLD)("ec2")
        assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:9", "eu-west-2")
