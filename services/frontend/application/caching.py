"""What may be kept: the list for moments, a style sheet for good, and nothing else."""

from flask import Response

IMMUTABLE = "public, max-age=31536000, immutable"
"""For what never changes under its URL."""

NEVER = "no-store"
"""For every other answer, unless it says otherwise."""


def keep_briefly(response: Response, read_at: int) -> None:
    """Let caches keep a page whose content was read in the Unix second `read_at`, or after it.

    NGINX takes it for fresh until that second is over, and for one second more while it fetches the next one: it
    serves no copy of two seconds or older, unless the service is away. Then a copy is better than none, for 5 minutes.
    """
    response.headers["Cache-Control"] = "max-age=1, stale-while-revalidate=1, stale-if-error=300"
    response.headers["X-Accel-Expires"] = f"@{read_at}"
