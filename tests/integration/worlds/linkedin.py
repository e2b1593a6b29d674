"""A folder with a saved search, saved pages of some of its jobs, a member's export and a table of some thousand."""

import csv
import io
import zipfile
from pathlib import Path

from metier.settings import Settings
from tests.fakes.linkedin import Job, job_page, search_page


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Write the files and return how to reach them, with the numbers of all jobs."""
    shelf = folder / "linkedin"
    (shelf / "may").mkdir(parents=True)
    jobs = [Job(70_000_000 + number) for number in range(30)]
    (shelf / "search.html").write_text(search_page(jobs[3:]))
    for job in jobs[:3]:
        (shelf / "may" / f"{job.number}.html").write_text(job_page(job))
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["id", "site", "job_url", "title", "company", "location", "description"])
    for number in range(80_000_000, 80_004_200):
        url = f"https://www.linkedin.com/jobs/view/{number}"
        rows.writerow([f"li-{number}", "linkedin", url, "Driver", "Example", "Bern", "You drive."])
    (shelf / "export.csv").write_text(table.getvalue())
    saved = (
        "Saved Date,Job Url,Job Title,Company Name\n5/4/26,https://www.linkedin.com/jobs/view/90000001,Cook,Example\n"
    )
    with zipfile.ZipFile(shelf / "mine.zip", "w") as archive:
        archive.writestr("Saved Jobs.csv", saved)
    keys = {str(job.number) for job in jobs} | {str(number) for number in range(80_000_000, 80_004_200)} | {"90000001"}
    return Settings(linkedin=shelf, home=folder), keys
