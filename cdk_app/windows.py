"""The times of the week in which RDS backs up and maintains, all in UTC."""

SHORTEST = 30
"""Minutes that RDS wants of a window."""

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(_DAYS)})"
_MINUTES_A_DAY = 24 * 60
_MINUTES_A_WEEK = 7 * _MINUTES_A_DAY

DAILY = rf"^{_CLOCK}-{_CLOCK}$"
"""What a daily window looks like: `01:00-01:30`."""

WEEKLY = rf"^{_DAY}:{_CLOCK}-{_DAY}:{_CLOCK}$"
"""What a weekly window looks like: `sun:02:00-sun:03:00`."""


def check(daily: str, weekly: str) -> None:
    """Refuse two windows that RDS would refuse.

    Raises:
        ValueError: one is shorter than `SHORTEST` minutes, or they overlap.
    """
    begin, length = _read(weekly, _MINUTES_A_WEEK)
    daily_begin, daily_length = _read(daily, _MINUTES_A_DAY)
    for window, minutes in ((daily, daily_length), (weekly, length)):
        if minutes < SHORTEST:
            raise ValueError(f"the window {window} is not allowed; give one of at least {SHORTEST} minutes")
    for day in range(len(_DAYS)):
        start = day * _MINUTES_A_DAY + daily_begin
        if (start - begin) % _MINUTES_A_WEEK < length or (begin - start) % _MINUTES_A_WEEK < daily_length:
            raise ValueError(
                f"database.backup_window={daily} and database.maintenance_window={weekly} overlap; "
                "give windows that do not"
            )


def _read(window: str, period: int) -> tuple[int, int]:
    """Return a window's beginning and length in minutes; one may go on over midnight, or over Sunday."""
    begin, end = (_minute(moment) for moment in window.split("-"))
    return begin, (end - begin) % period


def _minute(moment: str) -> int:
    *day, hour, minute = moment.split(":")
    return sum(_DAYS.index(name) * _MINUTES_A_DAY for name in day) + int(hour) * 60 + int(minute)
