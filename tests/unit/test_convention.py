"""A convention decides by words, priorities and rules, and says where its files are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metier.errors import ConfigError
from pipelines.conventions import convention

TAXONOMY = """
name = "mood"
version = "3"
kind = "flat"
[[labels]]
code = "glad"
name = "Glad"
definition = "Laughs."
[[labels]]
code = "sad"
name = "Sad"
[default]
code = "sad"
confidence = 0.2
"""
LEXICON = """term,kind,language,code,confidence,priority,group,note
sun,word,en,glad,0.9,8,,
rain,word,en,sad,0.8,5,,
lach,prefix,de,glad,0.7,6,,
wetter,suffix,de,sad,0.6,4,,
grau,part,de,sad,0.6,4,,
lachgas,prefix,de,,,,,hides the laughter inside it
rain * bow,phrase,en,glad,0.9,7,,
wein*  fest*,phrase,de,glad,0.5,9,feast,
night,word,en,,,,dark,serves the rule
monday,title,en,sad,1,5,,
"""
RULES = """
[[rule]]
name = "no sun at night"
why = "It is dark."
when = ["dark"]
needs = ["glad"]
unless = ["feast"]
code = "sad"
confidence = 0.75
"""
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(*, taxonomy: str = TAXONOMY, lexicon: str = LEXICON, rules: str = RULES) -> Path:
        (tmp_path / "taxonomy.toml").write_text(taxonomy, encoding="utf-8")
        (tmp_path / "lexicon.csv").write_text(lexicon, encoding="utf-8")
        (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
        return tmp_path

    return write


def decided(folder: Path, title: str) -> tuple[str, float] | None:
    decision = convention.load(folder).decide(title)
    return (decision.code, round(decision.confidence, 3)) if decision else None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Sun", ("glad", 0.9)),
        ("sunny", ("sad", 0.2)),
        ("Lachsack", ("glad", 0.7)),
        ("Unwetter", ("sad", 0.6)),
        ("Morgengrauen", ("sad", 0.6)),
        ("rain or bow", ("glad", 0.9)),
        ("rain, bow", ("sad", 0.8)),
        ("Weinberg Festival", ("glad", 0.5)),
        ("Monday", ("sad", 1.0)),
        ("Blue Monday", ("sad", 0.2)),
    ],
)
def test_a_term_is_found_as_its_kind_says(written: Write, title: str, expected: tuple[str, float]) -> None:
    assert decided(written(), title) == expected


def test_a_longer_term_hides_the_shorter_inside_it(written: Write) -> None:
    assert decided(written(), "Lachgasfabrik") == ("sad", 0.2)


def test_the_higher_priority_decides_and_the_default_fills_in(written: Write) -> None:
    assert decided(written(), "rain and sun") == ("glad", 0.9)
    assert decided(written(), "Buchhalter") == ("sad", 0.2)
    assert decided(written(), " ") is None


def test_of_equal_priorities_the_earlier_decides_with_doubt(written: Write) -> None:
    lexicon = LEXICON.replace("rain,word,en,sad,0.8,5", "rain,word,en,sad,0.8,8")
    assert decided(written(lexicon=lexicon), "rain sun") == ("sad", 0.48)
    assert decided(written(lexicon=lexicon), "sun rain") == ("glad", 0.54)


def test_the_language_breaks_a_tie(written: Write) -> None:
    lexicon = LEXICON.replace("rain,word,en,sad,0.8,5", "rain,word,de,sad,0.8,8")
    assert (found := convention.load(written(lexicon=lexicon)).decide("sun rain", language="de"))
    assert found.code == "sad"


def test_a_rule_goes_before_priorities_and_names_its_words(written: Write) -> None:
    found = convention.load(written()).decide("Sun at night")
    assert found == convention.Decision("sad", 0.75, "no sun at night", ("night",))


def test_a_rule_holds_only_without_its_exceptions(written: Write) -> None:
    assert decided(written(), "Weinfestival Festzelt night") == ("glad", 0.5)
    assert decided(written(), "night") == ("sad", 0.2)


def test_many_titles_are_decided_like_each_alone(written: Write) -> None:
    mood = convention.load(written())
    titles = ["sun", "rain", "", "sun at night"]
    assert mood.decide_many(titles) == [mood.decide(title) for title in titles]


def test_the_taxonomy_is_what_the_file_says(written: Write) -> None:
    taxonomy = convention.load(written()).taxonomy
    assert (taxonomy.name, taxonomy.version, taxonomy.kind) == ("mood", "3", "flat")
    assert taxonomy.label("glad").definition == "Laughs."


def test_a_convention_without_lexicon_or_rules_has_its_labels(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_text(TAXONOMY, encoding="utf-8")
    found = convention.load(tmp_path)
    assert found.examples() == []
    assert decided(tmp_path, "sun") == ("sad", 0.2)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("hail,word,en,mad,0.9,8,,", "line 12: 'mad' is no label"),
        ("hail,word,en,sad,2,8,,", "line 12: '2' is no confidence"),
        ("hail,word,en,sad,,8,,", "line 12: the column 'confidence' is empty"),
        ("hail,odd,en,sad,0.9,8,,", "line 12: 'odd' is no kind"),
        ("hail storm,word,en,sad,0.9,8,,", "line 12: 'hail storm' is 2 words"),
        ("hail,phrase,en,sad,0.9,8,,", "line 12: 'hail' is one word"),
        ("hail*,word,en,sad,0.9,8,,", "line 12: 'hail*' holds a star"),
        (",word,en,sad,0.9,8,,", "line 12: the column 'term' is empty"),
        ("hail,word,en", "line 12: 3 cells, but the first line names 8"),
        ("Sun,word,en,sad,0.9,8,,", "line 12: 'Sun' (word) is already in lexicon.csv, line 2"),
    ],
)
def test_a_wrong_line_of_the_lexicon_is_named(written: Write, line: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convention.load(written(lexicon=LEXICON + line + "\n"))
    assert f"lexicon.csv, {complaint}" in str(caught.value)
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"sad"', '"mad"', "line 2: 'mad' is no label"),
        ('["dark"]', '["dusk"]', "line 2: no term of the lexicon is in the group 'dusk'"),
        ('["dark"]', '"dark"', "line 2: 'dark' is no list"),
        ('["dark"]', "[]", "line 2: the rule has no when"),
        ("why", "because", "line 2: 'because' is no part of a rule"),
        ("0.75", '"high"', "line 2: the confidence 'high' does not fit"),
        ("0.75", "0", "line 2: the confidence 0 does not fit"),
        ("[[rule]]", "[[rule", "this is no valid TOML"),
    ],
)
def test_a_wrong_rule_is_named(written: Write, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convention.load(written(rules=RULES.replace(old, new)))
    assert "rules.toml" in str(caught.value)
    assert complaint in str(caught.value)


def test_two_rules_of_one_name_are_refused(written: Write) -> None:
    with pytest.raises(ConfigError, match=r"line 11: two rules are called 'no sun at night'"):
        convention.load(written(rules=RULES + RULES))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('kind = "flat"', 'kind = "round"', "'round' is no kind"),
        ('kind = "flat"', 'kind = "ordinal"', "line 5: the label 'glad' has no rank"),
        ('version = "3"', "", "there is no version"),
        ('code = "sad"\nname', 'code = "glad"\nname', "line 9: two labels have the code 'glad'"),
        ('name = "Sad"', "", "line 9: the label has no name"),
        ('name = "Sad"', 'name = "Sad"\nparent = "bad"', "line 9: the parent 'bad' is no label"),
        ("confidence = 0.2", "confidence = 3", "line 12: the default 'sad' with confidence 3"),
    ],
)
def test_a_wrong_taxonomy_is_named(written: Write, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convention.load(written(taxonomy=TAXONOMY.replace(old, new)))
    assert "taxonomy.toml" in str(caught.value)
    assert complaint in str(caught.value)


def test_a_folder_that_is_no_convention_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no taxonomy.toml"):
        convention.load(tmp_path)


def test_a_file_of_another_encoding_is_refused(written: Write) -> None:
    folder = written()
    (folder / "lexicon.csv").write_bytes(LEXICON.replace("sun", "föhn").encode("latin-1"))
    with pytest.raises(ConfigError, match=r"lexicon.csv: is not UTF-8; save it as UTF-8"):
        convention.load(folder)
