import pytest
from aws_cdk.assertions import Template

from tests.stacks.synthesis import Synthesis

STACK = "RegistryStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def test_each_service_has_a_release_and_a_candidate_repository(synthesis: Synthesis) -> None:
    names = {resource["Properties"]["RepositoryName"] for _, _, resource in synthesis.resources("AWS::ECR::Repository")}
    assert names == {
        "slipway/backend",
        "slipway/frontend",
        "slipway/candidate/backend",
        "slipway/candidate/frontend",
    }


def test_tags_are_immutable_and_pushes_scanned(template: Template) -> None:
    template.all_resources_properties(
        "AWS::ECR::Repository",
        {"ImageTagMutability": "IMMUTABLE", "ImageScanningConfiguration": {"ScanOnPush": True}},
    )


def test_old_images_expire(synthesis: Synthesis) -> None:
    for _, _, resource in synthesis.resources("AWS::ECR::Repository"):
        assert "expire" in resource["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"]


def test_a_repository_goes_with_its_images(template: Template) -> None:
    template.all_resources("AWS::ECR::Repository", {"DeletionPolicy": "Delete"})
    template.all_resources_properties("AWS::ECR::Repository", {"EmptyOnDelete": True})


def test_it_depends_on_no_stack(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == set()
