"""What a person says of a posting: a tag that no model replaces and the example that it makes, in one transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection

from metier.errors import Rejected
from metier.json_text import as_json
from metier.types import Origin
from storage import telling
from storage.dialect import statement, words
from storage.examples import split_of


@dataclass(frozen=True, slots=True)
class Review:
    """A person's answer for one posting in one taxonomy; `key` is the hash of the posting's normalised title."""

    posting: int
    taxonomy: str
    code: str
    key: str
    by: str


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A posting as a person finds it by its ref."""

    id: int
    title: str
    language: str


def find(connection: Connection, ref: str) -> Reviewable:
    """Return the posting of this ref; raise Rejected where there is none."""
    source, _, key = ref.partition(":")
    found = connection.execute(
        statement("SELECT id, title, language FROM posting WHERE source = :source AND source_key = :key"),
        {"source": source, "key": key},
    ).first()
    if found is None:
        raise Rejected(f"there is no posting {ref}: `metier export` shows the refs that there are")
    return Reviewable(*found)


def review(connection: Connection, said: Review) -> str:
    """Set the person's tag and keep the example; return whether it will train or hold out.

    The former tags go to the history, readers of the outbox hear of it, and an earlier correction of the same posting
    makes way for this one.
    """
    w = words(connection)
    values = {"posting": said.posting, "taxonomy": said.taxonomy, "code": said.code, "by": said.by, "key": said.key}
    posting = connection.execute(
        statement(f"SELECT revision, title, language FROM posting WHERE id = :posting {w.lock}"), values
    ).first()
    if posting is None:
        raise Rejected("the posting was erased meanwhile; there is nothing to correct")
    revision, title, language = posting
    _replace_tags(connection, said.posting, values | {"revision": revision})
    split = split_of(Origin.REVIEWED, said.key)
    connection.execute(
        statement(
            "DELETE FROM example WHERE origin = 'reviewed' AND posting_id = :posting AND taxonomy = :taxonomy "
            "AND (code <> :code OR text_sha <> :key)"
        ),
        values,
    )
    connection.execute(
        statement(
            "INSERT INTO example (text_sha, text, taxonomy, code, origin, split, language, posting_id, made_by, "
            f"made_at) VALUES (:key, :title, :taxonomy, :code, 'reviewed', :split, :language, :posting, :by, {w.now}) "
            "ON CONFLICT (text_sha, taxonomy, code, origin) DO UPDATE SET made_by = excluded.made_by, "
            "made_at = excluded.made_at"
        ),
        values | {"title": title, "language": language, "split": split},
    )
    return split


def _replace_tags(connection: Connection, posting: int, values: dict[str, object]) -> None:
    w = words(connection)
    kept = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"
    connection.execute(
        statement(
            f"INSERT INTO tag_history ({kept}, replaced_at) SELECT {kept}, {w.now} FROM tag "
            "WHERE posting_id = :posting AND taxonomy = :taxonomy"
        ),
        values,
    )
    connection.execute(statement("DELETE FROM tag WHERE posting_id = :posting AND taxonomy = :taxonomy"), values)
    connection.execute(
        statement(
            "INSERT INTO tag (posting_id, taxonomy, code, revision, score, sure, origin, artifact, evidence, "
            "tagged_at) VALUES (:posting, :taxonomy, :code, :revision, 1, true, 'person', '', :evidence, "
            f"{w.now})"
        ),
        values | {"evidence": as_json({"by": values["by"]})},
    )
    telling.tagged(connection, [posting])
