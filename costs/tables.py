"""Bills side by side: every line for the terminal, stack by stack for the README."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from costs.bill import Bill, total
from costs.tariff import Tariff

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- costs: made by `make docs` -->\n", "<!-- end of costs -->\n"

_LABEL, _AMOUNT = 64, 12

Bills = Mapping[str, Bill]
"""Bills by the names that head their columns."""


def whole(bills: Bills, tariff: Tariff) -> str:
    """Return all lines, the largest of a stack first; what a month is assumed to hold; where the prices come from."""
    rows = [f"{'USD a month':<{_LABEL}}" + "".join(f"{name:>{_AMOUNT}}" for name in bills)]
    for stack in _stacks(bills):
        rows += ["", _row(stack, _of_stack(bills, stack))]
        lines = {what for bill in bills.values() for what in bill.get(stack, {})}
        amounts = {what: [bill.get(stack, {}).get(what, 0) for bill in bills.values()] for what in lines}
        rows += [
            _row(f"  {_described(what, tariff)}", amounts[what])
            for what in sorted(lines, key=lambda what: (-max(amounts[what]), what))
        ]
    rows += ["", _row("all", [total(bill) for bill in bills.values()]), "", "A month is assumed to hold:"]
    rows += [f"{quantity:>12,}  {tariff.meanings[name]}" for name, quantity in tariff.month.items()]
    rows += ["", f"On-demand prices of {tariff.region}, {tariff.date}; no tax, free tier or discount; ~ is estimated."]
    return "\n".join([*rows, "Sources and assumptions: costs/*.toml", ""])


def by_stack(bills: Bills) -> str:
    """Return a table in Markdown, in whole dollars."""
    rows = [["USD a month", *bills], ["---", *("--:" for _ in bills)]]
    rows += [[stack, *(f"{amount:.0f}" for amount in _of_stack(bills, stack))] for stack in _stacks(bills)]
    rows.append(["**all**", *(f"**{total(bill):.0f}**" for bill in bills.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def renewed(document: str, table: str) -> str:
    """Return a document with `table` between its marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _stacks(bills: Bills) -> Sequence[str]:
    return list(dict.fromkeys(stack for bill in bills.values() for stack in bill))


def _of_stack(bills: Bills, stack: str) -> Sequence[float]:
    return [sum(bill.get(stack, {}).values()) for bill in bills.values()]


def _row(label: str, amounts: Sequence[float]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{amount:>{_AMOUNT}.2f}" if amount else " " * _AMOUNT for amount in amounts)


def _described(what: str, tariff: Tariff) -> str:
    price = tariff.prices[what]
    usd = f"{price.usd:.10f}".rstrip("0")
    return f"{what} ({'~' if price.estimated else ''}{usd} a {price.unit})"
