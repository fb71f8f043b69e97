"""Rules for EKS clusters.

cdk-nag's rules test the class `aws_eks.CfnCluster`, and so pass over the clusters of `aws_eks_v2`. These have the shape
of cdk-nag's, and look at what is synthesised, so that it does not matter which construct made it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from slipway.eks_faults import (
    LOG_TYPES,
    Properties,
    is_its_makers,
    is_older,
    is_open_to_the_world,
    keeps_secrets_in_the_clear,
    lacks_logs,
    lets_anybody_administer,
    reads_aws_auth,
)

CLUSTER = "AWS::EKS::Cluster"
ACCESS_ENTRY = "AWS::EKS::AccessEntry"


@dataclass(frozen=True, kw_only=True)
class EksRule:
    """What a cluster must not be.

    Attributes:
        name: what an acknowledgement calls it.
        info: what is wrong, in one sentence.
        explanation: why that matters, and what to do.
        resource_type: the type of the resources that it judges.
        location: where in their properties it looks.
        broken_by: whether a resource with these properties breaks it; never raises.
        level: how grave that is.
    """

    name: str
    info: str
    explanation: str
    location: str
    broken_by: Callable[[Properties], bool]
    resource_type: str = CLUSTER
    level: Literal["error", "warning"] = "error"


def eks_rules(*, minimum_version: str | None, deletion_protection: bool) -> list[EksRule]:
    """Return all rules.

    Args:
        minimum_version: the oldest version of Kubernetes that is allowed, such as `1.35`; None allows any.
        deletion_protection: whether clusters must refuse to be deleted.
    """
    rules = [*_ALWAYS]
    if minimum_version is not None:
        rules.append(
            EksRule(
                name="EKSClusterMinimumVersion",
                info=f"The cluster's Kubernetes version is older than {minimum_version}, or not stated.",
                explanation="EKS charges six times the price for an old version, and then upgrades it on a day of its "
                "own choice: state a newer Version.",
                location="Version",
                broken_by=lambda cluster: is_older(cluster.get("Version"), minimum_version),
            )
        )
    if deletion_protection:
        rules.append(
            EksRule(
                name="EKSClusterDeletionProtection",
                info="The cluster can be deleted by a slip.",
                explanation="With it goes everything that runs in it: set DeletionProtection.",
                location="DeletionProtection",
                broken_by=lambda cluster: cluster.get("DeletionProtection") not in (True, "true"),
            )
        )
    return rules


_ALWAYS = (
    EksRule(
        name="EKSClusterNoWorldAccess",
        info="The whole internet reaches the cluster's Kubernetes API.",
        explanation="One stolen token, or one flaw in the API server, is then enough: set EndpointPublicAccess to "
        "false, or list who may reach it in PublicAccessCidrs.",
        location="ResourcesVpcConfig",
        broken_by=is_open_to_the_world,
    ),
    EksRule(
        name="EKSClusterControlPlaneLogs",
        info="The cluster does not keep all logs of its control plane.",
        explanation=f"Without them nobody can tell who did what: enable {', '.join(LOG_TYPES)}.",
        location="Logging",
        broken_by=lacks_logs,
    ),
    EksRule(
        name="EKSClusterSecretsEncryption",
        info="Kubernetes' secrets are not encrypted with a key of one's own.",
        explanation="Only such a key can be audited and revoked: name one in EncryptionConfig, for secrets.",
        location="EncryptionConfig",
        broken_by=keeps_secrets_in_the_clear,
    ),
    EksRule(
        name="EKSClusterAuthenticationMode",
        info="Who may enter the cluster can be written into its ConfigMap aws-auth.",
        explanation="That is out of sight of IAM and CloudTrail, and one wrong line locks everybody out: set "
        "AuthenticationMode to API and use access entries.",
        location="AccessConfig",
        broken_by=reads_aws_auth,
    ),
    EksRule(
        name="EKSClusterNoCreatorAdmin",
        info="Whoever makes the cluster is its administrator for good.",
        explanation="No access entry that is written down says so: set BootstrapClusterCreatorAdminPermissions to "
        "false.",
        location="AccessConfig",
        broken_by=is_its_makers,
    ),
    EksRule(
        name="EKSAccessEntryNamedAdmin",
        info="An access entry makes an administrator of something else than one named role or user.",
        explanation="An administrator of the cluster may do everything in it: give the ARN of one role or user.",
        resource_type=ACCESS_ENTRY,
        location="PrincipalArn",
        broken_by=lets_anybody_administer,
    ),
)
