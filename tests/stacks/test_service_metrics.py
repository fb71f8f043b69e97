"""The filters find each request in the lines that services really write."""

import re

import pytest

from cdk_app.contract import DEPLOYMENTS
from k8s_charts import nginx
from tests.stacks.synthesis import ROOT, Synthesis

PROXY = nginx.render(listen="8080", upstream="frontend:5000", resolver=None)


def _line(service: str) -> str:
    """Return the source of the line that a service writes for a request."""
    if service == "proxy":
        return "".join(re.findall(r"^\s+'(.*?)'", PROXY[PROXY.index("log_format json") :], re.MULTILINE)[:3])
    source = (ROOT / "services" / service / "application/access_log.py").read_text()
    (name,) = re.findall(r'^SERVICE = "(\w+)"$', source, re.MULTILINE)
    return source.replace("{SERVICE}", name).replace('":{self._status},"', '":$status,"')


@pytest.mark.parametrize("service", DEPLOYMENTS)
def test_a_service_writes_the_fields_that_are_looked_for(service: str) -> None:
    line = _line(service)
    assert f'"service":"{service}"' in line
    assert re.search(r'"status":[$]', line)  # a number, not a text
    assert re.search(r'"seconds":[${]', line)


def test_the_filters_look_for_these_services_and_bound_what_is_paid_for(synthesis: Synthesis) -> None:
    filters = [item["Properties"] for _, _, item in synthesis.resources("AWS::Logs::MetricFilter")]
    ours = " || ".join(f'$.service = "{service}"' for service in DEPLOYMENTS)
    assert sorted(item["FilterPattern"] for item in filters) == [
        f"{{ ({ours}) && $.seconds >= 0 }}",
        f"{{ ({ours}) && $.status >= 500 }}",
    ]
    for item in filters:
        assert "PodLogsGroup" in item["LogGroupName"]["Fn::ImportValue"]
        (made,) = item["MetricTransformations"]
        assert made["MetricValue"] == {"Seconds": "$.seconds", "Errors": "1"}[made["MetricName"]]
