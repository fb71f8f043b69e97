"""Starts the emulator with the types that it lacks, on the port in GATEWAY_PORT."""

from ministack import app
from ministack.core import lambda_runtime, router
from ministack.services import rds, ssm
from ministack.services.cloudformation import provisioners, stacks

from rehearsal.aws.resources import (
    budgets,
    databases,
    eks,
    functions,
    hosts,
    kubernetes,
    monitoring,
    network,
    recorded,
    references,
    secrets_manager,
    storage,
)
from rehearsal.aws.resources.resource_type import Handlers

_OURS = (budgets, eks, hosts, kubernetes, monitoring, network, recorded, storage)

TYPES = {name: handlers for module in _OURS for name, handlers in module.TYPES.items()}
"""The types that the emulator lacks."""

WRAPPED = {
    "AWS::CloudWatch::Alarm": monitoring.alarm,
    "AWS::EKS::Cluster": eks.cluster,
    "AWS::RDS::DBInstance": databases.database,
    "AWS::SecretsManager::Secret": secrets_manager.secret,
}
"""What is added to types that the emulator has."""


def extend() -> None:
    """Put everything into the emulator."""
    known: dict[str, Handlers] = provisioners._RESOURCE_HANDLERS
    known |= {name: wrap(known[name]) for name, wrap in WRAPPED.items()}
    known |= {name: type_.handlers() for name, type_ in TYPES.items()}
    known |= {name: references.checked(handlers) for name, handlers in known.items()}

    emulated = stacks._runs_on_worker_thread
    calling = {*TYPES, *WRAPPED}  # they call the emulator itself, which has to go on answering
    stacks._runs_on_worker_thread = lambda name: name in calling or emulated(name)

    lambda_runtime.execution_credentials = functions.credentials

    services = app.SERVICE_HANDLERS
    services["ssm"] = recorded.systems_manager(services["ssm"])
    services["rds"] = databases.service(services["rds"])
    rds._instance_xml = databases.described(rds._instance_xml)
    services["dlm"] = recorded.lifecycle_manager
    # It would look for that name in the descriptions of all services that there are, which take 400 MB.
    router._KNOWN_AWS_SERVICE_NAMES = frozenset({"dlm"})
    ssm._PUBLIC_AMI_PARAMETERS = hosts.images


if __name__ == "__main__":
    extend()
    app.main()
