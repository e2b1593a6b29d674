"""The tables of changing a model: what a run tagged again, candidates beside the champion, drift by month."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

from storage.tables import BIG


class RetaggedRow(SQLModel, table=True):
    """A taxonomy of a posting whose tags a run replaced; `undone_by` is the run that brought the old ones back."""

    __tablename__ = "retagged"
    __table_args__ = (
        Index("retagged_posting", "posting_id"),
        Index("retagged_open", "run_id", "posting_id", sqlite_where=text("undone_by IS NULL"),
              postgresql_where=text("undone_by IS NULL")),
    )  # fmt: skip

    run_id: int = Field(sa_type=BIG, primary_key=True)
    posting_id: int = Field(sa_type=BIG, primary_key=True)
    taxonomy: str = Field(primary_key=True)
    revision: int
    undone_by: int | None = Field(default=None, sa_type=BIG)


class ShadowRow(SQLModel, table=True):
    """A candidate that tags beside the champion: on what share of postings, what it costs, what went wrong."""

    __tablename__ = "shadow"

    name: str = Field(primary_key=True)
    digest: str
    share: float
    started_at: datetime
    stopped_at: datetime | None = None
    error: str | None = Field(default=None, sa_type=Text)
    texts: int = Field(default=0, sa_type=BIG)
    seconds: float = 0
    champion_seconds: float = 0


class DriftCountRow(SQLModel, table=True):
    """How many postings an artifact gave a label and a tenth of the scores to, in a month (or as its reference)."""

    __tablename__ = "drift_count"

    taxonomy: str = Field(primary_key=True)
    artifact: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    tenth: int = Field(primary_key=True)
    n: int = Field(sa_type=BIG)


class DriftRow(SQLModel, table=True):
    """How far a month lies from the reference, of labels or of scores, and how far chance alone would bring it."""

    __tablename__ = "drift"

    taxonomy: str = Field(primary_key=True)
    artifact: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    n: int = Field(sa_type=BIG)
    reference: int = Field(sa_type=BIG)
    distance: float
    chance: float
    alarm: bool
    note: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    computed_at: datetime
