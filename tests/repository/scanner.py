"""Looks for secrets in files with detect-secrets; what only looks like one stands in not_secret.toml."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

# Lines in which no detector can find anything are passed over: half the time. Read when the library is imported.
os.environ["DETECT_SECRETS_PERF_PREGATE"] = "1"

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

_DETECTORS = (
    "AWSKeyDetector",
    "Base64HighEntropyString",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "HexHighEntropyString",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "PrivateKeyDetector",
    "SlackDetector",
)
# Neither what skips whole files by name nor what a comment beside a secret switches off.
_FILTERS = (
    "is_aws_arn",
    "is_indirect_reference",
    "is_likely_id_string",
    "is_not_alphanumeric_string",
    "is_potential_uuid",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_templated_secret",
)
_SETTINGS = {
    "plugins_used": [{"name": name} for name in _DETECTORS],
    "filters_used": [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in _FILTERS],
}


@dataclass(frozen=True, order=True, repr=False)
class Finding:
    """Something that looks like a secret; shown, it says where and what, and does not repeat it."""

    path: str
    line: int
    kind: str
    value: str
    text: str

    def __repr__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}, {len(self.value)} characters from {self.value[:4]!r}"


@dataclass(frozen=True)
class Rule:
    """What only looks like a secret; not_secret.toml tells what its fields mean."""

    reason: str
    value: str = ".*"
    files: str = "*"
    line: str = ""

    def covers(self, finding: Finding) -> bool:
        return bool(
            fnmatch(finding.path, self.files)
            and re.fullmatch(self.value, finding.value)
            and re.search(self.line.replace("VALUE", re.escape(finding.value)), finding.text)
        )


RULES = {
    place: [Rule(**entry) for entry in entries]
    for place, entries in tomllib.loads(Path(__file__).with_name("not_secret.toml").read_text()).items()
}


@dataclass(frozen=True)
class Scan:
    """What was found, and the rules that covered what else was."""

    secrets: list[Finding]
    used: set[Rule]

    def report(self) -> str:
        """Return what to do and what was found, for whoever sees the test fail."""
        advice = "remove each, and replace it wherever it is valid; what is no secret gets a rule in not_secret.toml:"
        return "\n".join([advice, *map(repr, self.secrets)])

    def unused(self, place: str) -> list[str]:
        """Return the reasons of the rules that were made for a place and covered nothing."""
        return [rule.reason for rule in RULES.get(place, []) if rule not in self.used]


def scan(root: Path, paths: Iterable[str]) -> Scan:
    """Look into the files of text at `paths` under `root`; others, such as archives, are passed over."""
    secrets: list[Finding] = []
    used: set[Rule] = set()
    for finding in sorted(set(_findings(root, paths))):
        covering = {rule for rules in RULES.values() for rule in rules if rule.covers(finding)}
        used |= covering
        secrets += [] if covering else [finding]
    return Scan(secrets, used)


def kept(root: Path) -> list[str]:
    """Return the paths of all files that git keeps or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if (root / path).is_file()]


def files_below(root: Path) -> list[str]:
    """Return the paths of all files under `root`."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def is_text(content: bytes) -> bool:
    """Say whether a file's content is text."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _findings(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    with transient_settings(_SETTINGS):
        for path in paths:
            if is_text(content := (root / path).read_bytes()):
                lines = content.decode().split("\n")
                for found in scan_file(str(root / path)):
                    # of a value over several lines the number may lie past the end
                    text = "".join(lines[found.line_number - 1 : found.line_number])
                    yield Finding(path, found.line_number, found.type, found.secret_value or "", text)
