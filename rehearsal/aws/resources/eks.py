"""Clusters, who may use them, and what their pods may do."""

import base64
from typing import Any

from ministack.services import eks
from ministack.services.cloudformation import provisioners

from rehearsal.aws.resources.kubernetes import kubeconfig
from rehearsal.aws.resources.resource_type import Handlers, Made, Properties, ResourceType, client, tags


def cluster(emulated: Handlers) -> Handlers:
    """Return the type of clusters: its API is the one that the kubeconfig names, its group exists."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        name, _ = emulated["create"](logical_id, properties, stack)
        config, record = kubeconfig(), eks._clusters[name]
        network = record["resourcesVpcConfig"]
        (subnet, *_) = client("ec2").describe_subnets(SubnetIds=network["subnetIds"][:1])["Subnets"]
        made = client("ec2").create_security_group(
            GroupName=f"eks-cluster-sg-{name}", Description=f"Cluster {name}", VpcId=subnet["VpcId"]
        )
        network |= {"clusterSecurityGroupId": made["GroupId"], "vpcId": subnet["VpcId"]}
        record |= {
            "endpoint": config.server,
            "certificateAuthority": {"data": base64.b64encode(config.authority.encode()).decode()},
        }
        return name, provisioners._eks_cluster_attrs(record)

    def delete(name: str, properties: Properties) -> None:
        group = eks._clusters[name]["resourcesVpcConfig"]["clusterSecurityGroupId"]
        emulated["delete"](name, properties)
        client("ec2").delete_security_group(GroupId=group)

    return emulated | {"create": create, "delete": delete}


def _create_entry(properties: Properties, _name: str) -> Made:
    made = client("eks").create_access_entry(**_principal(properties), tags=tags(properties))["accessEntry"]
    _associate(properties)
    # Auto Mode's type may have policies, too, which the emulator does not know.
    _record(properties)["type"] = properties.get("Type", "STANDARD")
    return f"{properties['ClusterName']}|{properties['PrincipalArn']}", {"AccessEntryArn": made["accessEntryArn"]}


def _update_entry(entry: str, old: Properties, new: Properties) -> Made:
    _record(new)["type"] = "STANDARD"
    for policy in old.get("AccessPolicies", []):
        client("eks").disassociate_access_policy(**_principal(new), policyArn=policy["PolicyArn"])
    _associate(new)
    _record(new)["type"] = new.get("Type", "STANDARD")
    return entry, {"AccessEntryArn": _record(new)["accessEntryArn"]}


def _principal(properties: Properties) -> dict[str, str]:
    return {"clusterName": properties["ClusterName"], "principalArn": properties["PrincipalArn"]}


def _record(properties: Properties) -> dict[str, Any]:
    key = eks._ae_key(properties["ClusterName"], properties["PrincipalArn"])
    record: dict[str, Any] = eks._access_entries[key]
    return record


def _associate(properties: Properties) -> None:
    for policy in properties.get("AccessPolicies", []):
        scope = {"type": policy["AccessScope"]["Type"]}
        if "Namespaces" in policy["AccessScope"]:
            scope["namespaces"] = policy["AccessScope"]["Namespaces"]
        client("eks").associate_access_policy(
            **_principal(properties), policyArn=policy["PolicyArn"], accessScope=scope
        )


def _delete_entry(_entry: str, properties: Properties) -> None:
    client("eks").delete_access_entry(**_principal(properties))


def _create_addon(properties: Properties, _name: str) -> Made:
    made = client("eks").create_addon(**_addon(properties), tags=tags(properties))
    return f"{properties['ClusterName']}|{properties['AddonName']}", {"Arn": made["addon"]["addonArn"]}


def _update_addon(addon: str, _old: Properties, new: Properties) -> Made:
    client("eks").update_addon(**_addon(new))
    found = client("eks").describe_addon(clusterName=new["ClusterName"], addonName=new["AddonName"])["addon"]
    return addon, {"Arn": found["addonArn"]}


def _addon(properties: Properties) -> dict[str, str]:
    names = {"ClusterName": "clusterName", "AddonName": "addonName", "ConfigurationValues": "configurationValues"}
    return {ours: properties[theirs] for theirs, ours in names.items() if theirs in properties}


def _delete_addon(_addon: str, properties: Properties) -> None:
    client("eks").delete_addon(clusterName=properties["ClusterName"], addonName=properties["AddonName"])


def _create_identity(properties: Properties, _name: str) -> Made:
    made = client("eks").create_pod_identity_association(
        clusterName=properties["ClusterName"],
        namespace=properties["Namespace"],
        serviceAccount=properties["ServiceAccount"],
        roleArn=properties["RoleArn"],
        tags=tags(properties),
    )["association"]
    return made["associationId"], {"AssociationArn": made["associationArn"], "AssociationId": made["associationId"]}


def _update_identity(identity: str, _old: Properties, new: Properties) -> Made:
    made = client("eks").update_pod_identity_association(
        clusterName=new["ClusterName"], associationId=identity, roleArn=new["RoleArn"]
    )["association"]
    return identity, {"AssociationArn": made["associationArn"], "AssociationId": identity}


def _delete_identity(identity: str, properties: Properties) -> None:
    client("eks").delete_pod_identity_association(clusterName=properties["ClusterName"], associationId=identity)


TYPES = {
    "AWS::EKS::AccessEntry": ResourceType(
        _create_entry, _delete_entry, _update_entry, frozenset({"ClusterName", "PrincipalArn", "Type"})
    ),
    "AWS::EKS::Addon": ResourceType(
        _create_addon, _delete_addon, _update_addon, frozenset({"ClusterName", "AddonName"})
    ),
    "AWS::EKS::PodIdentityAssociation": ResourceType(
        _create_identity,
        _delete_identity,
        _update_identity,
        frozenset({"ClusterName", "Namespace", "ServiceAccount"}),
    ),
}
