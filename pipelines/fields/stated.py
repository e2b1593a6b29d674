"""Take the fields that a source states in `Posting.extra`, by the keys in docs/sources.md; the unknown is left out."""

import json
import re
from collections.abc import Mapping
from typing import Any

from metier.fields import Employment, Evidence, Fields, Found, Period, Remote, Salary
from metier.gleanings import STATED
from pipelines.fields import employment, json_ld, reading, salary

WHERE = "source"

_REMOTES = {
    **dict.fromkeys(["remote", "fullyremote", "telecommute", "true", "yes"], Remote.REMOTE),
    "hybrid": Remote.HYBRID,
    **dict.fromkeys(["onsite", "inoffice", "office", "inperson"], Remote.ONSITE),
}


def from_extra(extra: Mapping[str, Any]) -> Fields:  # Any: whatever the source adds
    """Return the fields that a source states itself; those of a text go under them."""
    if not any(extra.get(key) for key in STATED):
        return Fields()
    page = extra.get("json_ld")
    own = Fields(
        salary=_salary(extra.get("salary")), employment=_employment(extra.get("employment")),
        remote=_remote(extra.get("remote")),
    )  # fmt: skip
    stated = own.over(json_ld.from_json_ld(page) if isinstance(page, Mapping) else Fields())
    return stated.over(Fields(salary=_line(extra.get("salary_text"))))


def _salary(stated: Any) -> Found[Salary] | None:  # Any: see above
    if not isinstance(stated, Mapping):
        return None
    code = str(stated.get("currency") or "").strip().upper()
    low, high = _amount(stated.get("low")), _amount(stated.get("high"))
    if not re.fullmatch("[A-Z]{3}", code) or (low is None and high is None):
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    named = str(stated.get("period") or "").strip().lower()
    period = Period(named) if named in set(Period) else None
    guess = period or salary.assumed(low or high or 0.0, high or low or 0.0, code)
    if guess is None:
        return None
    return Found(Salary(code, low, high, guess, stated=period is not None), _evidence("salary", stated))


def _amount(stated: Any) -> float | None:  # Any: see above
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    return float(stated) if 0 < stated < json_ld.MOST else None


def _line(stated: Any) -> Found[Salary] | None:  # Any: see above
    if not isinstance(stated, str):
        return None
    found = salary.salary([reading.read("title", stated)])
    return Found(found.value, _evidence("salary_text", stated)) if found else None


def _employment(stated: Any) -> tuple[Found[Employment], ...]:  # Any: see above
    found: dict[Employment, Found[Employment]] = {}
    for word in [stated] if isinstance(stated, str) else stated if isinstance(stated, list | tuple) else []:
        if not isinstance(word, str):
            continue
        known = json_ld.EMPLOYMENTS.get(re.sub(r"[^A-Z]", "", word.upper()))
        read = employment.employment([reading.read("title", word)])
        for value in [known] if known else [one.value for one in read]:
            found.setdefault(value, Found(value, _evidence("employment", word)))
    return tuple(found.values())


def _remote(stated: Any) -> Found[Remote] | None:  # Any: see above
    value = _REMOTES.get(re.sub(r"[^a-z]", "", str(stated).lower()))
    return Found(value, _evidence("remote", stated)) if value else None


def _evidence(name: str, stated: Any) -> Evidence:  # Any: see above
    words = stated if isinstance(stated, str) else json.dumps(stated, ensure_ascii=False, default=str)
    return Evidence(f"{WHERE}:{name}", 0, len(words), words)
