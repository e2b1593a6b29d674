"""The tables of words by which CVs are read, loaded once a process."""

import csv
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

FOLDER = "scheduler.reading.cv_words"


@cache
def rows(name: str) -> Sequence[dict[str, str]]:
    """Return the rows of a table."""
    table = resources.files(FOLDER).joinpath(f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(table.splitlines()))


def fold(text: str) -> str:
    """Return text in lower case and without accents, so that people's spellings meet."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
