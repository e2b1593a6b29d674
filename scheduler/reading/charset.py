"""Finding out in which encoding a text file is written."""

import codecs
from pathlib import Path

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 2**20
_WESTERN = "äöüßÄÖÜéèêëàâçîïôûùœæÉÈÊÀÂÇÎÔŒñáíóúÁÍÓÚÑ¿¡ãõÃÕìòåøÅØÆ€°ºª·’‘“”„–—…«»§\xa0"
_CYRILLIC = "".join(chr(code) for code in range(0x410, 0x450)) + "ёЁіїєґІЇЄ№–—«»’“”„…\xa0"
# what is usually written in each encoding of one byte a character; the first of equally good ones is taken
_WRITTEN = {
    "cp1252": _WESTERN,
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽăâîşőűöüäßÖÜÄŐŰ–—„”’…\xa0",
    "cp1254": "çğıöşüÇĞİÖŞÜâîû–—“”’…\xa0",
    "cp1257": "ąčęėįšųūžĄČĘĖĮŠŲŪŽāēģīķļņĀĒĢĪĶĻŅõäöüÕÄÖÜ–—„“”’\xa0",
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp1253": "".join(chr(code) for code in range(0x386, 0x3CF)) + "–—«»’\xa0",
    "cp1255": "".join(chr(code) for code in range(0x5D0, 0x5EB)) + "–’״׳\xa0",
    "cp1256": "".join(chr(code) for code in range(0x621, 0x64B)) + "،؛؟\xa0",
}
_DENSE = {"cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"}  # others write mostly ASCII, an accent here and there
_EASTERN = ["gb18030", "shift_jis", "euc_jp", "euc_kr", "big5"]


def detect(head: bytes, plain: Path | None) -> str:
    """Return the codec's name; a file whose beginning is plain ASCII is judged by its first other bytes."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    sample = _telling(head, plain)
    good, wrong = _utf8(sample)
    if wrong == 0 or good >= 10 * wrong:
        return "utf-8"
    return _legacy(sample)


def errors(encoding: str) -> str:
    """Return how bytes that do not fit are carried into the row, where they are seen and said."""
    return "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def _telling(head: bytes, plain: Path | None) -> bytes:
    """Return bytes around the first that are not ASCII."""
    if not head.isascii() or plain is None:
        return head
    with plain.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if not chunk.isascii():
                return chunk + file.read(_CHUNK)
    return head


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark by the zero bytes that Western letters have in it."""
    sample = head[:4096]
    if len(sample) < 4:
        return None
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if odd > 0.5 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.5 and odd < 0.1 else None


def _utf8(sample: bytes) -> tuple[int, int]:
    """Count the characters beyond ASCII that are valid UTF-8 and the bytes that are not, but for a cut at an end."""
    start = next((i for i in range(min(4, len(sample))) if sample[i] & 0xC0 != 0x80), 0)
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample[start:])
    beyond = [character for character in text if character > "\x7f"]
    wrong = sum("\udc80" <= character <= "\udcff" for character in beyond)
    return len(beyond) - wrong, wrong


def _legacy(sample: bytes) -> str:
    """Guess among the encodings of before Unicode: by usual letters, or by a library for those of two bytes."""
    telling = b"\n".join([line for line in sample.splitlines() if not line.isascii()][:1000])[:65536]
    best = max(_WRITTEN, key=lambda name: _plausible(telling, name))
    if _plausible(telling, best) >= 0.85:
        return best
    from charset_normalizer import from_bytes

    match = from_bytes(telling, cp_isolation=_EASTERN, threshold=0.6).best()
    return match.encoding if match is not None else "cp1252"


def _plausible(sample: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that are usual and no capital in the middle of a word."""
    text = sample.decode(encoding, "replace")
    runs_are_words = encoding in _DENSE
    usual, total, before, run = 0, 0, " ", 0
    for character in text:
        run = run + 1 if character > "\x7f" else 0
        if run:
            total += 1
            misplaced = before.islower() and (character.isupper() or character in "¿¡")
            usual += character in _WRITTEN[encoding] and not misplaced and (run < 3 or runs_are_words)
        before = character
    return usual / total if total else 0.0
