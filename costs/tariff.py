"""Prices, and what a month is assumed to hold: prices.toml and usage.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from costs import FOLDER, CostsError


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a unit costs in US dollars, where that stands, and if it does not, how the figure was arrived at."""

    usd: float
    unit: str
    source: str
    estimated: str = ""


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """All that a bill is worked out from, beside the templates.

    Attributes:
        region: where the prices hold.
        date: when they did.
        sources: web addresses by the name that a price has for its source.
        prices: by what is paid for.
        free: the resource types that cost nothing by themselves.
        month: quantities of a month by name.
        meanings: what those names mean.
    """

    region: str
    date: date
    sources: Mapping[str, str]
    prices: Mapping[str, Price]
    free: frozenset[str]
    month: Mapping[str, float]
    meanings: Mapping[str, str]

    def usd(self, what: str) -> float:
        """Return what a unit of `what` costs.

        Raises:
            CostsError: the table has no such price.
        """
        if what not in self.prices:
            raise CostsError(f"costs/prices.toml has no price of {what!r} in {self.region}: look it up and add it")
        return self.prices[what].usd


def load() -> Tariff:
    """Return what the two files say."""
    table, usage = _read("prices"), _read("usage")
    return Tariff(
        region=table["region"],
        date=table["date"],
        sources=table["sources"],
        prices={what: Price(**price) for what, price in table["prices"].items()},
        free=frozenset(type_ for group in table["free"] for type_ in group["types"]),
        month={name: item["value"] for name, item in usage.items()},
        meanings={name: item["what"] for name, item in usage.items()},
    )


def training() -> Mapping[str, Mapping[str, float]]:
    """Return what the training project used in a month, by stack and by what is paid for."""
    return _read("training")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
