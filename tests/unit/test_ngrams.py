"""Hashed n-grams: the same as the plain way of finding them, title by title, however titles are batched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import ngrams

WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
TITLES = st.lists(st.lists(WORD, max_size=6).map(" ".join), max_size=8)


def plain(title: str) -> list[str]:
    """Return the n-grams of characters in the order of their places."""
    padded = f" {title} "
    spans = [(at, at + size) for at in range(len(padded)) for size in range(2, ngrams.LONGEST + 1)]
    windows = [padded[start:end] for start, end in spans if end <= len(padded)]
    return [window for window in windows if " " not in window[1:-1] and window.strip(" ")]


def rows(ragged: ngrams.Ragged) -> list[list[int]]:
    """Return the buckets of each title."""
    return [row.tolist() for row in np.split(ragged.buckets, ragged.starts[1:])] if len(ragged.counts) else []


@given(TITLES)
def test_a_title_has_as_many_n_grams_as_the_plain_way_finds(titles: list[str]) -> None:
    assert ngrams.hashed(titles).chars.counts.tolist() == [len(plain(title)) for title in titles]


@given(TITLES)
def test_a_title_is_hashed_alike_alone_and_among_others(titles: list[str]) -> None:
    together = ngrams.hashed(titles)
    for place, title in enumerate(titles):
        alone = ngrams.hashed([title])
        assert rows(together.chars)[place] == rows(alone.chars)[0]
        assert rows(together.words)[place] == rows(alone.words)[0]


def test_the_same_n_gram_falls_into_the_same_bucket_everywhere() -> None:
    titles = ["head of sales", "sales manager", "leiterin einkauf", "einkauf"]
    seen: dict[str, int] = {}
    for title, row in zip(titles, rows(ngrams.hashed(titles).chars), strict=True):
        for gram, bucket in zip(plain(title), row, strict=True):
            assert seen.setdefault(gram, bucket) == bucket
    assert len(set(seen.values())) >= len(seen) - 1


def test_words_are_followed_by_their_pairs() -> None:
    (first, second) = rows(ngrams.hashed(["head of sales", "of sales"]).words)
    assert len(first) == 5
    assert first[2:] == second


def test_each_word_knows_where_its_own_n_grams_are() -> None:
    grams = ngrams.hashed(["head of", "", "sales"])
    assert grams.titles.tolist() == [0, 0, 2]
    assert [plain("head of")[at] for at in grams.begins[:2]] == [" h", " o"]
    assert grams.words.buckets[grams.lone].tolist() == [rows(ngrams.hashed([word]).words)[0][0] for word in
                                                        ("head", "of", "sales")]  # fmt: skip


def test_a_title_without_words_adds_up_to_nothing() -> None:
    table = np.ones((ngrams.BUCKETS, 2), dtype=np.float32)
    sums = ngrams.hashed(["", "ab", ""]).chars.sums(table)
    assert sums.tolist() == [[0, 0], [len(plain("ab"))] * 2, [0, 0]]


@pytest.mark.parametrize("titles", [[], [""], ["", ""]])
def test_no_words_at_all_are_no_error(titles: list[str]) -> None:
    grams = ngrams.hashed(titles)
    assert len(grams.words.buckets) == len(grams.chars.buckets) == 0
    assert grams.chars.sums(np.ones((ngrams.BUCKETS, 3), dtype=np.float32)).shape == (len(titles), 3)
