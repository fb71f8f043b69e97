"""The CDK app: one module a stack. A stack composes constructs and holds no logic of its own."""

from dataclasses import dataclass

from aws_cdk import App

from cdk_app.boundary import bound_roles
from cdk_app.checks import ChecksError, synthesise
from cdk_app.ci_stack import CiStack
from cdk_app.cluster_stack import ClusterStack
from cdk_app.data_stack import DataStack
from cdk_app.network_stack import NetworkStack
from cdk_app.prod_stack import ProdStack
from cdk_app.registry_stack import RegistryStack
from cdk_app.settings import Settings, SettingsError
from cdk_app.tags import tag

__all__ = ["ChecksError", "Settings", "SettingsError", "Stacks", "build", "synthesise"]


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The six stacks of one app."""

    network: NetworkStack
    registry: RegistryStack
    ci: CiStack
    data: DataStack
    cluster: ClusterStack
    prod: ProdStack


def build(app: App, settings: Settings) -> Stacks:
    """Define all stacks in `app`: tagged with system, stack, owner and cost centre, their roles within the boundary."""
    network = NetworkStack(app, "NetworkStack", settings=settings)
    registry = RegistryStack(app, "RegistryStack", settings=settings)
    ci = CiStack(app, "CiStack", settings=settings, network=network, registry=registry)
    data = DataStack(app, "DataStack", settings=settings, network=network)
    cluster = ClusterStack(app, "ClusterStack", settings=settings, network=network)
    prod = ProdStack(
        app, "ProdStack", settings=settings, network=network, registry=registry, data=data, cluster=cluster
    )
    stacks = Stacks(network=network, registry=registry, ci=ci, data=data, cluster=cluster, prod=prod)
    for stack in vars(stacks).values():
        bound_roles(stack, settings)
        tag(stack, settings)
    return stacks
