"""A file of changes that grows with every export: each change stands in it once, whatever is killed when.

JSONL and CSV grow in place. Parquet and XLSX cannot, so their rows are kept in `OUT.rows`, from which OUT is made
anew. `OUT.cursor` says how far the reading came and how many bytes hold it; more bytes than that are of a killed run.
"""

import fcntl
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from console import showing
from console.tables.formats import Format, format_of, suffix_of
from console.tables.part import written
from metier.errors import ConfigError
from metier.fields import Pay
from storage.outbox import Change

COLUMNS = (
    "seq", "at", "event", "posting", "id", "revision", "kind", "source", "key", "title", "company", "location",
    "language", "url", "cluster", *showing.COLUMNS,
)  # fmt: skip
CV_COLUMNS = ("cv", "started", "ended", "current", "side", "cv_seniority", "cv_department")
_AGAIN = "export again; what was written whole stays, the rest comes then"
_IN_PLACE = (".jsonl", ".csv")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes, beyond those that the filter chose, and which of their tags; an empty field means any.

    Erasures always pass: whoever holds a copy must hear of them.
    """

    taxonomies: Sequence[str] = ()
    countries: Sequence[str] = ()
    remote: Sequence[str] = ()
    salary: tuple[float, str] | None = None
    """At least so much a year, of this currency."""

    def passes(self, change: Change) -> bool:
        """Tell whether a change is wanted."""
        if change.kind == "erased":
            return True
        return (
            bool(change.ref)
            and change.chosen
            and (not self.countries or change.fields.country in self.countries)
            and (not self.remote or change.fields.remote in self.remote)
            and (self.salary is None or self._pays(change.fields.salary))
        )

    def _pays(self, pay: Pay | None) -> bool:
        """Tell whether a salary reaches what is wanted; one without an upper end is taken by its lower one."""
        assert self.salary is not None  # noqa: S101  asked only then
        least, currency = self.salary
        return pay is not None and pay.currency == currency and (pay.yearly_high or pay.yearly_low or 0) >= least

    def tags(self, change: Change) -> dict[str, list[dict[str, object]]]:
        """Return the tags of the wanted taxonomies, best first."""
        return {
            taxonomy: [{"code": code, "score": score, "sure": sure} for code, score, sure in tags]
            for taxonomy, tags in change.payload.items()
            if not self.taxonomies or taxonomy in self.taxonomies
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Changes that were read together, and what is told of the CVs that titles are of, by the number of the posting."""

    changes: Sequence[Change]
    cvs: Mapping[int, Mapping[str, object]] = field(default_factory=dict)

    def told(self, wanted: Wanted, as_row: Callable[[Change, Wanted], dict[str, object]]) -> list[dict[str, object]]:
        """Return the wanted changes as rows, each with what is told of its CV."""
        passed = [change for change in self.changes if wanted.passes(change)]
        return [as_row(change, wanted) | dict(self.cvs.get(change.posting, {})) for change in passed]


def record(change: Change, wanted: Wanted) -> dict[str, object]:
    """Return a change as one line of JSON."""
    told: dict[str, object] = {
        "seq": change.seq,
        "at": change.at.isoformat(),
        "event": change.kind,
        "posting": change.posting,
    }
    if change.kind == "erased":
        return told
    told |= {
        "id": change.ref, "revision": change.revision, "kind": change.type.value if change.type else None,
        "source": change.source, "key": change.key, "title": change.title, "company": change.company,
        "location": change.location, "language": change.language, "url": change.url, "cluster": change.cluster,
    }  # fmt: skip
    if change.kind == "clustered":
        return told
    return told | {"fields": showing.nested(change.fields), "tags": wanted.tags(change)}


def flat(change: Change, wanted: Wanted) -> dict[str, object]:
    """Return a change as one row of a table, the best tag of each taxonomy in columns of its own."""
    told = record(change, wanted)
    tags = told.pop("tags", {})
    assert isinstance(tags, dict)  # noqa: S101  made above
    if told.pop("fields", None) is not None:
        told |= showing.flat(change.fields)
    for taxonomy, found in tags.items():
        if found:
            best = found[0]
            told |= {taxonomy: best["code"], f"{taxonomy}_score": best["score"], f"{taxonomy}_sure": best["sure"]}
    return told


