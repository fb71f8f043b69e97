"""The bill of one synthesis."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from costs import CostsError
from costs.resources import PRICED, Properties, Use
from costs.tariff import Tariff, training

Bill = Mapping[str, Mapping[str, float]]
"""US dollars a month by stack and by what is paid for."""


def of_templates(directory: Path, tariff: Tariff) -> Bill:
    """Price what was synthesised into `directory`.

    Raises:
        CostsError: there are no templates, or something in them has no price.
    """
    if not (directory / "manifest.json").exists():
        raise CostsError(f"{directory} holds no synthesised stacks: run `make synth` first")
    artifacts = json.loads((directory / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = [name for name, item in artifacts.items() if item["type"] == "aws:cloudformation:stack"]
    templates = {stack: json.loads((directory / f"{stack}.template.json").read_text("utf-8")) for stack in stacks}
    return _priced({stack: _uses(stack, template, tariff) for stack, template in templates.items()}, tariff)


def of_training(tariff: Tariff) -> Bill:
    """Price the training project, whose uses training.toml lists."""
    return _priced({stack: uses.items() for stack, uses in training().items()}, tariff)


def total(bill: Bill) -> float:
    """Return what a bill comes to."""
    return sum(sum(lines.values()) for lines in bill.values())


def _uses(stack: str, template: Mapping[str, Any], tariff: Tariff) -> Iterator[Use]:
    """Find what a template's resources use, all of a type at once."""
    found: dict[str, list[Properties]] = defaultdict(list)
    for resource in template["Resources"].values():
        found[resource["Type"]].append(resource.get("Properties", {}))
    for type_, resources in found.items():
        if type_ in PRICED:
            yield from PRICED[type_](resources, tariff)
        elif type_ not in tariff.free:
            raise CostsError(
                f"{type_} in {stack} has no price: give it one in costs/resources.py, or say in costs/prices.toml "
                "why it is free"
            )


def _priced(uses: Mapping[str, Iterable[Use]], tariff: Tariff) -> Bill:
    """Price what is used, adding up what is of a kind."""
    bill: dict[str, dict[str, float]] = {}
    for stack, items in uses.items():
        lines: dict[str, float] = defaultdict(float)
        for what, quantity in items:
            if quantity:
                lines[what] += quantity * tariff.usd(what)
        bill[stack] = dict(lines)
    return bill
