"""How a title is read: tidied, without gender markers, and reduced to its words; what reads the same is one text.

What tells texts apart hangs on it in `storage`, what taggers learn in `pipelines`.
"""

import re
import unicodedata
from collections.abc import Sequence

READ_OF_TITLE = 300  # characters
VERSION = "1"  # of what is read: weights learnt under another version mean nothing

# Titles are worked on joined by this, many to a pass: a regular expression or a normalisation costs more to call
# than to run. `str.split` takes it for white space, so no title holds it; patterns must not use \s, which matches it.
_BETWEEN = "\x1f"
NOISE = re.compile(
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


def tidy(titles: Sequence[str]) -> list[str]:
    """Return titles as people write them: one line, composed characters, no invisible ones, no gender markers."""
    whole = _BETWEEN.join([" ".join(title[:READ_OF_TITLE].split()) for title in titles])
    whole = NOISE.sub(" ", unicodedata.normalize("NFKC", NOISE.sub(" ", whole)))
    whole = _ENDING.sub(r"\1\2\3", _GENDER.sub(" ", whole))
    return [title.strip() for title in _BLANKS.sub(" ", whole).split(_BETWEEN)] if titles else []


def normalise(tidied: Sequence[str]) -> list[str]:
    """Return tidied titles in lower case with blanks between their words and nothing else."""
    whole = _BREAKS.sub(" ", _BETWEEN.join(tidied).lower().replace("i̇", "i"))
    return [title.strip() for title in whole.split(_BETWEEN)] if tidied else []
