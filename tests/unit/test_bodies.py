"""The body of a posting is asked where the title leaves doubt, says by which phrase, and overrules no sure title."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from metier.errors import ConfigError
from metier.types import Tag, Text
from pipelines.classify import Head, Mixture, Weights
from pipelines.conventions import bodies, convention
from pipelines.ngrams import BUCKETS
from pipelines.tagger import Batch, Tagger

TAXONOMY = """
name = "level"
version = "1"
kind = "flat"
[[labels]]
code = "learns"
name = "Learns"
[[labels]]
code = "works"
name = "Works"
[[labels]]
code = "leads"
name = "Leads"
"""
HEADER = "term,kind,language,code,confidence,priority,group,note\n"
LEXICON = HEADER + "boss,word,en,leads,0.9,8,,\nhelper,word,en,learns,0.9,8,,\n"
BODY = (
    HEADER
    + "lead a team,phrase,en,leads,0.8,5,,\nthis internship,phrase,en,learns,0.8,5,,\nteam,word,en,works,0.6,5,,\n"
    + "support those who lead a team,phrase,en,,,,,leads nobody\nsometimes helps,phrase,en,learns,0.5,5,,a coin\n"
)
Built = Callable[..., Tagger]


@pytest.fixture
def built(tmp_path: Path) -> Built:
    """Return a tagger whose weights know nothing, so that only convention and bodies speak."""

    def build(*, body: str = BODY) -> Tagger:
        (tmp_path / "taxonomy.toml").write_text(TAXONOMY, encoding="utf-8")
        (tmp_path / "lexicon.csv").write_text(LEXICON, encoding="utf-8")
        if body:
            (tmp_path / "body.csv").write_text(body, encoding="utf-8")
        found = convention.load(tmp_path)
        weights = Weights(np.zeros((BUCKETS, 4), np.float32), np.array([0, 0.1, 0], np.float32))
        return bodies.over(Head(found.taxonomy, "level@0", weights, Mixture(rules=2, sure=0.75), found))

    return build


def first(tagger: Tagger, title: str, body: str = "") -> Tag:
    return tagger.tag(Batch([Text(title, body)]))[0][0]


def test_a_body_decides_where_the_title_says_nothing_and_is_shown_as_evidence(built: Built) -> None:
    tag = first(built(), "Nurse", "At our house you will lead a team of five.")
    assert tag.code == "leads"
    assert tag.evidence == {"rule": "body: lead a team", "words": ["lead", "a", "team"]}


def test_what_only_a_body_says_stays_a_question(built: Built) -> None:
    tag = first(built(), "Nurse", "You lead a team.")
    assert tag.score > 0.75
    assert not tag.sure


def test_a_sure_title_is_never_overruled(built: Built) -> None:
    tagger = built()
    assert first(tagger, "Boss").sure
    assert first(tagger, "Boss", "In this internship you will learn much.") == first(tagger, "Boss")


def test_a_body_that_agrees_adds_to_the_score_and_to_the_evidence(built: Built) -> None:
    tagger = built()
    bare, told = first(tagger, "Boss Helper"), first(tagger, "Boss Helper", "You will lead a team.")
    assert (bare.code, bare.sure, told.code) == ("leads", False, "leads")
    assert told.score > bare.score
    assert told.evidence == {**bare.evidence, "body": ["lead", "a", "team"]}


def test_a_longer_phrase_without_a_label_hides_the_shorter(built: Built) -> None:
    assert first(built(), "Nurse", "You support those who lead a team.").code == "works"


def test_a_phrase_that_is_right_half_the_time_is_not_heard(built: Built) -> None:
    assert first(built(), "Nurse", "She sometimes helps.").code == "works"


def test_scores_stay_probabilities_best_first(built: Built) -> None:
    (tags,) = built().tag(Batch([Text("Nurse", "You lead a team in this internship.")], top=3))
    assert sum(tag.score for tag in tags) == pytest.approx(1)
    assert [tag.score for tag in tags] == sorted((tag.score for tag in tags), reverse=True)


def test_no_more_candidates_come_back_than_were_asked_for(built: Built) -> None:
    (tags,) = built().tag(Batch([Text("Nurse", "You lead a team.")], top=1))
    assert [tag.code for tag in tags] == ["leads"]


def test_titles_of_a_batch_keep_their_places(built: Built) -> None:
    texts = [
        Text("Nurse"),
        Text("Nurse", "You lead a team."),
        Text("Boss", "This internship"),
        Text("Nurse", "Nothing."),
    ]
    assert [tags[0].code for tags in built().tag(Batch(texts))] == ["works", "leads", "leads", "works"]


def test_a_convention_without_phrases_costs_nothing(built: Built) -> None:
    assert isinstance(built(body=""), Head)


def test_a_wrong_phrase_is_named_with_its_line(built: Built) -> None:
    with pytest.raises(ConfigError, match=r"body\.csv, line 2: 'bosses' is no label"):
        built(body=HEADER + "rule us,phrase,en,bosses,0.9,5,,\n")