def columns(taxonomies: Sequence[str]) -> list[str]:
    """Return the columns of a table of changes."""
    return [*COLUMNS, *(f"{name}{what}" for name in taxonomies for what in ("", "_score", "_sure"))]


def _types(taxonomies: Sequence[str]) -> dict[str, type]:
    """Return the types of the columns that are no text, so that tables of different months fit each other."""
    numbers: dict[str, type] = {"seq": int, "posting": int, "revision": int, "cluster": int}
    answers = {f"{name}_{what}": kind for name in taxonomies for what, kind in (("score", float), ("sure", bool))}
    text = dict.fromkeys(columns(taxonomies), str)
    return text | showing.COLUMNS | numbers | answers


class Growing:
    """The file OUT with its cursor."""

    def __init__(self, out: Path, taxonomies: Sequence[str], further: Sequence[str] = ()) -> None:
        suffix = suffix_of(out)
        self._out = out
        self._columns = [*columns(taxonomies), *further]
        self._layout: Format = format_of(suffix, self._columns, _types(taxonomies))
        self._nested = suffix == ".jsonl"
        self._rows = out if suffix in _IN_PLACE else out.with_name(f"{out.name}.rows")
        self._marker = out.with_name(f"{out.name}.cursor")
        self._file: BinaryIO | None = None
        self.cursor = 0

    def begin(self, since: int | None) -> Self:
        """Go on behind what the file holds, or begin anew behind this cursor."""
        marked = self._marked() if since is None else {"cursor": since, "bytes": 0}
        self.cursor = marked["cursor"]
        with written(self._out, then=_AGAIN):
            self._file = self._rows.open("r+b" if self._rows.exists() else "w+b")
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(f"{self._out}: another export is writing it; wait for it") from error
            if self._file.seek(0, os.SEEK_END) < marked["bytes"]:
                raise ConfigError(f"{self._rows}: is shorter than {self._marker} says: give --since to begin anew")
            self._file.truncate(marked["bytes"])
            self._file.seek(marked["bytes"])
            if not marked["bytes"]:
                self._file.write(self._layout.head())
            self._mark()
        return self

    def add(self, page: Page, wanted: Wanted) -> int:
        """Append the wanted changes and note how far the reading came; return how many."""
        assert self._file is not None  # noqa: S101  begun
        if not page.changes:
            return 0
        rows = page.told(wanted, record if self._nested else flat)
        with written(self._out, then=_AGAIN):
            self._file.write(b"".join(self._layout.line(row) for row in rows))
            self.cursor = page.changes[-1].seq
            self._mark()
        return len(rows)

    def finish(self) -> list[str]:
        """Close the file; make the table where it cannot grow by itself."""
        assert self._file is not None  # noqa: S101  begun
        with written(self._out, then=_AGAIN):
            self._file.close()
            return [] if self._rows == self._out else self._layout.finish(self._rows, self._out)

    def _marked(self) -> dict[str, int]:
        try:
            found = json.loads(self._marker.read_text())
            marked = {"cursor": int(found["cursor"]), "bytes": int(found["bytes"])}
            before = list(found["columns"])
        except FileNotFoundError:
            if self._out.exists():
                raise ConfigError(
                    f"{self._out}: is no export of ours, {self._marker.name} is missing: name another file, "
                    "or give --since to begin anew"
                ) from None
            return {"cursor": 0, "bytes": 0}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{self._marker}: cannot be read ({error}): give --since to begin anew") from error
        if not self._out.exists() and (self._rows == self._out or marked["cursor"]):
            return marked | {"bytes": 0}
        if before != self._columns:
            raise ConfigError(f"{self._out}: has other columns: name the same taxonomies, or another file")
        return marked

    def _mark(self) -> None:
        """Note how far the reading came, once all of it is on the disk."""
        assert self._file is not None  # noqa: S101  begun
        self._file.flush()
        os.fsync(self._file.fileno())
        marked = {"cursor": self.cursor, "bytes": self._file.tell(), "columns": self._columns}
        partial = self._marker.with_name(f"{self._marker.name}.new")
        with partial.open("w") as file:
            json.dump(marked, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._marker)
