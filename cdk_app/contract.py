"""What the application and the platform agree on."""

NAMESPACE = "slipway"
"""The Kubernetes namespace that the application's objects live in."""

DATABASE_ACCOUNT = "application"
"""The database account that the backend signs in to with an IAM token; `prepare-database` makes it."""

DATABASE_SCHEMA = "users"
"""The schema that holds the application's tables; `prepare-database` makes it."""

SERVICES = ("backend", "frontend")
"""The services that have an image of their own, each built from its folder in services/."""
