"""Profiles: settings that go together, under the name that `-c profile=NAME` gives them."""

from collections.abc import Mapping

PROFILES: Mapping[str, Mapping[str, str]] = {
    "default": {},
    # For a trial, or a team that can wait for a restore: no standby, and one build at a time.
    "small": {
        "budget": "550",
        "cluster.max_cpus": "12",
        "database.multi_az": "false",
        "ci.test_type": "t4g.medium",
        "ci.test_executors": "1",
    },
    # Goes on releasing while a zone is away, and lives on no CPU credits.
    "ha": {
        "budget": "1150",
        "network.nat_gateways": "3",
        "cluster.node_types": "c7g.large,m7g.large",
        "cluster.max_cpus": "64",
        "database.production_class": "db.m7g.large",
        "database.backup_days": "35",
    },
}
"""What each profile gives instead of the defaults in settings.py."""
