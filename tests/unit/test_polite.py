"""Where a source may go, and how long it stays away when asked to."""

from datetime import UTC, datetime, timedelta

import pytest

from metier.errors import ConfigError
from scheduler.addresses import checked, permitted
from scheduler.answers import LONGEST, retry_after

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_a_private_address_is_not_asked(address: str) -> None:
    assert not permitted(address, loopback=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "185.15.58.224", "2606:4700::6810:84e5", "::ffff:8.8.8.8"])
def test_a_public_address_is_asked(address: str) -> None:
    assert permitted(address, loopback=False)


def test_where_loopback_is_meant_nothing_else_is_asked() -> None:
    assert permitted("127.0.0.1", loopback=True)
    assert permitted("::1", loopback=True)
    assert not permitted("8.8.8.8", loopback=True)
    assert not permitted("10.0.0.1", loopback=True)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)), ("0", timedelta(seconds=1)), ("-5", timedelta(seconds=1)),
        ("Wed, 04 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 04 Mar 2026 11:00:00 GMT", timedelta(seconds=1)),
        ("Mon, 05 Jan 100000000000000000000000002026 08:03:00 GMT", None),
        ("9999999999", LONGEST), ("9" * 40, None), ("soon", None), ("", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(value: str, wait: timedelta | None) -> None:
    assert retry_after(value, now=NOW) == wait


def test_a_url_of_the_source_or_on_loopback_is_fine_and_any_other_is_refused() -> None:
    assert checked("https://api.example.org/v2/", {"api.example.org"}, setting="X") == "https://api.example.org/v2"
    assert checked("http://127.0.0.1:8080/v2", {"api.example.org"}, setting="X") == "http://127.0.0.1:8080/v2"
    for url in ("http://api.example.org", "https://example.org", "ftp://127.0.0.1/", "https://u:p@api.example.org", ""):
        with pytest.raises(ConfigError, match="X: give an https URL at"):
            checked(url, {"api.example.org"}, setting="X")
