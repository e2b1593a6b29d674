"""The options that choose are read in one place, and what cannot be meant is said."""

from datetime import UTC, datetime
from typing import Any

import pytest
import typer

from console.cli.exits import WrongUse
from console.filtering import filtered, read
from metier.types import Kind, Origin
from storage.filters import ANY, Filter, as_params, of_params
from storage.retags import choosing

GIVEN: list[Any] = []


@filtered("untagged")
def _command(name: str = "", *, wanted: Filter) -> None:
    """Take what was chosen."""
    GIVEN.append((name, wanted))


def call(*words: str) -> Filter:
    app = typer.Typer(add_completion=False)
    app.command()(_command)
    typer.main.get_command(app)(list(words), standalone_mode=False)
    found: Filter = GIVEN.pop()[1]
    return found


def test_no_option_means_anything() -> None:
    assert call() == ANY


def test_every_option_reaches_the_filter() -> None:
    found = call(
        "--source", "a", "--source", "b", "--kind", "title", "--language", "de", "--since", "2026-05-03", "--until",
        "2026-06-01T12:00", "--text", "nurse", "--taxonomy", "seniority", "--code", "lead", "--origin", "llm",
        "--artifact", "seniority@01", "--artifact-before", "abcdef", "--score-below", "0.6", "--score-above", "0",
        "--unsure",
    )  # fmt: skip
    assert found == Filter(
        sources=("a", "b"), kinds=(Kind.TITLE,), languages=("de",), since=datetime(2026, 5, 3, tzinfo=UTC),
        until=datetime(2026, 6, 1, 12, tzinfo=UTC), text="nurse", taxonomies=("seniority",), codes=("lead",),
        origins=(Origin.LLM,), artifact="seniority@01", artifact_before="abcdef", score_below=0.6, score_above=0.0,
        sure=False,
    )  # fmt: skip
    assert call("--sure").sure is True


def test_a_date_is_no_digest() -> None:
    assert read(artifact_before="2026-05-03").made_before == datetime(2026, 5, 3, tzinfo=UTC)
    assert read(artifact_before="2026beef").artifact_before == "2026beef"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"since": "yesterday"}, "--since yesterday: write a date as 2026-05-03"),
        ({"kind": "cv"}, "--kind cv: use posting or title"),
        ({"origin": ["gold"]}, "--origin gold"),
        ({"taxonomy": ["colour"]}, "--taxonomy colour"),
        ({"untagged": True}, "--untagged: name the taxonomies too"),
    ],
)
def test_what_cannot_be_meant_is_said(options: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        read(**options)


def test_a_filter_is_kept_as_what_differs_from_any() -> None:
    wanted = Filter(sure=False, score_above=0.0, kinds=[Kind.TITLE], since=datetime(2026, 5, 3, tzinfo=UTC))
    assert as_params(wanted) == {
        "sure": False, "score_above": 0.0, "kinds": ["title"], "since": "2026-05-03T00:00:00+00:00"
    }  # fmt: skip
    assert of_params(as_params(wanted)) == wanted
    assert as_params(ANY) == {}


def test_what_a_run_replaces_asks_for_no_tag_by_itself() -> None:
    assert choosing(Filter(taxonomies=("career",), sources=("a",))) == Filter(sources=("a",))
    for wanted in (Filter(taxonomies=("career",), sure=False), Filter(taxonomies=("career",), untagged=True)):
        assert choosing(wanted) == wanted
