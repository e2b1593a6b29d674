"""cv positions, and the files that postings were read in"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cv_position",
        sa.Column("posting_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cv", sa.String(), nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("ongoing", sa.Boolean(), nullable=False),
        sa.Column("side", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("cv_position_cv", "cv_position", ["source", "cv"], unique=False)
    op.create_table(
        "filed",
        sa.Column("posting_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("filed_file", "filed", ["source", "file"], unique=False)


def downgrade() -> None:
    op.drop_table("filed")
    op.drop_table("cv_position")
