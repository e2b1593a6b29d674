"""Three tables in a folder, one of them with bad rows, one in a subfolder, of several pages together."""

import json
from pathlib import Path

from metier.settings import Settings


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Write the tables and return how to reach them, with the keys of all good rows."""
    inbox = folder / "inbox"
    (inbox / "acme").mkdir(parents=True)
    rows = [f"{number},Nurse {number}" for number in range(2500)]
    (inbox / "first.csv").write_text("\n".join(["id,title", *rows]) + "\n")
    lines = [json.dumps({"id": f"j{number}", "title": f"Driver {number}"}) for number in range(1200)]
    (inbox / "second.jsonl").write_text("\n".join([*lines[:600], "{broken", *lines[600:]]) + "\n")
    (inbox / "acme" / "third.tsv").write_text("id\ttitle\n1\tCook\n2\t\n3\tBaker\n")
    keys = {str(number) for number in range(2500)} | {f"j{number}" for number in range(1200)} | {"acme/1", "acme/3"}
    return Settings(inbox=inbox, home=folder), keys
