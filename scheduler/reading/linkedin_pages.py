"""LinkedIn's public pages as postings: the page of one job, and a page of search results."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from metier.errors import Rejected
from metier.types import Posting
from scheduler import markup
from scheduler.reading.postings import moment

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

SOURCE = "linkedin"
LARGEST = 8 * 2**20
"""Characters of a saved page; what a browser saves holds much besides the job."""
_CRITERIA = {
    "seniority level": "seniority",
    "employment type": "employment",
    "job function": "function",
    "industries": "industries",
}
_URN = re.compile(r"urn:li:jobPosting:(\d+)")
_NUMBER = re.compile(r"(?:^|-)(\d{5,})$")
_SEARCH_CARD = "div.base-search-card, li.base-search-card, a.base-search-card"
_TITLE, _BODY = ".top-card-layout__title", "div.show-more-less-html__markup"


def number(address: str) -> str:
    """Return the number of the job that an address or an URN names; empty where it names none."""
    urn = _URN.search(address)
    if urn is not None:
        return urn[1]
    try:
        parts = urlsplit(address.strip())
    except ValueError:  # brackets that hold no address
        return ""
    if parts.hostname is None or not (parts.hostname == "linkedin.com" or parts.hostname.endswith(".linkedin.com")):
        return ""
    steps = [step for step in parts.path.split("/") if step]
    found = _NUMBER.search(steps[-1]) if steps and "jobs" in steps else None
    if found is not None:
        return found[1]
    chosen = re.search(r"(?:^|&)currentJobId=(\d+)", parts.query)
    return chosen[1] if chosen and "jobs" in steps else ""


def address(job: str) -> str:
    """Return where people read a job."""
    return f"https://www.linkedin.com/jobs/view/{job}"


def postings(html: str, name: str) -> list[Posting | Rejected]:
    """Return the job of a page, or those of a page of results; raise Rejected where it is neither."""
    page = _parsed(html, name)
    if page.css_first(_TITLE) is not None:
        return [_job(page, name)]
    cards = page.css(_SEARCH_CARD)
    if cards:
        return [_card(card, f"{name}, result {place}") for place, card in enumerate(cards, start=1)]
    if walled(html):
        raise Rejected(f"{name}: is LinkedIn's page for signing in; save the page of the job while you see the job")
    raise Rejected(f"{name}: holds no job of LinkedIn: save the page of a job or of a search as one sees it signed out")


def _parsed(html: str, name: str) -> "LexborHTMLParser":
    try:
        return markup.parsed(html, largest=LARGEST)
    except Rejected as error:
        raise Rejected(f"{name}: {error}") from error


def walled(html: str) -> bool:
    """Tell whether LinkedIn asks to sign in instead of showing anything."""
    return any(mark in html for mark in ("authwall", "/uas/login", "/checkpoint/", "join-form"))


def _job(page: "LexborHTMLParser", name: str) -> Posting:
    job = _number_of(page)
    if not job:
        raise Rejected(f"{name}: does not say which job it shows; save the whole page, with its address")
    body = page.css_first(_BODY)
    criteria = dict(_criteria(page))
    labels = {key: criteria[key] for key in ("seniority", "function", "industries") if key in criteria}
    extra: dict[str, object] = {"labels": labels} if labels else {}
    if "employment" in criteria:
        extra["employment"] = criteria["employment"]
    pay = _text(page.css_first(".compensation__salary"))
    if pay:
        extra["salary_text"] = pay
    posted = _text(page.css_first(".posted-time-ago__text"))
    if posted:
        extra["posted"] = posted
    return Posting(
        SOURCE, job, _named(page.css_first(_TITLE), name),
        body=markup.text_of(body.inner_html or "") if body is not None else "",
        company=_text(page.css_first("a.topcard__org-name-link, .topcard__flavor")),
        location=_text(page.css_first(".topcard__flavor--bullet")),
        url=address(job),
        extra=extra,
        partial=body is None,
    )  # fmt: skip


def _card(card: "LexborNode", name: str) -> Posting | Rejected:
    link = card if card.tag == "a" else card.css_first("a.base-card__full-link")
    href = (link.attributes.get("href") or "") if link is not None else ""
    job = number(card.attributes.get("data-entity-urn") or "") or number(href)
    if not job:
        return Rejected(f"{name}: says neither its number nor its address")
    listed = card.css_first("time[datetime]")
    try:
        title = _named(card.css_first("h3.base-search-card__title"), name)
    except Rejected as error:
        return error
    return Posting(
        SOURCE, job, title,
        company=_text(card.css_first("h4.base-search-card__subtitle")),
        location=_text(card.css_first(".job-search-card__location")),
        url=address(job),
        published=moment(listed.attributes.get("datetime")) if listed is not None else None,
        partial=True,
    )  # fmt: skip


def _criteria(page: "LexborHTMLParser") -> Iterator[tuple[str, list[str]]]:
    """Yield what LinkedIn itself says of the job; its level is often wrong: evidence, never gold."""
    for item in page.css("ul.description__job-criteria-list > li"):
        key = _CRITERIA.get(_text(item.css_first("h3.description__job-criteria-subheader")).lower())
        said = _text(item.css_first("span.description__job-criteria-text"))
        if key and said and said.lower() != "not applicable":
            many = re.split(r",\s*(?:and )?|\s+and\s+", said) if key in ("function", "industries") else [said]
            yield key, [one for one in many if one]


def _number_of(page: "LexborHTMLParser") -> str:
    places: Mapping[str, str] = {
        "link[rel=canonical]": "href",
        "meta[property='og:url']": "content",
        "[data-entity-urn]": "data-entity-urn",
        "[data-semaphore-content-urn]": "data-semaphore-content-urn",
        "a.topcard__link": "href",
    }
    for where, attribute in places.items():
        node = page.css_first(where)
        found = number(node.attributes.get(attribute) or "") if node is not None else ""
        if found:
            return found
    # what a browser saves begins with a comment that says from where
    saved = re.search(r"<!--\s*saved from url=\(\d+\)(\S+)", (page.html or "")[:2000])
    decorated = re.search(r'<code id="decoratedJobPostingId"[^>]*><!--"?(\d+)"?-->', page.html or "")
    return (number(saved[1]) if saved else "") or (decorated[1] if decorated else "")


def _named(node: "LexborNode | None", name: str) -> str:
    title = _text(node)
    if not title:
        raise Rejected(f"{name}: the title is missing")
    return title


def _text(node: "LexborNode | None") -> str:
    return " ".join(node.text(separator=" ").split()) if node is not None else ""
