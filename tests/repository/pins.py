"""What renovate.json looks after: its managers, what each takes for a version, and what a pinned version looks like."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]
RENOVATE = json.loads((ROOT / "renovate.json").read_text("utf-8"))
BY_HAND = tomllib.loads((ROOT / "tests/repository/by_hand.toml").read_text("utf-8"))["pin"]

BUILT_IN = {
    "pip-compile": r"(?m)^[\w.-]+(?:\[[\w,-]+\])?(?:==|>=)(?P<currentValue>[\w.]+)",
    "dockerfile": r"(?m)^(?:ARG BASE=|FROM )\S+/\S+:(?P<currentValue>[\w.-]+)",
    "jenkins": r"(?m)^[\w-]+:(?P<currentValue>\S+)$",
    "npm": r'"[@\w/-]+": "(?P<currentValue>\d[\w.-]*)"',
}
"""How Renovate's own managers find versions, as far as our files need it."""

FILES = {
    "dockerfile": [r"/(^|/|\.)([Dd]ocker|[Cc]ontainer)file[^/]*$/"],
    "jenkins": [r"/(^|/)plugins\.(txt|ya?ml)$/"],
    "npm": [r"/(^|/)package\.json$/"],
}
"""Which files they read, whatever renovate.json says; what it says is added."""

PINNED = [
    r"(?<![\w.-])v?(?P<version>\d+(?:\.\d+){2,}[\w.-]*)",  # three numbers
    r"[\w-]+\.[\w.-]+(?:/[\w.-]+)+:(?P<version>v?\d[\w.-]*)",  # an image's tag
    r"/(?P<version>20\d{6})/",  # an image of a day
    r"PYTHON_(?P<version>\d+_\d+)",  # a runtime of Lambda
    r"(?<==)(?P<version>\d+(?:\.\d+)+)$",  # a locked package
]
"""What a version looks like in this repository."""


@dataclass(frozen=True, order=True)
class Span:
    """A version at a place of a file."""

    file: str
    start: int
    end: int
    text: str
    match: str = ""  # of which it is a part

    def within(self, other: "Span") -> bool:
        """Say whether this is part of the other."""
        return self.file == other.file and other.start <= self.start and self.end <= other.end


@dataclass(frozen=True)
class Manager:
    """One manager of Renovate: which files it reads, and what it takes for a version there."""

    name: str
    files: list[str]
    matches: list[str]

    def reads(self, file: str) -> bool:
        """Say whether it looks into the file."""
        ignored = any(fnmatch(file, pattern) for pattern in RENOVATE["ignorePaths"])
        return not ignored and any(_selects(pattern, file) for pattern in self.files)

    def spans(self, file: str, text: str) -> Iterator[Span]:
        """Yield the version of each of its dependencies in the file."""
        if self.reads(file):
            for pattern in self.matches:
                for match in re.finditer(re.sub(r"\(\?<(?=\w)", "(?P<", pattern), text):
                    groups = match.groupdict()
                    start, end = match.span("currentValue") if "currentValue" in groups else match.span()
                    yield Span(file, start, end, text[start:end], match[0])


def managers() -> list[Manager]:
    """Return the managers that renovate.json enables: Renovate's own, and ours by regular expressions."""
    names = [name for name in RENOVATE["enabledManagers"] if name != "custom.regex"]
    return [
        *(Manager(name, _files_of(name), [BUILT_IN[name]]) for name in names),
        *(
            Manager(rule["description"], rule["managerFilePatterns"], rule["matchStrings"])
            for rule in RENOVATE["customManagers"]
        ),
    ]


def tracked() -> list[str]:
    """Return the files in which versions are pinned: no documents, pictures or snapshots, nor what tests make up."""
    listed = run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    made = r"\.md$|\.svg$|\.pem$|^LICENSE$|/__snapshots__/|^docs/|^package-lock\.json$|(^|/)tests/.*\.(?!ya?ml$)\w+$"
    return [file for file in listed if not re.search(made, file) and (ROOT / file).is_file()]


def pinned(file: str, text: str) -> set[Span]:
    """Return what looks like a pinned version; addresses of the network do not."""
    return {
        Span(file, match.start("version"), match.end("version"), match["version"])
        for pattern in PINNED
        for match in re.finditer(pattern, text, re.MULTILINE)
        if not _is_address(match["version"])
    }


def _files_of(name: str) -> list[str]:
    patterns: list[str] = FILES.get(name, []) + RENOVATE.get(name, {}).get("managerFilePatterns", [])
    if name != "pip-compile":
        return patterns
    # It reads the lock files, and what the command in their heads names as their source.
    locks = [file for file in tracked() if any(_selects(pattern, file) for pattern in patterns)]
    sources = [
        source for file in locks for source in re.findall(r"^#    uv .* (\S+)$", (ROOT / file).read_text(), re.M)
    ]
    return [f"/^{re.escape(file)}$/" for file in locks + sources]


def _selects(pattern: str, file: str) -> bool:
    return bool(re.search(pattern.removeprefix("/").removesuffix("/"), file))


def _is_address(version: str) -> bool:
    try:
        IPv4Address(version.rstrip("."))
    except AddressValueError:
        return False
    return True
