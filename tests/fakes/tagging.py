"""A small engine for tests of reading and writing: it tags by the words of a title, quickly and always alike."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import sleep

from metier.errors import Rejected
from metier.types import Label, Tag, Taxonomy, TaxonomyKind, Text

LEVELS = Taxonomy(
    "level", "1", TaxonomyKind.ORDINAL, (Label("plain", "Plain"), Label("senior", "Senior"), Label("lead", "Team lead"))
)
WORDS = Taxonomy("words", "1", TaxonomyKind.MANY, (Label("nurse", "Nurse"), Label("driver", "Driver")))


class WordEngine:
    """Gives a level and the known words; refuses titles without a letter."""

    artifacts: Mapping[str, str] = {"level": "level@1", "words": "words@1"}

    def __init__(self, *, pause: float = 0.0, version: str = "1") -> None:
        self.artifacts = {"level": f"level@{version}", "words": f"words@{version}"}
        self.calls = 0
        self._pause = pause

    def tag(self, texts: Sequence[Text], *, top: int) -> list[list[Tag] | Exception]:
        """Tag texts one by one."""
        self.calls += 1
        sleep(self._pause)
        return [_tags(text.title.lower(), top) for text in texts]


def describe(name: str) -> Taxonomy:
    """Return the taxonomies of this engine."""
    return {"level": LEVELS, "words": WORDS}[name]


def _tags(title: str, top: int) -> list[Tag] | Exception:
    if not any(letter.isalpha() for letter in title):
        return Rejected("the title holds no word")
    best = next((code for code in ("senior", "lead") if code in title), "plain")
    order = [best, *(label.code for label in LEVELS.labels if label.code != best)]
    levels = [Tag("level", code, 0.8 / (place + 1), place == 0) for place, code in enumerate(order[:top])]
    return [*levels, *(Tag("words", label.code, 0.9, label.code in title) for label in WORDS.labels)]


def main() -> None:
    """Carry out an order in a process of its own, slowly enough to be killed: FILE OUT PAUSE [--resume]."""
    from console.order import Order, carry_out

    file, output, pause, *rest = sys.argv[1:]
    order = Order(Path(file), Path(output), resume="--resume" in rest)
    summary = carry_out(order, lambda: WordEngine(pause=float(pause)), describe)
    sys.stderr.write(f"{summary.rows} rows\n")


if __name__ == "__main__":
    main()
