"""Read the structured fields of a posting out of its text, by rules and tables; each value with its evidence."""

from metier.fields import Fields
from pipelines.fields import closing, employment, reading, salary, workplace
from pipelines.fields import country as fields_country
from pipelines.fields import language as fields_language
from pipelines.fields.reading import Reading


def read(title: str, body: str, *, location: str = "", country: str = "", language: str = "") -> Fields:
    """Return what the texts of one posting say; country and language, where given, are believed."""
    readings = [reading.read("title", title), reading.read("body", body)]
    return of(readings, location=location, country=country, language=language)


def of(readings: list[Reading], *, location: str = "", country: str = "", language: str = "") -> Fields:
    """Return what title and body say, as `read` does, where they are prepared already."""
    spoken = fields_language.language(language, readings)
    place = fields_country.country(country, location, readings)
    code, tongue = place.value if place else "", spoken.value if spoken else ""
    placed = [*readings, reading.read("location", location)] if location else readings
    return Fields(
        salary=salary.salary(readings, country=code, language=tongue),
        remote=workplace.workplace(placed),
        employment=employment.employment(readings),
        language=spoken,
        closing=closing.closing(readings, country=code),
        country=place,
    )
