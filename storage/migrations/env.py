"""Run by alembic: the connection is handed over by `storage.migrate`."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables
import storage.tables_cv
import storage.tables_gleaned
import storage.tables_rollout
import storage.tables_system  # noqa: F401  the tables register themselves

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
