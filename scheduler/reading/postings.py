"""Turning a row into what the rest of the system works with; a row that cannot be one says why and what to do."""

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from metier.types import Kind, Posting, Text
from scheduler.reading.cv import digest, pseudonym
from scheduler.reading.cv_dates import partial, present
from scheduler.reading.cv_privacy import without_contacts
from scheduler.reading.cv_roles import side
from scheduler.reading.rows import Row, bad

TITLE_LIMIT = 2_000
BODY_LIMIT = 1_000_000
CELL_LIMIT = 2_000  # company, location and the like
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")


def text_of(row: Row) -> Text:
    """Return what taggers read of a row, or raise BadRow."""
    title = _checked(row, "title", TITLE_LIMIT)
    if not title:
        raise bad(row, "no title; fill the cell or remove the row")
    return Text(
        title=title,
        body=_checked(row, "body", BODY_LIMIT),
        language=_checked(row, "language", CELL_LIMIT).lower(),
        company=_checked(row, "company", CELL_LIMIT),
    )


def posting_of(row: Row, *, source: str, kind: Kind = Kind.POSTING) -> Posting:
    """Return a row as a posting, or raise BadRow; without an id, its content gives it a key that stays the same."""
    text = text_of(row)
    location, country, url = (_checked(row, name, CELL_LIMIT) for name in ("location", "country", "url"))
    published, closing = row.get("published"), row.get("closing")
    content = "\x1f".join([text.title, text.body, text.company, location, country, url, str(published or "")])
    said = row.text("kind").lower()
    if said and said not in set(Kind):
        raise bad(row, f"kind {said[:40]!r} is unknown; write posting or title, or leave it out")
    posting = Posting(
        source=source,
        key=_checked(row, "id", CELL_LIMIT) or hashlib.sha256(content.encode()).hexdigest()[:24],
        title=text.title,
        kind=Kind(said) if said else kind,
        body=text.body,
        company=text.company,
        location=location,
        country=country,
        language=text.language,
        url=url,
        published=moment(published),
        closing=moment(closing),
    )
    return _position(row, posting) if posting.kind is Kind.TITLE else posting


def _position(row: Row, posting: Posting) -> Posting:
    """Return a title with what its row says of the position: whose CV, from when, to when."""
    start, end, cv = (_checked(row, name, CELL_LIMIT) for name in ("start", "end", "cv"))
    if not (start or end or cv):
        return posting
    begun, ended = partial(start), partial(end)
    current = bool(begun) and (not end or present(end))
    said: dict[str, object] = {"started": begun, "ended": ended, "current": current}
    if side(posting.title):
        said["side"] = True
    if not cv:
        return replace(posting, extra=said)
    known = pseudonym(cv)
    title, company = without_contacts(posting.title), without_contacts(posting.company)
    if not title:
        raise bad(row, "title is nothing but an address or a number; write the job")
    key = posting.key if row.get("id") else f"{known}.{digest(title.casefold(), company.casefold(), begun)}"
    return replace(posting, key=key, title=title, company=company, extra={"cv": known} | said)


def moment(value: object) -> datetime | None:
    """Read a date as people and programs write it, in UTC; None where it cannot be understood."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value))
    text = str(value or "").strip()
    match = _DAY_FIRST.match(text)
    if match:
        day, month, year = match.groups()
        text = f"{year}-{month:0>2}-{day:0>2}"
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        try:
            read = parsedate_to_datetime(text)
        except (ValueError, IndexError, OverflowError):
            return None
    return _in_utc(read)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the last hours of the year 9999, the first of the year 1
        return value.replace(tzinfo=UTC)


def _epoch(value: float) -> datetime | None:
    # milliseconds, where seconds would be past the year 9999
    seconds = value / 1000 if abs(value) > 2.6e11 else value
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _checked(row: Row, name: str, limit: int) -> str:
    value = row.text(name)
    if len(value) > limit:
        raise bad(row, f"{name} has {len(value):,} characters, at most {limit:,} can be read; shorten it")
    found = _UNUSABLE.search(value)
    if found is None:
        return value
    if found[0] == "\x00":
        raise bad(row, f"{name} holds a NUL character; remove it")
    if "\udc80" <= found[0] <= "\udcff":
        raise bad(
            row,
            f"{name} holds a byte (0x{ord(found[0]) - 0xDC00:X}) that is no text in the file's encoding; "
            "save the file as UTF-8, or name its encoding with --encoding",
        )
    raise bad(row, f"{name} holds half of a character (U+{ord(found[0]):X}); remove it")
