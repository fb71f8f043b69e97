"""What the pods of one service account may do in AWS."""

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.trust import for_this_account


class PodRole(Construct):
    """A role that EKS Pod Identity gives to the pods of one service account.

    Guarantees: only EKS, and only for this account's clusters, hands the role out; it may do nothing until someone
    grants more. Credentials are injected when a pod is admitted, so pods must be made after this.

    Attributes:
        role: what the pods may do.
    """

    def __init__(
        self, scope: Construct, id_: str, *, cluster: eks.ICluster, namespace: str, service_account: str
    ) -> None:
        """Define the role and bind it to `service_account` of `namespace` in `cluster`."""
        super().__init__(scope, id_)
        self.role = iam.Role(
            self,
            "Role",
            description=f"Pods of service account {service_account} in namespace {namespace}",
            assumed_by=iam.PrincipalWithConditions(
                iam.SessionTagsPrincipal(iam.ServicePrincipal("pods.eks.amazonaws.com")),
                for_this_account(self),
            ),
        )
        eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster.cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=self.role.role_arn,
        )
