"""How the hosts fare that build and test: Jenkins' and the test host."""

from collections.abc import Iterator

from operations.account import Account
from operations.findings import Finding, fail, ok, warn

_PAGE = "docs/runbook/lost-jenkins-host.md"
_LOGICAL_IDS = {"jenkins": "JenkinsInstance", "test": "TestInstance"}
"""What the hosts' logical IDs begin with, by the name in the system's."""


def hosts(account: Account) -> Iterator[Finding]:
    """See that Jenkins' and the test host are there, run, answer Systems Manager, and are as the playbook has them."""
    instances = account.resources("CiStack", "AWS::EC2::Instance")
    for host, logical in _LOGICAL_IDS.items():
        for number in (physical for name, physical in instances.items() if name.startswith(logical)):
            yield _host(account, host, number)


def _host(account: Account, host: str, number: str) -> Finding:
    name = f"{account.settings.name}-{host}"
    reservations = account.existing("ec2", "describe_instances", "Reservations", InstanceIds=[number])
    if not reservations:
        return fail(name, f"{number} is not there", _PAGE)
    state = reservations[0]["Instances"][0]["State"]["Name"]
    by_number = [{"Key": "InstanceIds", "Values": [number]}]
    by_name = [{"key": "AssociationName", "value": f"CiStack-{host}"}]
    agents = account.listed("ssm", "describe_instance_information", "InstanceInformationList", Filters=by_number)
    agent = agents[0]["PingStatus"] if agents else "never heard of"
    runs = account.listed("ssm", "list_associations", "Associations", AssociationFilterList=by_name)
    applied = runs[0].get("Overview", {}).get("Status", "Pending") if runs else "not there"
    seen = f"{number} {state}, agent {agent}, playbook {applied}"
    if state != "running" or agent != "Online":
        return fail(name, seen, _PAGE)
    if applied != "Success":
        return warn(name, seen, "docs/runbook/alarms.md#host-not-configured")
    return ok(name, seen)
