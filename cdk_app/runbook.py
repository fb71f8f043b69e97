"""Where the runbook is read: in the repository, on the branch that is deployed."""

from cdk_app.settings import Settings


def page(settings: Settings, name: str) -> str:
    """Return the URL of a page of docs/runbook/, as GitHub shows it."""
    return f"{settings.ci.repository.removesuffix('.git')}/blob/main/docs/runbook/{name}.md"
