"""A setting that cannot be meant is refused with the reason, before it does harm."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from console.cli.exits import unusable_settings
from metier.settings import Settings


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    """Return what a person reads who has set this."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    return unusable_settings(caught.value)


@pytest.mark.parametrize("name", ["LEASE", "HINT_AGE", "KEEP_CVS"])
@pytest.mark.parametrize("value", ["0", "0.01"])
def test_a_lease_or_term_of_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    said = refusal(monkeypatch, f"METIER_{name}", value)
    assert said == f"METIER_{name}: write at least one second (environment or .env)"


@pytest.mark.parametrize("name", ["LEASE", "KEEP_CVS", "BATCH_WAIT", "GIVE_UP", "KEEP_DONE", "RETRAIN_EVERY"])
def test_a_time_below_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "less than nothing" in refusal(monkeypatch, f"METIER_{name}", "-1")


@pytest.mark.parametrize("value", ["1e12", "P9999999D"])
def test_a_time_that_no_clock_can_add_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert "at most a hundred years" in refusal(monkeypatch, "METIER_KEEP_DONE", value)


@pytest.mark.parametrize("value", ["inf", "nan", "1e400", "soon"])
def test_what_is_no_time_is_told_how_to_write_one(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert "write seconds, such as 90" in refusal(monkeypatch, "METIER_LEASE", value)


def test_an_unknown_log_level_is_told_which_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "'debug', 'info', 'warning' or 'error'" in refusal(monkeypatch, "METIER_LOG_LEVEL", "loud")


def test_ordinary_ways_to_write_them_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LEASE": "4", "KEEP_CVS": "P180D", "KEEP_DONE": "0", "LOG_LEVEL": "DEBUG"}.items():
        monkeypatch.setenv(f"METIER_{name}", value)
    read = Settings(_env_file=None)
    assert (read.lease, read.keep_cvs) == (timedelta(seconds=4), timedelta(days=180))
    assert (read.keep_done, read.log_level) == (timedelta(0), "debug")
