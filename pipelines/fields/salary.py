"""Read the salary out of a text: of all amounts the one that is pay; budgets, prices and bonuses are none."""

from metier.fields import Found, Period, Salary
from pipelines.fields import amounts, currency
from pipelines.fields import context as fields_context
from pipelines.fields.amounts import Amount
from pipelines.fields.context import Context, Meaning
from pipelines.fields.reading import Reading

# Amounts that one believes, in euros or what makes about one: below are bonuses and prices, above budgets.
_BELIEVED = {
    Period.HOUR: (1.5, 700.0),
    Period.DAY: (8.0, 4_000.0),
    Period.WEEK: (30.0, 12_000.0),
    Period.MONTH: (60.0, 70_000.0),
    Period.YEAR: (700.0, 900_000.0),
}
_YEARLY, _MONTHLY, _HOURLY = (10_000.0, 900_000.0), (350.0, 10_000.0), (6.0, 90.0)
_SMALL, _MONTHLY_IN_SMALL = 12, 2_500.0  # where wages are low, as much as a month's here may be a year's there
_FEW_WORDS = 8  # in the line of a range that nothing else explains


def salary(readings: list[Reading], *, country: str = "", language: str = "") -> Found[Salary] | None:
    """Return the best supported salary of these texts, the first of several alike."""
    best: tuple[int, Found[Salary]] | None = None
    for reading in readings:
        for amount in amounts.amounts(reading, country=country, language=language):
            support, found = _weighed(reading, amount)
            if found and (best is None or support > best[0]):
                best = support, found
    return best[1] if best else None


def _weighed(reading: Reading, amount: Amount) -> tuple[int, Found[Salary] | None]:
    """Return how well an amount is supported as pay, and what it then is."""
    context = fields_context.around(reading.plain, amount.start, amount.end)
    ranges = amount.low != amount.high
    if context.pay is False:
        return 0, None
    title = reading.where == "title"
    own_line = (ranges or amount.thousands) and context.words <= _FEW_WORDS
    if not (context.pay or context.period or title or own_line):
        return 0, None
    period = context.period or assumed(amount.low, amount.high, amount.currency.code)
    if period is None and context.pay:
        period = _hourly(amount)
    if period is None or not _believed(amount, period):
        return 0, None
    low, high = _ends(amount, context)
    stated = context.period is not None
    value = Salary(amount.currency.code, low, high, period, stated=stated, payments=context.payments)
    support = 3 * (context.pay is True) + 3 * stated + ranges + title
    return support, Found(value, reading.evidence(amount.start, max(amount.end, context.end)))


def _ends(amount: Amount, context: Context) -> tuple[float | None, float | None]:
    if amount.low == amount.high and context.bound is Meaning.FROM:
        return amount.low, None
    if amount.low == amount.high and context.bound is Meaning.TO:
        return None, amount.high
    return amount.low, amount.high


def assumed(low: float, high: float, code: str) -> Period | None:
    """Return the period that the size of an amount in this currency suggests: a month or a year."""
    size = currency.table().size(code)
    if low / size >= _YEARLY[0] and high / size <= _YEARLY[1]:
        return Period.YEAR
    most = _MONTHLY[1] if size < _SMALL else _MONTHLY_IN_SMALL
    return Period.MONTH if low / size >= _MONTHLY[0] and high / size < most else None


def _hourly(amount: Amount) -> Period | None:
    low, high = amount.low / amount.currency.size, amount.high / amount.currency.size
    return Period.HOUR if low >= _HOURLY[0] and high <= _HOURLY[1] else None


def _believed(amount: Amount, period: Period) -> bool:
    least, most = _BELIEVED[period]
    return least <= amount.low / amount.currency.size and amount.high / amount.currency.size <= most
