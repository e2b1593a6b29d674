"""Take the fields that a page states as schema.org JobPosting (JSON-LD); what it states in no known way is left out."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from metier.fields import Employment, Evidence, Fields, Found, Period, Remote, Salary
from pipelines.fields import country as fields_country
from pipelines.fields import reading as fields_reading
from pipelines.fields import salary

WHERE = "json-ld"

_PERIODS = {
    **dict.fromkeys(["HOUR", "HUR", "HOURLY", "PER HOUR"], Period.HOUR),
    **dict.fromkeys(["DAY", "DAILY", "PER DAY"], Period.DAY),
    **dict.fromkeys(["WEEK", "WEE", "WEEKLY", "PER WEEK"], Period.WEEK),
    **dict.fromkeys(["MONTH", "MON", "MONTHLY", "PER MONTH"], Period.MONTH),
    **dict.fromkeys(["YEAR", "ANN", "YEARLY", "ANNUAL", "ANNUALLY", "PER YEAR"], Period.YEAR),
}
EMPLOYMENTS = {
    "FULLTIME": Employment.FULL_TIME,
    "PARTTIME": Employment.PART_TIME,
    "CONTRACTOR": Employment.CONTRACT,
    "CONTRACT": Employment.CONTRACT,
    "FREELANCE": Employment.CONTRACT,
    "TEMPORARY": Employment.TEMPORARY,
    "FIXEDTERM": Employment.TEMPORARY,
    "SEASONAL": Employment.TEMPORARY,
    "INTERN": Employment.INTERNSHIP,
    "INTERNSHIP": Employment.INTERNSHIP,
    "VOLUNTEER": Employment.VOLUNTEER,
    "CONSULTANCY": Employment.CONSULTANCY,
}
MOST = 1e12


def from_json_ld(mapping: Mapping[str, Any]) -> Fields:  # Any: whatever the page says
    """Return the fields of a JobPosting; a text's own fields go under them: `from_json_ld(m).over(read(…))`."""
    closing, remote, country = _closing(mapping), _remote(mapping), _country(mapping)
    return Fields(
        salary=_salary(mapping),
        remote=remote,
        employment=_employment(mapping),
        closing=closing,
        country=country,
    )


def _salary(mapping: Mapping[str, Any]) -> Found[Salary] | None:
    name = "baseSalary" if mapping.get("baseSalary") else "estimatedSalary"
    for stated in _each(mapping.get(name)):
        evidence = _evidence(name, stated)
        if isinstance(stated, str):
            reading = fields_reading.read("title", stated)
            found = salary.salary([reading])
            if found:
                return Found(found.value, evidence)
        value = _amount(stated, str(mapping.get("salaryCurrency") or ""))
        if value:
            return Found(value, evidence)
    return None


def _amount(stated: Any, currency: str) -> Salary | None:  # Any: a number, or an object of numbers
    whole: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {"value": stated}
    inner = next(iter(_each(whole.get("value"))), None)
    part: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {**whole, "value": inner}
    code = str(whole.get("currency") or part.get("currency") or currency).strip().upper()
    exact = _number(part.get("value"))
    low, high = _number(part.get("minValue")) or exact, _number(part.get("maxValue")) or exact
    if not re.fullmatch("[A-Z]{3}", code) or (low is None and high is None):
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    unit = str(part.get("unitText") or whole.get("unitText") or part.get("unitCode") or "").strip().upper()
    period = _PERIODS.get(unit.replace("_", " "))
    guess = salary.assumed(low or high or 0.0, high or low or 0.0, code)
    if not (period or guess):
        return None
    return Salary(code, low, high, period or guess or Period.YEAR, stated=period is not None)


def _number(value: Any) -> float | None:  # Any: pages write numbers as texts
    if isinstance(value, str):
        value = re.sub(r"[^\d.]", "", re.sub(r"[ ,'’](?=\d{3})", "", value)) or None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 < number < MOST and not isinstance(value, bool) else None


def _employment(mapping: Mapping[str, Any]) -> tuple[Found[Employment], ...]:
    found: dict[Employment, Found[Employment]] = {}
    for stated in _each(mapping.get("employmentType")):
        for name in re.split(r"[,;/]", stated) if isinstance(stated, str) else ():
            value = EMPLOYMENTS.get(re.sub(r"[^A-Z]", "", name.upper()))
            if value and value not in found:
                found[value] = Found(value, _evidence("employmentType", stated))
    return tuple(found.values())


def _remote(mapping: Mapping[str, Any]) -> Found[Remote] | None:
    for stated in _each(mapping.get("jobLocationType")):
        if isinstance(stated, str) and stated.strip().upper() == "TELECOMMUTE":
            return Found(Remote.REMOTE, _evidence("jobLocationType", stated))
    return None


def _closing(mapping: Mapping[str, Any]) -> Found[date] | None:
    stated = mapping.get("validThrough")
    try:
        return Found(date.fromisoformat(stated.strip()[:10]), _evidence("validThrough", stated)) if stated else None
    except (ValueError, AttributeError):
        return None


def _country(mapping: Mapping[str, Any]) -> Found[str] | None:
    for place in _each(mapping.get("jobLocation")):
        for address in _each(place.get("address") if isinstance(place, Mapping) else None):
            stated = address.get("addressCountry") if isinstance(address, Mapping) else address
            name = stated.get("name") if isinstance(stated, Mapping) else stated
            if isinstance(name, str) and (found := fields_country.country(name, "", [])):
                return Found(found.value, _evidence("jobLocation", place))
    return None


def _each(value: Any) -> Sequence[Any]:  # Any: JSON-LD lets one thing stand for a list of one
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _evidence(name: str, stated: Any) -> Evidence:  # Any: see above
    words = json.dumps(stated, ensure_ascii=False, default=str)
    return Evidence(f"{WHERE}:{name}", 0, len(words), words)
