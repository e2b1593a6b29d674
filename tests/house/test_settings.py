"""Code, `.env.example` and README tell the same of every setting."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from metier.settings import Settings
from tests.house.project import PACKAGES, ROOT, name, sources
from tests.house.settings_text import example, shown, table

VARIABLE = re.compile(r"\bMETIER_[A-Z][A-Z_]*[A-Z]\b")


def undocumented(wanted: str, text: str) -> list[str]:
    """Return the wanted lines that the text lacks."""
    present = set(text.splitlines())
    return [line for line in wanted.splitlines() if line and line not in present]


def unknown(text: str, settings: type[BaseSettings]) -> set[str]:
    """Return the METIER_ variables that the text names and the code does not have."""
    return set(VARIABLE.findall(text)) - {f"METIER_{field.upper()}" for field in settings.model_fields}


def test_every_setting_says_what_it_is_for() -> None:
    assert [field for field, info in Settings.model_fields.items() if not info.description] == []


@pytest.mark.parametrize(("page", "wanted"), [(".env.example", example(Settings)), ("README.md", table(Settings))])
def test_a_page_shows_every_setting_and_no_other(page: str, wanted: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert undocumented(wanted, text) == [], "python -m tests.house.settings_text prints these lines"
    assert unknown(text, Settings) == set()


def test_no_text_names_a_setting_that_does_not_exist() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "docker-compose.yml", ROOT / "Dockerfile", *sources(*PACKAGES)]
    found = {name(page): names for page in pages if (names := unknown(page.read_text(encoding="utf-8"), Settings))}
    assert found == {}


def test_the_example_as_it_stands_gives_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in VARIABLE.findall((ROOT / ".env.example").read_text(encoding="utf-8")):
        monkeypatch.delenv(variable, raising=False)
    switched_on = re.sub(r"^#(METIER_\w+=.+)$", r"\1", (ROOT / ".env.example").read_text("utf-8"), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(switched_on, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert Settings() == Settings(_env_file=None)


def test_these_rules_can_say_no() -> None:
    class Small(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="METIER_")
        lease: timedelta = Field(timedelta(seconds=90), description="How long")

    assert undocumented(example(Small), "") == ["# How long", "#METIER_LEASE=90"]
    assert undocumented(table(Small), table(Small)) == []
    assert unknown("METIER_LEASE and METIER_OTHER", Small) == {"METIER_OTHER"}
    assert shown(Small.model_fields["lease"]) == "90"
