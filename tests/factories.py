"""Build values for tests, naming only what matters to the test."""

from dataclasses import replace
from itertools import count
from typing import Any

from metier.types import Kind, Posting

_numbers = count(1)


def a_posting(title: str = "Nurse", **what_matters: Any) -> Posting:  # Any: the fields of a posting, checked by replace
    """Return a posting with a key of its own and a body; the rest is empty unless named."""
    body = what_matters.pop("body", f"We are looking for: {title}. You bring experience and care.")
    return replace(Posting(source="test", key=str(next(_numbers)), title=title, body=body), **what_matters)


def a_title(title: str = "Senior Accountant", **what_matters: Any) -> Posting:  # Any: as above
    """Return a position on a CV: a title without a body."""
    return a_posting(title, **{"kind": Kind.TITLE, "body": "", **what_matters})
