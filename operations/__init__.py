"""What whoever is on call asks: are machine and account fit, how does what is deployed fare, what does it log.

`make doctor`, `make status DEPLOYED=1` and `make logs DEPLOYED=1`. Nothing is changed by any of it. It reads settings
and names from `cdk_app` and `bootstrap`, and knows no rehearsal.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]


class OperationsError(Exception):
    """Nothing can be looked at; the message says why, and what to do."""


class RefusedError(OperationsError):
    """One thing cannot be looked at, and others perhaps can; the message says why, and behind `; ` what to do."""
