"""The command line behind `make doctor`, `make status DEPLOYED=1` and `make logs DEPLOYED=1`, and of the runbook."""

import argparse
import sys

from operations import OperationsError, machine, sign_in
from operations.findings import Finding, Verdict, gather, summary, table


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status: 1 where a finding is FAIL, or nothing could be looked at."""
    parser = argparse.ArgumentParser(prog="python -m operations", description=__doc__)
    names = parser.add_subparsers(dest="command", required=True)
    doctor = names.add_parser("doctor", help="say whether machine and account are fit")
    doctor.add_argument("--account", choices=["", "0", "1"], default="", help="look at the account: if there is one")
    names.add_parser("status", help="say how what is deployed fares")
    login = names.add_parser("login", help="print how MariaDB's programs sign in as a database's master")
    login.add_argument("instance", help="its identifier, such as slipway-production")
    logs = names.add_parser("logs", help="print what it has logged")
    logs.add_argument("--service", default="pods", help="whose lines")
    logs.add_argument("--since", default="15m", help="from how long ago")
    logs.add_argument("--follow", action="store_true", help="go on")
    given = parser.parse_args(arguments)
    try:
        match given.command:
            case "doctor":
                return _doctor(given.account)
            case "status":
                return _status()
            case "login":
                return _login(given.instance)
            case _:
                return _logs(given.service, given.since, follow=given.follow)
    except OperationsError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    except KeyboardInterrupt:  # how one stops following
        return 130


def _doctor(wanted: str) -> int:
    """Look at the machine, and at the account: if it is `wanted` ("1"), or, where nothing is said, if there is one."""
    findings = list(gather(machine.CHECKS, machine.Machine()))
    _tell("This machine", findings)
    if any(finding.what in ("Node", "Python") and finding.verdict is Verdict.FAIL for finding in findings):
        return 1  # the settings cannot be read
    found = None if wanted == "0" else sign_in.session()
    if wanted == "1" or found is not None:
        # Here, since it reads the settings by the CDK's library: seconds, and it needs Node.
        from operations import access, account, offers, quotas

        looked_at = account.connected(found)
        seen = list(gather(access.CHECKS, looked_at))
        seen += gather((*quotas.CHECKS, *offers.CHECKS), looked_at)
        _tell("The account", seen)
        findings += seen
    return _end(findings)


def _status() -> int:
    from operations import account, deployed

    findings = list(gather(deployed.CHECKS, account.connected(sign_in.session())))
    _tell("What is deployed", findings)
    return _end(findings)


def _login(instance: str) -> int:
    from operations import account, master

    sys.stdout.write(master.options_file(account.connected(sign_in.session()), instance))
    return 0


def _logs(service: str, ago: str, *, follow: bool) -> int:
    from operations import account, logs

    wanted, period = logs.source(service), logs.since(ago)
    for line in logs.lines(account.connected(sign_in.session()), wanted, ago=period, follow=follow):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


def _tell(title: str, findings: list[Finding]) -> None:
    sys.stdout.write("\n".join([title, "", *table(findings), "", ""]))


def _end(findings: list[Finding]) -> int:
    sys.stdout.write(f"{summary(findings)}\n")
    return int(any(finding.verdict is Verdict.FAIL for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
