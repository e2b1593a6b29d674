"""LinkedIn's pages for guests, asked slowly and one at a time; the first sign that we are not welcome ends it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from metier.errors import ConfigError, Rejected, SourceChanged, SourceRefused
from metier.types import Posting
from scheduler.answers import Answer, fault
from scheduler.reading import linkedin_pages
from scheduler.sources.polite import Client, Limits

NAME = "linkedin_guest"
HOST = "www.linkedin.com"
A_PAGE = 10
"""Results on a page for guests."""
_SEARCH = "/jobs-guest/jobs/api/seeMoreJobPostings/search"
_JOB = "/jobs-guest/jobs/api/jobPosting/"
_KEPT = ("keywords", "location", "geoId", "f_TPR", "f_JT", "f_WT", "f_E", "f_C", "distance")
_UNWELCOME = (
    "LinkedIn does not want to be asked like this; nothing more is asked until you say so with "
    "`metier sources poll linkedin_guest`. Saved pages in the folder of the source linkedin need no asking"
)


class Guest:
    """Asks for one page after the other."""

    def __init__(self, url: str, *, spend: Callable[[], None], limits: Limits) -> None:
        self._client = Client(NAME, url, spend=spend, limits=limits)

    def results(self, search: str, start: int) -> tuple[list[Posting], list[str]]:
        """Return the jobs on one page of a search, and what is wrong with others; none after the last page."""
        asked = {name: values[0] for name, values in parse_qs(search).items()}
        page = self._page(_SEARCH, asked | {"start": str(start)})
        if page is None or not page.strip():
            return [], []
        found = _read(page, f"{NAME}: the results of a search")
        return (
            [item for item in found if isinstance(item, Posting)],
            [str(item) for item in found if isinstance(item, Rejected)],
        )

    def job(self, number: str) -> Posting | None:
        """Return one job, None where it is advertised no more."""
        page = self._page(_JOB + number, {})
        if page is None:
            return None
        named = (
            page if f"jobPosting:{number}" in page else f'<a data-entity-urn="urn:li:jobPosting:{number}"></a>{page}'
        )
        found = _read(named, f"{NAME}:{number}")[0]
        if not isinstance(found, Posting) or found.partial:
            raise SourceChanged(f"{NAME}: the page of job {number} lacks its title or its description")
        return found

    def close(self) -> None:
        """Leave the service."""
        self._client.close()

    def _page(self, path: str, params: dict[str, str]) -> str | None:
        answer = self._client.get(path, params)
        if answer.status in (404, 410) and path.startswith(_JOB):
            return None
        if answer.status in (429, 999) or _turned_away(answer):
            raise SourceRefused(f"{NAME}: turned away (status {answer.status}): {_UNWELCOME}")
        failed = fault(NAME, answer, remedies={403: _UNWELCOME})
        if failed is not None:
            raise failed
        page = answer.body.decode("utf-8", "replace")
        if linkedin_pages.walled(page) and "top-card-layout__title" not in page and "base-search-card" not in page:
            raise SourceRefused(f"{NAME}: shows its page for signing in: {_UNWELCOME}")
        return page


def wanted(file: Path) -> tuple[list[str], dict[str, str]]:
    """Return searches and jobs (with their ratings, if any) of a list of addresses, one a line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        wrong = "is not there" if isinstance(error, FileNotFoundError) else "is no text that can be read"
        what = f"METIER_LINKEDIN_GUEST: {file} {wrong}; name a text file"
        raise ConfigError(f"{what} with an address of LinkedIn on each line") from error
    searches: list[str] = []
    jobs: dict[str, str] = {}
    for place, line in enumerate(lines, start=1):
        address, _, rating = (part.strip().strip('"') for part in line.partition(","))
        if not address or address.startswith("#") or (place == 1 and address.casefold() in ("url", "link", "job_url")):
            continue
        number = linkedin_pages.number(address)
        search = _search(address)
        if number:
            jobs[number] = rating
        elif search:
            searches.append(search)
        else:
            raise ConfigError(
                f"METIER_LINKEDIN_GUEST: line {place} of {file} is neither the address of a job nor of a search "
                "of jobs at LinkedIn; copy it from the browser"
            )
    return searches, jobs


def _search(address: str) -> str:
    """Return the query of a search, what does not matter to it left out; empty where it is none."""
    from urllib.parse import urlencode

    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that hold no address
        return ""
    host = parts.hostname or ""
    if not (host == "linkedin.com" or host.endswith(".linkedin.com")) or "/jobs" not in parts.path:
        return ""
    asked = parse_qs(parts.query)
    kept = [(name, asked[name][0]) for name in _KEPT if name in asked]
    return urlencode(kept) if kept else ""


def _turned_away(answer: Answer) -> bool:
    target = answer.headers.get("Location", "")
    return 300 <= answer.status < 400 and any(mark in target for mark in ("authwall", "login", "checkpoint", "signup"))


def _read(page: str, name: str) -> list[Posting | Rejected]:
    try:
        return linkedin_pages.postings(page, name)
    except Rejected as error:
        raise SourceChanged(f"{name} are of an unknown shape ({error})") from error
