"""Europass CVs: SkillsPassport version 3 as XML and JSON, and the XML (Candidate) that the portal writes since 2020."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from metier.errors import Rejected
from scheduler.reading.cv import Cv, Position
from scheduler.reading.cv_dates import partial
from scheduler.reading.cv_privacy import name_words

_NAMES = {"FirstName", "Surname", "GivenName", "FamilyName"}


def from_xml(content: bytes) -> Cv:
    """Read Europass XML; entities and outside references are refused before anything is made of them."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Rejected("declares entities or a document type, which no CV needs; it is not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Rejected("is no readable XML; save or export it again") from error
    kind = _local(root)
    if kind not in ("SkillsPassport", "Candidate"):
        raise Rejected("is XML, but no Europass CV; export it from Europass again")
    names = [one.text or "" for one in root.iter() if _local(one) in _NAMES]
    read = _worked if kind == "SkillsPassport" else _employed
    wanted = "WorkExperience" if kind == "SkillsPassport" else "EmployerHistory"
    positions = [position for one in root.iter() if _local(one) == wanted for position in read(one)]
    return Cv([one for one in positions if one.title], "", _language(root.get("locale")), name_words(*names))


def from_json(found: Mapping[str, Any]) -> Cv:  # Any: JSON
    """Read the SkillsPassport of a Europass JSON file."""
    learner = _object(found.get("LearnerInfo"))
    name = _object(_object(learner.get("Identification")).get("PersonName"))
    rows = learner.get("WorkExperience")
    read = [_worked_json(one) for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    language = _language(found.get("Locale") or found.get("locale"))
    names = name_words(*(str(name.get(key) or "") for key in ("FirstName", "Surname")))
    return Cv([one for one in read if one.title], "", language, names)


def _worked(one: Element) -> Iterator[Position]:
    start, end = _day(_below(one, "From")), _day(_below(one, "To"))
    current = (_text(one, "Period", "Current").lower() in ("true", "1")) or (bool(start) and not end)
    title = _text(one, "Position", "Label")
    yield Position(title, _text(one, "Employer", "Name"), start, "" if current else end, current)


def _employed(one: Element) -> Iterator[Position]:
    employer = _text(one, "OrganizationName")
    for held in (below for below in one.iter() if _local(below) == "PositionHistory"):
        start = partial(_text(held, "StartDate", "FormattedDateTime") or _text(held, "StartDate"))
        end = partial(_text(held, "EndDate", "FormattedDateTime") or _text(held, "EndDate"))
        current = _text(held, "CurrentIndicator").lower() == "true" or (bool(start) and not end)
        yield Position(_text(held, "PositionTitle"), employer, start, "" if current else end, current)


def _worked_json(one: Mapping[str, Any]) -> Position:  # Any: JSON
    period = _object(one.get("Period"))
    start, end = _numbers(period.get("From")), _numbers(period.get("To"))
    current = period.get("Current") is True or (bool(start) and not end)
    title = " ".join(str(_object(one.get("Position")).get("Label") or "").split())
    employer = " ".join(str(_object(one.get("Employer")).get("Name") or "").split())
    return Position(title, employer, start, "" if current else end, current)


def _numbers(found: object) -> str:
    date = _object(found)
    parts = [str(date[key]) for key in ("Year", "Month", "Day") if isinstance(date.get(key), int)]
    return partial("-".join(part.zfill(2) for part in parts))


def _day(found: Element | None) -> str:
    """Read a date whose parts are written as XML Schema has them: year="2012" month="--03" day="---15"."""
    if found is None:
        return ""
    parts = [(found.get(name) or "").strip("-") for name in ("year", "month", "day")]
    return partial("-".join(part.zfill(2) for part in parts if part.isdigit()))


def _text(one: Element, *path: str) -> str:
    found: Element | None = one
    for name in path:
        found = None if found is None else _below(found, name)
    return "" if found is None else " ".join((found.text or "").split())


def _below(one: Element, name: str) -> Element | None:
    return next((below for below in one.iter() if below is not one and _local(below) == name), None)


def _local(one: Element) -> str:
    return one.tag.rpartition("}")[2] if isinstance(one.tag, str) else ""


def _language(locale: object) -> str:
    return locale[:2].lower() if isinstance(locale, str) and locale[:2].isalpha() else ""


def _object(found: object) -> Mapping[str, Any]:  # Any: JSON
    return found if isinstance(found, dict) else {}
