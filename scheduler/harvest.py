"""A labelled set out of ReliefWeb: its jobs since a moment, each with the career category that ReliefWeb gave it.

Rows gather in a file, and beside it stands how far they are to be trusted: a harvest that was killed, or whose day
allows no more calls, goes on where it was. Rows are ordered by time, and so are the parts that they are divided into.
"""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from scheduler.reliefweb import ALL, CREATED, Place, Row, Service, Wanted, moment, written

MACHINE = datetime(2024, 4, 19, tzinfo=UTC)
"""From here on ReliefWeb's labels are largely made by a machine."""
PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}
RESERVE = 300
"""Calls of a day that are left to polling."""
_FIELDS = ("title", "body", "url", "url_alias", CREATED, "language.code", "career_categories.name")


@dataclass(frozen=True, slots=True)
class Order:
    """What to harvest: jobs created from one moment up to, not including, another."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a harvest is: bytes and rows that are safe, jobs left out for want of one clear label."""

    order: Order
    place: Place = field(default_factory=Place)
    size: int = 0
    rows: int = 0
    unclear: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Divided:
    """How many rows of each label went into each part, and how many labels a machine made."""

    counts: Mapping[str, Mapping[str, int]]
    machine: Mapping[str, int]


def gather(service: Service, folder: Path, order: Order, *, advance: Callable[[int], None]) -> Progress:
    """Read all jobs that are wanted, from where an earlier harvest into this folder was; raise as the service does."""
    progress = _begun(folder, order)
    if progress.done:
        return progress
    last = written(moment(order.until) - timedelta(seconds=1))
    wanted = Wanted(_FIELDS, by=CREATED, preset=ALL, since=order.since, until=last)
    with (folder / "rows.jsonl").open("ab") as file:
        if file.tell() < progress.size:
            raise ConfigError(f"{folder / 'rows.jsonl'} has lost rows: name another folder and begin again")
        file.truncate(progress.size)
        for jobs, place in service.read(wanted, progress.place):
            examples = [example for job in jobs if (example := _example(job)) is not None]
            file.write(b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in examples))
            file.flush()
            os.fsync(file.fileno())
            progress = Progress(
                order, place or progress.place, file.tell(), progress.rows + len(examples),
                progress.unclear + len(jobs) - len(examples), place is None,
            )  # fmt: skip
            _keep(folder / "harvest.json", asdict(progress))
            advance(progress.rows)
    return progress


def keep_taxonomy(service: Service, folder: Path) -> None:
    """Write the categories as the service names them now."""
    _keep(folder / "taxonomy.json", [{"code": code_of(name), "name": name} for name in service.categories()])


def divide(folder: Path, choose: Callable[[Sequence[tuple[str, str]]], Collection[str]]) -> Divided:
    """Write train, validation and test, the oldest first; of each part only the rows that are chosen."""
    known = [(row["created"], row["id"], row["label"]) for row in _rows(folder)]
    parts = _parts([created for created, _, _ in known])
    by_part: dict[str, list[tuple[str, str]]] = {part: [] for part in PARTS}
    for part, (_, id_, label) in zip(parts, known, strict=True):
        by_part[part].append((id_, label))
    chosen = {part: set(choose(rows)) for part, rows in by_part.items()}
    counts = {part: Counter[str]() for part in PARTS}
    machine = Counter[str]()
    files = {part: (folder / f"{part}.jsonl.part").open("w", encoding="utf-8") for part in PARTS}
    for part, row in zip(parts, _rows(folder), strict=True):
        if row["id"] in chosen[part]:
            files[part].write(json.dumps(row, ensure_ascii=False) + "\n")
            counts[part][row["label"]] += 1
            machine[part] += row["machine_labelled"]
    for part, file in files.items():
        file.close()
        Path(file.name).replace(folder / f"{part}.jsonl")
    return Divided({part: dict(count) for part, count in counts.items()}, dict(machine))


def full(rows: Sequence[tuple[str, str]]) -> set[str]:
    """Choose all rows, given as id and label."""
    return {id_ for id_, _ in rows}


def balanced(rows: Sequence[tuple[str, str]]) -> set[str]:
    """Choose of each label as many rows as the rarest has, always the same ones."""
    if not rows:
        return set()
    by_label: dict[str, list[str]] = {}
    for id_, label in rows:
        by_label.setdefault(label, []).append(id_)
    most = min(len(ids) for ids in by_label.values())
    return {id_ for ids in by_label.values() for id_ in sorted(ids, key=_shuffled)[:most]}


def code_of(name: str) -> str:
    """Return the code of a category: its name as a slug."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _example(job: Row) -> dict[str, Any] | None:  # JSON; None without one clear label
    found = job.fields.get("career_categories")
    names = [item.get("name") for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    title = job.fields.get("title")
    if len(names) != 1 or not isinstance(names[0], str) or not isinstance(title, str) or not title.strip():
        return None
    languages = job.fields.get("language") or [{}]
    return {
        "id": str(job.id), "title": title.strip(), "body": job.fields.get("body") or "",
        "language": languages[0].get("code", "") if isinstance(languages, list) else "",
        "label": code_of(names[0]), "origin": "source", "created": written(job.at),
        "machine_labelled": job.at >= MACHINE, "url": job.fields.get("url_alias") or job.fields.get("url") or "",
    }  # fmt: skip


def _parts(moments: Sequence[str]) -> list[str]:
    """Return the part of each row; rows of one moment stay together."""
    if not moments:
        return []
    share, bounds = 0.0, []
    for part in list(PARTS)[:-1]:
        share += PARTS[part]
        bounds.append(moments[min(int(len(moments) * share), len(moments) - 1)])
    names = list(PARTS)
    return [names[sum(bound <= at for bound in bounds)] for at in moments]


def _begun(folder: Path, order: Order) -> Progress:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = json.loads((folder / "harvest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        if {path.name for path in folder.iterdir()} - {"rows.jsonl", "harvest.json.part"}:
            raise ConfigError(f"{folder} holds other files: name a folder of its own for a harvest") from None
        return Progress(order)
    except ValueError as error:
        raise ConfigError(f"{folder / 'harvest.json'} is damaged: name another folder") from error
    if Order(**found["order"]) != order:
        raise ConfigError(
            f"{folder} holds a harvest from {found['order']['since']} to {found['order']['until']}: "
            "repeat that, or name another folder"
        )
    return Progress(**found | {"order": order, "place": Place(**found["place"])})


def _rows(folder: Path) -> Iterator[dict[str, Any]]:  # JSON
    with (folder / "rows.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _keep(path: Path, value: object) -> None:
    """Write a file so that after a crash it is the old one or the new one."""
    fresh = path.with_name(f"{path.name}.part")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    with suppress(OSError):  # some systems do not open folders
        opened = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _shuffled(id_: str) -> bytes:
    return hashlib.blake2b(id_.encode(), digest_size=8).digest()
