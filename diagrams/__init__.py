"""Draws docs/diagrams/ from what is deployed: the synthesised stacks, the manifests in them, and the Jenkinsfile.

Nothing is drawn that is not there: every box is a resource, an object or a stage, and every arrow a rule, a permission,
a name or an order that stands in a template, a manifest or the Jenkinsfile. `make diagrams` renews the pictures.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "docs" / "diagrams"


class DiagramError(Exception):
    """Something cannot be drawn. The message is one line: what, and what to do."""
