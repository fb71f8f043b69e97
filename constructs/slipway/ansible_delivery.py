"""Ansible playbooks, carried to hosts and applied by Systems Manager."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from aws_cdk import Duration, Fn, IgnoreMode, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from slipway.alarm_topic import AlarmTopic
from slipway.build_host import BuildHost
from slipway.host_registration import HostRegistration

_SCRIPT = Path(__file__).with_suffix(".sh")
_VERSION = sha256(_SCRIPT.read_bytes()).hexdigest()[:6]
_ARCHIVE = "/opt/slipway/ansible.zip"
_NOT_DELIVERED = ["**/__pycache__", "**/.cache", "**/.ansible", "**/*.pyc", "**/*.retry"]


class AnsibleDelivery(Construct):
    """A directory with a `site.yml`, which hosts get and apply without SSH, inventory or a control host.

    Guarantees: hosts are changed only by what stands in the directory, at the version that the stack was deployed
    with; Ansible itself comes from the directory's hash-locked `requirements.txt`; a deployment that changes the
    directory, what applies it or a host's variables waits for the hosts, and fails if they do; every host is brought
    back to what is written once a day, and whoever listens to the alarms is told when that fails.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        directory: Path,
        alarms: AlarmTopic,
        time_limit: Duration | None = None,
    ) -> None:
        """Define the delivery.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            directory: holds `site.yml` and `requirements.txt`.
            alarms: told when a run fails, whoever started it.
            time_limit: how long one run, and a deployment that waits for it, may take; 45 minutes by default.
        """
        super().__init__(scope, id_)
        self._seconds = (time_limit or Duration.minutes(45)).to_seconds()
        self._asset = assets.Asset(
            self, "Playbooks", path=str(directory), exclude=_NOT_DELIVERED, ignore_mode=IgnoreMode.GLOB
        )
        self._document = ssm.CfnDocument(
            self,
            "Document",
            document_type="Command",
            document_format="JSON",
            target_type="/AWS::EC2::Instance",
            update_method="NewVersion",
            content=self._content(),
        )
        self._registration = HostRegistration(self, "Registration")
        self._tell_failures(alarms)

    def apply(self, host: BuildHost, *, play: str, variables: Mapping[str, str]) -> ssm.CfnAssociation:
        """Apply the playbooks to `host`, now and once a day.

        Args:
            host: the host; it gets leave to read the playbooks and what applies them.
            play: the host's name in `site.yml`.
            variables: what the playbooks are told; strings, which CloudFormation may fill in.
        """
        # SSM's agent lists before it downloads, and takes a refusal for an error.
        host.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"], resources=[self._asset.bucket.arn_for_objects(self._asset.s3_object_key)]
            )
        )
        host.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self._asset.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{self._asset.s3_object_key}*"}},
            )
        )
        stack = Stack.of(self)
        document = stack.format_arn(service="ssm", resource="document", resource_name=self._document.ref)
        host.role.add_to_policy(
            iam.PolicyStatement(actions=["ssm:DescribeDocument", "ssm:GetDocument"], resources=[document])
        )
        association = ssm.CfnAssociation(
            self,
            f"Apply-{play}",
            name=self._document.ref,
            association_name=f"{stack.stack_name}-{play}",
            targets=[ssm.CfnAssociation.TargetProperty(key="InstanceIds", values=[host.instance.instance_id])],
            parameters={
                "Source": [f'{{"path": "{self._asset.http_url}"}}'],
                "Play": [play],
                "Script": [_VERSION],
                # Base64, so that no value can be taken for a part of the script.
                "Variables": [Fn.base64(stack.to_json_string(dict(variables)))],
            },
            schedule_expression="rate(1 day)",
            wait_for_success_timeout_seconds=self._seconds,
        )
        # An association whose host has not registered yet has nothing to do, and succeeds.
        association.node.add_dependency(self._registration.awaited(play, host.instance))
        return association

    def _tell_failures(self, alarms: AlarmTopic) -> None:
        """Tell `alarms` whenever a host could not be brought to what is written."""
        name = events.EventField.from_path("$.detail.document-name")
        association = events.EventField.from_path("$.detail.association-id")
        events.Rule(
            self,
            "Failed",
            description="A host could not be configured",
            event_pattern=events.EventPattern(
                source=["aws.ssm"],
                detail_type=["EC2 State Manager Association State Change"],
                detail={"document-name": [self._document.ref], "status": ["Failed"]},
            ),
            targets=[
                targets.SnsTopic(
                    alarms.topic,
                    message=events.RuleTargetInput.from_text(
                        alarms.explained(
                            f"A host could not be configured by {name}: read the output of association {association} "
                            "under Systems Manager, State Manager",
                            "host-not-configured",
                        )
                    ),
                )
            ],
        )

    def _content(self) -> dict[str, object]:
        return {
            "schemaVersion": "2.2",
            "description": "Applies Slipway's Ansible playbooks to this host",
            "parameters": {
                "Source": {
                    "type": "String",
                    "description": "where the zipped playbooks lie",
                    "allowedPattern": r'^\{"path": "https://[\w./-]+\.zip"\}$',
                },
                "Play": {
                    "type": "String",
                    "description": "this host's name in site.yml",
                    "allowedPattern": "^[a-z][a-z0-9_]*$",
                },
                "Script": {
                    "type": "String",
                    "description": "version of this document's script: another one makes the hosts run it",
                    "allowedPattern": "^[0-9a-f]{6}$",
                },
                "Variables": {
                    "type": "String",
                    "description": "the playbooks' variables: a JSON object, in Base64",
                    "allowedPattern": "^[A-Za-z0-9+/=]+$",
                },
            },
            "mainSteps": [
                {
                    "name": "download",
                    "action": "aws:downloadContent",
                    "inputs": {
                        "sourceType": "S3",
                        "sourceInfo": "{{ Source }}",
                        "destinationPath": _ARCHIVE,
                    },
                },
                {
                    "name": "apply",
                    "action": "aws:runShellScript",
                    "inputs": {
                        "timeoutSeconds": str(int(self._seconds)),
                        "runCommand": [
                            "set -- '{{ Play }}' '{{ Variables }}' # script {{ Script }}",
                            *_SCRIPT.read_text("utf-8").splitlines(),
                        ],
                    },
                },
            ],
        }
