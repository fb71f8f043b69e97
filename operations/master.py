"""How MariaDB's own programs sign in as a database's master: `python -m operations login slipway-production`."""

import json

from operations.account import Account, AwsError

AUTHORITIES = "/tmp/rds-ca.pem"  # noqa: S108 - in the pod that docs/runbook/database-restore.md makes
"""Where the client finds the authorities of RDS, services/backend/rds-ca.pem."""


def options_file(account: Account, identifier: str) -> str:
    """Return a file of options for `--defaults-file`: address, master, his password, and TLS that is verified.

    Raises:
        NotThereError: there is no such instance, or no such secret.
        AwsError: it was refused, or RDS does not manage the master's password.
    """
    (instance,) = account.ask("rds", "describe_db_instances", DBInstanceIdentifier=identifier)["DBInstances"]
    if "MasterUserSecret" not in instance:
        raise AwsError(
            f"RDS does not manage the master's password of {identifier}; have it do so: aws rds modify-db-instance "
            f"--db-instance-identifier {identifier} --manage-master-user-password --apply-immediately"
        )
    secret = account.ask("secretsmanager", "get_secret_value", SecretId=instance["MasterUserSecret"]["SecretArn"])
    told = json.loads(secret["SecretString"])
    password = told["password"].replace("\\", "\\\\")  # which such files escape by
    endpoint = instance["Endpoint"]
    lines = ["[client]", f"host={endpoint['Address']}", f"port={endpoint['Port']}", f"user={told['username']}"]
    return "\n".join([*lines, f'password="{password}"', f"ssl-ca={AUTHORITIES}", "ssl-verify-server-cert", ""])
