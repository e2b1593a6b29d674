"""What two postings of one job have in common, and the decision whether two are one: near-duplicates.

The body alone does not tell: employers use one text for many jobs, and each board puts its own around it. So the words
of the titles must agree, companies and places must not contradict each other, and then enough of the text be shared.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from metier.fields import Employment
from metier.gleanings import Signature
from metier.types import Text
from pipelines import minhash
from pipelines.fields import country, phrases
from pipelines.fields import reading as fields_reading
from pipelines.fields.phrases import Phrases
from pipelines.fields.reading import Reading

LEAST = 25  # words of a body; two shorter ones may be alike by chance
ACROSS, UNNAMED, WITHIN = 0.5, 0.7, 0.85
"""What share of two texts must be the same: of two sources, where a company is not named, and within one source,
where two postings of one employer with one title are mostly two openings."""

_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W_]+[+#]*")
_SHARE = re.compile(r"\d{1,3} ?%?(?: ?(?:-|–|/|bis|to|à) ?\d{1,3})? ?%")  # of a full week, as in "Nurse 80-100 %"
_NUMBER = re.compile(r"\d{3,}|\w*\d{4,}\w*")  # of an advertisement
_LINKS = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "au",
        "aux",
        "bei",
        "chez",
        "da",
        "de",
        "der",
        "des",
        "di",
        "die",
        "du",
        "en",
        "et",
        "for",
        "für",
        "im",
        "in",
        "of",
        "par",
        "the",
        "und",
        "y",
        "zu",
    ]
)
_FORMS = frozenset(
    ["ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "eg", "ev", "gbr", "gmbh", "group",
     "gruppe", "holding", "inc", "incorporated", "kg", "kgaa", "limited", "llc", "llp", "ltd", "mbh", "nv", "oy",
     "plc", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "the", "und", "and"]
)  # fmt: skip


def signature(item: Text, *, tidied: str, body: Reading, location: str = "") -> Signature | None:
    """Return the signature of a posting, its title tidied and its body read already; None if that is too short."""
    words = _words(body)
    title, company = _title(tidied), _company(item.company)
    if len(words) < LEAST or not title:
        return None
    found = minhash.numbers([*title.split(), *company.split(), *words])
    bands = minhash.bands(found)
    if company:  # for texts that many postings of one employer share, so that their bands tell nothing
        bands.append(minhash.signed(f"{' '.join(sorted(title.split()))}\n{company}"))
    return Signature(title, company, _place(location), tuple(dict.fromkeys(bands)), minhash.written(found))


def alike_in_name(one: Signature, title: str, company: str, place: str) -> bool:
    """Tell whether a posting and these names, as signatures have them, may be about one job by all but their texts."""
    if one.title != title and not _one_title(one, title, f"{company} {place}"):
        return False
    return _agree(one.company, company) and _agree(one.place, place, within=False)


def same(one: Signature, other: Signature, *, one_source: bool) -> bool:
    """Decide whether two postings, of one source or of two, are about one job."""
    if not alike_in_name(one, other.title, other.company, other.place):
        return False
    needed = max(WITHIN if one_source else ACROSS, ACROSS if one.company and other.company else UNNAMED)
    return minhash.shared(one.sketch, other.sketch) >= needed


def _one_title(one: Signature, title: str, names: str) -> bool:
    """Tell whether two titles differ by nothing but names of companies and places."""
    left, right = _set_of(one.title), _set_of(title)
    if left.isdisjoint(right):
        return False
    return (left ^ right) <= set(f"{one.company} {one.place} {names}".split())


def _agree(one: str, other: str, *, within: bool = True) -> bool:
    """Tell whether two names may mean the same: one within the other, or with a word in common; an empty one may."""
    left, right = _set_of(one), _set_of(other)
    if not left or not right:
        return True
    return (left <= right or right <= left) if within else bool(left & right)


@lru_cache(maxsize=4096)
def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _words(body: Reading) -> Sequence[str]:
    found, text = body.parts, body.text
    return found if len(found) * 20 > len(text) else _WORD.findall(text.lower())  # another script than Latin


def _title(tidied: str) -> str:
    reading = fields_reading.read("title", tidied)
    for hit in _terms().find(reading):
        tidied = f"{tidied[: hit.start]}{' ' * (hit.end - hit.start)}{tidied[hit.end :]}"
    tokens = _TOKEN.findall(_SHARE.sub(" ", _plain(tidied)))
    told = (token for token in tokens if token not in _LINKS and not _NUMBER.fullmatch(token))
    return " ".join(dict.fromkeys(told))


def _company(name: str) -> str:
    return " ".join(dict.fromkeys(word for word in _TOKEN.findall(_plain(name)) if word not in _FORMS))


@cache
def _terms() -> Phrases:
    """Return words of titles that say where and how much one works, but not what."""
    much = (Employment.FULL_TIME, Employment.PART_TIME)
    return Phrases(
        [
            *phrases.load("workplaces.csv"),
            *(phrase for phrase in phrases.load("employment.csv") if phrase.value in much),
        ]
    )


def _place(location: str) -> str:
    """Return the words of a location but for its country, which one board writes and another leaves out."""
    if not location:
        return ""
    reading = fields_reading.read("location", location)
    for hit in [*_terms().find(reading), *country.named(reading)]:
        location = f"{location[: hit.start]}{' ' * (hit.end - hit.start)}{location[hit.end :]}"
    return " ".join(dict.fromkeys(word for word in _TOKEN.findall(_plain(location)) if not word.isdecimal()))


def _plain(name: str) -> str:
    """Return a name in lower case without accents, in any script."""
    if name.isascii():
        return name.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
