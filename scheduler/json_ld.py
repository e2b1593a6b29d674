"""schema.org JobPosting in the JSON-LD of a page: found wherever it stands, turned into a posting."""

import html as entities
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from metier.errors import Rejected
from metier.types import Posting
from scheduler import markup
from scheduler.reading.postings import moment
from scheduler.shapes import Json, link

KEPT = (
    "baseSalary", "estimatedSalary", "salaryCurrency", "employmentType", "jobLocationType", "jobLocation",
    "validThrough",
)  # fmt: skip
"""What goes into `extra` as it stands."""
LABELS = ("industry", "occupationalCategory", "experienceRequirements", "educationRequirements")
_MOST = 20_000
_LONGEST = 4_000


def found(html: str) -> tuple[list[Json], list[str]]:
    """Return all job postings that a page states, and what is wrong with pieces of JSON that cannot be read."""
    pieces, wrong = list[Json](), list[str]()
    for number, script in enumerate(markup.parsed(html).css('script[type^="application/ld+json" i]'), start=1):
        try:
            pieces += _within(json.loads(_bare(script.text()), strict=False))
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            wrong.append(f"JSON-LD {number} cannot be read ({reason})")
    return pieces, wrong


def posting(stated: Json, *, source: str, key: str, company: str = "") -> Posting:
    """Return a JobPosting as a posting; raise Rejected where it has no title."""
    title = markup.text_of(_words(stated.get("title")) or _words(stated.get("name")))
    if not title:
        raise Rejected("the field title of its JobPosting is missing")
    addresses = list(_addresses(stated.get("jobLocation")))
    kept = {name: stated[name] for name in KEPT if stated.get(name) and len(json.dumps(stated[name])) <= _LONGEST}
    labels = {name: [words for one in _each(stated.get(name)) if (words := _named(one))] for name in LABELS}
    labels = {name: values for name, values in labels.items() if values}
    return Posting(
        source, key, title,
        body=markup.text_of(_unescaped(_words(stated.get("description")))),
        company=next((name for one in _each(stated.get("hiringOrganization")) if (name := _named(one))), company),
        location="; ".join(dict.fromkeys(place for place, _ in addresses if place)),
        country=next((country for _, country in addresses if country), ""),
        language=_named(next(iter(_each(stated.get("inLanguage"))), "")),
        url=link(stated.get("url")),
        published=_moment(stated.get("datePosted")),
        closing=_moment(stated.get("validThrough")),
        extra=({"json_ld": kept} if kept else {}) | ({"labels": labels} if labels else {}),
    )  # fmt: skip


def identifier(stated: Json) -> str:
    """Return by what the page itself calls a posting, empty where it does not."""
    for one in _each(stated.get("identifier")):
        value = one.get("value") or one.get("name") if isinstance(one, Mapping) else one
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()[:200]
    return ""


def _within(root: Any) -> Iterator[Json]:  # Any: JSON
    """Yield the job postings in JSON, however deep, in their order."""
    waiting, seen = deque([root]), 0
    while waiting and seen < _MOST:
        one = waiting.popleft()
        seen += 1
        if isinstance(one, Mapping):
            kinds = [str(kind).rpartition("/")[2] for kind in _each(one.get("@type"))]
            if "JobPosting" in kinds:
                yield one
            else:
                waiting.extend(value for value in one.values() if isinstance(value, Mapping | list))
        elif isinstance(one, list):
            waiting.extend(one)


def _addresses(value: Any) -> Iterator[tuple[str, str]]:  # Any: JSON
    """Yield place and country of each location."""
    for one in _each(value):
        whole = one if isinstance(one, Mapping) else {"address": one}
        for address in _each(whole.get("address") or whole.get("name")):
            if isinstance(address, Mapping):
                parts = (_named(address.get(name)) for name in ("addressLocality", "addressRegion"))
                yield ", ".join(part for part in parts if part), _named(address.get("addressCountry"))
            else:
                yield _words(address), ""


def _named(value: Any) -> str:  # Any: JSON
    return _words(value.get("name") if isinstance(value, Mapping) else value)


def _words(value: Any) -> str:  # Any: JSON
    return value.strip() if isinstance(value, str) else ""


def _unescaped(text: str) -> str:
    return entities.unescape(text) if "<" not in text and "&lt;" in text else text


def _moment(value: Any) -> datetime | None:  # Any: JSON
    return moment(value) if isinstance(value, str | int) else None


def _each(value: Any) -> Sequence[Any]:  # Any: JSON-LD lets one thing stand for a list of one
    if value is None or value == "":
        return ()
    return value if isinstance(value, list) else [value]


def _bare(text: str) -> str:
    """Return JSON without the comment or CDATA marks that some pages put around it."""
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    for before, after in (("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>")):
        text = text.removeprefix(before).removesuffix(after).strip()
    return text
