"""A kill -9 at any line of the writing leaves nothing or a sound artifact, never a part of one."""

import json
import subprocess
import sys
from pathlib import Path

# forks a child for each line that the writing walks over, which kills itself there; then asks what can be found
SCRIPT = """
import json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from metier.errors import ArtifactDamaged
from pipelines import artifact

root, existing = Path(sys.argv[1]), sys.argv[2]
manifest = artifact.Manifest(name="head", base_model="none", data_digest="d", seed=1, code_version="1",
                             created=datetime(2026, 1, 1, tzinfo=UTC))

def fill(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "table").write_bytes(b"abc" * 1000)
    (folder / "weights").write_bytes(b"12345" * 1000)

def build(place):
    made = artifact.write(place, manifest, fill)
    artifact.set_bundled(place, "head", made.digest)

def killed_at(line, place):
    left = line
    def trace(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename != artifact.__file__:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    child = os.fork()
    if child == 0:
        sys.settrace(trace)
        build(place)
        sys.settrace(None)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL

artifact.write(root / "whole", manifest, fill)
digest = next((root / "whole" / "head").iterdir()).name
line, outcomes = 0, {"none": 0, "sound": 0, "damaged": 0, "pointed": 0}
killed = True
while killed:
    place = root / str(line)
    folder = artifact.folder_of(place, "head", digest)
    if existing != "none":
        artifact.write(place, manifest, fill)
    if existing == "damaged":
        (folder / "weights").write_bytes(b"12346" * 1000)
    killed = killed_at(line, place)
    if folder.exists():
        try:
            artifact.find(place, "head", digest)
            outcomes["sound"] += 1
        except ArtifactDamaged:
            outcomes["damaged"] += 1
    else:
        outcomes["none"] += 1
    if artifact.bundled(place):
        artifact.find(place, "head", artifact.bundled(place)["head"])
        outcomes["pointed"] += 1
    build(place)  # whoever comes next is not hindered
    artifact.find(place, "head", artifact.bundled(place)["head"])
    line += 1
print(json.dumps(outcomes | {"lines": line}))
"""


def outcomes(tmp_path: Path, existing: str) -> dict[str, int]:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), existing]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_a_kill_at_any_line_leaves_nothing_or_a_sound_artifact(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "none")
    assert found["damaged"] == 0
    assert min(found["none"], found["sound"], found["pointed"]) > 5
    assert found["lines"] > 100


def test_a_kill_never_takes_a_sound_artifact_away(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "sound")
    assert (found["damaged"], found["none"]) == (0, 0)


def test_a_kill_while_mending_leaves_the_damage_seen_or_mended(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "damaged")
    assert min(found["damaged"], found["none"], found["sound"]) > 0


def test_writers_at_the_same_time_agree_on_one_artifact(tmp_path: Path) -> None:
    once = SCRIPT.partition("artifact.write(root / ")[0] + "\nfor _ in range(20): build(root)\n"
    command = [sys.executable, "-c", once, str(tmp_path), "none"]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate(timeout=100)[1] for process in running]
    assert [(process.returncode, error) for process, error in zip(running, errors, strict=True)] == [(0, b"")] * 4
    assert len(list((tmp_path / "head").iterdir())) == 1
