"""From HTML to text: scripts are left out, paragraphs and lists stay; HTML that only means harm is rejected."""

import re
from typing import TYPE_CHECKING, Any

from metier.errors import Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

LARGEST = 2 * 2**20
"""Characters of HTML that are read at once."""
DEEPEST = 500
"""How deep elements may stand in each other: the time that a parser needs grows by the square of it."""
_SUSPECT = 2_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>]*(/)>)?")
_SHUT_BY_THEMSELVES = frozenset(
    (
        "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
        "param", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr",
    )
)  # fmt: skip
_WITHOUT_TEXT = "script,style,noscript,template,iframe,object,svg,head,title,form,button"
_BLOCKS = "p,div,section,article,header,footer,ul,ol,dl,dt,dd,table,tr,blockquote,pre,h1,h2,h3,h4,h5,h6,hr"
_LINE, _BREAK, _GAP, _ITEM = "\ue000", "\ue001", "\ue002", "\ue003"
_GAPS = frozenset(("p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article"))


def text_of(html: str) -> str:
    """Return the text of HTML, a line for each block, an empty one between paragraphs, a dash before items."""
    if "<" not in html and "&" not in html:
        return html.strip()
    parser = parsed(html)
    for node in parser.css(_WITHOUT_TEXT):
        node.decompose()
    for node in parser.css("li"):
        node.insert_before(_LINE + _ITEM)
        node.insert_after(_LINE)
    for node in parser.css("br"):
        node.insert_before(_BREAK)
    for node in parser.css(_BLOCKS):
        mark = _GAP if node.tag in _GAPS else _LINE
        node.insert_before(mark)
        node.insert_after(mark)
    body: Any = parser.body or parser.root  # selectolax types are partial
    return "" if body is None else _laid_out(body.text())


def parsed(html: str, *, largest: int = LARGEST) -> "LexborHTMLParser":
    """Parse HTML that is neither too long nor too deep."""
    from selectolax.lexbor import LexborHTMLParser

    if len(html) > largest:
        raise Rejected(f"its HTML has {len(html):,} characters; {largest:,} are read at the most")
    if html.count("<") > _SUSPECT and _depth(html) > DEEPEST:
        raise Rejected(f"its HTML is nested deeper than {DEEPEST} elements")
    return LexborHTMLParser(html.encode("utf-8", "replace"))


def _depth(html: str) -> int:
    """Return how deep elements stand in each other, at the most."""
    opened: dict[str, int] = {}
    depth = deepest = 0
    for end, name, alone in _TAG.findall(html):
        tag = name.lower()
        if alone or tag in _SHUT_BY_THEMSELVES:
            continue
        if not end:
            opened[tag] = opened.get(tag, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened.get(tag):
            opened[tag] -= 1
            depth -= 1
    return deepest


def _laid_out(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    text = re.sub(f"[ {_LINE}{_BREAK}{_GAP}{_ITEM}]*[{_LINE}{_BREAK}{_GAP}{_ITEM}] *", _between, text)
    return text.strip()


def _between(marks: "re.Match[str]") -> str:
    """Return what stands between two pieces of text: a line's end or an empty line, and the dash of an item."""
    found = marks[0]
    before = found.partition(_ITEM)[0]
    gap = _GAP in before or before.count(_BREAK) > 1
    return ("\n\n" if gap else "\n") + ("- " if _ITEM in found else "")
