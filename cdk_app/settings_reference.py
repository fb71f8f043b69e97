"""Writes docs/settings.md, the reference of all settings, from what settings.py says: `make docs`."""

from itertools import groupby
from pathlib import Path

from cdk_app.profiles import PROFILES
from cdk_app.settings import Settings, known_settings

FILE = Path(__file__).parents[1] / "docs" / "settings.md"

_INTRODUCTION = """\
# Settings

Made by `make docs` from [cdk_app/settings.py](../cdk_app/settings.py), where each setting has its type and its default.

For one deployment they are given on the command line: `cdk deploy ProdStack -c network.nat_gateways=3`. For good, and
for the pipeline, they stand in [cdk.json](../cdk.json), under `context`: `"network.nat_gateways": 3`. Lists are
comma-separated, or JSON lists in cdk.json. Where no default stands, nothing is set. An unknown setting and a value that
is not allowed are refused, with what is allowed.
"""

_PROFILES = """\
## Profiles

`profile=small` or `profile=ha` gives these settings at once; one that is given by itself goes before it. What each
profile costs: `make cost`.
"""

_COLUMNS = """\
| setting | default | what it is, and what is allowed |
| --- | --- | --- |
"""


def render() -> str:
    """Return the reference: a table for each section of the settings, and one of the profiles."""
    blocks = [_INTRODUCTION]
    for section, settings in groupby(known_settings(), lambda setting: setting[0].rpartition(".")[0]):
        rows = [f"| `{name}` | {_shown(default)} | {description} |\n" for name, description, default in settings]
        blocks += [_heading(section), "".join([_COLUMNS, *rows])]
    return "\n".join([*blocks, _PROFILES, _profiles()])


def _profiles() -> str:
    """Return the settings that profiles give, a column for each profile."""
    given = [(name, default) for name, _, default in known_settings() if any(name in it for it in PROFILES.values())]
    rows = [["setting", *PROFILES], ["---"] * (len(PROFILES) + 1)]
    rows += [[f"`{name}`", *(_shown(it.get(name, default)) for it in PROFILES.values())] for name, default in given]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _heading(section: str) -> str:
    """Return what a section's class says of itself, the first sentence as its title."""
    about = getattr(Settings.model_fields[section].annotation, "__doc__", "") if section else "The whole platform."
    title, _, more = about.partition(".")
    return f"## {title}\n" + (f"\n{more.strip()}\n" if more else "")


def _shown(default: object) -> str:
    """Return a default as it would be given, or nothing where there is none."""
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{','.join(default)}`" if isinstance(default, tuple) else f"`{default}`"


if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
