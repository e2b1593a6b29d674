"""How the fields of a posting stand in what people and programs read: nested in JSON, in columns in tables."""

from metier.fields import Known

COLUMNS: dict[str, type] = {
    "country": str, "closing": str, "remote": str, "employment": str, "salary_currency": str, "salary_low": float,
    "salary_high": float, "salary_period": str, "salary_yearly_low": float, "salary_yearly_high": float,
}  # fmt: skip


def nested(known: Known) -> dict[str, object]:
    """Return the fields that are known, as JSON."""
    pay = known.salary
    told: dict[str, object] = {
        "salary": pay and {
            "currency": pay.currency, "low": pay.low, "high": pay.high, "period": pay.period, "stated": pay.stated,
            "yearly_low": pay.yearly_low, "yearly_high": pay.yearly_high,
        },
        "remote": known.remote, "employment": list(known.employment), "language": known.language,
        "closing": known.closing.isoformat() if known.closing else None, "country": known.country,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def flat(known: Known) -> dict[str, object]:
    """Return the fields as cells of a row, without the language, which tables have already."""
    pay = known.salary
    cells = (
        known.country or None, known.closing.isoformat() if known.closing else None, known.remote or None,
        "; ".join(known.employment) or None,
        *((pay.currency, pay.low, pay.high, pay.period, pay.yearly_low, pay.yearly_high) if pay else [None] * 6),
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def line(value: object) -> str:
    """Return one field in a line: "EUR 55,000 to 65,000 a year"."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    low, high = value["low"], value["high"]
    ends = {f"{low:,.0f}" if low else "", f"{high:,.0f}" if high else ""}
    amount = f"{low:,.0f} to {high:,.0f}" if low and high and low != high else "".join(ends)
    bound = "from " if low and not high else "up to " if high and not low else ""
    return f"{value['currency']} {bound}{amount} a {value['period']}{'' if value['stated'] else ' (period assumed)'}"


def said(evidence: object) -> str:
    """Return the words that a field was read from, and where they stand."""
    if not isinstance(evidence, dict) or not evidence:
        return ""
    each = [evidence] if "words" in evidence else list(evidence.values())
    return "  <- " + "; ".join(f"{one['where']} {one['start']}: {one['words']!r}" for one in each)
