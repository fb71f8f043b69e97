"""Resources such as our stacks have, by the kind that IAM knows them as; the world in which requests are judged."""

REGION = "eu-west-2"
ACCOUNT = "123456789012"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/slipway-boundary-{REGION}"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
ZONE = "Z0123456789ABCDEFGHIJ"
DOMAIN = {"domain": "users.example.com", "domain_zone_id": ZONE}


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


_IDS = {
    "elastic-ip": "eipalloc-1",
    "instance": "i-1",
    "internet-gateway": "igw-1",
    "launch-template": "lt-1",
    "natgateway": "nat-1",
    "network-interface": "eni-1",
    "route-table": "rtb-1",
    "security-group": "sg-1",
    "security-group-rule": "sgr-1",
    "subnet": "subnet-1",
    "volume": "vol-1",
    "vpc": "vpc-1",
    "vpc-endpoint": "vpce-1",
    "vpc-flow-log": "fl-1",
}

SAMPLES = {
    **{f"ec2:{kind}": [arn("ec2", f"{kind}/{id_}")] for kind, id_ in _IDS.items()},
    "ec2:image": [arn("ec2", "image/ami-1", account="")],
    "ec2:snapshot": [arn("ec2", "snapshot/snap-1", account="")],
    "billing:billingview": [arn("billing", "billingview/primary", region="")],
    "budgets:budget": [arn("budgets", f"budget/slipway-{REGION}", region="")],
    "acm:certificate": [arn("acm", "certificate/1")],
    "cloudwatch:alarm": [arn("cloudwatch", "alarm:ProdStack-Alarm-1")],
    "cloudwatch:dashboard": [arn("cloudwatch", f"dashboard/slipway-{REGION}", region="")],
    "dlm:policy": [arn("dlm", "policy/policy-1")],
    "ecr:repository": [arn("ecr", "repository/slipway/candidate/backend")],
    "eks:access-entry": [arn("eks", f"access-entry/slipway/role/{ACCOUNT}/ClusterStack-Nodes-1/1")],
    "eks:addon": [arn("eks", "addon/slipway/metrics-server/1")],
    "eks:cluster": [arn("eks", "cluster/slipway")],
    "eks:podidentityassociation": [arn("eks", "podidentityassociation/slipway/a-1")],
    "elasticloadbalancing:listener/app": [arn("elasticloadbalancing", "listener/app/ProdSt-Entry-1/1/1")],
    "elasticloadbalancing:loadbalancer": [arn("elasticloadbalancing", "loadbalancer/app/ProdSt-Entry-1/1")],
    "elasticloadbalancing:loadbalancer/app/": [arn("elasticloadbalancing", "loadbalancer/app/ProdSt-Entry-1/1")],
    "elasticloadbalancing:targetgroup": [arn("elasticloadbalancing", "targetgroup/ProdSt-Targe-1/1")],
    "events:rule-on-default-event-bus": [arn("events", "rule/CiStack-Rule-1")],
    "iam:instance-profile": [arn("iam", "instance-profile/CiStack-Jenkins-1", region="")],
    "iam:role": [arn("iam", "role/CiStack-JenkinsRole-1", region="")],
    "kms:key": [arn("kms", "key/1")],
    "lambda:function": [arn("lambda", "function:ClusterStack-Kubectl-1")],
    "lambda:layer": [arn("lambda", "layer:ClusterKubectl1")],
    "lambda:layerVersion": [arn("lambda", "layer:ClusterKubectl1:1")],
    "logs:log-group": [
        arn("logs", "log-group:/aws/eks/slipway/cluster"),
        arn("logs", "log-group:/aws/lambda/NetworkStack-Closer-1"),
        arn("logs", "log-group:/aws/rds/instance/slipway-production/error"),
        arn("logs", "log-group:/slipway/pods"),
        arn("logs", "log-group:CiStack-WebhookLogs-1"),
    ],
    "logs:log-stream": [arn("logs", "log-group:CiStack-WebhookLogs-1:log-stream:1")],
    "rds:db": [arn("rds", "db:slipway-production"), arn("rds", "db:slipway-test")],
    "rds-db:db-user": [arn("rds-db", "dbuser:db-1/application")],
    "rds:og": [arn("rds", "og:default:mariadb-11-8")],
    "rds:pg": [arn("rds", "pg:datastack-parameters-1")],
    "rds:subgrp": [arn("rds", "subgrp:datastack-subnets-1")],
    "route53:change": ["arn:aws:route53:::change/1"],
    "route53:hostedzone": [f"arn:aws:route53:::hostedzone/{ZONE}"],
    "s3:bucket": ["arn:aws:s3:::prodstack-logs-1"],
    "s3:object": [f"arn:aws:s3:::cdk-slipway-assets-{ACCOUNT}-{REGION}/1.zip"],
    "secretsmanager:Secret": [
        arn("secretsmanager", "secret:WebhookSecret-1"),
        arn("secretsmanager", "secret:rds!db-1"),
    ],
    "sns:topic": [arn("sns", "CiStack-Alarms-1")],
    "ssm:association": [arn("ssm", "association/1")],
    "ssm:document": [arn("ssm", "document/CiStack-Document-1")],
    "ssm:parameter": [arn("ssm", "parameter/slipway/ci/key"), arn("ssm", "parameter/CFN-ClusterBarrier-1")],
}
