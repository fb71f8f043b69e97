"""What a deployment may do with networks, hosts and the ways in."""

from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, allow, arn, ours


def statements(name: str, domain_zone_id: str | None) -> list[iam.PolicyStatement]:
    """Return the policy for a system called `name`, whose domain, if it has one, lies in the given zone."""
    balancers = [
        arn("elasticloadbalancing", f"{kind}/*") for kind in ("loadbalancer/app", "listener/app", "targetgroup")
    ]
    apis = [arn("apigateway", path, account="") for path in ("/apis", "/apis/*", "/tags/*")]
    return [
        # Describing knows no narrower resource.
        allow("ec2", "Describe*", "*", conditions=HERE),
        # IDs are random, and most of these things have their tags only after they are made: so the region is the
        # limit. What would lose data or stop a host asks for the tag, below.
        allow(
            "ec2",
            "AllocateAddress AssociateAddress AssociateIamInstanceProfile AssociateNatGatewayAddress"
            " AssociateRouteTable AssociateSubnetCidrBlock AttachInternetGateway AttachVolume"
            " AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateFlowLogs CreateInternetGateway"
            " CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSnapshot CreateSubnet CreateTags"
            " CreateVolume CreateVpc CreateVpcEndpoint DeleteFlowLogs DeleteInternetGateway DeleteNatGateway"
            " DeleteRoute DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints"
            " DetachInternetGateway DisassociateAddress DisassociateIamInstanceProfile"
            " DisassociateNatGatewayAddress DisassociateRouteTable DisassociateSubnetCidrBlock ModifySubnetAttribute"
            " ModifyVpcAttribute ModifyVpcEndpoint MonitorInstances ReleaseAddress"
            " ReplaceIamInstanceProfileAssociation ReplaceRoute ReplaceRouteTableAssociation"
            " RevokeSecurityGroupEgress RevokeSecurityGroupIngress RunInstances StartInstances UnmonitorInstances"
            " UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            arn("ec2", "*"),
            arn("ec2", "image/*", account=""),
            arn("ec2", "snapshot/*", account=""),
        ),
        allow(
            "ec2",
            "DeleteVolume DetachVolume ModifyInstanceAttribute ModifyInstanceCreditSpecification"
            " ModifyInstanceMaintenanceOptions ModifyInstanceMetadataOptions ModifyInstancePlacement"
            " ModifyPrivateDnsNameOptions ModifyVolume ModifyVolumeAttribute StopInstances TerminateInstances",
            *(arn("ec2", f"{kind}/*") for kind in ("instance", "volume", "security-group")),
            conditions=ours(name),
        ),
        allow("elasticloadbalancing", "Describe*", "*", conditions=HERE),
        allow(
            "elasticloadbalancing",
            "AddTags CreateListener CreateLoadBalancer CreateTargetGroup DeleteListener DeregisterTargets"
            " ModifyCapacityReservation ModifyListener ModifyListenerAttributes ModifyLoadBalancerAttributes"
            " ModifyTargetGroup ModifyTargetGroupAttributes RegisterTargets RemoveTags SetIpAddressType"
            " SetSecurityGroups SetSubnets",
            *balancers,
        ),
        allow("elasticloadbalancing", "DeleteLoadBalancer DeleteTargetGroup", *balancers, conditions=ours(name)),
        allow("apigateway", "DELETE GET PATCH POST PUT", *apis),
        *(_domain(domain_zone_id) if domain_zone_id else []),
    ]


def _domain(zone_id: str) -> list[iam.PolicyStatement]:
    zone = arn("route53", f"hostedzone/{zone_id}", region="", account="")
    return [
        allow("route53", "ChangeResourceRecordSets GetHostedZone ListResourceRecordSets", zone),
        allow("route53", "GetChange", arn("route53", "change/*", region="", account="")),
        allow("route53", "ListHostedZones", "*"),  # knows no narrower resource
        allow(
            "acm",
            "AddTagsToCertificate DeleteCertificate DescribeCertificate ListTagsForCertificate"
            " RemoveTagsFromCertificate UpdateCertificateOptions",
            arn("acm", "certificate/*"),
        ),
        allow("acm", "RequestCertificate", "*", conditions=HERE),  # has no ARN yet
    ]
