"""An artifact knows which titles taught it, without holding them; the language of a title is told by its letters."""

from datetime import UTC, datetime
from pathlib import Path

from metier.types import Example, Origin, Text
from pipelines import artifact, seen, title_language
from pipelines.title_language import TitleLanguages
from tests.unit.test_recipe import ROWS, written


def test_an_artifact_tells_who_taught_it(tmp_path: Path) -> None:
    recipe = written(tmp_path, ["text,code,language", *ROWS])
    made = recipe.make("kind", tmp_path / "artifacts", vectors=None, now=datetime(2026, 1, 1, tzinfo=UTC))
    known = seen.read(artifact.verify(made.folder).folder)
    assert known is not None
    assert seen.among(["night nurse", "night", "coder"], known).tolist() == [True, False, True]
    assert b"nurse" not in (made.folder / seen.FILE).read_bytes()


def test_an_artifact_of_before_cannot_tell(tmp_path: Path) -> None:
    assert seen.read(tmp_path) is None


def test_no_titles_leave_no_mark(tmp_path: Path) -> None:
    seen.write(tmp_path, [])
    known = seen.read(tmp_path)
    assert known is not None
    assert seen.among(["nurse"], known).tolist() == [False]


def examples() -> list[Example]:
    german = [f"Sachbearbeiterin {word}prüfung" for word in map(str, range(250))]
    french = [f"Chargé de clientèle {word}" for word in map(str, range(250))]
    return [
        Example(title, "x", "y", Origin.SOURCE, language)
        for language, titles in (("de", german), ("fr", french))
        for title in titles
    ]


def test_a_title_is_told_by_what_titles_of_its_language_have() -> None:
    found = TitleLanguages.learn(examples()).of(["Sachbearbeiter", "Chargée de mission", "9"])
    assert found[:2] == ["de", "fr"]


def test_a_language_that_is_given_or_written_goes_before() -> None:
    body = "the nurse will work with the team of the ward and you"
    texts = [Text("Chargé", language="nl"), Text("Chargé", body=body)]
    assert title_language.of(texts, examples()) == ["nl", "en"]


def test_where_nothing_is_learnt_no_language_is_told() -> None:
    assert title_language.of([Text("Chargé")], examples()[:10]) == [""]
