"""labels that came with CVs get the hash that tells all other examples apart, which reads gender markers away"""

import sqlalchemy as sa
from alembic import op

from metier.example_keys import keys

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_TOGETHER = 1000


def upgrade() -> None:
    bind = op.get_bind()
    found = bind.execute(sa.text(
        "SELECT id, text, text_sha, taxonomy, code FROM example WHERE origin = 'gold' ORDER BY id"
    )).all()  # fmt: skip
    taken = {(sha, taxonomy, code): number for number, _, sha, taxonomy, code in found}
    moved, doubled = [], []
    for (number, _, sha, taxonomy, code), key in zip(found, keys([row.text for row in found]), strict=True):
        if key == sha:
            continue
        if not key or taken.setdefault((key, taxonomy, code), number) != number:
            doubled.append({"id": number})
        else:
            moved.append({"id": number, "key": key})
    for statement, rows in (
        ("DELETE FROM example WHERE id = :id", doubled),
        ("UPDATE example SET text_sha = :key WHERE id = :id", moved),
    ):
        for start in range(0, len(rows), _TOGETHER):
            bind.execute(sa.text(statement), rows[start : start + _TOGETHER])


def downgrade() -> None:
    """Leave the hashes: an older version reads them as any other."""
