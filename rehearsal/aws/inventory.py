"""Everything that boto3 can see of what stacks make, but for what AWS gives every account and keeps for a while."""

from typing import Any, NamedTuple

from rehearsal.aws.client import Connect


class Listing(NamedTuple):
    """What lists resources, and which of its fields tells them apart."""

    service: str
    operation: str
    items: str
    name: str = ""


LISTINGS = (
    Listing("apigatewayv2", "get_apis", "Items", "ApiId"),
    Listing("budgets", "describe_budgets", "Budgets", "BudgetName"),
    Listing("cloudformation", "describe_stacks", "Stacks", "StackName"),
    Listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Listing("dlm", "get_lifecycle_policies", "Policies", "PolicyId"),
    Listing("ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("ec2", "describe_instances", "Reservations", "Instances"),
    Listing("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    Listing("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    Listing("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Listing("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Listing("ec2", "describe_snapshots", "Snapshots", "SnapshotId"),
    Listing("ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("ec2", "describe_volumes", "Volumes", "VolumeId"),
    Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Listing("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Listing("ecr", "describe_repositories", "repositories", "repositoryName"),
    Listing("eks", "list_clusters", "clusters"),
    Listing("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    Listing("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    Listing("events", "list_rules", "Rules", "Name"),
    Listing("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    Listing("iam", "list_roles", "Roles", "RoleName"),
    Listing("kms", "list_keys", "Keys", "KeyId"),
    Listing("lambda", "list_functions", "Functions", "FunctionName"),
    Listing("lambda", "list_layers", "Layers", "LayerName"),
    Listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("logs", "describe_metric_filters", "metricFilters", "filterName"),
    Listing("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    Listing("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    Listing("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Listing("s3", "list_buckets", "Buckets", "Name"),
    Listing("secretsmanager", "list_secrets", "SecretList", "Name"),
    Listing("sns", "list_topics", "Topics", "TopicArn"),
    Listing("ssm", "describe_parameters", "Parameters", "Name"),
    Listing("ssm", "list_associations", "Associations", "AssociationName"),
    Listing("ssm", "list_documents", "DocumentIdentifiers", "Name"),
)


def take(connect: Connect) -> dict[str, set[str]]:
    """Return the names of all resources by service and kind; of hosts and gateways, those that are not gone."""
    found: dict[str, set[str]] = {}
    for listing in LISTINGS:
        items = _items(connect, listing)
        names = {item if isinstance(item, str) else str(item[listing.name]) for item in items}
        found[f"{listing.service} {listing.items}"] = names
    return found


def made_since(before: dict[str, set[str]], connect: Connect) -> dict[str, set[str]]:
    """Return what is there now and was not before."""
    return {kind: new for kind, names in take(connect).items() if (new := names - before[kind])}


def _items(connect: Connect, listing: Listing) -> list[Any]:
    client = connect(listing.service)
    # Budgets are the only ones that do not tell by the credentials whose they are.
    account = {"AccountId": connect("sts").get_caller_identity()["Account"]} if listing.service == "budgets" else {}
    items: list[Any] = getattr(client, listing.operation)(**account)[listing.items]
    match listing.items:
        case "Reservations":
            hosts = [host for reservation in items for host in reservation["Instances"]]
            return [{"Instances": host["InstanceId"]} for host in hosts if host["State"]["Name"] != "terminated"]
        case "NatGateways":
            return [item for item in items if item["State"] != "deleted"]
        case "Keys":  # KMS keeps them for weeks before they go
            states = {item["KeyId"]: client.describe_key(KeyId=item["KeyId"])["KeyMetadata"] for item in items}
            return [item for item in items if states[item["KeyId"]]["KeyState"] != "PendingDeletion"]
        case "Stacks":
            return [item for item in items if item["StackStatus"] != "DELETE_COMPLETE"]
    return items
