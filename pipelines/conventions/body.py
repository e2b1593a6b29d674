"""The phrases by which the body of a posting says what its title leaves open; a convention keeps them in body.csv."""

from collections.abc import Collection
from pathlib import Path

from pipelines.conventions import lexicon
from pipelines.conventions.folding import Reading
from pipelines.conventions.lexicon import Hit, Lexicon

FILE = "body.csv"

_READ = 6_000  # characters; what follows is mostly about the employer and how to apply


def read(folder: Path, *, codes: Collection[str], reading: Reading) -> Lexicon:
    """Return the phrases of a convention; one without the file has none."""
    file = folder / FILE
    return lexicon.read([file] if file.exists() else [], codes=codes, reading=reading)


def find(phrases: Lexicon, body: str) -> tuple[list[str], list[Hit]]:
    """Return the tokens of a body, and for each label the most confident of its phrases, the first where it stands."""
    tokens = phrases.reading.plain(body[:_READ])
    best: dict[str, Hit] = {}
    for hit in phrases.find(tokens):
        code = hit.term.code
        if code and (code not in best or hit.term.confidence > best[code].term.confidence):
            best[code] = hit
    return tokens, list(best.values())
