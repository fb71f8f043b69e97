"""Prints what the stacks that were synthesised into each folder cost, beside the training project: `make cost`."""

import argparse
import sys
from pathlib import Path

from costs import CostsError, bill, tables, tariff

TRAINING = "training"


def main() -> int:
    """Print the bills, or write them into the README; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m costs", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="what the CDK has written; the last part names the bill")
    parser.add_argument("--readme", action="store_true", help="renew the README's table instead")
    given = parser.parse_args()
    rates = tariff.load()
    try:
        bills = {folder.name: bill.of_templates(folder, rates) for folder in given.folders}
    except CostsError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    bills[TRAINING] = bill.of_training(rates)
    if given.readme:
        tables.README.write_text(tables.renewed(tables.README.read_text("utf-8"), tables.by_stack(bills)), "utf-8")
    else:
        sys.stdout.write(tables.whole(bills, rates))
    return 0


if __name__ == "__main__":
    sys.exit(main())
