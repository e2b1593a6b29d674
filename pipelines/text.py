"""What a tagger reads of a posting: tidied, bounded and without gender markers; what cannot be read is refused here."""

import re
import unicodedata
from collections.abc import Sequence

from metier.errors import Rejected
from metier.types import Text

LONGEST_TITLE = 2_000  # characters; more than that is a body in the wrong column
READ_OF_TITLE = 300  # characters
READ_OF_BODY = 2_000  # characters; somewhat more than the 256 tokens that the bundled encoder reads
VERSION = "1"  # of what is read: weights learnt under another version mean nothing

# Titles are worked on joined by this, many to a pass: a regular expression or a normalisation costs more to call
# than to run. `str.split` takes it for white space, so no title holds it; patterns must not use \s, which matches it.
EMPTY = "the title is empty: fill in `title`, or leave this row out"

_BETWEEN = "\x1f"
_NOISE = re.compile(
    "[\x00-\x1e\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff]+"
)
_MARK = r"(?:[mwfhdxiv]|div|gn|nb)"
_GENDER = re.compile(
    rf"""
    [([|,–-]*[ ]*\b{_MARK}(?:[ ]?[/|][ ]?{_MARK})+\b[ ]*[)\]]?       # (m/w/d), H/F, m | f
    | [(\[][ ]*{_MARK}(?:[ ]?[,.*][ ]?{_MARK})+[ ]*[)\]]              # (m,w,d)
    | [(\[][ ]*(?:all[ ]genders?|alle[ ]geschlechter|tous[ ]genres|gn|any[ ]gender)[ ]*[)\]]
    | [ ][(\[](?:r|e|in|n|s|a)[)\]]                                   # Angestellte (r)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ENDING = re.compile(
    r"(?<=\w\w\w)(?:[*:_·/]-?(in(?:nen)?)\b|\((in|e|r|n)\)|[·/]-?(e)\b|/(?:a|o|t?rice|euse|ice)\b)", re.IGNORECASE
)  # Leiter*in, Leiter/-in, Angestellte(r), chargé·e, impiegato/a
_BREAKS = re.compile(r"[^\w+#&\x1f]+|_+")
_BLANKS = re.compile(" {2,}")


def check(text: Text) -> None:
    """Refuse a text that no tagger can read, saying what to do about it."""
    if len(text.title) > LONGEST_TITLE:
        size = f"{len(text.title):,} characters, at most {LONGEST_TITLE:,} are read as a title"
        raise Rejected(f"the title has {size}: map the right column to `title`, or cut it")
    if not _NOISE.sub("", text.title).strip():
        raise Rejected(EMPTY)


def tidy(titles: Sequence[str]) -> list[str]:
    """Return titles as people write them: one line, composed characters, no invisible ones, no gender markers."""
    whole = _BETWEEN.join([" ".join(title[:READ_OF_TITLE].split()) for title in titles])
    whole = _NOISE.sub(" ", unicodedata.normalize("NFKC", _NOISE.sub(" ", whole)))
    whole = _ENDING.sub(r"\1\2\3", _GENDER.sub(" ", whole))
    return [title.strip() for title in _BLANKS.sub(" ", whole).split(_BETWEEN)] if titles else []


def normalise(tidied: Sequence[str]) -> list[str]:
    """Return tidied titles in lower case with blanks between their words and nothing else."""
    whole = _BREAKS.sub(" ", _BETWEEN.join(tidied).lower().replace("i̇", "i"))
    return [title.strip() for title in whole.split(_BETWEEN)] if tidied else []


def passage(title: str, body: str) -> str:
    """Return what is encoded of a posting: its tidied title and the beginning of its body; a bare title is itself."""
    opening = " ".join(_NOISE.sub(" ", body[:READ_OF_BODY]).split())
    return f"{title}\n{opening}" if opening else title
