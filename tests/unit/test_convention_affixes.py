"""Beginnings, endings and insides are found as if each had been tried one by one."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.conventions.affixes import Affixes

piece = st.text("abc", min_size=1, max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["begins", "ends", "inside"]), piece)), st.text("abc", max_size=8))
def test_a_word_has_what_trying_one_by_one_finds(filed: list[tuple[str, str]], word: str) -> None:
    affixes: Affixes[tuple[str, str]] = Affixes()
    wanted = []
    for kind, text in filed:
        getattr(affixes, kind)(text, (kind, text))
        start = {
            "begins": 0 if word.startswith(text) else -1,
            "ends": len(word) - len(text) if word.endswith(text) else -1,
            "inside": word.find(text),
        }[kind]
        if start >= 0:
            wanted.append((start, start + len(text), (kind, text)))
    assert affixes.of(word) == wanted
