"""A host is there, runs, answers, and is as its playbook has it; one that is not leads to its page."""

import pytest

from operations.findings import Verdict
from operations.hosts import hosts
from tests.operations.conftest import Answer, found, resources, stacks, verdicts

NUMBER, OTHER = "i-0123456789abcdef0", "i-0123456789abcdef1"
NOTHING = Answer("describe_instances", {"Reservations": []})
GONE = Answer("describe_instances", refusal="InvalidInstanceID.NotFound")


def instance(state: str) -> Answer:
    return Answer("describe_instances", {"Reservations": [{"Instances": [{"State": {"Name": state}}]}]})


def managed(agent: str, playbook: str) -> list[Answer]:
    return [
        Answer("describe_instance_information", {"InstanceInformationList": [{"PingStatus": agent}]}),
        Answer("list_associations", {"Associations": [{"Overview": {"Status": playbook}}]}),
    ]


@pytest.mark.parametrize(
    ("state", "agent", "playbook", "verdict"),
    [
        ("running", "Online", "Success", Verdict.OK),
        ("running", "Online", "Failed", Verdict.WARN),
        ("running", "ConnectionLost", "Success", Verdict.FAIL),
        ("stopped", "Online", "Success", Verdict.FAIL),
    ],
)
def test_a_host_runs_answers_and_is_as_its_playbook_has_it(
    state: str, agent: str, playbook: str, verdict: Verdict
) -> None:
    host = resources("AWS::EC2::Instance", JenkinsInstance1=NUMBER)
    answers = {
        "cloudformation": [stacks("CiStack"), host],
        "ec2": [instance(state)],
        "ssm": managed(agent, playbook),
    }
    (finding,) = found(hosts, answers)
    assert (finding.what, finding.verdict) == ("slipway-jenkins", verdict)


@pytest.mark.parametrize("answer", [GONE, NOTHING], ids=["refused", "empty"])
def test_a_host_that_is_gone_fails_and_the_other_is_looked_at(answer: Answer) -> None:
    both = resources("AWS::EC2::Instance", JenkinsInstance1=NUMBER, TestInstance1=OTHER)
    answers = {
        "cloudformation": [stacks("CiStack"), both],
        "ec2": [answer, instance("running")],
        "ssm": managed("Online", "Success"),
    }
    seen = found(hosts, answers)
    assert verdicts(seen) == {"slipway-jenkins": Verdict.FAIL, "slipway-test": Verdict.OK}
    assert (seen[0].seen, seen[0].advice) == (f"{NUMBER} is not there", "docs/runbook/lost-jenkins-host.md")
