"""Whether an account is prepared: credentials, what `make bootstrap` makes, and whom alarms are told."""

from collections.abc import Iterator

from operations import alarms
from operations.account import QUALIFIER, TOOLKIT, Account, NotThereError
from operations.findings import Check, Finding, fail, ok, warn

_BOOTSTRAP = "BootstrapStack"
_LEAST_VERSION = 6
"""Of what `cdk bootstrap` makes; each stack's rule CheckBootstrapVersion asks for it."""

_AGAIN = "as an administrator: make bootstrap (DRY_RUN=1 shows what it changes)"


def credentials(account: Account) -> Iterator[Finding]:
    """See whose account this is."""
    caller = account.ask("sts", "get_caller_identity")
    seen = f"account {caller['Account']}, region {account.region}, {caller['Arn'].rpartition(':')[2]}"
    if caller["Arn"].endswith(":root"):
        yield warn("credentials", seen, "these are the account's root: sign in as somebody whose rights can be ended")
    else:
        yield ok("credentials", seen)


def bootstrap(account: Account) -> Iterator[Finding]:
    """See that the CDK's own resources are there, and recent enough."""
    try:
        version = account.ask("ssm", "get_parameter", Name=f"/cdk-bootstrap/{QUALIFIER}/version")
    except NotThereError:
        yield fail("CDK bootstrap", f"account and region are not prepared for '{QUALIFIER}'", _AGAIN)
        return
    number = int(version["Parameter"]["Value"])
    seen = f"version {number}, qualifier {QUALIFIER}"
    if number < _LEAST_VERSION:
        yield fail("CDK bootstrap", f"{seen}; {_LEAST_VERSION} is asked for", _AGAIN)
    else:
        yield ok("CDK bootstrap", seen)
    for name in (_BOOTSTRAP, TOOLKIT):
        state = account.stacks.get(name, {}).get("StackStatus")
        if state is None:
            yield fail(name, "not there", _AGAIN)
        elif state in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            yield ok(name, state)
        else:
            yield fail(name, state, f"see its events in CloudFormation, then {_AGAIN}")


def limits(account: Account) -> Iterator[Finding]:
    """See that deployments, and the roles that they make, are bounded by our policies and by nothing wider."""
    number = account.ask("sts", "get_caller_identity")["Account"]
    name, region = account.settings.name, account.region
    boundary = f"{name}-boundary-{region}"
    try:
        account.ask("iam", "get_policy", PolicyArn=f"arn:aws:iam::{number}:policy/{boundary}")
        yield ok("boundary of roles", boundary)
    except NotThereError:
        yield fail("boundary of roles", f"the policy {boundary} is not there", _AGAIN)
    role = f"cdk-{QUALIFIER}-cfn-exec-role-{number}-{region}"
    try:
        limit = account.ask("iam", "get_role", RoleName=role)["Role"].get("PermissionsBoundary", {})
    except NotThereError:
        yield fail("execution role", f"{role} is not there", _AGAIN)
        return
    wanted, seen = f"{name}-toolkit-boundary-{region}", _name(limit.get("PermissionsBoundaryArn", ""))
    if seen == wanted:
        yield ok("boundary of the toolkit", wanted)
    else:
        yield fail("boundary of the toolkit", seen or "none", f"wanted is {wanted}; {_AGAIN}")
    attached = account.listed("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    names = sorted(policy["PolicyName"] for policy in attached)
    others = [policy for policy in names if not policy.startswith(f"{name}-cdk-execution-")]
    if others or not names:
        yield fail("execution policies", ", ".join(others) or "none", f"deployments may do what these say; {_AGAIN}")
    else:
        yield ok("execution policies", f"{len(names)}, all of bootstrap/")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


CHECKS: tuple[Check[Account], ...] = (credentials, bootstrap, limits, alarms.address)
