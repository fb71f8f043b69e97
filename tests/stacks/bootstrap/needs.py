"""What CloudFormation needs for a resource type, as the type's own schema says, and what of it our resources do not."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint

_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"
_HANDLERS = ("create", "read", "update", "delete")

UNUSED = {
    "acm-pca:*": "certificates are ACM's own",
    "apigateway:*agResource": "no action of IAM's: tags are written by POST on /tags",
    "autoscaling:*": "flow logs are the VPC's only",
    "cognito-idp:*": "nobody signs in at the load balancer",
    "ec2:*PrivateNatGatewayAddress": "the NAT gateway is public",
    "ec2:*VpnGateway": "there is no VPN",
    "ec2:AcceptAddressTransfer": "addresses are allocated, not taken over",
    "ec2:CopyVolumes": "the volume is made empty or of a snapshot",
    "ec2:CreateVpcEncryptionControl": "not set on the VPC",
    "ec2:ModifyVpcTenancy": "hosts are not dedicated",
    "eks:ActivateCertificateAuthority": "certificates are EKS's own",
    "elasticfilesystem:*": "functions mount no file system",
    "elasticloadbalancing:ModifyIpPools": "addresses are Amazon's",
    "firehose:*": "log groups deliver to nobody",
    "iam:*GroupPolicy": "policies are roles' alone",
    "iam:*UserPolicy": "policies are roles' alone",
    "iam:DeleteRolePermissionsBoundary": "a role without its boundary could be made an administrator",
    "kms:ReEncrypt*": "no volume is copied",
    "lambda:*CodeSigningConfig": "code is pinned by its hash, not signed; reading what a function has is allowed",
    "lambda:AssociateRuntimeAlias": "runtimes are Lambda's",
    "lambda:PassCapacityProvider": "functions run on Lambda's own machines",
    "lambda:PutFunctionScalingConfig": "functions run on Lambda's own machines",
    "logs:*KmsKey": "CloudWatch's own key encrypts logs",
    "logs:DeleteResourcePolicy": "not set on log groups",
    "logs:DeleteIndexPolicy": "not set on log groups",
    "logs:DeleteDataProtectionPolicy": "not set on log groups",
    "logs:PutBearerTokenAuthentication": "not set on log groups",
    "logs:PutDataProtectionPolicy": "not set on log groups",
    "logs:PutIndexPolicy": "not set on log groups",
    "logs:PutLogGroupDeletionProtection": "not set on log groups",
    "rds:*AutomatedBackupsReplication": "backups stay in their region",
    "rds:*ReadReplica": "there are no read replicas",
    "rds:*RoleToDBInstance": "databases have no role",
    "rds:*RoleFromDBInstance": "databases have no role",
    "rds:DescribeDBCluster*": "databases are instances",
    "resource-groups:*": "associations name their hosts",
    "s3:*Metadata*": "buckets have no tables of metadata",
    "s3:[!G]*Object": "a bucket's objects are not the deployment's",
    "s3:*ObjectAcl": "a bucket's objects are not the deployment's",
    "s3:REST.PUT.OBJECT": "no action of IAM's",
    "s3:getObject": "APIs are defined in the template, not in a file",
    "s3:*ObjectLock*": "not set on buckets",
    "s3:*Replication*": "buckets stay in their region",
    "s3:*Website": "buckets serve no pages",
    "s3:Delete*[!yt]": "no action of IAM's: taking a setting away is writing it",
    "s3:Put[AIM]*Configuration": "not set on buckets",
    "s3files:*": "functions mount no file system",
    "s3tables:*": "buckets have no tables",
    "secretsmanager:*Region*": "secrets stay in their region",
    "sns:PutDataProtectionPolicy": "not set on topics",
    "ssm:GetCalendarState": "associations follow no calendar",
    "vpc-lattice:*": "endpoints are gateways or interfaces",
    "vpce:*": "endpoints stay in their region",
}
"""Patterns of actions that stand in schemas, and that no resource of ours makes CloudFormation call; and why."""

CUSTOM_RESOURCE = {"lambda:InvokeFunction"}
"""CloudFormation calls the function of a custom resource itself; the function has a role of its own."""


@cache
def _schemas() -> dict[str, Any]:
    """Return the newest schema of each type."""
    found: dict[str, Any] = {}
    for path in sorted(_SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        if "handlers" in schema:
            found[schema["typeName"]] = schema
    return found


def needed(type_: str) -> set[str]:
    """Return the actions that CloudFormation needs to make, read, change and delete our resources of a type."""
    return {action for action in declared(type_) if not any(fnmatchcase(action, pattern) for pattern in UNUSED)}


def declared(type_: str) -> Iterator[str]:
    """Yield the actions that CloudFormation states for a type."""
    if type_.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
        yield from CUSTOM_RESOURCE
        return
    schema = _schemas().get(type_)
    assert schema, f"{type_} has no schema that states its permissions"
    for handler in _HANDLERS:
        yield from schema["handlers"].get(handler, {}).get("permissions", [])
    yield from schema.get("tagging", {}).get("permissions", [])
