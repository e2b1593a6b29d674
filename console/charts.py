"""The charts of a measurement, drawn as SVG here: no script and nothing to fetch; a style sheet gives the colours."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from console.drawing import dot, element, line, path, svg, text
from pipelines.evaluation.scores import Bin, Point

_SIDE = 300  # of a plot
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 14, 16, 46
_CELL = 40
_LETTER = 7  # how wide one is, about
_MOST = 24  # labels in a confusion matrix; the others are taken together


def reliability(bins: Sequence[Bin]) -> Markup:
    """Draw how often answers of a score are right; on the diagonal, scores are probabilities."""
    most = max((one.answers for one in bins), default=1)
    marks = [line("ideal", _at(0, 0), _at(1, 1)), path("line", (_at(one.score, one.right) for one in bins))]
    for one in bins:
        told = f"{one.answers:,} answers, mean score {one.score:.2f}, right {one.right:.2f}"
        marks.append(dot(_at(one.score, one.right), 3 + 6 * math.sqrt(one.answers / most), told))
    return _plot("Reliability: share of right answers by score", ("score", "right"), 1.0, marks)


def risk_coverage(points: Sequence[Point], wished: float, threshold: float | None) -> Markup:
    """Draw how often answers are wrong as more of them are kept, the surest first."""
    top = _round_up(max([point.risk for point in points[len(points) // 20 :]] + [1 - wished]))
    level = (1 - wished) / top
    shown = [_at(point.coverage, min(1.0, point.risk / top)) for point in points]
    marks = [line("ideal", _at(0, level), _at(1, level)), path("line", shown)]
    kept = [point for point in points if threshold is not None and point.threshold >= threshold]
    if kept:
        last = kept[-1]
        told = f"score from {last.threshold:.3f}: keeps {last.coverage:.3f}, wrong {last.risk:.3f}"
        marks.append(dot(_at(last.coverage, last.risk / top), 5, told))
    return _plot("Risk and coverage: share of wrong answers among those kept", ("kept", "wrong"), top, marks)


def confusion(codes: Sequence[str], table: Sequence[Sequence[int]]) -> Markup:
    """Draw which labels are given where which are right; the darker, the larger the share of its row."""
    names, counts = _gathered(codes, table)
    longest = max(map(len, names))
    left, top, slant = 12 + _LETTER * longest, 24 + 5 * longest, 5 * longest
    marks: list[Markup] = []
    for row, name in enumerate(names):
        y = top + row * _CELL
        marks.append(text(name, (left - 8, y + _CELL / 2 + 4), kind="end"))
        marks.append(text(name, (left + row * _CELL + _CELL / 2, top - 8), turned=-45))
        for column, count in enumerate(counts[row]):
            told = f"right: {name}, given: {names[column]}: {count:,}"
            kind = "hit" if row == column else "miss"
            marks += _cell(kind, (left + column * _CELL, y), count, sum(counts[row]), told)
    size = len(names) * _CELL
    title = "Confusion matrix: a row is what is right, a column what was given"
    return svg(title, marks, width=left + size + slant, height=top + size + 8)


def interval(low: float, value: float, high: float) -> Markup:
    """Draw a figure between 0 and 1 with its interval, small enough for a cell of a table."""
    if math.isnan(value):
        return Markup("")
    told = f"{value:.3f}, from {low:.3f} to {high:.3f}"
    span = line("span", (120 * low, 8), (120 * high, 8))
    return svg(told, [line("axis", (0, 8), (120, 8)), span, dot((120 * value, 8), 3.5, told)], width=120, height=16)


def _plot(title: str, axes: tuple[str, str], top: float, marks: Iterable[Markup]) -> Markup:
    across, up = axes
    drawn: list[Markup] = []
    for step in range(6):
        x, y = _at(step / 5, step / 5)
        drawn += [
            line("grid", (_LEFT, y), (_LEFT + _SIDE, y)),
            text(f"{top * step / 5:.3g}", (_LEFT - 8, y + 4), kind="end"),
            text(f"{step / 5:.1f}", (x, _TOP + _SIDE + 18), kind="mid"),
        ]
    drawn.append(text(across, (_LEFT + _SIDE / 2, _TOP + _SIDE + 38), kind="mid name"))
    drawn.append(text(up, (14, _TOP + _SIDE / 2), kind="mid name", turned=-90))
    return svg(title, [*drawn, *marks], width=_LEFT + _SIDE + _RIGHT, height=_TOP + _SIDE + _BOTTOM)


def _cell(kind: str, place: tuple[float, float], count: int, whole: int, told: str) -> list[Markup]:
    x, y = place
    share = count / max(1, whole)
    said = element("title", [f"{told} ({share:.0%} of the row)"])
    size = _CELL - 2
    shade = share**0.6  # so that a few in a hundred are seen
    box = element("rect", [said], kind=kind, x=x + 1, y=y + 1, width=size, height=size, fill_opacity=shade)
    number = text(str(count), (x + _CELL / 2, y + _CELL / 2 + 4), kind="mid strong" if share > 0.45 else "mid")
    return [box, number] if count else [box]


def _at(across: float, up: float) -> tuple[float, float]:
    """Return where a point of the unit square lies in a plot."""
    return _LEFT + across * _SIDE, _TOP + (1 - up) * _SIDE


def _round_up(risk: float) -> float:
    """Return an end for the axis of risks that five ticks part evenly."""
    return next(end for end in (0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if end >= min(1.0, risk) - 1e-9)


def _gathered(codes: Sequence[str], table: Sequence[Sequence[int]]) -> tuple[list[str], list[list[int]]]:
    """Return the labels that occur most, and their table; what is left of a long taxonomy is one row and column."""
    often = sorted(range(len(codes)), key=lambda at: -sum(table[at]) - sum(row[at] for row in table))
    shown = sorted(often[:_MOST])
    names = [codes[at] for at in shown] + (["others"] if len(codes) > len(shown) else [])
    place = {at: number for number, at in enumerate(shown)}
    counts = [[0] * len(names) for _ in names]
    for row, cells in enumerate(table):
        for column, count in enumerate(cells):
            if count:
                counts[place.get(row, len(names) - 1)][place.get(column, len(names) - 1)] += count
    return names, counts
