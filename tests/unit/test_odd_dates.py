"""A date that no calendar holds is none, however it is written."""

import pytest

from scheduler.reading.postings import moment


@pytest.mark.parametrize(
    "text", ["Mon, 05 Jan 100000000000000000000000002026 08:03:00 GMT", "0000-00-00", "9" * 40, "2026-13-45"]
)
def test_a_date_that_no_calendar_holds_is_none(text: str) -> None:
    assert moment(text) is None
