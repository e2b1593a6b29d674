"""Whatever stands in a tag comes back as it was written: quotes, braces, control characters, a NULL that is a word."""

import json

import pytest
from sqlalchemy import text

from metier.types import Tag
from storage import claims, leases, postings
from storage.engine import create, reading, transaction
from storage.tags import Tagged
from tests.factories import a_title

ODD = [
    'a "quoted" code',
    "back\\slash",
    'both \\" of them',
    "{curly,comma}",
    "NULL",
    " ",
    "\x1f",
    "Zürich ✓",
    "a,b",
    "'",
]
EVIDENCE = {"words": ['"', "\\", "\x00", "é", "}"], "share": 1e-7, "none": None, "nested": {"deep": [1, 2.5, True]}}


@pytest.mark.parametrize("together", [1, len(ODD)])
def test_tags_come_back_as_they_were_written(database: str, together: int) -> None:
    engine = create(database)
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title() for _ in ODD])
        ids = list(connection.execute(text("SELECT id FROM job ORDER BY id")).scalars())
        claimed = claims.claim(connection, ids, owner="w", lease=60)
    results = [
        Tagged(job, [Tag(f"t {code}", code, 0.5, sure=True, evidence=EVIDENCE)], {f"t {code}": f"{code}@1"})
        for job, code in zip(claimed, ODD, strict=True)
    ]
    for start in range(0, len(ODD), together):
        with transaction(engine) as connection:
            assert len(leases.complete(connection, results[start : start + together])) == together
    with reading(engine) as connection:
        tags = connection.execute(text("SELECT taxonomy, code, artifact, evidence FROM tag ORDER BY posting_id")).all()
        told = connection.execute(text("SELECT payload FROM outbox ORDER BY posting_id")).scalars().all()
    assert [tuple(row[:3]) for row in tags] == [(f"t {code}", code, f"{code}@1") for code in ODD]
    assert [json.loads(row.evidence) for row in tags] == [EVIDENCE] * len(ODD)
    assert [json.loads(payload) for payload in told] == [{f"t {code}": [[code, 0.5, True]]} for code in ODD]
    engine.dispose()


def test_a_text_without_any_tag_is_done_and_told(database: str) -> None:
    engine = create(database)
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title()])
        (job,) = claims.claim(connection, [1], owner="w", lease=60)
        assert leases.complete(connection, [Tagged(job, [], {"career": "career@1"})]) == [job]
    with reading(engine) as connection:
        assert connection.execute(text("SELECT state FROM job")).scalar_one() == "done"
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() == 0
        assert connection.execute(text("SELECT payload FROM outbox")).scalar_one() == "{}"
    engine.dispose()
