"""Some CVs in a folder: a list of many in JSON with labels, one in each other form, one that is none."""

import json
from pathlib import Path

from metier.settings import Settings
from scheduler.reading.cv import Position, keys
from scheduler.sources.cvs import called

PEOPLE = 1100


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Write the CVs and return how to reach them, with the keys of all positions."""
    shelf = folder / "cvs"
    (shelf / "applications").mkdir(parents=True)
    people = [
        {"id": f"E-{number}", "positions": [
            {"organization": "Acme Ltd", "position": f"Buyer {number}", "startDate": "2019-01", "status": "ACTIVE",
             "department": "Purchasing", "seniority": "Professional"},
            {"organization": "Globex", "position": f"Trainee {number}", "startDate": "2017", "endDate": "2018-12"},
            {"organization": "Initech", "position": "Intern", "startDate": "2016", "endDate": "2016"},
        ]}
        for number in range(PEOPLE)
    ]  # fmt: skip
    (shelf / "people.json").write_text(json.dumps(people))
    (shelf / "applications" / "Ada Example.txt").write_text(
        "Ada Example\n\nExperience\n2019 – present  Head of Procurement, Acme Ltd\n2015 – 2018  Buyer, Globex Inc.\n"
    )
    (shelf / "scan.pdf").write_bytes(b"%PDF-1.4 cut off")
    found = {
        f"{called('people.json')}-E-{number}.{key}"
        for number in range(PEOPLE)
        for key in keys(
            [Position(f"Buyer {number}", "Acme Ltd", "2019-01"), Position(f"Trainee {number}", "Globex", "2017"),
             Position("Intern", "Initech", "2016")]
        )
    }  # fmt: skip
    ada = keys([Position("Head of Procurement", "Acme Ltd", "2019"), Position("Buyer", "Globex Inc.", "2015")])
    return Settings(cvs=shelf, home=folder), found | {f"{called('applications/Ada Example.txt')}.{key}" for key in ada}
