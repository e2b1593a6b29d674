"""HTML of others: parsed where it is no bomb, and turned into the lines of text that a person would see."""

import re
from typing import TYPE_CHECKING

from metier.errors import Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

SIZE = 8 * 2**20
"""Characters of a page; real ones have a tenth of it."""
DEPTH = 400
"""The parser takes time by the square of the depth: 200,000 tags inside each other keep it busy for minutes."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>]*(/)>)?")
_NEVER_CLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "option",
    ]
)
_UNSEEN = ("script", "style", "noscript", "template", "svg", "button", "head")
_BREAKS = dict.fromkeys(
    [
        "address",
        "article",
        "blockquote",
        "dl",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ],
    "\n\n",
)
_BREAKS |= dict.fromkeys(["aside", "dd", "div", "dt", "figure", "footer", "header", "nav", "td", "th", "tr"], "\n")
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]*\n[ \t\r\f\v\xa0]*")
_MANY = re.compile(r"\n{3,}")


def parsed(html: str, name: str) -> "LexborHTMLParser":
    """Return the page as a tree, or raise Rejected where it is too large or nests too deep."""
    from selectolax.lexbor import LexborHTMLParser

    if len(html) > SIZE:
        raise Rejected(f"{name}: a page of {len(html):,} characters is not read, at most {SIZE:,} are")
    if _depth(html) > DEPTH:
        raise Rejected(f"{name}: the page nests more than {DEPTH} elements; it is not read")
    return LexborHTMLParser(html)


def text(node: "LexborNode") -> str:
    """Return what a person reads in this element: paragraphs as lines, items of a list with a dash."""
    for unseen in node.css(", ".join(_UNSEEN)):
        unseen.decompose()
    pieces: list[str] = []
    _collect(node, pieces)
    lines = _BLANKS.sub("\n", re.sub(r"[ \t\xa0]+", " ", "".join(pieces)))
    return _MANY.sub("\n\n", lines).strip()


def _collect(node: "LexborNode", pieces: list[str]) -> None:
    for child in node.iter(include_text=True):
        if child.is_text_node:
            pieces.append(re.sub(r"\s+", " ", child.text_content or ""))
        elif child.tag == "li":
            pieces.append("\n- ")
            _collect(child, pieces)
        elif child.tag == "br":
            pieces.append("\n")
        else:
            around = _BREAKS.get(child.tag or "", "")
            pieces.append(around)
            _collect(child, pieces)
            pieces.append(around)


def _depth(html: str) -> int:
    deepest = depth = 0
    for close, tag, alone in _TAG.findall(html):
        if alone or tag.lower() in _NEVER_CLOSED:
            continue
        depth = max(0, depth - 1) if close else depth + 1
        deepest = max(deepest, depth)
    return deepest
