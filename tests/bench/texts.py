"""Made-up texts to measure with: always the same, no two alike, as long as real ones."""

from random import Random

from metier.types import Kind, Posting

_LEVELS = (
    "Senior", "Junior", "Lead", "Principal", "Assistant", "Deputy", "Head", "Interim", "Regional", "Associate", "Chief",
    "Trainee", "Leitende", "Stellvertretende", "Responsable",
)  # fmt: skip
_ROLES = (
    "Nurse", "Accountant", "Software Engineer", "Driver", "Project Manager", "Teacher", "Electrician", "Data Analyst",
    "Sales Manager", "Chef", "Architect", "Pharmacist", "Logistics Officer", "Recruiter", "Buyer", "Controller",
    "Welder", "Carpenter", "Sachbearbeiter", "Einkäufer", "Vertriebsleiter", "Krankenpflegerin", "Buchhalterin",
    "Comptable", "Chargé de projet", "Ingénieur", "Infirmière", "Contabile", "Receptionist", "Consultant", "Translator",
    "Surveyor", "Midwife", "Dispatcher", "Programme Officer", "Scientist", "Designer", "Technician", "Auditor", "Clerk",
)  # fmt: skip
_KINDS = (
    "Clinical", "Technical", "Financial", "Digital", "Industrial", "Legal", "Medical", "Rural", "Urban", "Marine",
    "Nuclear", "Chemical", "Mobile", "Data", "Field", "Office", "Export", "Travel", "Energy", "Solar", "Steel",
    "Paper", "Glass", "Wood", "Food", "Wine", "Fashion", "Sports", "Music", "Film", "Game", "Network", "Security",
    "Cloud", "Mail", "Rail", "Road", "Air", "Harbour", "Forest", "Garden", "School", "College", "Museum", "Library",
    "Hotel", "Kitchen", "Laundry", "Night", "Key Account", "Product", "Brand", "Event", "Fleet", "Tax", "Credit",
    "Claims", "Grants", "Policy", "Safety", "Quality", "Process", "Plant", "Tool", "Laser", "Dental", "Surgical",
    "Veterinary", "Social", "Youth", "Family", "Community", "Municipal", "Federal", "Global", "Local", "Export Control",
)  # fmt: skip
_FIELDS = (
    "Paediatrics", "Payments", "Heavy Goods", "Offshore Wind", "Mathematics", "Customer Insights", "Pastry", "Oncology",
    "Humanitarian Aid", "Payroll", "Rail Freight", "Textiles", "Nuclear Safety", "Public Health", "Cold Chain",
    "Procurement", "Insurance", "Real Estate", "Automotive", "Dairy", "Night Shift", "Water and Sanitation", "Cloud",
    "Maschinenbau", "Medizintechnik", "Außendienst", "Ressources humaines", "Grands comptes", "Food Security", "Retail",
)  # fmt: skip
_PLACES = (
    "Berlin", "Lyon", "Zürich", "Nairobi", "Oslo", "Leeds", "Porto", "Graz", "Gdańsk", "Turin", "Ghent", "Malmö",
    "Remote", "Basel", "Utrecht", "Sevilla", "Geneva", "Cork", "Brno", "Aarhus", "Amman", "Lagos", "Dhaka", "Bern",
)  # fmt: skip
_SUBJECTS = (
    "The team", "You", "Our clinic", "The successful candidate", "This position", "The department", "Our customers",
    "The country office", "A small group of colleagues", "The night shift", "Our partners", "The head of unit",
)  # fmt: skip
_VERBS = (
    "coordinates", "will plan", "reports on", "supervises", "maintains", "negotiates", "documents", "evaluates",
    "is responsible for", "carries out", "supports", "improves", "audits", "prepares", "monitors", "delivers",
)  # fmt: skip
_OBJECTS = (
    "weekly deliveries", "the treatment of patients", "contracts with suppliers", "training for new staff",
    "the annual budget", "field visits", "quality checks", "software releases", "safety inspections",
    "monthly accounts", "donor reports", "the care of machines", "tender documents", "data from surveys",
    "shift rosters", "relations with authorities", "stock levels", "lesson plans",
)  # fmt: skip
_MANNERS = (
    "in close exchange with the regional office", "with care and at short notice", "in three languages",
    "according to the standards of the house", "together with two interns", "under the guidance of a supervisor",
    "for sites all over the country", "as agreed with the works council", "within the first six months",
    "with modern tools", "on site and remotely", "as part of a growing unit",
)  # fmt: skip
_SENTENCES = 36
"""So many sentences are more tokens than the bundled encoder reads."""


def titles(count: int, *, seed: int = 1) -> list[str]:
    """Return so many different titles."""
    random, found = Random(seed), dict[str, None]()
    while len(found) < count:
        found[_title(random)] = None
    return list(found)


def bodies(count: int, *, seed: int = 1) -> list[str]:
    """Return so many different texts of far more than 256 tokens."""
    random, found = Random(seed), dict[str, None]()
    while len(found) < count:
        found[" ".join(_sentence(random) for _ in range(_SENTENCES))] = None
    return list(found)


def of_titles(count: int, *, source: str, seed: int = 1) -> list[Posting]:
    """Return CV titles of this source."""
    return [Posting(source, str(n), title, kind=Kind.TITLE) for n, title in enumerate(titles(count, seed=seed))]


def of_postings(count: int, *, source: str, seed: int = 1) -> list[Posting]:
    """Return postings with bodies of this source."""
    pairs = zip(titles(count, seed=seed), bodies(count, seed=seed), strict=True)
    return [Posting(source, str(n), title, body=body) for n, (title, body) in enumerate(pairs)]


def _title(random: Random) -> str:
    level, kind, role = (random.choice(some) for some in (_LEVELS, _KINDS, _ROLES))
    field, place = random.choice(_FIELDS), random.choice(_PLACES)
    shapes = (f"{level} {kind} {role}", f"{kind} {role} {place}", f"{level} {role}, {field}", f"{kind} {role} (m/w/d)")
    return random.choice(shapes)


def _sentence(random: Random) -> str:
    parts = (random.choice(some) for some in (_SUBJECTS, _VERBS, _OBJECTS, _MANNERS))
    return f"{' '.join(parts)}."
