"""Labels that came with titles and that people gave: examples of origin gold, saved together with the titles."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from metier.example_keys import keys
from metier.types import Origin, Posting
from storage.dialect import as_ids, as_rows, clean, statement, words

SPLIT = "gold"
"""Gold measures and never trains; no hash moves it anywhere else."""


def note(connection: Connection, postings: Iterable[Posting]) -> None:
    """Replace the gold examples of these postings by the labels that they carry; the postings are saved before."""
    labelled = [one for one in postings if _labels(one.extra)]
    if not labelled:
        return
    w = words(connection)
    rows = [
        {
            "source": one.source, "source_key": clean(one.key), "text": clean(one.title),
            "language": clean(one.language), "text_sha": key, "taxonomy": taxonomy, "code": code,
        }
        for one, key in zip(labelled, keys([one.title for one in labelled]), strict=True)
        for taxonomy, code in _labels(one.extra).items()
        if key  # no word is left of the others
    ]  # fmt: skip
    if not rows:
        return
    kinds = dict.fromkeys(rows[0], "text")
    ids = connection.execute(
        statement(f"SELECT DISTINCT p.id FROM {w.rows(**kinds)} "
                  "JOIN posting p ON p.source = r.source AND p.source_key = r.source_key"),
        {"rows": as_rows(rows)},
    ).scalars()  # fmt: skip
    connection.execute(
        statement(f"DELETE FROM example WHERE origin = 'gold' AND posting_id {w.among}"),
        {"ids": as_ids(sorted(int(id_) for id_ in ids))},
    )
    once = {(row["text_sha"], row["taxonomy"], row["code"]): row for row in rows}
    connection.execute(
        statement(
            "INSERT INTO example (text_sha, text, taxonomy, code, origin, split, language, posting_id, made_by, "
            f"made_at) SELECT r.text_sha, r.text, r.taxonomy, r.code, '{Origin.GOLD}', '{SPLIT}', r.language, p.id, "
            f"r.source, {w.now} FROM {w.rows(**kinds)} "
            "JOIN posting p ON p.source = r.source AND p.source_key = r.source_key WHERE true "
            "ON CONFLICT (text_sha, taxonomy, code, origin) DO NOTHING"
        ),
        {"rows": as_rows(list(once.values()))},
    )


def _labels(extra: Mapping[str, Any]) -> dict[str, str]:  # Any: JSON
    said = extra.get("labels")
    if not isinstance(said, Mapping) or said.get("origin") != Origin.GOLD:
        return {}
    return {str(name): str(code) for name, code in said.items() if name != "origin" and code}
