"""What a tagger reads of a posting: tidied, bounded and without gender markers; what cannot be read is refused here."""

from metier.errors import Rejected
from metier.types import Text
from metier.wording import NOISE, READ_OF_TITLE, VERSION, normalise, tidy

__all__ = ["EMPTY", "LONGEST_TITLE", "READ_OF_TITLE", "VERSION", "check", "normalise", "passage", "tidy"]

LONGEST_TITLE = 2_000  # characters; more than that is a body in the wrong column
READ_OF_BODY = 2_000  # characters; somewhat more than the 256 tokens that the bundled encoder reads
_PRINTABLE_NOISE = "\ufffc\ufffd" + "".join(map(chr, range(0xFE00, 0xFE10)))
EMPTY = "the title is empty: fill in `title`, or leave this row out"


def check(text: Text) -> None:
    """Refuse a text that no tagger can read, saying what to do about it."""
    if len(text.title) > LONGEST_TITLE:
        size = f"{len(text.title):,} characters, at most {LONGEST_TITLE:,} are read as a title"
        raise Rejected(f"the title has {size}: map the right column to `title`, or cut it")
    if not NOISE.sub("", text.title).strip():
        raise Rejected(EMPTY)


def passage(title: str, body: str) -> str:
    """Return what is encoded of a posting: its tidied title and the beginning of its body; a bare title is itself."""
    opening = _plain(body[:READ_OF_BODY])
    return f"{title}\n{opening}" if opening else title


def _plain(text: str) -> str:
    """Return a text on one line without noise; most hold none but white space, which is known sooner than replaced."""
    plain = " ".join(text.split())
    if plain.isprintable() and (plain.isascii() or not any(map(plain.__contains__, _PRINTABLE_NOISE))):
        return plain
    return " ".join(NOISE.sub(" ", text).split())
