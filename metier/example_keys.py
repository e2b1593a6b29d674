"""The hash by which examples are told apart: of the normalised text, so that case, blanks and (m/w/d) do not count."""

import hashlib
from collections.abc import Sequence

from metier.wording import normalise, tidy


def keys(texts: Sequence[str]) -> list[str]:
    """Return one hash a text; empty where nothing is left of the text."""
    return [hashlib.sha256(words.encode()).hexdigest() if words else "" for words in normalise(tidy(texts))]


def key(text: str) -> str:
    """Return the hash of one text."""
    return keys([text])[0]
