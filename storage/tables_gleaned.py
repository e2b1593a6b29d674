"""The tables of what is read of a posting beside its tags: fields, signatures and their bands.

As tags they carry no foreign key and go only through `erase`. A posting of which nothing was read has no row.
"""

from datetime import date, datetime

from sqlalchemy import Column, Float, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

from storage.tables import BIG


class FieldsRow(SQLModel, table=True):
    """The structured fields of one posting; amounts are as stated, the yearly ones for a year of full-time work."""

    __tablename__ = "fields"
    posting_id: int = Field(sa_type=BIG, primary_key=True)
    revision: int
    salary_currency: str | None = None
    salary_low: float | None = Field(default=None, sa_type=Float)
    salary_high: float | None = Field(default=None, sa_type=Float)
    salary_period: str | None = None
    salary_stated: bool | None = None
    salary_payments: int | None = None
    yearly_low: float | None = Field(default=None, sa_type=Float)
    yearly_high: float | None = Field(default=None, sa_type=Float)
    remote: str | None = None
    employment: str | None = None
    language: str | None = None
    closing: date | None = None
    country: str | None = None
    evidence: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))


class SignatureRow(SQLModel, table=True):
    """What a posting is compared by, and the cluster that it belongs to: the smallest posting id of its members.

    `due` says that the posting waits to be compared: it is `new`, or `changed` and may have to leave its cluster.
    `told` is the cluster that readers of the outbox know of.
    """

    __tablename__ = "signature"
    __table_args__ = (
        Index("signature_cluster", "cluster_id"),
        # few: the postings that are about a job that was there before
        Index("signature_joined", "cluster_id", sqlite_where=text("cluster_id <> posting_id"),
              postgresql_where=text("cluster_id <> posting_id")),
        Index("signature_due", "posting_id", sqlite_where=text("due IS NOT NULL"),
              postgresql_where=text("due IS NOT NULL")),
    )  # fmt: skip

    posting_id: int = Field(sa_type=BIG, primary_key=True)
    cluster_id: int = Field(sa_type=BIG)
    told: int = Field(sa_type=BIG)
    due: str | None = None
    title: str = Field(sa_column=Column(Text, nullable=False))
    company: str = Field(sa_column=Column(Text, nullable=False))
    place: str = Field(sa_column=Column(Text, nullable=False))
    sketch: str = Field(sa_column=Column(Text, nullable=False))
    bands: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime


class BandRow(SQLModel, table=True):
    """One band of one posting's signature; those of like texts have the same hash."""

    __tablename__ = "band"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: int = Field(sa_type=Integer, primary_key=True)
    posting_id: int = Field(sa_type=BIG, primary_key=True)
