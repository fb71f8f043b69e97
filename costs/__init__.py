"""What the platform costs a month: `make cost`.

Quantities come from synthesised templates and from usage.toml, which says what a month is assumed to hold; prices from
prices.toml. Nothing is asked of the network.
"""

from pathlib import Path

FOLDER = Path(__file__).parent


class CostsError(ValueError):
    """Something cannot be priced; the message says what, and what to do."""
