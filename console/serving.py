"""Which process serves which artifact, and who lacks the champion: what heartbeats say beside what should serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.heartbeats import Heartbeat


@dataclass(frozen=True, slots=True)
class Serves:
    """One artifact that a worker serves; `wanted` is the champion's digest where that is another one."""

    process: str
    host: str
    name: str
    digest: str
    wanted: str


def serves(processes: Sequence[Heartbeat], champions: Mapping[str, str], *, fresh: float) -> list[Serves]:
    """Return what each living worker serves; one that lacks the champion switches at its next batch, or cannot."""
    found = []
    for process in processes:
        if not process.role.startswith("worker") or process.seen_ago >= fresh:
            continue
        for taxonomy, label in sorted(process.artifacts.items()):
            _, _, digest = label.partition("@")
            champion = champions.get(taxonomy, "")
            wanted = champion[:12] if champion and champion[:12] != digest else ""
            found.append(Serves(process.name, process.host, taxonomy, digest, wanted))
    return found
