"""The stand-in for the load balancer in front of local pods asks for their health as the real one does."""

from rehearsal.node import entrance
from tests.stacks.synthesis import Synthesis


def test_the_stand_in_asks_for_health_as_the_load_balancer_does(synthesis: Synthesis) -> None:
    ((_, _, group),) = synthesis.resources("AWS::ElasticLoadBalancingV2::TargetGroup")
    properties = group["Properties"]
    assert {
        "periodSeconds": properties["HealthCheckIntervalSeconds"],
        "timeoutSeconds": properties["HealthCheckTimeoutSeconds"],
        "successThreshold": properties["HealthyThresholdCount"],
        "failureThreshold": properties["UnhealthyThresholdCount"],
    } == entrance.HEALTH
