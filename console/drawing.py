"""The elements of SVG that charts are drawn with; every text and attribute is escaped."""

from collections.abc import Iterable

from markupsafe import Markup

Value = str | int | float


def element(name: str, inside: Iterable[Markup | str] = (), /, **attributes: Value) -> Markup:
    """Return an element; `kind` is its class, and an underscore in a name stands for a hyphen."""
    named = {"class" if key == "kind" else key.replace("_", "-"): value for key, value in attributes.items()}
    written = Markup("").join(Markup(' {}="{}"').format(key, _short(value)) for key, value in named.items())
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(inside))


def svg(title: str, marks: Iterable[Markup], *, width: int, height: int) -> Markup:
    """Return a drawing that says in words what it shows."""
    box = f"0 0 {width} {height}"
    return element("svg", marks, viewBox=box, width=width, height=height, role="img", aria_label=title)


def line(kind: str, first: tuple[float, float], last: tuple[float, float]) -> Markup:
    """Return a straight line."""
    return element("line", kind=kind, x1=first[0], y1=first[1], x2=last[0], y2=last[1])


def path(kind: str, points: Iterable[tuple[float, float]]) -> Markup:
    """Return a line through points."""
    return element("polyline", kind=kind, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def dot(place: tuple[float, float], radius: float, told: str) -> Markup:
    """Return a dot that tells more when it is pointed at."""
    return element("circle", [element("title", [told])], kind="dot", cx=place[0], cy=place[1], r=radius)


def text(words: str, place: tuple[float, float], *, kind: str = "", turned: int = 0) -> Markup:
    """Return words at a place, turned by so many degrees."""
    x, y = place
    if turned:
        return element("text", [words], kind=kind, x=x, y=y, transform=f"rotate({turned} {x:g} {y:g})")
    return element("text", [words], kind=kind, x=x, y=y)


def _short(value: Value) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
