"""Examples are kept once, conflicts stand beside each other, and a correction is a tag and an example at once."""

from pathlib import Path

import pytest
from sqlalchemy import text

from metier.errors import Rejected
from metier.example_keys import key
from metier.types import Example, Origin
from storage import erasing, examples, postings, reviews
from storage.engine import Engine, reading, transaction
from storage.reviews import Review
from tests.factories import a_title
from tests.integration.rows import tag


def one(words: str, code: str = "lead", origin: Origin = Origin.GOLD) -> tuple[str, Example]:
    return key(words), Example(words, "seniority", code, origin)


def test_the_same_text_is_kept_once_however_it_is_written(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert examples.add(connection, [one("Leiterin Einkauf")]) == 1
        assert examples.add(connection, [one("leiterin  EINKAUF (m/w/d)"), one("Leiterin Vertrieb")]) == 1
        assert [kept.example.text for kept in examples.all_of(connection, "seniority")] != []
        assert sum(count.count for count in examples.counts(connection)) == 2


def test_another_label_for_the_same_text_is_kept_beside_it_and_shown(engine: Engine) -> None:
    with transaction(engine) as connection:
        examples.add(connection, [one("Head of IT"), one("Head of IT", "senior", Origin.PSEUDO), one("Chef")])
        found = examples.conflicts(connection)
        assert [(conflict.text, conflict.said) for conflict in found] == [
            ("Head of IT", (("lead", "gold"), ("senior", "pseudo")))
        ]
        assert examples.conflicts(connection, among=[key("Chef")]) == []


def test_seven_in_ten_corrections_train_and_the_rest_holds_out_for_ever(engine: Engine) -> None:
    some = [one(f"title number {number}", origin=Origin.REVIEWED) for number in range(1000)]
    with transaction(engine) as connection:
        examples.add(connection, some)
        kept = examples.all_of(connection, "seniority")
    assert 640 < sum(example.split == examples.TRAIN for example in kept) < 760
    assert {example.split for example in kept} == {examples.TRAIN, examples.HOLDOUT}
    assert all(examples.split_of(Origin.REVIEWED, example.key) == example.split for example in kept)


@pytest.mark.parametrize(
    ("origin", "split"), [(Origin.GOLD, "gold"), (Origin.PSEUDO, "train"), (Origin.SOURCE, "train")]
)
def test_gold_never_trains_and_pseudo_and_source_never_measure(origin: Origin, split: str) -> None:
    assert {examples.split_of(origin, key(f"title {number}")) for number in range(200)} == {split}


def test_the_fingerprint_changes_with_what_trains_and_with_nothing_else(engine: Engine) -> None:
    with transaction(engine) as connection:
        examples.add(connection, [one("Head of IT", origin=Origin.SOURCE)])
        first = examples.fingerprint(connection, "seniority")
        examples.add(connection, [one("Head of HR", origin=Origin.GOLD), one("Head of IT", origin=Origin.SOURCE)])
        assert examples.fingerprint(connection, "seniority") == first
        examples.add(connection, [one("Head of Sales", origin=Origin.SOURCE)])
        assert examples.fingerprint(connection, "seniority") != first
        examples.erase(connection, [key("head of sales")])
        assert examples.fingerprint(connection, "seniority") == first


def corrected(engine: Engine, code: str, title: str = "Chef de rang") -> int:
    """Ingest and tag a title once, then let a person say what is right; return the posting's number."""
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title(title, source="cvs", key="17")])
    if not tags(engine):
        tag(engine, 1)
    with transaction(engine) as connection:
        found = reviews.find(connection, "cvs:17")
        reviews.review(connection, Review(found.id, "seniority", code, key(found.title), "ann"))
    return found.id


def tags(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        rows = connection.execute(text("SELECT taxonomy, code, origin FROM tag ORDER BY taxonomy"))
        return [(taxonomy, code, origin) for taxonomy, code, origin in rows]


def test_a_correction_is_a_persons_tag_an_example_a_history_and_an_event(engine: Engine) -> None:
    corrected(engine, "professional")
    assert ("seniority", "professional", "person") in tags(engine)
    with reading(engine) as connection:
        kept = examples.all_of(connection, "seniority")
        former = connection.execute(text("SELECT count(*) FROM tag_history")).scalar_one()
        told = connection.execute(text("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")).scalar_one()
    assert [(one.example.code, one.example.origin, one.made_by) for one in kept] == [
        ("professional", "reviewed", "ann")
    ]
    assert former == 1
    assert "professional" in told


def test_a_second_correction_of_the_same_posting_replaces_the_first(engine: Engine) -> None:
    corrected(engine, "professional")
    corrected(engine, "lead")
    with reading(engine) as connection:
        assert [one.example.code for one in examples.all_of(connection, "seniority")] == ["lead"]
    assert [row for row in tags(engine) if row[0] == "seniority"] == [("seniority", "lead", "person")]


def test_erasing_a_posting_takes_its_example_along(engine: Engine) -> None:
    posting = corrected(engine, "lead")
    with transaction(engine) as connection:
        assert erasing.erase(connection, [posting]).examples == 1
        assert examples.all_of(connection, "seniority") == []


def test_what_is_not_there_cannot_be_corrected(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as connection:
        with pytest.raises(Rejected, match="there is no posting cvs:99"):
            reviews.find(connection, "cvs:99")
        with pytest.raises(Rejected, match="erased meanwhile"):
            reviews.review(connection, Review(99, "seniority", "lead", key("x"), "ann"))
