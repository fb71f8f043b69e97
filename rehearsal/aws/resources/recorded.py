"""What the emulator has no service for is recorded here, and listed to whoever asks the service.

Nothing comes of it: no host is configured, no snapshot is taken.
"""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from rehearsal.aws.resources.resource_type import Answer, Made, Properties, RefusedError, ResourceType, Service, tags

Record = dict[str, Any]

_JSON = {"Content-Type": "application/x-amz-json-1.1"}

_documents: dict[str, Record] = {}
_associations: dict[str, Record] = {}
_policies: dict[str, Record] = {}


def _create_document(properties: Properties, name: str) -> Made:
    _documents[name] = {
        "Name": name,
        "DocumentType": properties["DocumentType"],
        "DocumentFormat": properties["DocumentFormat"],
        "TargetType": properties["TargetType"],
        "Content": properties["Content"],
        "DocumentVersion": "1",
        "Owner": get_account_id(),
        "Tags": properties.get("Tags", []),
    }
    return name, {}


def _update_document(name: str, _old: Properties, new: Properties) -> Made:
    document = _documents[name]
    version = str(int(document["DocumentVersion"]) + 1)
    document |= {"Content": new["Content"], "DocumentVersion": version, "Tags": new.get("Tags", [])}
    return name, {}


def _create_association(properties: Properties, name: str) -> Made:
    digest = sha256(name.encode()).hexdigest()
    association = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    return _record_association(association, properties, properties)


def _record_association(association: str, _old: Properties, new: Properties) -> Made:
    _check_parameters(new)
    _associations[association] = {
        "AssociationId": association,
        "Name": new["Name"],
        "AssociationName": new["AssociationName"],
        "Targets": new["Targets"],
        "Parameters": new["Parameters"],
        "ScheduleExpression": new["ScheduleExpression"],
        "Overview": {"Status": "Success"},
    }
    return association, {"AssociationId": association}


def _check_parameters(association: Properties) -> None:
    """Refuse what Systems Manager would: an unknown document, and parameters that it does not allow."""
    if association["Name"] not in _documents:
        raise RefusedError(f"Document {association['Name']} does not exist")
    known = _documents[association["Name"]]["Content"]["parameters"]
    for name, values in association["Parameters"].items():
        if name not in known:
            raise RefusedError(f"Parameter {name} is not defined in document {association['Name']}")
        pattern = known[name].get("allowedPattern", ".*")
        if wrong := [value for value in values if not re.fullmatch(pattern, value)]:
            raise RefusedError(f"Parameter {name} does not match {pattern}: {wrong[0]}")


def _create_policy(properties: Properties, name: str) -> Made:
    policy = f"policy-{sha256(name.encode()).hexdigest()[:17]}"
    return _record_policy(policy, properties, properties)


def _record_policy(policy: str, _old: Properties, new: Properties) -> Made:
    arn = f"arn:aws:dlm:{get_region()}:{get_account_id()}:policy/{policy}"
    shared = {"PolicyId": policy, "Description": new["Description"], "State": new["State"], "Tags": tags(new)}
    _policies[policy] = {
        **shared,
        "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
        "PolicyArn": arn,
        "ExecutionRoleArn": new["ExecutionRoleArn"],
        "PolicyDetails": new["PolicyDetails"],
    }
    return policy, {"Arn": arn}


def _forget(records: dict[str, Record]) -> Callable[[str, Properties], None]:
    def forget(physical_id: str, _properties: Properties) -> None:
        records.pop(physical_id, None)

    return forget


def systems_manager(emulated: Service) -> Service:
    """Return Systems Manager, which knows documents, associations and hosts beside what the emulator does."""

    async def answer(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        match headers.get("x-amz-target", "").rpartition(".")[2]:
            case "ListDocuments":
                listed = [
                    {key: value for key, value in item.items() if key != "Content"} for item in _documents.values()
                ]
                return _answered({"DocumentIdentifiers": listed})
            case "ListAssociations":
                return _answered({"Associations": list(_associations.values())})
            case "DescribeInstanceInformation":
                return _answered({"InstanceInformationList": _registered(json.loads(body))})
        return await emulated(method, path, headers, body, query)

    return answer


def _registered(question: Record) -> list[Record]:
    """Return the hosts that Systems Manager reaches: none boots, so each is taken to have done so at once."""
    (wanted,) = [one["Values"] for one in question["Filters"] if one["Key"] == "InstanceIds"]
    hosts = {instance: ec2._instances[instance] for instance in wanted if instance in ec2._instances}
    running = [instance for instance, host in hosts.items() if host["State"]["Name"] == "running"]
    return [{"InstanceId": instance, "PingStatus": "Online", "PlatformType": "Linux"} for instance in running]


async def lifecycle_manager(
    _method: str, path: str, _headers: dict[str, str], _body: bytes, _query: dict[str, Any]
) -> Answer:
    """Answer a call of Data Lifecycle Manager: all policies, or one."""
    policy = path.removeprefix("/policies").strip("/")
    if not policy:
        return _answered({"Policies": list(_policies.values())})
    if policy not in _policies:
        return 404, _JSON | {"x-amzn-errortype": "ResourceNotFoundException"}, b"{}"
    return _answered({"Policy": _policies[policy]})


def _answered(content: Record) -> Answer:
    return 200, dict(_JSON), json.dumps(content).encode()


TYPES = {
    "AWS::DLM::LifecyclePolicy": ResourceType(_create_policy, _forget(_policies), _record_policy),
    "AWS::SSM::Association": ResourceType(
        _create_association, _forget(_associations), _record_association, frozenset({"AssociationName", "Name"})
    ),
    "AWS::SSM::Document": ResourceType(
        _create_document, _forget(_documents), _update_document, frozenset({"DocumentFormat", "DocumentType"})
    ),
}
