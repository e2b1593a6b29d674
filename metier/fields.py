"""The structured fields of a posting: salary, workplace, employment, language, dates, place; with evidence."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")

HOURS, DAYS, WEEKS, MONTHS = 2080, 260, 52, 12  # in a year of full-time work; see decision record 0008


class Period(StrEnum):
    """For how much work an amount is paid."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Remote(StrEnum):
    """Where the work is done."""

    REMOTE = "remote"
    HYBRID = "hybrid"
    ONSITE = "onsite"


class Employment(StrEnum):
    """On what terms one is employed; several may hold at once (a temporary part-time post)."""

    FULL_TIME = "full-time"
    PART_TIME = "part-time"
    CONTRACT = "contract"
    INTERNSHIP = "internship"
    VOLUNTEER = "volunteer"
    CONSULTANCY = "consultancy"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that say so, and where they stand: `words == text[start:end]` of the text that `where` names."""

    where: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value and its evidence."""

    value: T
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Salary:
    """What is paid for a period; "from 45,000" has no high, "up to 45,000" no low, one exact amount is both."""

    currency: str
    low: float | None
    high: float | None
    period: Period
    stated: bool = True
    """Whether the text names the period; else it follows from the size of the amount."""
    payments: int = MONTHS
    """How many months' pay a year has; only a text that says so makes it 13 or more."""

    @property
    def yearly_low(self) -> float | None:
        """Return the low end for a year of full-time work."""
        return _yearly(self.low, self.factor)

    @property
    def yearly_high(self) -> float | None:
        """Return the high end for a year of full-time work."""
        return _yearly(self.high, self.factor)

    @property
    def factor(self) -> int:
        """Return how many of these periods are paid in a year."""
        return {
            Period.HOUR: HOURS,
            Period.DAY: DAYS,
            Period.WEEK: WEEKS,
            Period.MONTH: self.payments,
            Period.YEAR: 1,
        }[self.period]


@dataclass(frozen=True, slots=True)
class Fields:
    """All that was read; a field that nothing speaks of is None or empty."""

    salary: Found[Salary] | None = None
    remote: Found[Remote] | None = None
    employment: tuple[Found[Employment], ...] = ()
    language: Found[str] | None = None
    closing: Found[date] | None = None
    country: Found[str] | None = None

    def over(self, other: "Fields") -> "Fields":
        """Return these fields, and those of the other where these say nothing."""
        return Fields(
            salary=self.salary or other.salary,
            remote=self.remote or other.remote,
            employment=self.employment or other.employment,
            language=self.language or other.language,
            closing=self.closing or other.closing,
            country=self.country or other.country,
        )


@dataclass(frozen=True, slots=True)
class Pay:
    """A salary as it is kept and shown."""

    currency: str
    low: float | None
    high: float | None
    period: str
    stated: bool
    yearly_low: float | None
    yearly_high: float | None


@dataclass(frozen=True, slots=True)
class Known:
    """The fields of one posting as they are shown, without their evidence."""

    salary: Pay | None = None
    remote: str = ""
    employment: tuple[str, ...] = ()
    language: str = ""
    closing: date | None = None
    country: str = ""


def known(fields: Fields) -> Known:
    """Return fields without their evidence."""
    pay = fields.salary.value if fields.salary else None
    return Known(
        Pay(pay.currency, pay.low, pay.high, pay.period.value, pay.stated, pay.yearly_low, pay.yearly_high)
        if pay
        else None,
        fields.remote.value.value if fields.remote else "",
        tuple(one.value.value for one in fields.employment),
        fields.language.value if fields.language else "",
        fields.closing.value if fields.closing else None,
        fields.country.value if fields.country else "",
    )


def _yearly(amount: float | None, factor: int) -> float | None:
    return None if amount is None else round(amount * factor, 2)
