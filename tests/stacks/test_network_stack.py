from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from cdk_app.network_stack import NetworkStack
from cdk_app.settings import Settings
from tests.stacks.synthesis import Synthesis

STACK = "NetworkStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def _subnets(synthesis: Synthesis, kind: str) -> dict[str, dict[str, Any]]:
    return {
        logical_id: dict(resource["Properties"])
        for _, logical_id, resource in synthesis.resources("AWS::EC2::Subnet")
        if f"Vpc{kind}Subnet" in logical_id
    }


@pytest.mark.parametrize("kind", ["public", "private", "isolated"])
def test_each_kind_of_subnet_lies_in_three_zones(synthesis: Synthesis, kind: str) -> None:
    zones = [subnet["AvailabilityZone"] for subnet in _subnets(synthesis, kind).values()]
    assert zones == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in range(3)]


@pytest.mark.parametrize(
    ("kind", "tag"),
    [("public", "kubernetes.io/role/elb"), ("private", "kubernetes.io/role/internal-elb")],
)
def test_subnets_carry_the_tags_that_eks_wants(synthesis: Synthesis, kind: str, tag: str) -> None:
    for subnet in _subnets(synthesis, kind).values():
        assert {"Key": tag, "Value": "1"} in subnet["Tags"]


def test_isolated_subnets_have_no_way_out(synthesis: Synthesis) -> None:
    routes = [
        resource["Properties"]["RouteTableId"]["Ref"] for _, _, resource in synthesis.resources("AWS::EC2::Route")
    ]
    assert len(routes) == 6
    assert [table for table in routes if "isolated" in table] == []


def test_one_nat_gateway_by_default(template: Template) -> None:
    template.resource_count_is("AWS::EC2::NatGateway", 1)


def test_no_subnet_gives_public_addresses(template: Template) -> None:
    template.all_resources_properties("AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})


def test_s3_is_reached_without_the_nat_gateway(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EC2::VPCEndpoint",
        {
            "VpcEndpointType": "Gateway",
            "ServiceName": {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".s3"]]},
            "RouteTableIds": [Match.object_like({"Ref": Match.any_value()})] * 3,
        },
    )


def test_the_default_security_group_is_closed(template: Template) -> None:
    template.resource_count_is("Custom::VpcRestrictDefaultSG", 1)


def test_flow_logs_go_to_a_log_group_of_the_stack(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EC2::FlowLog", {"TrafficType": "ALL", "LogGroupName": {"Ref": Match.any_value()}}
    )


def test_alarms_come_over_tls_and_from_what_aws_can_vouch_for(template: Template) -> None:
    template.has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_equals(
                    [
                        Match.object_like(
                            {
                                "Effect": "Deny",
                                "Principal": "*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        ),
                        Match.object_like(
                            {
                                "Effect": "Allow",
                                "Action": "sns:Publish",
                                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                            }
                        ),
                        Match.object_like(
                            {
                                "Effect": "Allow",
                                "Action": "sns:Publish",
                                "Principal": {"Service": "budgets.amazonaws.com"},
                                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                            }
                        ),
                        # SNS refuses what EventBridge sends as soon as there is a condition
                        Match.object_like(
                            {
                                "Effect": "Allow",
                                "Action": "sns:Publish",
                                "Principal": {"Service": "events.amazonaws.com"},
                                "Condition": Match.absent(),
                            }
                        ),
                    ]
                ),
                "Version": Match.any_value(),
            }
        },
    )
    template.resource_count_is("AWS::SNS::Subscription", 0)


def test_the_budget_tells_of_what_is_spent_and_of_what_will_be(synthesis: Synthesis, template: Template) -> None:
    ((_, _, budget),) = synthesis.resources("AWS::Budgets::Budget")
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert {(item["Notification"]["NotificationType"], item["Notification"]["Threshold"]) for item in told} == {
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    }
    (topic,) = template.find_resources("AWS::SNS::Topic")
    (policy,) = template.find_resources("AWS::SNS::TopicPolicy")
    assert {item["Address"]["Ref"] for entry in told for item in entry["Subscribers"]} == {topic}
    assert policy in budget["DependsOn"]


def test_the_budget_is_of_the_whole_account_for_each_month(template: Template) -> None:
    budget = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "CostFilters": Match.absent()}
    template.has_resource_properties("AWS::Budgets::Budget", {"Budget": Match.object_like(budget)})


def test_it_depends_on_no_stack(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == set()


def test_without_a_budget_there_is_none() -> None:
    settings = Settings.from_context({"budget": ""})
    template = Template.from_stack(NetworkStack(App(analytics_reporting=False), STACK, settings=settings))
    template.resource_count_is("AWS::Budgets::Budget", 0)


def test_zones_nat_gateways_and_who_is_told_of_alarms_are_settings() -> None:
    zones = ["eu-west-2a", "eu-west-2b", "eu-west-2c"]
    settings = Settings.from_context(
        {"zones": ",".join(zones), "network.nat_gateways": "3", "alarm_email": "on-call@example.com"}
    )
    template = Template.from_stack(NetworkStack(App(analytics_reporting=False), STACK, settings=settings))
    template.resource_count_is("AWS::EC2::NatGateway", 3)
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "on-call@example.com"})
    found = [
        subnet["Properties"]["AvailabilityZone"] for subnet in template.find_resources("AWS::EC2::Subnet").values()
    ]
    assert sorted(found) == sorted(zones * 3)
