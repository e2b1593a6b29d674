"""One filter for postings and their tags: what is tagged again, exported, listed and labelled is chosen by it.

A condition on tags holds for a posting when one tag that stands fulfils all of them: a sure tag, or the best of the
unsure ones. Statements call the posting `p`, its tag `t`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.errors import Rejected
from metier.types import Kind, Origin
from storage import moments
from storage.dialect import Words, as_ids, as_rows, statement, words

Values = dict[str, Any]  # Any: whatever a statement takes
STANDS = (
    "(t.sure OR NOT EXISTS (SELECT 1 FROM tag b WHERE b.posting_id = t.posting_id AND b.taxonomy = t.taxonomy "
    "AND (b.score > t.score OR b.score = t.score AND b.code < t.code)))"
)
"""A tag that counts as an answer: sure, or the best of those that are not."""
_LANGUAGE = "COALESCE(NULLIF(p.language, ''), (SELECT f.language FROM fields f WHERE f.posting_id = p.id), '')"
"""The language that the source states, else the one that was read: what export and `metier jobs show` tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which postings, and which tags they must have; an empty field means any."""

    sources: Sequence[str] = ()
    kinds: Sequence[Kind] = ()
    languages: Sequence[str] = ()
    since: datetime | None = None
    """Came in, or was edited, at this moment or later."""
    until: datetime | None = None
    """Came in, or was edited, before this moment."""
    text: str = ""
    """Stands in the title, whatever the case of its letters."""
    taxonomies: Sequence[str] = ()
    codes: Sequence[str] = ()
    origins: Sequence[Origin] = ()
    artifact: str = ""
    """NAME@DIGEST of what gave the tag; of the digest a beginning is enough."""
    artifact_before: str = ""
    """The tag was given by what was known earlier than the artifact of this digest."""
    made_before: datetime | None = None
    """The tag was given by what was known before this moment."""
    score_below: float | None = None
    score_above: float | None = None
    sure: bool | None = None
    untagged: bool = False
    """Has no tag in one of the taxonomies."""

    @property
    def asks_for_tags(self) -> bool:
        """Tell whether a posting needs a tag to pass."""
        named = self.codes or self.origins or self.artifact or self.artifact_before or self.made_before
        measured = (self.score_below, self.score_above, self.sure) != (None, None, None)
        return bool(named) or measured or bool(self.taxonomies and not self.untagged)


ANY = Filter()


def as_params(wanted: Filter) -> dict[str, Any]:  # JSON
    """Return what differs from "any", as JSON keeps it."""
    return {
        name: _as_json(getattr(wanted, name))
        for name in Filter.__slots__
        if getattr(wanted, name) != getattr(ANY, name)
    }


def of_params(params: Mapping[str, Any]) -> Filter:  # JSON
    """Return the filter that was kept."""
    read: dict[str, Callable[[Any], Any]] = {  # JSON to values
        "since": datetime.fromisoformat, "until": datetime.fromisoformat, "made_before": datetime.fromisoformat,
        "kinds": lambda names: [Kind(name) for name in names],
        "origins": lambda names: [Origin(name) for name in names],
    }  # fmt: skip
    return Filter(**{name: read.get(name, _same)(value) for name, value in params.items()})


def postings_where(connection: Connection, wanted: Filter) -> tuple[str, Values]:
    """Return the condition on a posting `p`, that on its tags included, and the values that it takes."""
    w = words(connection)
    _check(connection, wanted)
    parts, values = _of_posting(wanted, w)
    if wanted.asks_for_tags:
        of_tags, more = _of_tag(wanted, w)
        parts.append(f"EXISTS (SELECT 1 FROM tag t WHERE t.posting_id = p.id AND {STANDS} AND {' AND '.join(of_tags)})")
        values |= more
    if wanted.untagged:
        listed, value = named("f_lacking", wanted.taxonomies, w)
        parts.append(
            "(SELECT count(DISTINCT t.taxonomy) FROM tag t WHERE t.posting_id = p.id AND t.taxonomy IN "
            f"{listed}) < :f_lacks"
        )
        values |= value | {"f_lacks": len(set(wanted.taxonomies))}
    return " AND ".join(parts), values


def tags_where(connection: Connection, wanted: Filter) -> tuple[str, Values]:
    """Return the condition on a tag `t` that stands, and on its posting `p`."""
    w = words(connection)
    _check(connection, wanted)
    parts, values = _of_posting(wanted, w)
    of_tags, more = _of_tag(wanted, w)
    return " AND ".join([*parts, STANDS, *of_tags]), values | more


def passing(connection: Connection, wanted: Filter, postings: Sequence[int]) -> set[int]:
    """Return which of these postings the filter lets through now."""
    where, values = postings_where(connection, wanted)
    found = connection.execute(
        statement(f"SELECT p.id FROM posting p WHERE p.id {words(connection).among} AND {where}"),
        values | {"ids": as_ids(sorted(set(postings)))},
    )
    return set(found.scalars())


def named(name: str, allowed: Sequence[str], w: Words) -> tuple[str, Values]:
    """Return a list of texts as a statement holds it, under a parameter of this name, and its value."""
    listed = w.rows(v="text").replace(":rows", f":{name}")
    return f"(SELECT r.v FROM {listed})", {name: as_rows([{"v": str(one)} for one in allowed])}


def _same(value: Any) -> Any:  # JSON
    return value


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return [str(item) for item in value] if isinstance(value, list | tuple) else value


def _check(connection: Connection, wanted: Filter) -> None:
    """Raise Rejected where "earlier than this artifact" names one that nobody knows, or several."""
    if not wanted.artifact_before:
        return
    digest = wanted.artifact_before.rpartition("@")[2]
    found = connection.execute(
        statement("SELECT count(*) FROM artifact WHERE digest LIKE :digest ESCAPE '!'"),
        {"digest": f"{_plain(digest)}%"},
    ).scalar_one()
    if found != 1:
        raise Rejected(
            f"{found} known artifacts have a digest that begins with {digest}: see `metier artifacts list`, or give a "
            "date such as 2026-05-03"
        )


def _of_posting(wanted: Filter, w: Words) -> tuple[list[str], Values]:
    parts, values = _among(
        w,
        ("p.source", "f_sources", wanted.sources),
        ("p.kind", "f_kinds", wanted.kinds),
        (_LANGUAGE, "f_languages", wanted.languages),
    )
    for sign, name, moment in ((">=", "f_since", wanted.since), ("<", "f_until", wanted.until)):
        if moment is not None:
            parts.append(f"p.changed_at {sign} {moments.typed(w, f':{name}')}")
            values[name] = moments.write(moment)
    if wanted.text:
        parts.append("lower(p.title) LIKE lower(:f_text) ESCAPE '!'")
        values["f_text"] = f"%{_plain(wanted.text)}%"
    return parts, values


def _of_tag(wanted: Filter, w: Words) -> tuple[list[str], Values]:
    parts, values = _among(
        w,
        ("t.taxonomy", "f_taxonomies", wanted.taxonomies),
        ("t.code", "f_codes", wanted.codes),
        ("t.origin", "f_origins", wanted.origins),
    )
    for sign, name, score in (("<", "f_below", wanted.score_below), (">", "f_above", wanted.score_above)):
        if score is not None:
            parts.append(f"t.score {sign} :{name}")
            values[name] = score
    if wanted.sure is not None:
        parts.append("t.sure" if wanted.sure else "NOT t.sure")
    if wanted.artifact:
        name, _, digest = wanted.artifact.rpartition("@")
        parts.append("t.artifact LIKE :f_artifact ESCAPE '!'")
        values["f_artifact"] = f"{_plain(name) or '%'}@{_plain(digest[:12])}%"
    label = "a.name || '@' || substr(a.digest, 1, 12)"
    if wanted.made_before is not None:
        parts.append(
            f"t.artifact NOT IN (SELECT {label} FROM artifact a WHERE a.made_at >= {moments.typed(w, ':f_made')})"
        )
        values["f_made"] = moments.write(wanted.made_before)
    if wanted.artifact_before:
        named = "FROM artifact b WHERE b.digest LIKE :f_before ESCAPE '!'"
        parts.append(
            f"t.taxonomy IN (SELECT b.name {named}) AND t.artifact NOT IN "
            f"(SELECT {label} FROM artifact a WHERE a.id >= (SELECT MIN(b.id) {named}))"
        )
        values["f_before"] = f"{_plain(wanted.artifact_before.rpartition('@')[2])}%"
    return parts, values


def _among(w: Words, *lists: tuple[str, str, Sequence[str]]) -> tuple[list[str], Values]:
    """Return conditions that a column is among the texts allowed, by a parameter of this name; none allow all."""
    parts, values = ["1 = 1"], Values()
    for column, name, allowed in lists:
        if allowed:
            listed, value = named(name, allowed, w)
            parts.append(f"{column} IN {listed}")
            values |= value
    return parts, values


def _plain(text: str) -> str:
    """Return a text in which LIKE sees no pattern."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in text)
