"""Files that mean harm: bombs, loops, locks, and files that are not what they say."""

import random
import zlib
from collections.abc import Iterator

from tests.fakes.cv_files import TEXT, assembled, docx, packed, pdf

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MIB = 2**20
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def each() -> Iterator[tuple[str, bytes]]:
    """Yield them by name."""
    yield "bomb.docx", packed({"word/document.xml": b"<w:p>" + b" " * (64 * _MIB)})
    yield "bomb.zip", packed({"Positions.csv": b"Title,Started On\n" + b"a" * (64 * _MIB)})
    yield "crowd.zip", packed({f"{number}/Positions.csv": b"" for number in range(3000)})
    yield "laughs.xml", f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]><SkillsPassport>&l9;</SkillsPassport>'.encode()
    yield "laughs.docx", packed({"word/document.xml": f"<!DOCTYPE x [{_LAUGHS}]><w:p {_WORD}>&l9;</w:p>".encode()})
    yield "outside.xml", b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><SkillsPassport>&f;</SkillsPassport>'
    yield (
        "outside.docx",
        packed({"word/document.xml": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><w:p {_WORD}/>'.encode()}),
    )
    yield "deep.docx", packed({"word/document.xml": f"<w:p {_WORD}>".encode() + b"<w:p>" * 50_000})
    yield "deep.xml", b"<SkillsPassport>" * 200_000
    yield "deep.json", b'{"work":' * 200_000
    yield "digits.json", b'{"work": [' + b"9" * 100_000 + b"]}"
    yield (
        "loop.pdf",
        assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]),
    )
    yield "chain.pdf", assembled(
        [_CATALOG,
         *(b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (n + 1, n - 1) for n in range(2, 3000)),
         b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]
    )  # fmt: skip
    yield "contents.pdf", _with_stream(b"/Length 9 0 R", b"BT ET", b"9 0 R")
    squeezed = zlib.compress(b"(a) Tj " * (40 * _MIB // 7), 9)
    yield "bomb.pdf", _with_stream(b"/Filter /FlateDecode /Length %d" % len(squeezed), squeezed)
    twice = zlib.compress(zlib.compress(b"\0" * (512 * _MIB), 9), 9)
    yield "bomb-in-bomb.pdf", _with_stream(b"/Filter [/FlateDecode /FlateDecode] /Length %d" % len(twice), twice)
    yield "pages.pdf", pdf(*[["2019 - today Buyer"]] * 10_000)
    yield "locked.pdf", pdf(["x"]).replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <"
        + b"42" * 32 + b"> >>",
    )  # fmt: skip
    yield "photo.docx", b"\xff\xd8\xff\xe0" + b"\x10" * 5000
    yield "script.txt", b"\x7fELF" + bytes(5000)
    yield "line.txt", b"Experience\n" + b"2019 - " * (4 * _MIB // 7)
    yield "commas.txt", b"Experience\n2019 - 2020 " + b"Buyer, " * 60 + b"\n"
    yield "periods.txt", b"Experience\n" + b"2019 - 2020 Buyer, Acme Ltd\n" * 50_000


def macros() -> bytes:
    """Return a good CV as a document with macros in it, which nobody runs."""
    return docx(TEXT.splitlines(), **{"word/vbaProject.bin": b"Sub AutoOpen()", "word/embeddings/a.bin": b"MZ"})


def fuzzed(seeds: list[bytes], *, count: int, seed: int) -> Iterator[bytes]:
    """Yield so many of these files with some bytes changed, taken away, doubled or mixed up."""
    chance = random.Random(seed)
    for _ in range(count):
        found = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            place, size = chance.randrange(len(found) + 1), chance.randint(1, 40)
            match chance.randrange(4):
                case 0:
                    found[place : place + size] = chance.randbytes(size)
                case 1:
                    del found[place : place + size]
                case 2:
                    found[place:place] = found[place : place + size] * chance.randint(1, 5)
                case _:
                    other = chance.choice(seeds)
                    start = chance.randrange(len(other))
                    found[place:place] = other[start : start + size]
        yield bytes(found)


def _with_stream(head: bytes, stream: bytes, contents: bytes = b"4 0 R") -> bytes:
    return assembled(
        [
            _CATALOG,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents " + contents + b" >>",
            b"<< " + head + b" >>\nstream\n" + stream + b"\nendstream",
        ]
    )
