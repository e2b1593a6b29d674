"""LinkedIn's pages and tables are read with every field, and what is none of them says what to do."""

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from metier.errors import BadRow, Rejected
from metier.types import Posting
from scheduler.reading import linkedin, linkedin_pages
from tests.fakes.linkedin import WALL, Job, card, job_page, search_page


def good(found: Iterable[Posting | BadRow]) -> list[Posting]:
    """Return the postings of a file in which nothing is bad."""
    items = list(found)
    assert not [str(item) for item in items if isinstance(item, BadRow)]
    return [item for item in items if isinstance(item, Posting)]


def bad(found: Iterable[Posting | BadRow]) -> list[str]:
    """Return what is said of the bad rows."""
    return [str(item) for item in found if isinstance(item, BadRow)]


def written(path: Path, content: str | bytes) -> Path:
    """Write a file."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_job_page_gives_every_field(tmp_path: Path) -> None:
    page = job_page(Job(4_021_337_001, "Head Nurse (f/m)", salary="$80,000.00/yr - $95,000.00/yr"))
    (posting,) = good(linkedin.walk(written(tmp_path / "job.html", page), "linkedin"))
    assert (posting.ref, posting.title, posting.company) == ("linkedin:4021337001", "Head Nurse (f/m)", "Example Care")
    assert posting.location == "Geneva, Switzerland"
    assert posting.body == "You care for people.\n\n- Nights\n- Weekends"
    assert posting.url == "https://www.linkedin.com/jobs/view/4021337001"
    assert not posting.partial
    assert posting.extra == {
        "labels": {
            "seniority": ["Mid-Senior level"],
            "function": ["Health Care Provider", "Other"],
            "industries": ["Hospitals", "Nonprofits"],
        },
        "employment": ["Full-time"],
        "salary_text": "$80,000.00/yr - $95,000.00/yr",
        "posted": "2 weeks ago",
    }


def test_results_of_a_search_are_partial_postings_with_their_day(tmp_path: Path) -> None:
    page = written(tmp_path / "search.html", search_page([Job(4_021_337_001), Job(4_021_337_002, "Cook")]))
    nurse, cook = good(linkedin.walk(page, "linkedin"))
    assert (nurse.key, cook.title, cook.company, cook.location) == (
        "4021337001", "Cook", "Example Care", "Geneva, Switzerland",
    )  # fmt: skip
    assert nurse.published == datetime(2026, 5, 4, tzinfo=UTC)
    assert nurse.partial
    assert cook.partial


def test_one_broken_result_does_not_sink_the_others(tmp_path: Path) -> None:
    broken = '<div class="base-search-card"><h3 class="base-search-card__title">Cook</h3></div>'
    untitled = card(Job(4_021_337_003)).replace("Field Nurse", " ")
    page = written(tmp_path / "search.html", f"<html><ul>{card(Job(4_021_337_001))}{broken}{untitled}</ul></html>")
    found = list(linkedin.walk(page, "linkedin"))
    assert [item.key for item in found if isinstance(item, Posting)] == ["4021337001"]
    assert [message.split(": ")[0] for message in bad(found)] == ["search.html, result 2", "search.html, result 3"]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com/jobs/view/4021337001",
        "https://ch.linkedin.com/jobs/view/field-nurse-at-example-4021337001?refId=x&position=2",
        "https://www.linkedin.com/jobs/view/4021337001/",
        "https://www.linkedin.com/jobs/search/?currentJobId=4021337001&keywords=nurse",
        "urn:li:jobPosting:4021337001",
    ],
)
def test_a_job_has_one_number_in_whatever_address(address: str) -> None:
    assert linkedin_pages.number(address) == "4021337001"


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com.evil.example/jobs/view/4021337001",
        "https://example.org/jobs/view/4021337001",
        "https://www.linkedin.com/in/somebody-4021337001",
        "",
    ],
)
def test_an_address_elsewhere_names_no_job(address: str) -> None:
    assert linkedin_pages.number(address) == ""


def test_a_job_page_saved_without_its_markers_knows_from_where_it_was_saved(tmp_path: Path) -> None:
    page = job_page(Job(4_021_337_001), numbered=False)
    address = "https://www.linkedin.com/jobs/view/4021337001"
    saved = page.replace("<html>", f"<!-- saved from url=(0049){address} --><html>")
    assert [item.key for item in good(linkedin.walk(written(tmp_path / "a.html", saved), "linkedin"))] == ["4021337001"]
    with pytest.raises(Rejected, match="does not say which job"):
        list(linkedin.walk(written(tmp_path / "b.html", page), "linkedin"))


def test_a_page_saved_as_one_file_is_unwrapped(tmp_path: Path) -> None:
    message = EmailMessage()
    message.make_related()
    message.add_related(job_page(Job(4_021_337_001, "Köchin")), subtype="html")
    posting = good(linkedin.walk(written(tmp_path / "job.mhtml", bytes(message)), "linkedin"))[0]
    assert posting.title == "Köchin"


@pytest.mark.parametrize(("content", "says"), [(WALL, "page for signing in"), ("<html><p>Hello</p>", "holds no job")])
def test_a_page_that_is_no_job_says_what_to_save(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(Rejected, match=says):
        list(linkedin.walk(written(tmp_path / "page.html", content), "linkedin"))


def test_a_members_export_gives_jobs_and_no_contacts(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "Jobs/Job Applications.csv",
            "Application Date,Contact Email,Contact Phone Number,Company Name,Job Title,Job Url,Resume Name\n"
            "5/4/26 9:12 PM,boss@example.org,+41 22 000 00 00,Example,Cook,https://www.linkedin.com/jobs/view/90000001,x\n",
        )
        archive.writestr(
            "Jobs/Saved Jobs.csv",
            "Saved Date,Job Url,Job Title,Company Name\n5/5/26,https://www.linkedin.com/jobs/view/90000002,Baker,Example\n",
        )
    cook, baker = good(linkedin.walk(path, "linkedin"))
    assert (cook.key, cook.title, cook.company, cook.extra) == (
        "90000001", "Cook", "Example", {"applied": "5/4/26 9:12 PM"},
    )  # fmt: skip
    assert (baker.key, baker.extra, baker.partial) == ("90000002", {"saved": "5/5/26"}, True)
    assert "boss@example.org" not in repr((cook, baker))
    assert "000 00" not in repr((cook, baker))


def test_an_archive_without_jobs_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Connections.csv", "Notes:\n")
    with pytest.raises(Rejected, match="source cvs"):
        list(linkedin.walk(path, "linkedin"))


def test_a_jobspy_table_gives_what_it_states(tmp_path: Path) -> None:
    path = written(
        tmp_path / "jobs.csv",
        "id,site,job_url,title,company,location,date_posted,job_type,interval,min_amount,max_amount,currency,"
        "is_remote,job_level,job_function,company_industry,description\n"
        'li-4021337001,linkedin,https://www.linkedin.com/jobs/view/4021337001,Nurse,Example,"Bern, CH",2026-05-04,'
        '"fulltime, contract",yearly,80000.0,95000.0,CHF,True,mid-senior level,Health,Hospitals,You care.\n'
        "in-77,indeed,https://indeed.example/77,Cook,Example,Bern,,,hourly,,,,False,,,,\n",
    )
    nurse, cook = good(linkedin.walk(path, "linkedin"))
    assert (nurse.key, nurse.body, nurse.published) == ("4021337001", "You care.", datetime(2026, 5, 4, tzinfo=UTC))
    assert nurse.extra == {
        "salary": {"currency": "CHF", "low": 80000.0, "high": 95000.0, "period": "year"},
        "employment": ["fulltime", "contract"],
        "remote": "remote",
        "labels": {"seniority": ["mid-senior level"], "function": ["Health"], "industries": ["Hospitals"]},
    }
    assert (cook.key, cook.url, cook.extra) == ("indeed/in-77", "https://indeed.example/77", {"site": "indeed"})


def test_a_rated_list_gives_ratings_and_names_rows_that_need_a_page(tmp_path: Path) -> None:
    path = written(
        tmp_path / "rated.csv",
        "url,rating,title\nhttps://www.linkedin.com/jobs/view/4021337001,3,Nurse\n"
        "https://www.linkedin.com/jobs/view/4021337002,1,\nhttps://example.org/1,2,Cook\n",
    )
    found = list(linkedin.walk(path, "linkedin"))
    assert isinstance(found[0], Posting)
    assert found[0].extra == {"labels": {"desirability": ["3"]}}
    untitled, foreign = bad(found)
    assert "line 3" in untitled
    assert "linkedin_guest" in untitled
    assert "line 4: names no job of LinkedIn" in foreign


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="neither titles nor addresses"):
        list(linkedin.walk(written(tmp_path / "pets.csv", "name,legs\nRex,4\n"), "linkedin"))


def test_hostile_pages_end_in_a_refusal(tmp_path: Path) -> None:
    deep = "<html>" + "<div>" * 100_000
    with pytest.raises(Rejected, match="nested deeper than"):
        list(linkedin.walk(written(tmp_path / "deep.html", deep), "linkedin"))
    with pytest.raises(Rejected, match="are read at the most"):
        list(linkedin.walk(written(tmp_path / "long.html", "<html>" + "x" * 9_000_000), "linkedin"))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Saved Jobs.csv", b"\0" * 200_000_000)
    with pytest.raises(Rejected, match="unpacks to more than"):
        list(linkedin.walk(written(tmp_path / "bomb.zip", bomb.getvalue()), "linkedin"))


def test_an_address_that_is_none_stops_no_other_result() -> None:
    page = search_page([Job(70_000_000), Job(70_000_001)]).replace("https://ch.linkedin.com/jobs", "https://[/jobs", 1)
    page = page.replace(' data-entity-urn="urn:li:jobPosting:70000000"', "", 1)
    assert len(linkedin_pages.postings(page, "a page")) == 2
