"""Which slots of which schedules are due now: a decision without I/O, on the database's clock.

A schedule by the calendar is a cron rule in UTC, of which the day of the month and the day of the week must both
match; `every 300s` (or m, h, d) counts from the epoch, so that all schedulers see the same slots, and
`every 300s + 40s` from 40 seconds later, so that not all are due at once. However many slots went by while nobody
looked, one is due: the newest.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from celery.schedules import ParseException, crontab

from metier.errors import ConfigError
from storage.schedule import EVERY, Schedule, Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RULE = re.compile(rf"{EVERY}([1-9]\d{{0,8}})([smhd])(?: \+ (\d{{1,9}})s)?")
_LONGEST_GAP = 41 * 366  # days from one Monday the 29th of February to the next, around a year like 2100


def due(standings: Iterable[Standing], now: datetime) -> list[tuple[Schedule, datetime]]:
    """Return the slot of each schedule that nobody has taken; a schedule with a slot in hand waits for its end."""
    found = []
    for standing in standings:
        if standing.busy:
            continue
        slot = latest(standing.schedule.cron, now)
        if standing.last is None or slot > standing.last:
            found.append((standing.schedule, slot))
    return found


def latest(rule: str, now: datetime) -> datetime:
    """Return the newest slot of a rule that is not in the future."""
    if rule.startswith(EVERY):
        period, phase = interval(rule), _phase(rule)
        return _EPOCH + phase + (now - _EPOCH - phase) // period * period
    return _by_calendar(rule, now.astimezone(UTC).replace(second=0, microsecond=0))


def interval(rule: str) -> timedelta:
    """Return the length of `every 300s`."""
    match = _RULE.fullmatch(rule)
    if match is None:
        raise ConfigError(f"schedule {rule!r}: write a cron rule such as '17 3 * * *', or 'every 300s' (s, m, h or d)")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def _phase(rule: str) -> timedelta:
    match = _RULE.fullmatch(rule)
    return timedelta(seconds=int(match[3] or 0) if match else 0)


@lru_cache(maxsize=256)
def _by_calendar(rule: str, minute: datetime) -> datetime:
    cron = _parsed(rule)
    for back in range(_LONGEST_GAP):
        day = minute.date() - timedelta(days=back)
        if not _falls_on(cron, day):
            continue
        bound = (minute.hour, minute.minute) if back == 0 else (23, 59)
        times = [(h, m) for h in cron.hour for m in cron.minute if (h, m) <= bound]
        if times:
            return datetime(day.year, day.month, day.day, *max(times), tzinfo=UTC)
    raise ConfigError(f"schedule {rule!r}: that day never comes")


@lru_cache(maxsize=256)
def _parsed(rule: str) -> crontab:
    try:
        return crontab.from_string(rule)
    except (ValueError, ParseException) as error:
        raise ConfigError(f"schedule {rule!r}: {error}; a cron rule has five fields, such as '17 3 * * *'") from error


def _falls_on(cron: crontab, day: date) -> bool:
    return day.month in cron.month_of_year and day.day in cron.day_of_month and day.isoweekday() % 7 in cron.day_of_week
