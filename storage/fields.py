"""The structured fields of postings as rows: one a posting, so that they are filtered together; nothing read, no row.

What the source keeps up to date in columns of its own (language, closing) goes before what the row says.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from metier.fields import Evidence, Fields, Found, Known, Pay
from metier.json_text import as_json
from storage.dialect import as_ids, as_rows, statement, words

_COLUMNS = {
    "posting_id": "bigint", "revision": "int", "salary_currency": "text", "salary_low": "double precision",
    "salary_high": "double precision", "salary_period": "text", "salary_stated": "boolean", "salary_payments": "int",
    "yearly_low": "double precision", "yearly_high": "double precision", "remote": "text", "employment": "text",
    "language": "text", "closing": "date", "country": "text", "evidence": "text",
}  # fmt: skip
_NOTHING = Fields()


SHOWN = (
    "f.salary_currency, f.salary_low, f.salary_high, f.salary_period, f.salary_stated, f.yearly_low, f.yearly_high, "
    "f.remote, f.employment, f.language, f.closing, f.country, p.language, p.closing, p.country"
)
"""What `known` needs, of `posting p LEFT JOIN fields f`."""


def replace(connection: Connection, read: Sequence[tuple[int, int, Fields]]) -> None:
    """Make these the fields of (posting, revision); call it for postings that are at this revision."""
    w = words(connection)
    full = [
        _row(posting, revision, found)
        for posting, revision, found in sorted(read, key=itemgetter(0))
        if found != _NOTHING
    ]
    empty = sorted(posting for posting, _, found in read if found == _NOTHING)
    if empty:
        erase(connection, empty)
    if full:
        names = ", ".join(_COLUMNS)
        sets = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "posting_id")
        connection.execute(
            statement(
                f"INSERT INTO fields ({names}) SELECT {names} FROM {w.rows(**_COLUMNS)} WHERE true "
                f"ON CONFLICT (posting_id) DO UPDATE SET {sets} WHERE fields.revision <= excluded.revision"
            ),
            {"rows": as_rows(full)},
        )


def erase(connection: Connection, postings: Sequence[int]) -> int:
    """Delete the fields of these postings."""
    return connection.execute(
        statement(f"DELETE FROM fields WHERE posting_id {words(connection).among}"), {"ids": as_ids(postings)}
    ).rowcount


def of(connection: Connection, postings: Sequence[int]) -> dict[int, tuple[Known, Mapping[str, Any]]]:  # Any: JSON
    """Return the fields of these postings, with the evidence of those that were read."""
    found = connection.execute(
        statement(
            f"SELECT p.id, f.evidence, {SHOWN} FROM posting p LEFT JOIN fields f ON f.posting_id = p.id "
            f"WHERE p.id {words(connection).among}"
        ),
        {"ids": as_ids(postings)},
    )
    return {id_: (known(row), json.loads(evidence or "{}")) for id_, evidence, *row in found}


def known(row: Sequence[Any]) -> Known:  # Any: cells, in the order of `SHOWN`
    """Return the fields that the cells of a row hold."""
    currency, low, high, period, stated, yearly_low, yearly_high, remote, employment, *rest = row
    language, closing, country, given_language, given_closing, given_country = rest
    return Known(
        Pay(currency, low, high, period, bool(stated), yearly_low, yearly_high) if currency else None,
        remote or "", tuple((employment or "").split()), given_language or language or "",
        _day(given_closing) or _day(closing), country or given_country or "",
    )  # fmt: skip


def _row(posting: int, revision: int, found: Fields) -> dict[str, Any]:  # Any: a row of mixed columns
    pay = found.salary.value if found.salary else None
    return {
        "posting_id": posting, "revision": revision,
        "salary_currency": pay and pay.currency, "salary_low": pay and pay.low, "salary_high": pay and pay.high,
        "salary_period": pay and pay.period.value, "salary_stated": pay and pay.stated,
        "salary_payments": pay and pay.payments, "yearly_low": pay and pay.yearly_low,
        "yearly_high": pay and pay.yearly_high,
        "remote": found.remote and found.remote.value.value,
        "employment": " ".join(one.value.value for one in found.employment) or None,
        "language": found.language and found.language.value,
        "closing": found.closing and found.closing.value.isoformat(),
        "country": found.country and found.country.value,
        "evidence": as_json(_evidence(found)),
    }  # fmt: skip


def _evidence(found: Fields) -> dict[str, Any]:  # Any: JSON
    single: dict[str, Found[Any] | None] = {  # Any: values of several kinds
        "salary": found.salary, "remote": found.remote, "language": found.language, "closing": found.closing,
        "country": found.country,
    }  # fmt: skip
    told: dict[str, Any] = {name: _told(one.evidence) for name, one in single.items() if one}  # Any: JSON
    if found.employment:
        told["employment"] = {one.value.value: _told(one.evidence) for one in found.employment}
    return told


def _told(evidence: Evidence) -> dict[str, object]:
    words_ = evidence.words.replace("\x00", "").encode("utf-8", "replace").decode()
    return {"where": evidence.where, "start": evidence.start, "end": evidence.end, "words": words_[:500]}


def _day(cell: str | date | datetime | None) -> date | None:
    """Read a day as either database gives it."""
    if cell is None:
        return None
    if isinstance(cell, str):
        return date.fromisoformat(cell[:10])
    return cell.date() if isinstance(cell, datetime) else cell
