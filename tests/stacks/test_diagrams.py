"""docs/diagrams/ shows what is deployed: each arrow hangs on something that stands in a template or a manifest."""

import json
from collections.abc import Callable

import pytest

from diagrams import DIRECTORY
from diagrams.architecture import architecture
from diagrams.picture import Picture
from diagrams.request_path import request_path
from diagrams.stacks import Stacks
from diagrams.svg import draw
from tests.stacks.synthesis import Synthesis

PICTURES: dict[str, Callable[[Stacks], Picture]] = {"architecture": architecture, "request-path": request_path}

# Which arrows go when resources do: those of a stack whose logical IDs begin so.
HANGING_ON_RESOURCES = {
    ("CiStack", "WebhookApiPOSTgithubD0"): {"GitHub → Webhook"},
    ("CiStack", "WebhookApiPOSTgithubFunction"): {"Webhook → Webhook entrance"},
    ("CiStack", "JenkinsSecurityGroupfrom"): {"Webhook entrance → Jenkins host"},
    ("CiStack", "TestSecurityGroupfrom"): {"Jenkins host → Test host"},
    ("CiStack", "TestDatabaseSecurityGroupfrom"): {"Test host → Test database"},
    ("CiStack", "TestRoleDefaultPolicy"): {"Test host → slipway/candidate"},
    ("CiStack", "JenkinsRoleDefaultPolicy"): {
        "Jenkins host → slipway",
        "Jenkins host → slipway/candidate",
        "Jenkins host → CloudFormation",
    },
    ("ClusterStack", "ClusterNodesRole"): {"cluster → ECR"},
    ("ClusterStack", "ClusterKubectlProviderframework"): {"CloudFormation → Applies manifests to cluster slipway"},
    ("ClusterStack", "ClusterKubectlToApi"): {"Applies manifests to cluster slipway → Kubernetes API"},
    ("ProdStack", "ClusterToDatabase"): {"backend → Production database", "migration → Production database"},
    ("ProdStack", "EntryPointBinding"): {"Load balancer → proxy"},
    ("ProdStack", "EntryPointLoadBalancerToPods"): {"Load balancer → proxy"},
    ("ProdStack", "GateAwait"): {"CloudFormation → Rollout gate"},
    ("ProdStack", "GateToApi"): {"Rollout gate → Kubernetes API"},
    ("ProdStack", "WatchPodsToApi"): {"Pod watch → Kubernetes API"},
}
# And when something is called otherwise, in a stack's template or in a manifest there.
HANGING_ON_NAMES = {
    ("ProdStack", "0.0.0.0/0"): {"users → Load balancer"},
    ("ProdStack", "server frontend.slipway"): {"proxy → frontend"},
    ("ProdStack", "http://backend.slipway"): {"frontend → backend"},
}


@pytest.fixture(scope="module")
def stacks(synthesis: Synthesis) -> Stacks:
    return Stacks(synthesis.templates)


@pytest.fixture(scope="module")
def arrows(stacks: Stacks) -> set[str]:
    return _arrows(stacks)


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_up_to_date(name: str, stacks: Stacks) -> None:
    drawn = (DIRECTORY / f"{name}.svg").read_text("utf-8")
    assert drawn == draw(PICTURES[name](stacks)), "stale; renew it: make diagrams"


@pytest.mark.parametrize(("stack", "beginning"), HANGING_ON_RESOURCES)
def test_arrows_go_with_the_resource_that_they_are_drawn_from(
    stack: str, beginning: str, stacks: Stacks, arrows: set[str]
) -> None:
    template = stacks.templates[stack]
    kept = {name: item for name, item in template["Resources"].items() if not name.startswith(beginning)}
    changed = Stacks({**stacks.templates, stack: {**template, "Resources": kept}})
    assert arrows - _arrows(changed) == HANGING_ON_RESOURCES[stack, beginning]


@pytest.mark.parametrize(("stack", "name"), HANGING_ON_NAMES)
def test_arrows_go_with_the_name_that_they_are_drawn_from(
    stack: str, name: str, stacks: Stacks, arrows: set[str]
) -> None:
    assert arrows - _arrows(_renamed(stacks, stack, name)) == HANGING_ON_NAMES[stack, name]


def test_no_arrow_is_drawn_from_nothing(arrows: set[str]) -> None:
    assert arrows == set().union(*HANGING_ON_RESOURCES.values(), *HANGING_ON_NAMES.values())


def test_every_rule_of_a_security_group_is_drawn(stacks: Stacks) -> None:
    rules = [item.key for item in stacks.of_type("AWS::EC2::SecurityGroupIngress")]
    assert len(rules) > 5
    known = HANGING_ON_RESOURCES.keys()
    assert [
        rule for rule in rules if not any(rule[0] == stack and rule[1].startswith(name) for stack, name in known)
    ] == []


def test_the_request_path_leads_from_users_to_the_database(stacks: Stacks) -> None:
    assert [member.title for member in request_path(stacks).members] == [
        *("users", "Load balancer", "proxy", "frontend", "backend", "Production database")
    ]


def test_the_request_path_ends_where_it_is_broken(stacks: Stacks) -> None:
    broken = _renamed(stacks, "ProdStack", "server frontend.slipway")
    assert [member.title for member in request_path(broken).members] == ["users", "Load balancer", "proxy"]


def test_pods_that_call_another_port_than_the_rule_lets_through_reach_nobody(stacks: Stacks, arrows: set[str]) -> None:
    changed = _renamed(stacks, "ProdStack", ":3306/users", ":3307/users")
    assert arrows - _arrows(changed) == {"backend → Production database", "migration → Production database"}


@pytest.mark.full
def test_other_settings_make_another_picture(arrows: set[str], other: Synthesis) -> None:
    changed = Stacks(other.templates)
    assert len(_arrows(changed)) == len(arrows)
    drawn = draw(architecture(changed))
    assert "out through 3 NAT gateways" in drawn
    assert "ALB, :80, :443" in drawn


def _arrows(stacks: Stacks) -> set[str]:
    picture = architecture(stacks)
    return {picture.said(arrow) for arrow in picture.arrows}


def _renamed(stacks: Stacks, stack: str, name: str, other: str = "") -> Stacks:
    """Return the stacks with something of one stack called otherwise."""
    text = json.dumps(stacks.templates[stack])
    assert name in text
    return Stacks({**stacks.templates, stack: json.loads(text.replace(name, other or f"{name[:-4]}none"))})
