"""Boards named in sources.toml: what is wrong is said with file, table and remedy."""

from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.settings import Settings
from scheduler import periodic, sources

GOOD = """
[[greenhouse]]
token = "acme"
every = "30m"

[[greenhouse]]
token = "other"

[[feeds]]
url = "https://jobs.example.org/feed.xml"
"""


def settings(folder: Path, text: str) -> Settings:
    path = folder / "sources.toml"
    path.write_text(text)
    return Settings(_env_file=None, sources=path, home=folder)


def test_each_board_is_a_source_with_a_schedule_of_its_own(tmp_path: Path) -> None:
    planned = {one.name: one for one in periodic.schedules(sources.planned(settings(tmp_path, GOOD)))}
    assert set(planned) - {one.name for one in periodic.SEEDS} == {
        "poll greenhouse:acme",
        "poll greenhouse:other",
        "poll feeds:jobs.example.org",
    }
    assert planned["poll greenhouse:acme"].cron.startswith("every 30m + ")
    assert planned["poll greenhouse:other"].cron.startswith("every 15m + ")
    assert planned["poll greenhouse:other"].cron != planned["poll greenhouse:acme"].cron.replace("30m", "15m")
    assert planned["poll greenhouse:acme"].params == {"source": "greenhouse:acme"}


def test_without_a_file_there_are_no_boards() -> None:
    assert sources.kinds_of_boards() == ["ashby", "feeds", "greenhouse", "lever", "pages"]
    assert sources.configured(Settings(_env_file=None)) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[greenhouse]\n", "is no TOML"),
        ("[greenhouse]\ntoken = 'a'", r"write \[\[greenhouse\]\] in double brackets"),
        ("[[greenhose]]\ntoken = 'a'", r"nobody reads \[\[greenhose\]\]; there are ashby, feeds, greenhouse"),
        ("[[greenhouse]]", r'\[\[greenhouse\]\] number 1: token is missing; write for example token = "acme"'),
        ("[[lever]]\nsite = 'a'\nstie = 'b'", "stie is unknown; there are company, every, site, url"),
        ("[[greenhouse]]\ntokn = 'a'", "tokn is unknown; there are company, every, token, url"),
        ("[[lever]]\nsite = 'a/b'", 'site is not written as it should be; write for example site = "acme"'),
        ("[[lever]]\nsite = 3", "site"),
        ("[[ashby]]\nboard = 'a'\nevery = 'often'", 'every is not written as it should be; .*every = "30m"'),
        ("[[ashby]]\nboard = 'a'\nevery = '5s'", 'every is too often; write "60s" or more'),
        ("[[ashby]]\nboard = 'a'\n[[ashby]]\nboard = 'a'", "number 2: 'a' is named twice"),
        ("[[ashby]]\nboard = 'a'\nurl = 'https://other.example'", "give an https URL at api.ashbyhq.com"),
        ("[[pages]]\nname = 'a'", "give either urls or a sitemap"),
        ("[[pages]]\nname = 'a'\nurls = ['https://a.example/1', 'https://b.example/2']", "at several hosts"),
        ("[[pages]]\nname = 'a'\nurls = ['http://a.example/1']", "give an https URL"),
        ("[[feeds]]\nurl = 'file:///etc/passwd'", "give an https URL"),
        ("[[feeds]]\nurl = 'https://[bad'", "give an https URL, not"),
        ("[[feeds]]\nurl = 'https://jobs.example:99999/x'", "give an https URL, not"),
        ("[[pages]]\nname = 'a'\nurls = ['https://[bad']", "give an https URL"),
        ("[[pages]]\nname = 'a'\nsitemap = 'https://[bad'", "give an https URL"),
        ("[[greenhouse]]\ntoken = 'a'\nurl = 'https://[bad'", "give an https URL at boards-api.greenhouse.io"),
        ("[[ashby]]\nboard = 'a'\nevery = '9999999d'", 'every is too seldom; write "31d" or less'),
        ("[[feeds]]\nurl = 'https://u:p@a.example/x'", "give an https URL"),
        ("[[feeds]]\nurl = 'http://10.0.0.1/x'", "give an https URL"),
    ],
)
def test_what_is_wrong_is_said_with_table_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        sources.configured(settings(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_set_and_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="METIER_SOURCES: there is no file"):
        sources.configured(Settings(_env_file=None, sources=tmp_path / "none.toml"))
