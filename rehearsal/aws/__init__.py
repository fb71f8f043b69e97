"""AWS on this machine: an emulator that CloudFormation's templates are deployed to, and what stands behind it.

The emulator is a process of its own, in an environment of its own. `rehearsal.aws.resources` runs there and nowhere
else; everything else here runs where the rehearsal does. What a cluster or a database is for, the emulator leaves to
others: manifests go to the Kubernetes API that a kubeconfig names, databases to whoever implements `Databases`.
"""

ACCOUNT = "000000000000"
"""The only account that there is."""

REGION = "eu-west-2"
"""Where everything is deployed to."""
