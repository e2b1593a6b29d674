"""Made-up pairs of postings with the answer whether they are about one job: always the same ones, no two alike.

What makes it hard is what makes it hard outside: an employer puts the same long words about itself, its benefits and
equal chances into every posting, and each board puts its own around them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from metier.types import Posting

_ROLES = (
    ("Data Engineer", ("pipelines", "warehouses", "Spark jobs", "schemas", "streaming topics", "data contracts")),
    ("Staff Nurse", ("patients", "medication rounds", "wound care", "night shifts", "admissions", "care plans")),
    ("Logistics Officer", ("fleet", "warehouse stock", "customs papers", "convoys", "fuel records", "waybills")),
    ("Key Account Manager", ("major clients", "renewals", "tenders", "price lists", "forecasts", "joint plans")),
    ("Payroll Accountant", ("pay runs", "tax filings", "reconciliations", "pension schemes", "ledgers", "audits")),
    ("Electrician", ("switchboards", "cable trays", "test certificates", "lighting", "drawings", "fault finding")),
    ("Product Designer", ("prototypes", "interviews", "design systems", "journeys", "usability tests", "icons")),
    ("Primary Teacher", ("lessons", "reading groups", "reports to parents", "playground duty", "exams", "projects")),
    ("Frontend Developer", ("components", "accessibility", "bundles", "routing", "browser tests", "forms")),
    ("Site Manager", ("subcontractors", "scaffolds", "concrete works", "programmes", "safety walks", "handover")),
)  # fmt: skip
_FIRST = ("You look after", "You are responsible for", "Your days are about", "We trust you with", "You improve")
_HOW = (
    "together with {n} colleagues of the {place} unit", "in close touch with our {place} partners",
    "and report on them every {n} weeks", "for {n} sites around {place}", "with tools of your choice",
    "and train {n} newcomers in it a year", "under the eyes of demanding customers from {place}",
)  # fmt: skip
_ASKS = (
    "at least {n} years of practice in a similar post", "a degree or a trade certificate that fits",
    "fluent English and one more language", "a driving licence and patience on long roads",
    "calm in the face of {n} deadlines at once", "the habit of writing things down for others",
    "curiosity about how {place} works", "references from {n} former employers",
)  # fmt: skip
_NAMES = (
    "Alderbrook", "Nordwind", "Calanda", "Brightwater", "Montclair", "Tamarisk", "Ferngrove", "Kestrel", "Lindenhof",
    "Ostara", "Pinecrest", "Quarry Lane", "Riverside", "Solstice", "Thornhill", "Umbria", "Valemont", "Westerly",
)  # fmt: skip
_WHAT = ("Systems", "Health", "Relief", "Foods", "Energy", "Schools", "Works", "Studio")
_PLACES = ("Leeds", "Lyon", "Basel", "Nairobi", "Ghent", "Porto", "Graz", "Turin", "Cork", "Malmö", "Oslo", "Amman")
_ABOUT = (
    "{company} was founded in {year} and has {n}00 people in {place}, {other} and {third}.",
    "We believe that good work needs time, trust and a decent kitchen.",
    "Our customers have stayed with us for {n} years on average, which says more than any award.",
    "We offer {n}0 days of holiday, a pension plan, health insurance and a budget for courses.",
    "Families are welcome: there is a nursery in {other} and part of the week can be worked from home by arrangement.",
    "{company} welcomes applications from everyone, whatever their age, origin, belief, disability or identity.",
    "All appointments depend on references and on the right to work in the country.",
)  # fmt: skip
_BOARD = (
    "Seen on our board: thousands of new openings every day, hand-picked for you by our editors in {place}.",
    "Create a free account to save this opening, to be told of similar ones and to apply in one click.",
    "Never pay for an application and report anything that looks odd to our support desk within {n} days.",
)  # fmt: skip
_GERMAN = (
    "Sie kümmern sich um {n} Standorte und stimmen sich eng mit dem Team in {place} ab.",
    "Zu Ihren Aufgaben gehören die Planung, die Abrechnung und die Betreuung unserer Kundschaft.",
    "Sie bringen mindestens {n} Jahre Erfahrung, Geduld und Freude am Umgang mit Menschen mit.",
    "Wir bieten {n}0 Tage Urlaub, eine betriebliche Altersvorsorge und flexible Arbeitszeiten.",
    "Bitte bewerben Sie sich mit Lebenslauf und Zeugnissen bei unserer Personalabteilung in {place}.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two postings, how the second was made, and whether they are about one job."""

    how: str
    one: Posting
    other: Posting
    same: bool


def pairs(each: int, *, seed: int = 7) -> Iterator[Pair]:
    """Yield so many pairs of each kind."""
    random = Random(seed)
    for number in range(each):
        for how, (make, same) in _KINDS.items():
            one = _posting(random, f"{how}-{number}")
            made = make(random, one)
            other = replace(made, key=f"{one.key}-other", url=f"https://board.example/{how}/{number}")
            yield Pair(how, one, other, same)


