"""Prepare a text to be read: folded letters at the same offsets, and the set of its words. Fast, for all else waits."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from metier.fields import Evidence

_FIGURES = "0123456789"
READ = 30_000  # characters of a text; a body that is longer says its terms before

# Letters and marks that latin-1 lacks; each is replaced by one character, so that offsets stay.
_COMMON = {"’": "'", "–": "-", "•": "|", "€": "?", "“": " ", "”": " ", "…": " ", "œ": "o"}
_OTHERS = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("‘’‚´", "'"),
    **dict.fromkeys("•●▪◦", "|"),
    **dict.fromkeys("“”„…\u2002\u2003\u2007\u2009\u200b\u202f\ufeff\ufe0f", " "),
    **dict(
        zip(
            "łŁżŻźŹśŚęĘąĄćĆńŃóšŠčČřŘžŽěĚůŮďťňőŐűŰăâîșşŞțţğĞıİœŒ",
            "lLzZzZsSeEaAcCnNosScCrRzZeEuUdtnoOuUaaissSttgGiIoO",
            strict=True,
        )
    ),
}


def _folded(code: int) -> str:
    char = chr(code).lower()
    first = unicodedata.normalize("NFKD", char)[0] if char.isalpha() else char
    first = {"ø": "o", "\xa0": " ", "·": "|", "´": "'"}.get(first, first)
    return first if first.isascii() or len(first.encode("latin-1", "ignore")) == 1 else char


_PLAIN = "".join(_folded(code) for code in range(256)).encode("latin-1")
_SPACED = bytes(code if chr(code).isalpha() else 32 for code in range(256))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as written, folded to lower case without accents, and with blanks for all but letters; equally long."""

    where: str
    text: str
    plain: str
    spaced: str
    joined: str
    """The words with one blank before, between and after them: `" part time " in joined` is quick to know."""
    words: frozenset[str]
    parts: Sequence[str]
    """The words in their order."""

    def figures(self) -> bool:
        """Tell whether a figure from 0 to 9 stands in the text, which is known far sooner than what it says."""
        return any(map(self.text.__contains__, _FIGURES))

    def evidence(self, start: int, end: int) -> Evidence:
        """Return the words between two offsets as evidence."""
        return Evidence(self.where, start, end, self.text[start:end])


def read(where: str, text: str) -> Reading:
    """Prepare the text that goes by this name."""
    text = text[:READ]
    raw = _encoded(text).translate(_PLAIN)
    spaced = raw.translate(_SPACED).decode("latin-1")
    parts = spaced.split()
    return Reading(where, text, raw.decode("latin-1"), spaced, f" {' '.join(parts)} ", frozenset(parts), parts)


def fold(text: str) -> str:
    """Return a text in lower case and without accents, as long as it was."""
    return _encoded(text).translate(_PLAIN).decode("latin-1")


def words(text: str) -> list[str]:
    """Return the folded words of a text; figures and marks part them."""
    return _encoded(text).translate(_PLAIN).translate(_SPACED).decode("latin-1").split()


def _encoded(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        pass
    for some in (_COMMON, _OTHERS):
        for char, plain in some.items():
            if char in text:
                text = text.replace(char, plain)
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            continue
    return text.encode("latin-1", "replace")
