"""How much of something a day allows has been used, over all processes: calls to a source, money for an LLM."""

from sqlalchemy import Connection

from storage.dialect import Words, statement, words


def spend(connection: Connection, name: str, amount: float, *, limit: float) -> bool:
    """Use so much of today's quota; False, and nothing used, where that would pass the limit."""
    if amount > limit:
        return False
    return (
        connection.execute(
            statement(
                f"INSERT INTO quota (name, day, used) VALUES (:name, {_day(words(connection))}, :amount) "
                "ON CONFLICT (name, day) DO UPDATE SET used = quota.used + excluded.used "
                "WHERE quota.used + excluded.used <= :limit"
            ),
            {"name": name, "amount": amount, "limit": limit},
        ).rowcount
        == 1
    )


def settle(connection: Connection, name: str, *, reserved: float, used: float) -> None:
    """Put right what was reserved before a call, once its cost is known."""
    connection.execute(
        statement(f"UPDATE quota SET used = used + :change WHERE name = :name AND day = {_day(words(connection))}"),
        {"name": name, "change": used - reserved},
    )


def used_today(connection: Connection) -> dict[str, float]:
    """Return what has been used today, by name."""
    found = connection.execute(statement(f"SELECT name, used FROM quota WHERE day = {_day(words(connection))}"))
    return {name: float(used) for name, used in found}


def forget(connection: Connection, *, days: int) -> int:
    """Delete the records of days longer ago than this."""
    w = words(connection)
    return connection.execute(
        statement(f"DELETE FROM quota WHERE day < {_day(w, w.after(':age'))}"), {"age": -86400.0 * days}
    ).rowcount


def _day(w: Words, moment: str = "") -> str:
    """Return the UTC day of a moment as the database sees it."""
    at = moment or w.now
    return f"to_char({at}, 'YYYY-MM-DD')" if w.name == "postgresql" else f"substr({at}, 1, 10)"
