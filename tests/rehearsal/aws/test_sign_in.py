"""Whoever has a role that EKS has an access entry for may speak to the cluster, and nobody else."""

from collections.abc import Iterator

import pytest

from slipway.rollout_gate_handler.gate.kubernetes import eks_token
from tests.rehearsal.aws.conftest import CLUSTER, Aws

pytestmark = pytest.mark.full

ROLE = "arn:aws:iam::000000000000:role/gate"


@pytest.fixture
def token(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the gate's own code signs in with, under its role."""
    given = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="function")["Credentials"]
    monkeypatch.setenv("AWS_REGION", aws.emulator.client_environment["AWS_REGION"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.emulator.client_environment["AWS_REGION"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
    return eks_token(CLUSTER)


@pytest.fixture
def cluster(aws: Aws) -> Iterator[str]:
    aws.client("eks").create_cluster(name=CLUSTER, roleArn=ROLE, resourcesVpcConfig={"subnetIds": []})
    yield CLUSTER
    aws.client("eks").delete_cluster(name=CLUSTER)


def test_a_role_is_admitted_once_it_has_an_entry(aws: Aws, cluster: str, token: str) -> None:
    assert not aws.sign_in.admits(token)
    aws.client("eks").create_access_entry(clusterName=cluster, principalArn=ROLE)
    assert aws.sign_in.admits(token)


def test_nobody_is_admitted_to_a_cluster_that_is_not_there(aws: Aws, token: str) -> None:
    assert not aws.sign_in.admits(token)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("made_up", ["", "guessed", "k8s-aws-v1.", "k8s-aws-v1.%", "k8s-aws-v1.aHR0cHM6Ly9zdHM"])
def test_what_is_no_token_of_a_role_is_not_admitted(aws: Aws, made_up: str) -> None:
    assert not aws.sign_in.admits(made_up)
