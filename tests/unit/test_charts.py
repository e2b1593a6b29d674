"""Charts hold what they show, in numbers that a person can check, and escape every text."""

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from console import charts, drawing
from pipelines.evaluation.scores import Bin, Point

NASTY = '<b onload="x">&'


def parsed(chart: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(chart)  # noqa: S314  drawn here


def told(chart: Markup) -> list[str]:
    return [element.text or "" for element in parsed(chart).iter() if element.tag in {"text", "title"}]


def test_every_text_is_escaped() -> None:
    chart = charts.confusion([NASTY, "b"], [[3, 1], [0, 2]])
    assert NASTY in told(chart)
    assert NASTY not in chart
    assert drawing.element("text", [NASTY], kind=NASTY).count("<") == 2


def test_a_confusion_matrix_shows_every_count_and_its_share_of_the_row() -> None:
    said = told(charts.confusion(["a", "b"], [[3, 1], [0, 2]]))
    assert {"3", "1", "2"} <= set(said)
    assert "right: a, given: b: 1 (25% of the row)" in said


def test_a_long_taxonomy_shows_its_frequent_labels_and_gathers_the_rest() -> None:
    size = 40
    table = [[10 * (row == column and row < 20) + (row == column) for column in range(size)] for row in range(size)]
    names, counts = charts._gathered([f"l{at}" for at in range(size)], table)
    assert len(names) == 25
    assert names[-1] == "others"
    assert sum(map(sum, counts)) == sum(map(sum, table))


def test_a_reliable_score_lies_on_the_diagonal() -> None:
    chart = parsed(charts.reliability([Bin(10, 0.5, 0.5), Bin(90, 0.9, 0.7)]))
    first, second = (element for element in chart.iter("circle"))
    left, floor = charts._at(0, 0)
    assert float(first.attrib["cx"]) - left == pytest.approx(floor - float(first.attrib["cy"]))
    assert float(second.attrib["cy"]) > charts._at(0.9, 0.9)[1]  # less often right than it says
    assert float(second.attrib["r"]) > float(first.attrib["r"])


def test_the_threshold_is_marked_on_the_curve() -> None:
    points = [Point(0.9, 0.2, 0.0), Point(0.7, 0.6, 0.05), Point(0.3, 1.0, 0.2)]
    chart = charts.risk_coverage(points, 0.95, 0.7)
    assert "score from 0.700: keeps 0.600, wrong 0.050" in told(chart)
    assert "circle" not in charts.risk_coverage(points, 0.95, None)


def test_charts_of_nothing_are_drawn() -> None:
    assert parsed(charts.reliability([])).tag == "svg"
    assert parsed(charts.risk_coverage([], 0.95, None)).tag == "svg"
    assert charts.interval(float("nan"), float("nan"), float("nan")) == ""
    assert re.search(r'aria-label="0.500, from 0.400 to 0.600"', charts.interval(0.4, 0.5, 0.6))
