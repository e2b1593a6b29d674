"""Training titles are made from lists: distinct, labelled, the same on every machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.types import Origin
from pipelines.conventions import convention
from pipelines.conventions.variants import misspelt

TAXONOMY = """
name = "level"
version = "1"
kind = "flat"
[[labels]]
code = "low"
name = "Low"
[[labels]]
code = "high"
name = "High"
[examples]
roles = ["roles*.csv"]
terms = ["terms.csv"]
templates = ["templates.csv"]
variants = ["variants.toml"]
[examples.crossing]
by = "level"
take = { low = 2 }
"""
ROLES = """title,language,field,level
Baker,en,food,low
Leiter,de,,high
Lehrer,de,,low
Nameless,en,food,
"""
TERMS = "term,stem,language,field\nBread,,en,food\nVerkauf,Verkaufs,de,trade\n"
TEMPLATES = """template,language,level,field,for,not_for
{term} Helper,en,low,,,
{term} Hand,en,low,,,
{term} Clerk,en,low,,,
Head of {term},en,high,,,
Chief {term} Officer,en,high,,,food
{term} Adviser,en,high,advice,,
{stem}leiter,de,high,,,
{stem}bäcker,de,low,,food,
"""
VARIANTS = """
[[variant]]
pattern = "Old {title} {choice}"
choices = ["of Rome", "of Paris"]
when = { level = ["low"], field = ["food"] }
set = { level = "high" }
[[gender]]
language = "de"
ending = "er"
becomes = "erin"
not = ["Leiter"]
"""
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(**changed: str) -> Path:
        texts = {"taxonomy.toml": TAXONOMY, "roles.csv": ROLES, "terms.csv": TERMS, "templates.csv": TEMPLATES}
        texts |= {"variants.toml": VARIANTS}
        for name, text in (texts | {key.replace("_", "."): value for key, value in changed.items()}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def titles(folder: Path) -> dict[str, str]:
    return {example.text: example.code for example in convention.load(folder).examples()}


def test_a_role_is_an_example_unless_it_has_no_label_here(written: Write) -> None:
    found = titles(written())
    assert found["Baker"] == "low"
    assert "Nameless" not in found


def test_terms_are_crossed_with_templates_of_their_language(written: Write) -> None:
    found = titles(written())
    assert found["Head of Bread"] == "high"
    assert found["Verkaufsleiter"] == "high"
    assert "Head of Verkauf" not in found


def test_only_so_many_templates_are_taken_for_a_code(written: Write) -> None:
    helpers = {"Bread Helper", "Bread Hand", "Bread Clerk"} & titles(written()).keys()
    assert len(helpers) == 2


def test_a_template_may_fit_only_some_terms(written: Write) -> None:
    found = titles(written())
    assert "Chief Bread Officer" not in found
    assert "Verkaufsbäcker" not in found


def test_the_code_of_a_template_goes_before_that_of_the_term(written: Write) -> None:
    text = TAXONOMY.replace('name = "level"', 'name = "field"')
    for old, new in (('"low"', '"food"'), ('"high"', '"advice"')):
        text = text.replace(f"code = {old}", f"code = {new}")
    folder = written(taxonomy_toml=text, terms_csv=TERMS.replace("trade", "food"))
    assert titles(folder)["Bread Adviser"] == "advice"


def test_a_variant_may_change_the_label(written: Write) -> None:
    found = titles(written())
    assert {found.get(f"Old Baker of {city}") for city in ("Rome", "Paris")} == {"high", None}
    assert not any(title.startswith("Old Lehrer") for title in found)


def test_the_other_gender_is_made_but_not_of_excepted_words(written: Write) -> None:
    found = titles(written())
    assert found["Lehrerin"] == "low"
    assert "Leiterin" not in found


def test_slips_of_the_keyboard_keep_the_label(written: Write) -> None:
    found = titles(written(variants_toml="misspelt = 1.0"))
    assert found[misspelt("Baker")] == "low"
    assert misspelt("Baker") != "Baker"


def test_the_same_files_give_the_same_titles_and_a_new_line_changes_no_other(written: Write) -> None:
    before = convention.load(written()).examples()
    assert convention.load(written()).examples() == before
    after = convention.load(written(roles_csv=ROLES + "Smith,en,,low\n")).examples()
    assert [example for example in after if "Smith" not in example.text] == before


def test_generated_titles_are_distinct_and_may_train_only(written: Write) -> None:
    found = convention.load(written(roles_csv=ROLES + "BAKER,en,food,high\n")).examples()
    assert [example.code for example in found if example.text.casefold() == "baker"] == ["low"]
    assert {example.origin for example in found} == {Origin.SOURCE}


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"roles_csv": ROLES + "Smith,en,,lowest\n"}, "roles.csv, line 6: 'lowest' is no label; use one of high, low"),
        ({"roles_csv": "name,language\n"}, "roles.csv, line 1: there is no column 'title'"),
        ({"templates_csv": TEMPLATES + "Helper,en,low,,,\n"}, "templates.csv, line 10: 'Helper' has no {term}"),
        ({"variants_toml": '[[variant]]\npattern = "Old"'}, "variants.toml, line 1: the pattern 'Old' has no {title}"),
        ({"variants_toml": '[[variant]]\npattern = "{title} {choice}"'}, "line 1: {choice} and choices go together"),
        ({"taxonomy_toml": TAXONOMY.replace("terms.csv", "words.csv")}, "terms names words.csv, and there is no such"),
    ],
)
def test_a_wrong_list_is_named(written: Write, changed: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convention.load(written(**changed)).examples()
    assert complaint in str(caught.value)


@pytest.mark.parametrize("title", ["", "ab", "a b c", "1234", "Leiter", "Chef de projet"])
def test_any_title_can_be_misspelt_but_never_loses_its_first_letter(title: str) -> None:
    assert misspelt(title)[:1] == title[:1]
