"""Titles that say nothing: figures alone, and what is written into a field that must not stay empty."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from metier.types import Tag, Text

_SILENT = frozenset(
    (
        "", "n a", "none", "null", "nil", "nan", "tbd", "tba", "tbc", "unknown", "undefined", "unspecified",
        "not specified", "not applicable", "not available", "no title", "untitled", "empty", "x", "xx", "xxx",
        "xxxx", "asdf", "blank", "k a", "keine angabe", "ohne titel", "ohne", "unbekannt", "sans titre",
        "non renseigné", "non spécifié", "inconnu", "néant", "senza titolo", "non specificato", "sconosciuto",
        "sin título", "no especificado", "desconocido", "sem título", "não especificado", "desconhecido", "geen",
        "onbekend", "brak", "nieznany",
    )
)  # fmt: skip
"""As `normalise` leaves them: in lower case, words only."""


def says_nothing(title: str) -> bool:
    """Tell whether a normalised title names no occupation whatever."""
    return title in _SILENT or title.replace(" ", "").isdecimal()


def humbled(tags: Sequence[list[Tag]], titles: Sequence[str], texts: Sequence[Text]) -> Iterator[list[Tag]]:
    """Yield tags of which those of a bare title that says nothing are unsure, however likely they are in general."""
    for some, title, item in zip(tags, titles, texts, strict=True):
        yield [replace(tag, sure=False) for tag in some] if says_nothing(title) and not item.body else some
