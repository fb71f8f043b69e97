"""RegistryStack: where images are kept."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from cdk_app.contract import SERVICES
from cdk_app.settings import Settings

_RELEASES_KEPT = 50
_CANDIDATE_DAYS = 14


class RegistryStack(Stack):
    """A release repository and a candidate repository for each service.

    Candidates are what the test host has built and not yet tested; releases are tested ones, copied by digest.

    Attributes:
        releases: release repositories by service.
        candidates: candidate repositories by service.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        """Define the repositories."""
        super().__init__(scope, id_, description="Slipway: image repositories")
        self.releases = {
            service: self._repository(
                f"Release-{service}",
                f"{settings.name}/{service}",
                ecr.LifecycleRule(description=f"the last {_RELEASES_KEPT} releases", max_image_count=_RELEASES_KEPT),
            )
            for service in SERVICES
        }
        self.candidates = {
            service: self._repository(
                f"Candidate-{service}",
                f"{settings.name}/candidate/{service}",
                ecr.LifecycleRule(description=f"{_CANDIDATE_DAYS} days", max_image_age=Duration.days(_CANDIDATE_DAYS)),
            )
            for service in SERVICES
        }

    def _repository(self, id_: str, name: str, rule: ecr.LifecycleRule) -> ecr.Repository:
        return ecr.Repository(
            self,
            id_,
            repository_name=name,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            lifecycle_rules=[rule],
            empty_on_delete=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
