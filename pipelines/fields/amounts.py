"""Find amounts of money and ranges of them: "$225,000.00/yr - $269,000.00/yr", "45–55k €", "CHF 6'500.–"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipelines.fields import currency as fields_currency
from pipelines.fields.currency import Currency
from pipelines.fields.reading import Reading

_BLANK = "[ \xa0\u2009\u202f]"
_NUMBER = re.compile(
    r"\d{1,3}(?:[.,'’´]\d{3})+(?!\d)(?:[.,]\d\d?(?!\d))?"  # 1,234,567.89 and 6'500
    rf"|\d{{1,3}}(?:{_BLANK}\d{{3}})+(?!\d)(?:[.,]\d\d?(?!\d))?"  # 41 000
    r"|\d{1,2}(?:,\d\d)+,\d{3}(?!\d)"  # 12,00,000 as written in India
    r"|\d+(?:[.,]\d\d?(?!\d))?"
)
_ROUND = re.compile(r"[.,][–—-]{1,2}(?!\d)|/[=-]|[–—](?=\s+(?:brutto|pro|/|per|im))")  # 6'500.– and 80,000/=
_CODE = re.compile(r"\b(?:USD|CAD|AUD|NZD|SGD|HKD|MXN|COP|CLP|ARS)\s?$")
_TIMES = {
    **dict.fromkeys(["k", "tsd", "tausend", "thousand", "mille", "mila", "mil", "tys", "t", "duizend", "tusen"], 1e3),
    **dict.fromkeys(["lakh", "lakhs", "lac", "lacs", "lpa"], 1e5),
    **dict.fromkeys(["m", "mn", "mm", "mio", "million", "millions", "millionen", "millones", "milioni"], 1e6),
    **dict.fromkeys(["milhões", "miljoen", "mln", "millón", "milione", "miljoner", "millioner"], 1e6),
    **dict.fromkeys(["bn", "billion", "milliard", "milliards", "milliarden", "mrd", "miljard", "miliardi"], 1e9),
}
_YEARLY = "lpa"  # lakhs per annum
_RAL, _COLOURS = "ral", 10_000  # of a year's gross pay in Italy, and of paint: RAL 7035
_REACH = 48  # characters from a sign to the far end of its range
_LONGEST, _GAP = 16, 3  # characters of a sign, and between it and its figure
_MANY = "|".join(sorted(_TIMES, key=len, reverse=True))
_SPAN = re.compile(
    r"""\s?(?:\(?(?:gross|brutto|brut|bruto)\)?\s?)?
    (?:/\s?[^\W\d_]{1,6}\.?\s?|\s?(?:per|par|pro|a|an)\s[^\W\d_]{2,7}\s?)?     # $20/hr - $25/hr
    (?:\s?[-–—−~‐‑]{1,2}\s?
    |\s?(?:(?:rising|increasing)[ ]to|to|up[ ]to
    |and|bis|bis[ ]zu|und|à|a|et|jusqu'à|y|hasta|e|ed|al?|até|tot|en|till|til|do|og|och|i)\s)
    (?:up[ ]to[ ]|max(?:\.|imaal|imal|imum)?[ ]|les[ ]|gli[ ]|i[ ])?""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money as written, from the first to the last of its characters; a single amount has equal ends."""

    start: int
    end: int
    low: float
    high: float
    currency: Currency
    thousands: bool
    """Whether it is written in thousands ("45k"), as pay is and prices are not."""


@dataclass(frozen=True, slots=True)
class _Figure:
    start: int
    end: int
    value: float
    sign: str
    times: float


def amounts(reading: Reading, *, country: str = "", language: str = "") -> list[Amount]:
    """Return the amounts of a text in their order; figures without a currency are none."""
    if reading.text.isascii() and not reading.figures():
        return []
    found: list[Amount] = []
    figures = [
        figure
        for start, end in _windows(fields_currency.table().places(reading))
        for figure in _figures(reading.text, start, end)
    ]
    place = 0
    while place < len(figures):
        pair = _pair(figures[place : place + 2], reading.text)
        first, last = pair or (figures[place], figures[place])
        sign = last.sign if last.sign.isalpha() else first.sign or last.sign
        if sign and (sign.lower() != _RAL or _value(first) >= _COLOURS):
            currency = fields_currency.table().of(sign, country=country, language=language)
            thousands = 1e3 <= max(first.times, last.times) < 1e6
            found.append(Amount(first.start, last.end, _value(first), _value(last), currency, thousands))
        place += 2 if pair else 1
    return found


@cache
def _behind() -> re.Pattern[str]:
    """Return what may stand right behind a figure: thousands, a currency, or both."""
    signs = fields_currency.table().pattern
    return re.compile(
        rf"\s?(?:(?P<many>{_MANY})\.?\s?(?:d['’]|de\s|di\s)?(?P<sign>{signs})|(?P<alone>{signs})|(?P<only>{_MANY})\.?)"
        r"(?![^\W_])",
        re.IGNORECASE,
    )


def _lead(text: str, start: int) -> tuple[str, float, int]:
    """Return the sign right in front of a figure, what it multiplies by, and where it begins."""
    stretch = text[max(0, start - _LONGEST - 4) : start]
    front = stretch.rstrip(" \t\n\xa0\u202f:)*].")
    if len(stretch) - len(front) > _GAP:
        return "", 1.0, start
    end = start - len(stretch) + len(front)
    known = fields_currency.table().by_sign
    for dotted in (front + ".", front) if stretch[len(front) : len(front) + 1] == "." else (front,):
        for size in range(min(_LONGEST, len(dotted)), 0, -1):
            sign, before = dotted[-size:], dotted[:-size]
            if sign.lower() not in known:
                continue
            begin = end + len(dotted) - len(front) - size
            if not before or not before[-1].isalnum():
                return sign, 1.0, begin
            if before[-1] in "kKtT" and not before[-2:-1].isalnum():
                return sign, 1e3, begin - 1
    return "", 1.0, start


def _windows(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return the stretches of text around these places, those that overlap made one."""
    found: list[tuple[int, int]] = []
    for place in places:
        start = max(0, place - _REACH)
        if found and start <= found[-1][1]:
            start, _ = found.pop()
        found.append((start, place + _REACH))
    return found


def _figures(text: str, begin: int, stop: int) -> list[_Figure]:
    """Return the figures between two places with their currencies; one that the stretch cuts is too far to matter."""
    after = _behind()
    found: list[_Figure] = []
    for match in _NUMBER.finditer(text, begin, stop):
        end = match.end()
        sign, times, start = _lead(text, match.start())
        lead = bool(sign)
        if not lead and start and text[start - 1].isalpha():
            continue  # P4, E11
        if sign.lower() == _RAL:
            start = match.start()  # it says the period, too, which is read there
        if trail := _ROUND.match(text, end):
            end = trail.end()
        if lead and not sign.isalpha() and (code := _CODE.search(text, max(0, start - 4), start)):  # AUD $98,000
            sign, start = code[0].strip(), code.start()
        if follow := after.match(text, end):
            written = follow["sign"] or follow["alone"] or ""
            times = _TIMES.get((follow["many"] or follow["only"] or "").lower(), times)
            if not sign or written.isalpha():  # "$ 50,000 CAD" names its currency at the end
                sign = written or sign
            if (follow["only"] or "").lower() == _YEARLY:
                pass  # it says the period, too, which is read there
            elif not (lead and written) or written.isalpha():
                end = follow.end()
        found.append(_Figure(start, end, _parsed(match[0]), sign, times))
    return found


def _pair(figures: Sequence[_Figure], text: str) -> tuple[_Figure, _Figure] | None:
    """Return both ends of a range, the thousands of one end given to the other where only that makes sense."""
    if len(figures) < 2:
        return None
    first, last = figures
    if not (first.sign or last.sign) or not _SPAN.fullmatch(text, first.end, max(first.end, last.start)):
        return None
    if first.times == 1 and last.times > 1 and first.value < 1000:
        first = replace(first, times=last.times)
    elif last.times == 1 and first.times > 1 and last.value < 1000:
        last = replace(last, times=first.times)
    return (first, last) if _value(first) < _value(last) <= 10 * _value(first) else None


def _value(figure: _Figure) -> float:
    return round(figure.value * figure.times, 2)


def _parsed(written: str) -> float:
    figures = re.sub(rf"{_BLANK}|['’´]", "", written)
    marks = [char for char in figures if char in ".,"]
    if len(set(marks)) == 2:
        whole, _, rest = figures.rpartition(marks[-1])
        return float(f"{whole.replace(',', '').replace('.', '')}.{rest}")
    if marks and len(figures.rpartition(marks[0])[2]) == 3:
        return float(figures.replace(marks[0], ""))
    return float(figures.replace(",", "."))
