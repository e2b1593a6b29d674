"""The tables of CVs: which posting is whose position, and which file a posting was last read in."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables import BIG


class CvPositionRow(SQLModel, table=True):
    """A title as a position of somebody's CV; dates are as precise as the CV ("2019", "2019-03")."""

    __tablename__ = "cv_position"
    __table_args__ = (Index("cv_position_cv", "source", "cv"),)

    posting_id: int = Field(sa_type=BIG, primary_key=True)
    source: str
    cv: str
    started: str = ""
    ended: str = ""
    ongoing: bool = False
    side: bool = False


class FiledRow(SQLModel, table=True):
    """The file in which a posting was last read, and the state of the file then."""

    __tablename__ = "filed"
    __table_args__ = (Index("filed_file", "source", "file"),)

    posting_id: int = Field(sa_type=BIG, primary_key=True)
    source: str
    file: str
    state: str
