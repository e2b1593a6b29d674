"""How well near-duplicates are found, on generated pairs: precision and recall through storage, as in real work."""

from collections import Counter
from dataclasses import replace

from sqlalchemy import text

from metier.types import Posting
from storage.engine import create, reading
from tests.integration.rows import ingest, work
from tests.quality.pairs import Pair, pairs

EACH = 12  # pairs of each kind


def test_precision_and_recall_on_generated_pairs(sqlite_database: str) -> None:
    found = [_apart(pair, number) for number, pair in enumerate(pairs(EACH))]
    engine = create(sqlite_database)
    ingest(engine, *(posting for pair in found for posting in (pair.one, pair.other)))
    while work(engine):
        pass
    with reading(engine) as connection:
        rows = connection.execute(
            text("SELECT p.source_key, s.cluster_id FROM signature s JOIN posting p ON p.id = s.posting_id")
        ).all()
    engine.dispose()
    clusters = {row.source_key: row.cluster_id for row in rows}
    assert max(Counter(clusters.values()).values()) == 2  # nobody is drawn into the pair of another
    together = [(pair, clusters[pair.one.key] == clusters[pair.other.key]) for pair in found]
    right, wrong, missed = (
        Counter(pair.how for pair, joined in together if (pair.same, joined) == case)
        for case in ((True, True), (False, True), (True, False))
    )
    precision = right.total() / (right.total() + wrong.total())
    recall = right.total() / (right.total() + missed.total())
    print(f"{len(found)} pairs: precision {precision:.3f}, recall {recall:.3f}; missed {missed}, wrong {wrong}")
    assert precision >= 0.98, wrong
    assert recall >= 0.95, missed
    assert min(right.values()) >= 0.9 * EACH, missed


def _apart(pair: Pair, number: int) -> Pair:
    """Give each pair employers and keys of its own, so that only its two postings can meet."""
    return replace(pair, one=_of(pair.one, number), other=_of(pair.other, number))


def _of(posting: Posting, number: int) -> Posting:
    # letters, for figures are no words of a text
    mark = "".join("abcdefghij"[int(figure)] for figure in f"{number:04}")
    company = f"{posting.company} {mark}" if posting.company else ""
    return replace(posting, company=company, key=f"{number}-{posting.key}", title=f"{posting.title} {mark}")
