"""A table on a terminal never cuts a word in two where it need not."""

import pytest

from console import framing

CVS = [["cv", "cvs:22e788e587f85022"], ["by", "Head of Procurement, Northwind"], ["positions", "3"]]


def test_every_word_stays_whole_and_the_longest_cell_takes_what_is_left() -> None:
    assert framing.widths(CVS, 100) == [20, 30, 9]
    assert framing.widths(CVS, 60) == [20, 21, 9]


def test_what_does_not_fit_is_not_framed() -> None:
    assert framing.widths(CVS, 50) is None
    assert framing.widths(CVS, 50, edges=1) == [20, 17, 9]
    assert framing.widths(CVS, 40, edges=1) is None


def test_only_very_long_words_are_cut() -> None:
    assert framing.widths([["url", "https://example.org/" + "x" * 200]], 60) == [56]


def test_a_row_that_does_not_fit_is_shown_a_line_a_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    framing.show("CVs", ["cv", "by", "note", "positions"], [[*(column[1] for column in CVS[:2]), "", "3"]], [False] * 4)
    shown = capsys.readouterr().out
    assert "  cv         cvs:22e788e587f85022\n" in shown
    assert "note" not in shown


def test_no_rows_are_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    framing.show("CVs", ["cv"], [], [False])
    assert capsys.readouterr().out == "CVs: none\n"
