"""Tables of LinkedIn jobs: the member's own export, JobSpy exports, lists of addresses with ratings."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from metier.errors import BadRow, ConfigError, Rejected
from metier.types import Posting
from scheduler.reading.linkedin_pages import SOURCE, address, number
from scheduler.reading.postings import BODY_LIMIT, CELL_LIMIT, TITLE_LIMIT, moment
from scheduler.reading.rows import Table
from scheduler.reading.tables import open_table

SAVED, APPLIED = "Saved Jobs.csv", "Job Applications.csv"
_ADDRESSES = ("job_url", "job url", "url", "link", "job link", "job_link")
_TITLES = ("title", "job title", "job_title", "position", *_ADDRESSES)  # the last: a list of addresses has no titles
_DATES = ("date_posted", "published", "listed at")
_PERIODS = {"yearly": "year", "monthly": "month", "weekly": "week", "daily": "day", "hourly": "hour"}
_UNTITLED = (
    "no title: a list of addresses is for the source linkedin_guest; "
    "or save the page of the job and drop it into the folder"
)


def table(path: Path) -> Iterator[Posting | BadRow]:
    """Yield the jobs of a table, row by row."""
    with ExitStack() as stack:
        opened = _opened(path, stack)
        for row in opened.rows():
            if isinstance(row, BadRow):
                yield row
                continue
            cells = {str(name).strip().casefold(): _cell(value) for name, value in row.values.items()}
            yield _job(cells, row.place, row.number)


def member(content: bytes, name: str) -> Iterator[Posting | BadRow]:
    """Yield the jobs of one table of a member's export; who was written to, and with what, is left out."""
    # the address and number of a recruiter stand in columns of their own, which are not copied
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    for line, row in enumerate(reader, start=2):
        cells = {str(key).strip().casefold(): str(value or "").strip() for key, value in row.items() if key}
        yield _job(cells, f"{name}, line {line}", line)


def _opened(path: Path, stack: ExitStack) -> Table:
    failed: ConfigError | None = None
    for title in _TITLES:
        try:
            return stack.enter_context(open_table(path, columns={"title": title}))
        except ConfigError as error:
            failed = failed or error
    raise Rejected(f"{path}: names neither titles nor addresses of jobs; give a column title, and url") from failed


def _job(cells: Mapping[str, str], place: str, line: int) -> Posting | BadRow:
    url = _first(cells, _ADDRESSES)
    title = _first(cells, ("title", "job title", "job_title", "position"))
    site = cells.get("site", "").casefold()
    foreign = site not in ("", SOURCE)
    job = cells.get("id", "") if foreign else number(url) or number(cells.get("id", "")) or _jobspy(cells.get("id", ""))
    if not job:
        return BadRow(f"{place}: names no job of LinkedIn; give its address in a column url", row=line)
    if not title:
        return BadRow(f"{place}: {_UNTITLED}", row=line)
    for what, text, limit in (("title", title, TITLE_LIMIT), ("body", _body(cells), BODY_LIMIT)):
        if len(text) > limit:
            return BadRow(f"{place}: {what} has {len(text):,} characters, at most {limit:,} can be read", row=line)
    return Posting(
        SOURCE, f"{site}/{job}" if foreign else job, title,
        body=_body(cells),
        company=_first(cells, ("company", "company name", "company_name"))[:CELL_LIMIT],
        location=cells.get("location", "")[:CELL_LIMIT],
        url=url[:CELL_LIMIT] if foreign else address(job),
        published=moment(_first(cells, _DATES)),
        extra=_stated(cells) | ({"site": site} if foreign else {}),
        partial=not _body(cells),
    )  # fmt: skip


def _stated(cells: Mapping[str, str]) -> dict[str, object]:
    """Return what the table states besides texts, under the keys that docs/sources.md names."""
    extra: dict[str, object] = {}
    pay = _salary(cells)
    if pay:
        extra["salary"] = pay
    kinds = [kind.strip() for kind in cells.get("job_type", "").split(",") if kind.strip()]
    if kinds:
        extra["employment"] = kinds
    if cells.get("is_remote", "").casefold() in ("true", "1", "yes"):
        extra["remote"] = "remote"
    named = {"seniority": "job_level", "function": "job_function", "industries": "company_industry"}
    labels = {key: [cells[column]] for key, column in named.items() if cells.get(column)}
    if cells.get("rating"):
        labels["desirability"] = [cells["rating"]]
    if labels:
        extra["labels"] = labels
    for key, column in {"saved": "saved date", "applied": "application date"}.items():
        if cells.get(column):
            extra[key] = cells[column]
    return extra


def _salary(cells: Mapping[str, str]) -> dict[str, object]:
    amounts = {key: _number(cells.get(column, "")) for key, column in (("low", "min_amount"), ("high", "max_amount"))}
    there = {key: amount for key, amount in amounts.items() if amount is not None}
    currency, period = cells.get("currency", ""), _PERIODS.get(cells.get("interval", "").casefold())
    if not there or not currency:
        return {}
    return {"currency": currency, **there} | ({"period": period} if period else {})


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1e12 else None


def _jobspy(id_: str) -> str:
    return id_.removeprefix("li-") if id_.removeprefix("li-").isdigit() else ""


def _body(cells: Mapping[str, str]) -> str:
    return _first(cells, ("description", "body"))


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def _cell(value: object) -> str:
    return "" if value is None or value != value else str(value).strip().replace("\x00", "")  # noqa: PLR0124  NaN
