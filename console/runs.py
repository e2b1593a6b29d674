"""A run in words."""

from collections.abc import Iterator

from console import listing
from storage.runs import Run

_SHOWN = 8


def describe(run: Run) -> Iterator[str]:
    """Yield what a person wants to know of a run, line by line."""
    yield f"run {run.id}: {headline(run)}"
    if run.error and run.state != "done":
        yield f"  {run.error}"
    said = run.outcome
    if counts := said.get("examples"):
        yield "  examples: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    if suspects := said.get("suspects"):
        yield f"  {said.get('doubted', len(suspects)):,} may have a wrong label: metier examples stats --suspects"
    if metrics := said.get("metrics"):
        yield "  held out: " + ", ".join(f"{name} {listing.cell_text(value)}" for name, value in metrics.items())
    for reason in list(said.get("reasons", ()))[:_SHOWN]:
        yield f"  gate: {reason}"


def headline(run: Run) -> str:
    """Return what a run is and where it stands."""
    what = f"{run.kind} {_about(run)}".strip()
    if run.state == "running" and run.total:
        return f"{what}, running: {run.step} ({run.done + 1} of {run.total})"
    if run.state != "done":
        return f"{what}, {run.state}"
    if "artifact" not in run.outcome:
        return f"{what}, done"
    artifact = f"{run.params.get('taxonomy', '')}@{str(run.outcome['artifact'])[:12]}"
    ending = "it serves now" if run.outcome.get("promoted") else f"{run.outcome.get('verdict', 'done')}"
    return f"{what}, done: {artifact}, {ending}"


def _about(run: Run) -> str:
    """Return what a run is about: its taxonomy, those that it tags again, or the run that it undoes."""
    if "taxonomy" in run.params:
        return str(run.params["taxonomy"])
    if "run" in run.params:
        return f"of run {run.params['run']}"
    return ", ".join(run.params.get("taxonomies", ()))
