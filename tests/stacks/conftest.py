import pytest

from bootstrap.stack import BootstrapStack
from cdk_app import Settings
from tests.stacks.bootstrap.policies import Policies
from tests.stacks.bootstrap.samples import DOMAIN
from tests.stacks.synthesis import Synthesis, synthesise, unchecked_app


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The app as it comes, with no setting; synthesised once a session."""
    return synthesise(tmp_path_factory.mktemp("synthesis"))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The app with every setting that changes what there is turned round; for tests marked `full`."""
    settings = {
        "name": "other",
        "domain": "users.example.com",
        "domain_zone_id": "Z1",
        "protect": "false",
        "zones": "eu-west-2a,eu-west-2b,eu-west-2c",
        "alarm_email": "on-call@example.com",
        "network.nat_gateways": "3",
        "cluster.version": "1.35",
        "cluster.public_cidrs": "192.0.2.0/24",
        "cluster.admins": "arn:aws:iam::111122223333:role/platform",
        "database.multi_az": "false",
        "database.backup_days": "1",
    }
    return synthesise(tmp_path_factory.mktemp("other"), **settings)


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """What `make bootstrap` makes for a system with a domain."""
    directory = tmp_path_factory.mktemp("bootstrap")
    app = unchecked_app(directory)
    BootstrapStack(app, "BootstrapStack", settings=Settings.from_context(DOMAIN), qualifier="slipway")
    app.synth()
    return Policies(directory / "BootstrapStack.template.json")