def _posting(random: Random, key: str) -> Posting:
    title, things = random.choice(_ROLES)
    level = random.choice(("", "", "Senior ", "Junior "))
    company = f"{random.choice(_NAMES)} {random.choice(_WHAT)}"
    body = "\n".join([*_about(random, company), *_duties(random, things)])
    return Posting("board-a", key, f"{level}{title}", body=body, company=company, location=random.choice(_PLACES))


def _duties(random: Random, things: tuple[str, ...]) -> list[str]:
    lines = [
        _filled(random, f"{random.choice(_FIRST)} {thing} {random.choice(_HOW)}, {random.choice(_HOW)}.")
        for thing in random.sample(things, len(things))
    ]
    asked = [_filled(random, f"You bring {ask}.") for ask in random.sample(_ASKS, 4)]
    return lines + asked


def _about(random: Random, company: str) -> list[str]:
    return [_filled(random, line).replace("{company}", company) for line in _ABOUT]


def _filled(random: Random, line: str) -> str:
    place, other, third = random.sample(_PLACES, 3)
    values = {"n": random.randint(2, 9), "year": random.randint(1880, 2020), "place": place, "other": other}
    for name, value in {**values, "third": third}.items():
        line = line.replace(f"{{{name}}}", str(value))
    return line


def _dated(random: Random, one: Posting) -> Posting:
    return replace(one, body=f"Posted on {random.randint(1, 28)} May 2026.\n{one.body}\nApply until 3 June 2026.")


def _on_another_board(random: Random, one: Posting) -> Posting:
    around = [_filled(random, line) for line in _BOARD]
    body = "\n".join([around[0], one.body, *around[1:]])
    spelt = random.choice(("{} GmbH", "{} Ltd.", "The {} Group", "{}"))
    title = random.choice(("{} (m/w/d)", "{} - {place}", "{} | Remote", "{}")).format(one.title, place=one.location)
    place = f"{one.location}, {random.choice(('Region North', 'City'))}"
    return replace(one, source="board-b", body=body, title=title, company=spelt.format(one.company), location=place)


def _paid(random: Random, one: Posting) -> Posting:
    lines = one.body.split("\n")
    lines.insert(random.randint(0, len(lines)), f"Salary: EUR {random.randint(40, 90)},000 a year plus bonus.")
    return replace(one, body="\n".join(lines))


def _cut_off(random: Random, one: Posting) -> Posting:
    lines = one.body.split("\n")
    kept = "\n".join(lines[: len(lines) * 3 // 4])
    return replace(one, source="board-d", body=f"{kept}\nRead more on the page of {one.company}.")


def _without_company(random: Random, one: Posting) -> Posting:
    return replace(one, source="board-c", company="", location="", body=f"{one.body}\nApply now!")


def _role(random: Random, one: Posting) -> tuple[str, tuple[str, ...]]:
    return random.choice([role for role in _ROLES if role[0] not in one.title])


def _other_role(random: Random, one: Posting) -> Posting:
    title, things = _role(random, one)
    kept = one.body.split("\n")[: len(_ABOUT)]
    return replace(one, source="board-b", title=title, body="\n".join([*kept, *_duties(random, things)]))


def _only_the_title(random: Random, one: Posting) -> Posting:
    """Return what careless employers post: another role under the very same text."""
    return replace(one, source="board-b", title=_role(random, one)[0])


def _other_level(random: Random, one: Posting) -> Posting:
    plain = one.title.removeprefix("Senior ").removeprefix("Junior ")
    return replace(one, source="board-b", title=plain if plain != one.title else f"Senior {plain}")


def _elsewhere(random: Random, one: Posting) -> Posting:
    return replace(one, location=random.choice([place for place in _PLACES if place != one.location]))


def _other_employer(random: Random, one: Posting) -> Posting:
    company = random.choice([name for name in _NAMES if name not in one.company]) + " Partners"
    return replace(one, source="board-b", company=company)


def _translated(random: Random, one: Posting) -> Posting:
    body = "\n".join(_filled(random, line) for line in _GERMAN)
    return replace(one, source="board-b", body=f"{one.company}\n{body}")


def _unrelated(random: Random, one: Posting) -> Posting:
    return replace(_posting(random, one.key), source="board-b")


def _second_opening(random: Random, one: Posting) -> Posting:
    things = next(things for title, things in _ROLES if title in one.title)
    kept = one.body.split("\n")[: len(_ABOUT)]
    return replace(one, body="\n".join([*kept, *_duties(random, things)]))


_KINDS: dict[str, tuple[Callable[[Random, Posting], Posting], bool]] = {
    "the same again with other dates": (_dated, True),
    "on another board, with its words around it": (_on_another_board, True),
    "with a line of salary": (_paid, True),
    "the first three quarters on another board": (_cut_off, True),
    "on a board that names no employer": (_without_company, True),
    "another role of the employer": (_other_role, False),
    "another role under the same text": (_only_the_title, False),
    "another level": (_other_level, False),
    "the same opening in another town": (_elsewhere, False),
    "another employer with the same text": (_other_employer, False),
    "a translation": (_translated, False),
    "something else": (_unrelated, False),
    "a second opening of the employer": (_second_opening, False),
}
