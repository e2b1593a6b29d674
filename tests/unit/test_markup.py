"""HTML becomes the lines that a person would read, and bombs are seen before they are parsed."""

import pytest

from metier.errors import Rejected
from scheduler.reading import markup


def read(html: str) -> str:
    """Return the text of a page."""
    body = markup.parsed(html, "page").body
    assert body is not None
    return markup.text(body)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("Lines<br>broken<br/>twice", "Lines\nbroken\ntwice"),
        ("<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter"),
        ("an <b>in</b>line <i>mark</i>", "an inline mark"),
        ("many   blanks\n\tfold&nbsp;up", "many blanks fold up"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("<h2>Head</h2><div>text</div><div>more</div>", "Head\n\ntext\n\nmore"),
        ("3 &lt; 4 &amp; <em>5</em>", "3 < 4 & 5"),
    ],
)
def test_text_is_what_a_person_reads(html: str, text: str) -> None:
    assert read(html) == text


@pytest.mark.parametrize("tag", ["div", "b", "svg", "path", "table"])
def test_a_page_nested_without_end_is_refused(tag: str) -> None:
    with pytest.raises(Rejected, match="nests more than 400"):
        markup.parsed(f"<{tag}>" * 5_000, "page")


@pytest.mark.parametrize("tag", ["br", "li", "p", "img", "path d='M0'/"])
def test_many_elements_beside_each_other_are_no_nest(tag: str) -> None:
    assert markup.parsed(f"<{tag}>" * 5_000, "page").body is not None
