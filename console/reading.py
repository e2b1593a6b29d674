"""Read the fields of the rows of a table, as a worker does of postings."""

from collections.abc import Sequence
from dataclasses import replace

from console.tables.answers import Outcome
from metier.fields import known
from metier.gleanings import Stated
from pipelines import gleaning
from scheduler.reading.postings import text_of


def with_fields(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return outcomes with the fields of the rows that could be tagged."""
    rows = [outcome.row for outcome in outcomes if outcome.row is not None and not outcome.error]
    stated = [Stated(row.text("location"), row.text("country")) for row in rows]
    found = iter(gleaning.glean([text_of(row) for row in rows], stated))
    return [
        outcome if outcome.row is None or outcome.error else replace(outcome, fields=known(next(found).fields))
        for outcome in outcomes
    ]
