"""What the application and the platform agree on."""

NAMESPACE = "slipway"
"""The Kubernetes namespace that the application's objects live in."""

DATABASE_ACCOUNT = "application"
"""The database account that the backend signs in to with an IAM token; `prepare-database` makes it."""

DATABASE_SCHEMA = "users"
"""The schema that holds the application's tables; `prepare-database` makes it."""

SERVICES = ("backend", "frontend")
"""The services that have an image of their own, each built from its folder in services/."""

DEPLOYMENTS = ("proxy", "frontend", "backend")
"""The application's Deployments, from the user inwards; each logs its requests as JSON, and calls itself so there."""

OBJECTIVE_PERCENT = 99.9
OBJECTIVE_SECONDS = 0.3
"""What users are promised: so many percent of a month's requests are answered, and begin to be in so many seconds."""

BUILD_DISKS = (("jenkins", "/"), ("jenkins", "/var/lib/jenkins"), ("test", "/"))
"""The disks of the hosts that build, by the host's name behind the system's and a path: `ansible/site.yml`."""
