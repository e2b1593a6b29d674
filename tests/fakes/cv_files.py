"""CVs of invented people in each form, written as the programs write them that people use."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

ADA = ("Adalind", "Quenneville")
SECRETS = (
    "Adalind", "Quenneville", "adalind.q@example.org", "adalind", "+44 20 7946 0991", "7946 0991", "17 Sorrel Lane",
    "1987-04-12", "12.04.1987", "linkedin.example/in/adalindq", "Rookvale", "PHOTOBYTES",
)  # fmt: skip
"""What may be found nowhere once the CVs are read."""
TEXT = """Adalind Quenneville
17 Sorrel Lane, Rookvale RV1 2AB
adalind.q@example.org, +44 20 7946 0991, born 12.04.1987
linkedin.example/in/adalindq

EXPERIENCE
2019 - present   Head of Procurement, Northwind Ltd
2015 - 2018   Senior Buyer, Globex Inc.
2012 - 2014   Freelance Buyer adalind.q@example.org, Freelancer Adalind Quenneville
"""


def json_resume(**what_matters: Any) -> bytes:  # Any: JSON
    """Return a JSON Resume."""
    found = {
        "basics": {"name": " ".join(ADA), "email": "adalind.q@example.org", "phone": "+44 20 7946 0991",
                   "image": "data:PHOTOBYTES", "url": "https://linkedin.example/in/adalindq",
                   "location": {"address": "17 Sorrel Lane", "city": "Rookvale"}},
        "work": [
            {"name": "Northwind Ltd", "position": "Head of Procurement", "startDate": "2019-03-01"},
            {"name": "Quenneville Consulting", "position": "Buyer, call +44 20 7946 0991", "startDate": "2015-02",
             "endDate": "2018", "summary": "Adalind bought steel."},
        ],
        "volunteer": [{"organization": "Food Bank", "position": "Treasurer", "startDate": "2020"}],
    }  # fmt: skip
    return json.dumps(found | what_matters).encode()


def europass_xml() -> bytes:
    """Return a SkillsPassport of version 3."""
    first, last = ADA
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<SkillsPassport xmlns="http://europass.cedefop.europa.eu/Europass" locale="en"><LearnerInfo>
<Identification><PersonName><FirstName>{first}</FirstName><Surname>{last}</Surname></PersonName>
<Photo><Data>PHOTOBYTES</Data></Photo><Demographics><Birthdate year="1987" month="--04" day="---12"/></Demographics>
<ContactInfo><Email><Contact>adalind.q@example.org</Contact></Email></ContactInfo></Identification>
<WorkExperienceList>
<WorkExperience><Period><From year="2019" month="--03" day="---01"/><Current>true</Current></Period>
<Position><Code>1219</Code><Label>Head of Procurement</Label></Position><Activities>Leads Adalind's team</Activities>
<Employer><Name>Northwind Ltd</Name><ContactInfo><Address><Contact><AddressLine>17 Sorrel Lane</AddressLine></Contact>
</Address></ContactInfo></Employer></WorkExperience>
<WorkExperience><Period><From year="2015"/><To year="2018" month="--12"/></Period>
<Position><Label>Senior Buyer</Label></Position>
<Employer><Name>Freelancer {first} {last}</Name></Employer></WorkExperience>
</WorkExperienceList></LearnerInfo></SkillsPassport>""".encode()


def europass_candidate() -> bytes:
    """Return the XML that the Europass portal writes since 2020."""
    return f"""<Candidate xmlns="http://www.europass.eu/1.0" xmlns:hr="http://www.hr-xml.org/3">
<CandidatePerson><PersonName><hr:GivenName>{ADA[0]}</hr:GivenName><hr:FamilyName>{ADA[1]}</hr:FamilyName></PersonName>
</CandidatePerson><CandidateProfile><EmploymentHistory><EmployerHistory>
<hr:OrganizationName>Northwind Ltd</hr:OrganizationName>
<PositionHistory><PositionTitle>Head of Procurement</PositionTitle>
<EmploymentPeriod><hr:StartDate><hr:FormattedDateTime>2019-03-01</hr:FormattedDateTime></hr:StartDate>
<hr:CurrentIndicator>true</hr:CurrentIndicator></EmploymentPeriod></PositionHistory></EmployerHistory>
</EmploymentHistory></CandidateProfile></Candidate>""".encode()


def europass_json() -> bytes:
    """Return a SkillsPassport as JSON."""
    rows = [
        {"Period": {"From": {"Year": 2019, "Month": 3, "Day": 1}, "Current": True},
         "Position": {"Label": "Head of Procurement"}, "Employer": {"Name": "Northwind Ltd"}},
        {"Period": {"From": {"Year": 2015}, "To": {"Year": 2018, "Month": 12}},
         "Position": {"Label": "Senior Buyer"}, "Employer": {"Name": "Freelancer Adalind Quenneville"}},
    ]  # fmt: skip
    person = {"PersonName": {"FirstName": ADA[0], "Surname": ADA[1]}, "Photo": {"Data": "PHOTOBYTES"}}
    learner = {"Identification": person, "WorkExperience": rows}
    return json.dumps({"SkillsPassport": {"Locale": "en", "LearnerInfo": learner}}).encode()


def linkedin_zip() -> bytes:
    """Return a member's export."""
    positions = (
        "Company Name,Title,Description,Location,Started On,Finished On\n"
        "Northwind Ltd,Head of Procurement,Adalind leads,Rookvale,Mar 2019,\n"
        "Quenneville & Co,Senior Buyer,,Rookvale,Jan 2015,Dec 2018\n"
    )
    profile = (
        "First Name,Last Name,Maiden Name,Address,Birth Date,Headline\n"
        'Adalind,Quenneville,,"17 Sorrel Lane, Rookvale",1987-04-12,Buyer\n'
    )
    return packed({"Positions.csv": positions.encode(), "Profile.csv": profile.encode()})


def list_of_cvs(*cvs: Any) -> bytes:  # Any: JSON
    """Return a list of CVs in JSON."""
    return json.dumps(list(cvs)).encode()


def docx(lines: Sequence[str], **further: bytes) -> bytes:
    """Return a Word document with these paragraphs, and further parts by name."""
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" if line else "<w:p/>" for line in lines)
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><w:document '
        f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>'
    )
    return packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode(), **further})


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


def pdf(*pages: Sequence[str], objects: Sequence[bytes] = ()) -> bytes:
    """Return a PDF whose pages have these lines, `**words**` in bold; further objects get the next numbers."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    found = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        said = b"".join(_shown(line) + b"T* " for line in lines)
        stream = b"BT /F1 11 Tf 14 TL 50 780 Td " + said + b"ET"
        found.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        found.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
    return assembled([*found, *objects])


def _shown(line: str) -> bytes:
    """Return a line in the words of a PDF: every other run of it is bold."""
    return b"".join(
        (b"/F2 11 Tf " if number % 2 else b"/F1 11 Tf ") + b"(" + _escaped(run) + b") Tj "
        for number, run in enumerate(line.split("**"))
    )


def assembled(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of these objects, the first its catalogue."""
    whole = io.BytesIO(b"%PDF-1.4\n")
    whole.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(whole.tell())
        whole.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = whole.tell()
    whole.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    whole.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    whole.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return whole.getvalue()


def _escaped(line: str) -> bytes:
    coded = line.encode("cp1252", "replace")
    return coded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
