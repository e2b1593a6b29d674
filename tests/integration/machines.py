"""Run a state machine over a database."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import event

from storage.engine import Engine, create


def run(database: str, machine: Callable[[Engine], type[RuleBasedStateMachine]], *, examples: int, steps: int) -> None:
    """Try so many histories of so many steps of the machine that is made for an engine."""
    engine = create(database)
    if engine.dialect.name == "sqlite":  # nothing here cuts the power, and a commit is much faster without waiting
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    run_state_machine_as_test(
        machine(engine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    engine.dispose()
