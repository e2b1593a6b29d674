"""Read the structured fields of a posting out of its text, by rules and tables; each value with its evidence."""

from metier.fields import Fields
from pipelines import (
    fields_closing,
    fields_country,
    fields_employment,
    fields_language,
    fields_reading,
    fields_salary,
    fields_workplace,
)


def read(title: str, body: str, *, location: str = "", country: str = "", language: str = "") -> Fields:
    """Return what the texts of one posting say; country and language, where given, are believed."""
    readings = [fields_reading.read("title", title), fields_reading.read("body", body)]
    spoken = fields_language.language(language, readings)
    place = fields_country.country(country, location, readings)
    code, tongue = place.value if place else "", spoken.value if spoken else ""
    placed = [*readings, fields_reading.read("location", location)] if location else readings
    return Fields(
        salary=fields_salary.salary(readings, country=code, language=tongue),
        remote=fields_workplace.workplace(placed),
        employment=fields_employment.employment(readings),
        language=spoken,
        closing=fields_closing.closing(readings, country=code),
        country=place,
    )
