"""Read the fields of a bare title. Most say nothing of the kind, and that must be known at next to no cost."""

import re
from functools import cache, lru_cache

from metier.fields import Fields
from pipelines.fields import country as fields_country
from pipelines.fields import currency, employment, fields, reading, workplace
from pipelines.fields.reading import words

_PLACES = 10_000  # places whose country is remembered: a feed names the same ones again and again


def read(title: str, *, location: str = "", country: str = "", language: str = "") -> Fields:
    """Return what `fields.read` would of a title alone, but for the language, which so few words do not tell."""
    if says_something(title):
        return fields.read(title, "", location=location, country=country, language=language)
    return _placed(location, country) if location or country else NOTHING


def says_something(title: str) -> bool:
    """Tell whether a title may hold a field at all."""
    return not _entries().isdisjoint(words(title)) or _marks().search(title) is not None


NOTHING = Fields()


@lru_cache(maxsize=_PLACES)
def _placed(location: str, country: str) -> Fields:
    readings = [reading.read("location", location)] if location else []
    return Fields(country=fields_country.country(country, location, []), remote=workplace.workplace(readings))


@cache
def _entries() -> frozenset[str]:
    money = currency.table().words
    return money | employment.entries() | workplace.entries() | fields_country.entries()


@cache
def _marks() -> re.Pattern[str]:
    """Return what stands for money or for a share of a full week."""
    return re.compile("|".join(["%", *map(re.escape, sorted(currency.table().marks))]))
